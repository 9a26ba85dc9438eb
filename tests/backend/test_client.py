"""The parent's end against children that misbehave in every way: never a hang, always a reason. The real one is in test_end_to_end.py."""

import errno
import os
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from child_exit import until_gone

from backend.ipc.client import Client, LaunchError, launch
from backend.ipc.protocol import Done, Generate, Hello, Progress, ProtocolError, Shutdown
from backend.performance import Performance

REPOSITORY = Path(__file__).parents[2]


def test_polling_does_not_wait(start: Callable[[str], Client]) -> None:
    client = start("sys.stdin.buffer.readline(); say(done); sys.stdin.buffer.read()")
    began = time.monotonic()
    assert client.poll() is None and time.monotonic() - began < 0.1 and client.alive
    client.send(Hello(1))
    assert client.poll(10) == Done(1)
    client.stop()
    assert not client.alive and until_gone(client).returncode == 0 and client.poll(5) == client.poll()


def test_an_end_comes_with_the_log(start: Callable[[str], Client]) -> None:
    gone = until_gone(
        start("print('one', file=sys.stderr)\nprint('\\n \\ntwo', file=sys.stderr)\nsay(progress)\nos._exit(42)")
    )
    assert gone.returncode == 42 and gone.log_tail == "one\ntwo" and "exit code 42" in str(gone.reason)


def test_an_exception_comes_with_the_log(start: Callable[[str], Client]) -> None:
    gone = until_gone(start("for i in range(9000): print('noise', i, file=sys.stderr)\nimport no_such_module"))
    assert gone.returncode == 1 and len(gone.log_tail.splitlines()) == 5
    assert gone.log_tail.endswith("ModuleNotFoundError: No module named 'no_such_module'")


@pytest.mark.parametrize(
    "lines, code",
    [
        ("say(b'garbage\\n'); time.sleep(60)", None),
        ("say(b'x' * 10_000_000); time.sleep(60)", None),
        ("say(os.urandom(100_000) + b'\\n'); time.sleep(60)", None),
        ("say(done[:-1])", None),
        ('say(b\'{"type": "Hello", "nbytes": 0, "id": 1}\\n\'); time.sleep(60)', None),
        ("print('stray', flush=True); time.sleep(60)", None),
        ('say(b\'{"type": "TakeReady", "nbytes": 800, "frames": 200, "names": ["a"]}\\n\' + bytes(500))', None),
    ],
)
def test_garbage_stops_it_with_a_reason(start: Callable[[str], Client], lines: str, code: int | None) -> None:
    client = start(lines)
    began = time.monotonic()
    gone = until_gone(client)
    assert time.monotonic() - began < 1.5  # at once, not when its time is up
    assert "unreadable" in str(gone.reason) and not client.alive


def test_a_closed_stdout_is_an_end(start: Callable[[str], Client]) -> None:
    client = start("say(done); os.close(1); time.sleep(60)")
    assert client.poll(10) == Done(1)
    until_gone(client)
    assert not client.alive


def test_a_flood_waits_in_the_child(start: Callable[[str], Client]) -> None:
    client = start("while True: say(progress * 1000)")
    assert isinstance(client.poll(10), Progress)
    time.sleep(0.3)
    assert client._replies.qsize() <= 256
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 6 and not client.alive


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system can't stop a process")
def test_stop_ends_a_child_that_does_not_answer(start: Callable[[str], Client]) -> None:
    client = start("say(done); time.sleep(60)")
    assert client.poll(10) == Done(1)
    os.kill(client._process.pid, signal.SIGSTOP)
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 6 and not client.alive and until_gone(client).returncode == -signal.SIGKILL
    client.stop()  # again
    client.send(Shutdown(2))  # to nobody


def test_sending_to_the_dead_is_harmless(start: Callable[[str], Client]) -> None:
    client = start("os._exit(3)")
    until_gone(client)
    for _ in range(3):
        client.send(Hello(1))
    assert until_gone(client).returncode == 3


def test_the_child_is_alone(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    client = start(
        "print(sys.flags.isolated, os.path.dirname(sys.path[0]), file=sys.stderr)\n"
        "print([name for name in os.environ if name.startswith('PYTHON')], os.getcwd(), file=sys.stderr)"
    )
    gone = until_gone(client)
    assert gone.log_tail.splitlines() == [f"1 {tmp_path}", f"[] {tmp_path / 'log'}"]
    assert not list(tmp_path.rglob("*.pyc"))


def test_nothing_is_left_behind(start: Callable[[str], Client]) -> None:
    threads, handles = threading.active_count(), _handles()
    for _ in range(3):
        client = start("sys.stdin.buffer.read()")
        client.stop()
        ended = start("os._exit(0)")
        until_gone(ended)  # and nobody stops it
    deadline = time.monotonic() + 5
    while (threading.active_count(), _handles()) != (threads, handles):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _handles() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def test_what_can_not_be_started(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    for python in (str(tmp_path / "none"), str(tmp_path / "text"), str(tmp_path), "a\0b"):
        with pytest.raises(LaunchError, match="choose another Python"):
            launch(python, REPOSITORY, [], tmp_path / "backend.log")


def test_a_folder_that_takes_no_log_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "backend.log").mkdir(parents=True)
    (tmp_path / "taken" / "backend.log.1").touch()  # a folder can't take its place
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "taken", tmp_path / ("x" * 300)):
        with pytest.raises(LaunchError) as caught:
            launch(sys.executable, REPOSITORY, [], folder / "backend.log")
        assert str(folder) in str(caught.value) and "free some space or make it writable" in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_full_or_read_only_disk_is_told(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fails)
    with pytest.raises(LaunchError) as caught:
        launch(sys.executable, REPOSITORY, [], tmp_path / "backend.log")
    assert os.strerror(number) in str(caught.value) and str(tmp_path) in str(caught.value)


def test_a_request_never_waits_for_the_child(start: Callable[[str], Client]) -> None:
    """One with hundreds of megabytes, to a child that reads nothing."""
    client = start("say(done); time.sleep(60)")
    assert client.poll(10) == Done(1)
    kept = np.full((1_000_000, 52), np.nan, np.float32)  # 208 MB
    began = time.monotonic()
    for number in range(3):
        client.send(Generate(number, "a.wav", performance=Performance(locked=kept)))
    assert time.monotonic() - began < 0.5
    with pytest.raises(ProtocolError, match="too large"):
        client.send(Generate(4, "a" * 100_000))
    client.stop()
    assert time.monotonic() - began < 6 and not client.alive and not client._writer.is_alive()


def test_requests_arrive_whole_and_in_order(start: Callable[[str], Client], tmp_path: Path) -> None:
    client = start(
        "import json, zlib\n"
        "while line := sys.stdin.buffer.readline():\n"
        "    header = json.loads(line)\n"
        "    payload = sys.stdin.buffer.read(header['nbytes'])\n"
        "    print(header['id'], len(payload), zlib.crc32(payload), file=sys.stderr)"
    )
    kept = np.random.default_rng(0).random((100_000, 52), np.float32)
    for number in range(3):
        client.send(Generate(number, "a.wav", performance=Performance(locked=kept)))
    client.stop()
    assert until_gone(client).log_tail.splitlines() == [
        f"{number} {kept.nbytes} {zlib.crc32(kept.tobytes())}" for number in range(3)
    ]
