"""The real model in a real child: what the add-on goes through."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import DEFAULT_MODEL
from backend.arkit import CHANNELS, EMOTIONS
from backend.ipc import protocol
from backend.ipc.client import Client, Gone, launch
from backend.ipc.protocol import Cancel, Cancelled, Done, Error, Generate, Hello, Progress, Ready, Shutdown, TakeReady
from backend.performance import Performance, Take
from backend.platforms import is_running

REPOSITORY = Path(__file__).parents[2]
SPEECH = REPOSITORY / "tests" / "data" / "speech.ogg"  # 9.25 s

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = _launch(tmp_path)
    yield client
    client.stop()


def _launch(folder: Path) -> Client:
    return launch(sys.executable, REPOSITORY, [], folder / "backend.log", _launch_arguments())


def _launch_arguments() -> tuple[str, ...]:
    return "serve", "--model", str(DEFAULT_MODEL)


def _until(client: Client, kind: type | tuple[type, ...], timeout: float = 60) -> list:
    """Replies, the last of which is of this kind."""
    got: list = []
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        reply = client.poll(0.5)
        if reply is not None:
            got.append(reply)
            if isinstance(reply, kind):
                return got
            assert not isinstance(reply, Gone | Error), reply
    raise AssertionError(f"only {got} in {timeout} s")


def _takes(client: Client, request: Generate) -> list[Take]:
    client.send(request)
    return [reply.take for reply in _until(client, Done) if isinstance(reply, TakeReady)]


def test_speech_moves_the_face(client: Client) -> None:
    client.send(Hello(1))
    (ready,) = _until(client, Ready)
    assert len(ready.identities) >= 8
    assert ready.emotions == EMOTIONS
    assert 1 <= ready.steps <= 8
    one, two = _takes(client, Generate(2, str(SPEECH), 1.0, 4.0, performance=Performance(count=2, seed=5, fps=24.0)))
    assert (one.seed, two.seed, one.curves.names, one.curves.fps) == (5, 6, CHANNELS, 24.0)
    assert one.identity in dict(ready.identities)
    assert one.emotion in ready.emotions
    assert one.curves.values.shape == (72, 52)
    assert one.curves.values.min() >= 0
    assert one.curves.values.max() <= 1
    assert np.ptp(one.curves.values[:, CHANNELS.index("jawOpen")]) > 0.02
    assert not np.array_equal(one.curves.values, two.curves.values)


def test_same_request_gives_same_take(client: Client, tmp_path: Path) -> None:
    request = Generate(1, str(SPEECH), 2.0, 4.0, performance=Performance(seed=3, fps=29.97))
    (one,) = _takes(client, request)
    (two,) = _takes(client, request)
    np.testing.assert_array_equal(one.curves.values, two.curves.values)
    client.stop()
    client = _launch(tmp_path)
    (three,) = _takes(client, request)
    client.stop()
    np.testing.assert_array_equal(one.curves.values, three.curves.values)


def test_jobs_continue_after_cancel(client: Client) -> None:
    client.send(Generate(1, str(SPEECH), performance=Performance(count=100)))
    _until(client, Progress)
    began = time.monotonic()
    client.send(Cancel(2, 1))
    _until(client, Cancelled)
    assert time.monotonic() - began < 5
    assert len(_takes(client, Generate(3, str(SPEECH), 0, 1))) == 1


def test_backend_restarts_after_kill(client: Client, tmp_path: Path) -> None:
    client.send(Generate(1, str(SPEECH), performance=Performance(count=100)))
    _until(client, TakeReady)
    client._process.kill()
    gone = _until_gone(client)
    assert gone.returncode == -signal.SIGKILL or os.name != "posix"
    assert "process" in gone.log_tail
    assert gone.reason
    again = _launch(tmp_path)
    assert len(_takes(again, Generate(2, str(SPEECH), 0, 1))) == 1
    again.stop()


def _until_gone(client: Client) -> Gone:
    while not isinstance(reply := client.poll(20), Gone):
        assert reply is not None
    return reply


def test_shutdown_ends_the_process(client: Client) -> None:
    client.send(Generate(1, str(SPEECH), performance=Performance(count=100)))
    _until(client, Progress)
    client.send(Shutdown(2))
    assert _until_gone(client).returncode == 0


def test_log_contains_no_sound_names(client: Client, tmp_path: Path) -> None:
    _takes(client, Generate(1, str(SPEECH), 0, 1))
    client.stop()
    log = (tmp_path / "backend.log").read_text()
    assert len(log) < 2000
    assert "Job 1: 1 takes" in log
    assert SPEECH.name not in log


def test_stray_output_is_harmless(tmp_path: Path) -> None:
    """A package that prints when it is imported, from Python and from below, as native libraries do."""
    (tmp_path / "backend").symlink_to(REPOSITORY / "backend")
    (tmp_path / "soxr.py").write_text(
        "import os, sys\nprint('stray')\nos.write(1, b'stray below\\n')\nos.system('echo stray shell')\n"
        f"sys.path.remove({str(tmp_path)!r})\ndel sys.modules['soxr']\nimport soxr"  # the real one
    )
    client = launch(sys.executable, tmp_path, [], tmp_path / "backend.log", _launch_arguments())
    client.send(Hello(1))
    _until(client, Ready)
    assert len(_takes(client, Generate(2, str(SPEECH), 0, 1))) == 1
    client.stop()
    assert {"stray", "stray below", "stray shell"} <= set((tmp_path / "backend.log").read_text().splitlines())


def test_child_exits_with_its_parent(tmp_path: Path) -> None:
    """A parent that ends without a word, in the middle of a job, leaves no process and no complaint of its own."""
    code = f"""
import sys; sys.path.insert(0, {str(REPOSITORY)!r})
from pathlib import Path
from backend.ipc.client import launch
from backend.ipc.protocol import Generate
from backend.performance import Performance
client = launch(sys.executable, Path({str(REPOSITORY)!r}), [], Path({str(tmp_path / "backend.log")!r}), {_launch_arguments()!r})
client.send(Generate(1, {str(SPEECH)!r}, performance=Performance(count=100)))
client.poll(60)
print(client._process.pid)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    deadline = time.monotonic() + 10
    while _runs(int(done.stdout)):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.1)


def test_unread_log_is_harmless(tmp_path: Path) -> None:
    """As when Blender was killed: what the child prints then goes nowhere, and it ends as it should."""
    command = [
        sys.executable,
        "-I",
        "-u",
        "-c",
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from backend.__main__ import main; sys.exit(main())",
    ]
    child = subprocess.Popen([*command, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdin
    assert child.stdout
    assert child.stderr
    child.stderr.close()
    protocol.write(child.stdin, Generate(1, str(tmp_path / "none.wav")))
    protocol.write(child.stdin, Generate(2, str(SPEECH), 0, 1))
    replies = []
    while not isinstance(reply := protocol.read(child.stdout), Done):
        replies.append(reply)
    assert [reply.id for reply in replies if isinstance(reply, Error)] == [1]
    assert any(isinstance(reply, TakeReady) for reply in replies)
    child.stdin.close()
    assert child.stdout.read() == b""
    assert child.wait(10) == 0
    child.stdout.close()


def _runs(process: int) -> bool:
    if not is_running(process):
        return False
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")  # ended, but nobody asked
