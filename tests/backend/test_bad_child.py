"""Children that send invalid replies or none: the client neither hangs nor fills memory, and says why it stopped them."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from child_exit import until_gone
from protocol_frames import MESSAGES, REPLIES, TAKE, broken, odd, to_bytes
from test_bad_frames import memory, messages_in
from test_client import _handles

from backend.curves.base import Curves
from backend.ipc import client as client_module
from backend.ipc.client import Client, Gone
from backend.ipc.protocol import Hello, Message, Progress, Reply, TakeReady
from tests.soak import Soak

_HEADER = '{"type": "TakeReady", "nbytes": %d, "id": 1, "index": 0, "count": 1, "seed": 0, "identity": "a", "emotion": "a", "fps": 30, '
_HEADER += '"names": ["jawOpen"], "frames": %d, "audio_sha256": "a", "model_sha256": "a", "likeness": []}'


def _stream(n: int) -> bytes:
    """Return valid and odd replies, followed in most cases by an unreadable one."""
    rng = random.Random(n)
    parts = [rng.choice((to_bytes(rng.choice(REPLIES)), odd(rng, REPLIES))) for _ in range(rng.randrange(30))]
    return b"".join([*parts, *([broken(rng, MESSAGES)] if rng.random() < 0.8 else [])])


def _expected(data: bytes) -> tuple[list[Message], bool]:
    """Return the valid replies of a stream, and whether the rest is unreadable."""
    messages, refusal = messages_in(data)
    replies: list[Message] = []
    for message in messages:
        if not isinstance(message, Reply):
            return replies, True
        replies.append(message)
    return replies, bool(refusal)


def test_malformed_reply_streams_are_survived(soak: Soak, start: Callable[[str], Client], tmp_path: Path) -> None:
    """Every valid reply of a real child arrives, nothing else does, and one reason follows."""
    handles, threads, before = _handles(), threading.active_count(), memory()
    for n in soak.times(15, 4000):
        data = _stream(n)
        (tmp_path / "stream").write_bytes(data)
        expected, unreadable = _expected(data)
        with soak.trial("frames from a misbehaving child, read by the client", len(expected) + unreadable):
            client = start(f"say(open({str(tmp_path / 'stream')!r}, 'rb').read())")
            got, deadline = [], time.monotonic() + 20
            while not isinstance(reply := client.poll(0.1), Gone):
                assert time.monotonic() < deadline, n
                got += [reply] if reply else []
            client.stop()
            assert [type(one) for one in got] == [type(one) for one in expected], n
            assert [to_bytes(one) for one in got] == [to_bytes(one) for one in expected], n
            assert ("unreadable" in str(reply.reason)) is unreadable, (n, reply)
            assert "\n" not in str(reply.reason) and len(str(reply.reason)) < 600, n
    assert _handles() == handles
    assert threading.active_count() == threads
    assert memory() - before < 100


@pytest.mark.parametrize(
    "lines",
    [
        "time.sleep(60)",  # sends nothing
        "say(progress); time.sleep(60)",
        "say(done[:20]); time.sleep(60)",  # half a header
        f"say({(_HEADER % (400_000_000, 100_000_000)).encode()!r} + b'\\n' + bytes(1000)); time.sleep(60)",  # part of a payload
        f"say({(_HEADER % (4_000_000, 1_000_000)).encode()!r} + b'\\n')\nwhile True: say(bytes(4)); time.sleep(0.05)",  # a few bytes at a time
        "os.close(0); time.sleep(60)",
        "import signal\nfor n in (signal.SIGTERM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    ],
)
def test_silent_child_is_killed(start: Callable[[str], Client], lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_TIMEOUT", 0.6)
    monkeypatch.setattr(client_module, "_START_TIMEOUT", 0.6)
    client = start(lines)
    client.send(Hello(1))
    began = time.monotonic()
    gone = until_gone(client)
    assert 0.6 <= time.monotonic() - began < 4
    assert str(gone.reason).startswith("The backend was silent for")
    assert not client.alive
    assert client.poll() is gone
    assert client.poll(1) is gone
    client.stop()
    assert client.poll() is gone
    assert not client._reader.is_alive()
    assert not client._writer.is_alive()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system can't stop a process")
def test_suspended_child_is_killed(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_TIMEOUT", 1.0)
    client = start("while True: say(progress); time.sleep(0.05)")
    assert isinstance(client.poll(10), Progress)
    client._process.send_signal(signal.SIGSTOP)
    assert "was silent" in str(until_gone(client).reason)
    assert not client.alive


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes are left behind in POSIX's way")
def test_orphan_holding_the_pipe_times_out(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """The child has ended, but its own child keeps its stdout open."""
    monkeypatch.setattr(client_module, "_START_TIMEOUT", 1.0)
    client = start("if os.fork(): os._exit(7)\ntime.sleep(2)")
    gone = until_gone(client)
    assert gone.returncode == 7
    assert "was silent" in str(gone.reason)


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_silence_counts_only_while_polling(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sleep of the machine, jumps of the clock and pauses in polling don't count."""
    client = start("say(progress); time.sleep(60)")
    assert isinstance(client.poll(10), Progress)
    clock = Clock()
    monkeypatch.setattr(client_module, "time", clock)
    client._polled = clock.now
    for _ in range(15):
        clock.now += 86400.0
        assert client.poll() is None
    for _ in range(39):
        clock.now += 0.1
        assert client.poll() is None
    for _ in range(3):
        clock.now += 0.5
        gone = client.poll()
    assert isinstance(gone, Gone)
    assert client._silence == pytest.approx(20, abs=0.5)
    assert str(gone.reason) == "The backend was silent for 20 s and was stopped: generate again to restart it"
    monkeypatch.undo()


def test_start_has_a_longer_timeout(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_TIMEOUT", 0.3)
    client = start("time.sleep(1); say(progress); time.sleep(60)")
    began = time.monotonic()
    assert "was silent" in str(until_gone(client).reason)
    assert time.monotonic() - began > 1.2


def test_reply_resets_the_silence(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_TIMEOUT", 1.2)
    client = start("for n in range(5): say(progress); time.sleep(0.5)\nsay(done); sys.stdin.buffer.read()")
    seen, deadline = 0, time.monotonic() + 20
    while seen < 6:
        reply = client.poll(0.1)
        assert not isinstance(reply, Gone)
        assert time.monotonic() < deadline
        seen += reply is not None


def test_large_takes_wait_in_the_child(start: Callable[[str], Client]) -> None:
    """Send fifty takes of 40 MB without polling: one waits in the queue, and one more is being read."""
    before = memory()
    client = start(
        f"for n in range(50): say({(_HEADER % (40_000_000, 10_000_000)).encode()!r} + b'\\n' + bytes(40_000_000))"
    )
    deadline = time.monotonic() + 60  # generous, for busy machines
    while client._replies.empty():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.5)
    assert client._replies.qsize() == 1
    assert memory() - before < 200
    for _ in range(3):
        assert isinstance(client.poll(10), TakeReady)
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 5
    assert not client.alive


def test_large_takes_arrive_one_by_one(start: Callable[[str], Client]) -> None:
    large = np.zeros((10_000, 52), np.float32)
    curves = Curves(tuple(f"n{n}" for n in range(52)), large, 30.0)
    take = replace(TAKE, take=replace(TAKE.take, curves=curves))
    client = start("sys.stdin.buffer.readline(); say(open('takes', 'rb').read())")
    Path(client.log.parent, "takes").write_bytes(to_bytes(take, take, TAKE, take))
    client.send(Hello(1))
    assert [
        len(reply.take.curves.values) for reply in (client.poll(10) for _ in range(4)) if isinstance(reply, TakeReady)
    ] == [
        10_000,
        10_000,
        3,
        10_000,
    ]
    until_gone(client)


def test_parent_can_exit_while_sending(tmp_path: Path) -> None:
    """Exit the parent without stop() while its writer thread sends hundreds of megabytes."""
    repository = Path(__file__).parents[2]
    code = f"""
import sys; sys.path.insert(0, {str(repository)!r})
from pathlib import Path
import numpy as np
from backend.ipc.client import Client
from backend.ipc.protocol import Generate
from backend.performance import Performance
import subprocess, time
process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
client = Client(process, Path({str(tmp_path / "backend.log")!r}))
locked = np.zeros((500_000, 52), np.float32)
client.send(Generate(1, "a.wav", performance=Performance(locked=locked)))
time.sleep(0.2)
process.kill() if len(sys.argv) > 1 else None
print(process.pid)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    os.kill(int(done.stdout), signal.SIGKILL)
