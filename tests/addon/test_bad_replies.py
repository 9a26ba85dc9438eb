"""Faulty replies from the backend: all takes are keyed or none, the scene stays as it was, and the next job works."""

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import faulty_backend
import numpy as np
import pytest
from faulty_backend import is_good, planned_replies
from helpers import part, preference, read_action, snapshot

from tests.soak import Soak


@pytest.fixture
def faulty(face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path) -> Iterator[None]:
    """Replace the backend with the faulty one."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{faulty_backend.__file__}"\n')
    script.chmod(0o700)
    with preference(python=str(script)):
        yield


def _request(seed: int):
    bpy.context.scene.lipsync.seed = seed
    return part("addon.operators.generate").make_request(bpy.context)


def _failure(seed: int) -> str:
    """Generate. Returns why it failed, "" if it didn't."""
    job = part("addon.generation.job").Job(_request(seed))
    deadline = time.monotonic() + 20
    try:
        while not job.pump(0.1):
            assert time.monotonic() < deadline, seed
            assert 0 <= job.fraction <= 1, seed
        job.apply()
    except part("addon.generation.job").JobError as error:
        return str(error)
    return ""


def test_unexpected_replies_change_nothing(soak: Soak, faulty: None) -> None:
    counted = {True: 0, False: 0}
    for n in soak.times(60, 3000):
        with soak.trial("jobs that are answered with takes, ends and errors of the wrong kind, order or number"):
            before = snapshot() | {"seed": n}
            why = _failure(n)
            good = is_good(planned_replies(n))
            assert good is (why == ""), (n, planned_replies(n), why)
            counted[good] += 1
            if good:
                (action,) = [action for action in bpy.data.actions if action.name not in before["actions"]]
                curves = read_action(action)
                flat = [points for path, points in curves.items() if "eyeBlink" not in path]  # blinks are drawn in full
                assert len(curves) == 3 and len({len(points) for points in flat}) == 1, n
                assert all(np.allclose(points[:, 1], 0.5) for points in flat), n
                bpy.data.actions.remove(action)
            else:
                assert snapshot() == before, n
                assert "\n" not in why and len(why) < 300 and not why.endswith("."), (n, why)
    assert min(counted.values()) > len(soak.times(60, 3000)) // 6


@pytest.mark.parametrize(
    "replies, why",
    [
        ([("Done", "")], "sent 0 of 1 takes"),
        ([("TakeReady", "of another job"), ("Done", "")], "sent 0 of 1 takes"),
        ([("TakeReady", "good"), ("TakeReady", "good"), ("Done", "")], "doesn't match the request (its number)"),
        ([("TakeReady", "of another number"), ("Done", "")], "(its number)"),
        ([("TakeReady", "at another rate"), ("Done", "")], "(its frame rate)"),
        ([("TakeReady", "of names that ARKit lacks"), ("Done", "")], "(its channels)"),
        ([("TakeReady", "of a name twice"), ("Done", "")], "(its channels)"),
        ([("TakeReady", "far too long"), ("Done", "")], "(its length)"),
        ([("TakeReady", "beyond 1"), ("Done", "")], "(its values)"),
        ([("Progress", "1e300"), ("Error", ""), ("TakeReady", "good"), ("Done", "")], "It is broken"),
        ([("Cancelled", "")], "The backend canceled the take"),
        ([("TakeReady", "good"), ("Done", ""), ("Done", "")], ""),
        ([("Other", "Done"), ("Other", "Error")] * 300 + [("TakeReady", "good"), ("Done", "")], ""),
    ],
)
def test_bad_replies_report_one_sentence(
    faulty: None, replies: list[tuple[str, str]], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replies arrive as from the pipe, in this order."""
    protocol, client = part("backend.ipc.protocol"), part("backend.ipc.client")

    class FaultyPipe:
        """Replaces the pipe. The bytes are read as from a real one."""

        alive = True

        def send(self, request: object) -> None:
            if isinstance(request, protocol.Generate):
                fields = json.loads(protocol.frame(request)[0])
                self.pipe = io.BytesIO(b"".join(faulty_backend.encode_reply(fields, *each) for each in replies))

        def poll(self, timeout: float = 0) -> object:
            return protocol.read(self.pipe) or client.Gone(1, "", part("backend.messages").UserMessage("It ended"))

    before = snapshot() | {"seed": 5}
    monkeypatch.setattr(part("addon.generation.backend_process").process, "client", lambda setup: FaultyPipe())
    assert why in (report := _failure(5)) and bool(why) == bool(report)
    assert (snapshot() == before) == bool(why)


def test_next_job_works_after_failure(faulty: None) -> None:
    bad = next(n for n in range(100) if not is_good(planned_replies(n)))
    with pytest.raises(RuntimeError):
        bpy.context.scene.lipsync.seed = bad
        bpy.ops.lipsync.generate()
    assert part("addon.generation.current_job").current.job is None
    with preference(python=""):
        assert bpy.ops.lipsync.generate() == {"FINISHED"}


STUCK = """
import json, sys, time
first = json.loads(sys.stdin.buffer.readline())["id"]
while True:
    print(json.dumps({"type": "Progress", "nbytes": 0, "id": first, "stage": "Listening", "fraction": 0.5}), flush=True)
    time.sleep(0.05)
"""


def test_hanging_canceled_job_is_ended(
    face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stuck.py").write_text(STUCK)
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "stuck.py"}"\n')
    script.chmod(0o700)
    monkeypatch.setattr(part("addon.generation.job"), "_CANCEL_TIMEOUT", 0.5)
    with preference(python=str(script)):
        job = part("addon.generation.job").Job(_request(1))
        deadline = time.monotonic() + 20
        while str(job.stage) != "Listening":
            job.pump(0.1)
            assert time.monotonic() < deadline
        job.cancel()
        before = snapshot()
        with pytest.raises(RuntimeError, match="didn't stop a canceled take and was ended: generate again"):
            bpy.ops.lipsync.generate()
        assert snapshot() == before and part("addon.generation.backend_process").process._client is None
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
