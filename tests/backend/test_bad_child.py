"""Children that send what they should not, or nothing: the client neither hangs nor swells, and says why it ended them."""

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
    """Good replies and odd ones, as an ill child may send them, with one that is none at the end of most."""
    rng = random.Random(n)
    parts = [rng.choice((to_bytes(rng.choice(REPLIES)), odd(rng, REPLIES))) for _ in range(rng.randrange(30))]
    return b"".join([*parts, *([broken(rng, MESSAGES)] if rng.random() < 0.8 else [])])


def _expected(data: bytes) -> tuple[list[Message], bool]:
    """The replies that are in it, and whether what follows is unreadable."""
    messages, refusal = messages_in(data)
    replies: list[Message] = []
    for message in messages:
        if not isinstance(message, Reply):
            return replies, True
        replies.append(message)
    return replies, bool(refusal)


def test_streams_of_bad_replies(soak: Soak, start: Callable[[str], Client], tmp_path: Path) -> None:
    """A real child writes them; all that is good arrives, and nothing else, and then one reason."""
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
    assert _handles() == handles and threading.active_count() == threads
    assert memory() - before < 100


@pytest.mark.parametrize(
    "lines",
    [
        "time.sleep(60)",  # says nothing at all
        "say(progress); time.sleep(60)",
        "say(done[:20]); time.sleep(60)",  # half a header
        f"say({(_HEADER % (400_000_000, 100_000_000)).encode()!r} + b'\\n' + bytes(1000)); time.sleep(60)",  # a bit of a payload
        f"say({(_HEADER % (4_000_000, 1_000_000)).encode()!r} + b'\\n')\nwhile True: say(bytes(4)); time.sleep(0.05)",  # drop by drop
        "os.close(0); time.sleep(60)",
        "import signal\nfor n in (signal.SIGTERM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    ],
)
def test_a_silent_child_is_ended(start: Callable[[str], Client], lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE", 0.6)
    monkeypatch.setattr(client_module, "_STARTING", 0.6)
    client = start(lines)
    client.send(Hello(1))
    began = time.monotonic()
    gone = until_gone(client)
    assert 0.6 <= time.monotonic() - began < 4 and str(gone.reason).startswith("The backend was silent for")
    assert not client.alive and client.poll() is gone and client.poll(1) is gone
    client.stop()
    assert client.poll() is gone and not client._reader.is_alive() and not client._writer.is_alive()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system can't stop a process")
def test_a_stopped_child_is_ended(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE", 1.0)
    client = start("while True: say(progress); time.sleep(0.05)")
    assert isinstance(client.poll(10), Progress)
    client._process.send_signal(signal.SIGSTOP)
    assert "was silent" in str(until_gone(client).reason) and not client.alive


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes are left behind in POSIX's way")
def test_a_process_left_behind_is_silent_too(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """The child has ended, but something holds its stdout: as a wrapper's child does."""
    monkeypatch.setattr(client_module, "_STARTING", 1.0)
    client = start("if os.fork(): os._exit(7)\ntime.sleep(2)")
    gone = until_gone(client)
    assert gone.returncode == 7 and "was silent" in str(gone.reason)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_only_polling_counts_as_silence(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of sleep, a clock that jumps, an artist who does something else: the child is not to blame."""
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
    assert isinstance(gone, Gone) and client._silence == pytest.approx(20, abs=0.5)
    assert str(gone.reason) == "The backend was silent for 20 s and was stopped: generate again to restart it"
    monkeypatch.undo()


def test_a_start_may_take_longer(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE", 0.3)
    client = start("time.sleep(1); say(progress); time.sleep(60)")
    began = time.monotonic()
    assert "was silent" in str(until_gone(client).reason) and time.monotonic() - began > 1.2


def test_a_reply_ends_the_silence(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE", 1.2)
    client = start("for n in range(5): say(progress); time.sleep(0.5)\nsay(done); sys.stdin.buffer.read()")
    seen, deadline = 0, time.monotonic() + 20
    while seen < 6:
        reply = client.poll(0.1)
        assert not isinstance(reply, Gone) and time.monotonic() < deadline
        seen += reply is not None


def test_a_flood_of_large_takes_waits_in_the_child(start: Callable[[str], Client]) -> None:
    """Fifty takes of 40 MB, which nobody polls: no more than one waits here, and one more is read."""
    before = memory()
    client = start(
        f"for n in range(50): say({(_HEADER % (40_000_000, 10_000_000)).encode()!r} + b'\\n' + bytes(40_000_000))"
    )
    deadline = time.monotonic() + 10
    while client._replies.empty():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.5)
    assert client._replies.qsize() == 1 and memory() - before < 200
    for _ in range(3):
        assert isinstance(client.poll(10), TakeReady)
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 5 and not client.alive


def test_takes_arrive_one_after_the_other(start: Callable[[str], Client]) -> None:
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


def test_a_parent_that_ends_while_it_sends_is_quiet(tmp_path: Path) -> None:
    """The writer's thread is in the middle of hundreds of megabytes when the parent ends without a word."""
    repository = Path(__file__).parents[2]
    code = f"""
import sys; sys.path.insert(0, {str(repository)!r})
from pathlib import Path
import numpy as np
from backend.ipc.client import Client
from backend.ipc.protocol import Generate
import subprocess, time
process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
client = Client(process, Path({str(tmp_path / "backend.log")!r}))
client.send(Generate(1, "a.wav", kept=np.zeros((500_000, 52), np.float32)))
time.sleep(0.2)
process.kill() if len(sys.argv) > 1 else None
print(process.pid)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    os.kill(int(done.stdout), signal.SIGKILL)
