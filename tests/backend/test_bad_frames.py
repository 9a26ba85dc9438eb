"""Frames that are none, or strange: into protocol.read, and into the real backend over its real pipes."""

import contextlib
import io
import queue
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
import soundfile
from protocol_frames import MESSAGES, REQUESTS, broken, odd, to_bytes

from backend.__main__ import DEFAULT_MODEL
from backend.ipc import protocol
from backend.ipc.protocol import (
    Cancel,
    Cancelled,
    Done,
    Error,
    Generate,
    Hello,
    Message,
    ProtocolError,
    Ready,
    Reply,
    Shutdown,
)
from backend.ipc.server_inbox import Inbox
from backend.performance import Performance
from tests.soak import Soak

REPOSITORY = Path(__file__).parents[2]
_BOUND = 30.0  # seconds for what takes well under one


def memory(process: str = "self", what: str = "VmRSS") -> float:
    """MB that a process holds, or (VmHWM) has held at most; 0 when it has ended, or the system has no /proc."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith(what)), 0) / 1024


def messages_in(data: bytes) -> tuple[list[Message], str]:
    """What protocol.read makes of bytes: messages, and why it refused what follows, if it did."""
    pipe, found = io.BytesIO(data), []
    try:
        while (message := protocol.read(pipe)) is not None:
            found.append(message)
    except ProtocolError as error:
        return found, str(error)
    return found, ""


def test_mutated_frames_are_read_or_rejected(soak: Soak) -> None:
    """Whatever is read is a message with the fields that are declared, and can be sent on; whatever is refused is told in a short line."""
    before, counted = memory(), Counter[str]()
    for n in soak.times(3000, 150_000):
        rng = random.Random(n)
        with soak.trial("frames changed at random, read by protocol.read"):
            data = (odd if n % 3 == 0 else broken)(rng, MESSAGES)
            began = time.monotonic()
            messages, refusal = messages_in(data)
            assert time.monotonic() - began < 5, n
            assert len(refusal) < 400 and "\n" not in refusal, n
            for message in messages:
                assert messages_in(to_bytes(message))[0], n
                hints = get_type_hints(type(message))
                assert all(
                    type(value) is hints[name]
                    for name, value in vars(message).items()
                    if hints[name] in (int, float, str)
                ), n
            counted["refused" if refusal else "read"] += 1
    assert min(counted["refused"], counted["read"]) > len(soak.times(3000, 150_000)) // 10
    assert memory() - before < 100


class Service:
    """The real backend in a process of its own, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.peak = 0.0  # MB
        command = [sys.executable, "-m", "backend", "serve"]
        with open(folder / "service.log", "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self._replies: queue.Queue[Message | None] = queue.Queue()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        assert self.process.stdout
        with self.process.stdout as pipe:
            while (reply := protocol.read(pipe)) is not None:
                self._replies.put(reply)
        self._replies.put(None)

    def send(self, data: bytes, last: bool = False) -> None:
        assert self.process.stdin
        self.peak = max(self.peak, memory(str(self.process.pid), "VmHWM"))
        with contextlib.suppress(BrokenPipeError, ValueError):  # it has ended; we have ended it
            self.process.stdin.write(data)
            self.process.stdin.flush()
            if last:
                self.process.stdin.close()

    def until(self, *ids: int) -> list[Any]:
        """Replies up to those that end these requests; without any, up to the end of the process."""
        waiting, got, deadline = Counter(ids), [], time.monotonic() + _BOUND
        while not ids or waiting.total():
            reply = self._replies.get(timeout=max(deadline - time.monotonic(), 0))  # raises Empty: it hangs
            if reply is None:
                break
            assert isinstance(reply, Reply)
            got.append(reply)
            self.peak = max(self.peak, memory(str(self.process.pid), "VmHWM"))
            if isinstance(reply, (Ready, Done, Cancelled, Error)):
                waiting[reply.id] -= 1
        assert all(count == 0 for count in waiting.values()) if ids else True, (waiting, got)
        return got

    def end(self) -> int:
        self.send(b"", last=True)
        code = self.process.wait(_BOUND)
        self._thread.join(_BOUND)
        return code


@pytest.fixture
def sound(tmp_path: Path) -> str:
    """A third of a second of noise."""
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(5000), 16000)
    return str(tmp_path / "a.wav")


@contextlib.contextmanager
def _service(folder: Path) -> Iterator[Service]:
    service = Service(folder)
    try:
        yield service
    finally:
        service.process.kill()
        service.end()


def _unreadable(rng: random.Random, requests: list[Message]) -> bytes:
    """A frame that no request can be made of, or a reply."""
    while True:
        data = rng.choice((broken, odd))(rng, rng.choice((requests, MESSAGES)))
        messages, refusal = messages_in(data)
        if (refusal or not all(isinstance(message, protocol.Request) for message in messages)) and not any(
            isinstance(message, Shutdown | Generate) for message in messages
        ):
            return data


def _requests(rng: random.Random, requests: list[Message], number: int) -> Iterator[tuple[bytes, int | None]]:
    """So many frames with odd requests, and the id that each must be answered with; a job of many takes is cancelled at once, others now and then."""
    while number:
        data = odd(rng, requests)
        messages, refusal = messages_in(data)
        if refusal or len(messages) != 1 or not isinstance(messages[0], Hello | Generate | Cancel):
            continue
        number -= 1
        (message,) = messages
        if isinstance(message, Generate) and (message.performance.count > 3 or rng.random() < 0.3):
            data += to_bytes(Cancel(0, message.id))
        yield data, None if isinstance(message, Cancel) else message.id


@pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")
def test_server_answers_odd_requests(soak: Soak, tmp_path: Path, sound: str) -> None:
    """Each request has one end, none of them a bug; what is no request ends the process with exit code 1, after one Error."""
    requests = [message for message in REQUESTS if not isinstance(message, Shutdown)]
    requests += [
        Generate(7, sound),
        Generate(8, sound, 0.1, 0.2, performance=Performance(count=3, fps=60.0)),
        Generate(9, sound, performance=Performance(locked=np.full((10, 52), np.nan, np.float32))),
    ]
    each, last, counted = 250, 10**9, Counter[str]()
    for n in soak.times(2, 250):
        rng = random.Random(n)
        with _service(tmp_path) as service:
            for _ in range(each // 10):
                with soak.trial("odd requests to the real backend's process", 10):
                    sent = list(_requests(rng, requests, 10))
                    service.send(b"".join(data for data, _ in sent) + to_bytes(Hello(last)))
                    got = service.until(*(number for _, number in sent if number is not None), last)
                    bugs = [
                        reply.message
                        for reply in got
                        if isinstance(reply, Error) and reply.kind not in ("audio", "request")
                    ]
                    assert not bugs, (n, bugs)
                    counted.update(type(reply).__name__ for reply in got)
            with soak.trial("unreadable frames to the real backend's process"):
                data = _unreadable(rng, requests)
                service.send(data, last=True)
                got = [reply for reply in service.until() if isinstance(reply, Error)]
                assert [(error.id, error.kind) for error in got] == [(0, "request")], (n, data[:200], got)
                assert "unreadable" in got[0].message and "\n" not in got[0].message and len(got[0].message) < 500, n
                assert service.peak < 500, n
                assert service.end() == 1, n
    assert all(counted[kind.__name__] > 0 for kind in (Ready, Error, Cancelled, Done)), counted
    assert (tmp_path / "service.log").stat().st_size < 1_000_000


def test_too_many_requests_are_rejected(tmp_path: Path, sound: str) -> None:
    with _service(tmp_path) as service:
        for n in range(2000):
            service.send(to_bytes(Generate(n + 1, sound, performance=Performance(count=100))))
        errors = [reply for reply in service.until() if isinstance(reply, Error)]
        assert "257 requests wait, which are too many" in errors[-1].message
        assert service.end() == 1


def test_bytes_of_waiting_requests_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = np.zeros((10, 52), np.float32)
    monkeypatch.setattr("backend.ipc.server_inbox.MAX_PAYLOAD", 3 * kept.nbytes)
    for number, refused in ((3, ""), (4, "4 requests wait, which are too many")):
        inbox = Inbox(
            io.BytesIO(to_bytes(*(Generate(n, "a.wav", performance=Performance(locked=kept)) for n in range(number)))),
            lambda reply: None,
        )
        deadline = time.monotonic() + 10
        while not inbox._ended:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        assert str(inbox.error or "") == refused
