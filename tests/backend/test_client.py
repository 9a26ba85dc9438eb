"""The client against misbehaving children: it never hangs and always gives a reason. See test_end_to_end for the real one."""

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
    assert client.poll() is None
    assert time.monotonic() - began < 0.1
    assert client.alive
    client.send(Hello(1))
    assert client.poll(10) == Done(1)
    client.stop()
    assert not client.alive
    assert until_gone(client).returncode == 0
    assert client.poll(5) == client.poll()


def test_exit_is_reported_with_log(start: Callable[[str], Client]) -> None:
    gone = until_gone(
        start("print('one', file=sys.stderr)\nprint('\\n \\ntwo', file=sys.stderr)\nsay(progress)\nos._exit(42)")
    )
    assert gone.returncode == 42
    assert gone.log_tail == "one\ntwo"
    assert "exit code 42" in str(gone.reason)


def test_exception_is_reported_with_log(start: Callable[[str], Client]) -> None:
    gone = until_gone(start("for i in range(9000): print('noise', i, file=sys.stderr)\nimport no_such_module"))
    assert gone.returncode == 1
    assert len(gone.log_tail.splitlines()) == 5
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
def test_garbage_stops_child_with_reason(start: Callable[[str], Client], lines: str, code: int | None) -> None:
    client = start(lines)
    began = time.monotonic()
    gone = until_gone(client)
    assert time.monotonic() - began < 1.5  # at once, not after a timeout
    assert "unreadable" in str(gone.reason)
    assert not client.alive


def test_closed_stdout_ends_the_child(start: Callable[[str], Client]) -> None:
    client = start("say(done); os.close(1); time.sleep(60)")
    assert client.poll(10) == Done(1)
    until_gone(client)
    assert not client.alive


def test_reply_flood_waits_in_child(start: Callable[[str], Client]) -> None:
    client = start("while True: say(progress * 1000)")
    assert isinstance(client.poll(10), Progress)
    time.sleep(0.3)
    assert client._replies.qsize() <= 256
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 6
    assert not client.alive


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system can't stop a process")
def test_stop_kills_an_unresponsive_child(start: Callable[[str], Client]) -> None:
    client = start("say(done); time.sleep(60)")
    assert client.poll(10) == Done(1)
    os.kill(client._process.pid, signal.SIGSTOP)
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 6
    assert not client.alive
    assert until_gone(client).returncode == -signal.SIGKILL
    client.stop()  # a second time
    client.send(Shutdown(2))  # after the child has ended


def test_send_after_exit_is_harmless(start: Callable[[str], Client]) -> None:
    client = start("os._exit(3)")
    until_gone(client)
    for _ in range(3):
        client.send(Hello(1))
    assert until_gone(client).returncode == 3


def test_child_environment_is_isolated(
    start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    client = start(
        "print(sys.flags.isolated, os.path.dirname(sys.path[0]), file=sys.stderr)\n"
        "print([name for name in os.environ if name.startswith('PYTHON')], os.getcwd(), file=sys.stderr)"
    )
    gone = until_gone(client)
    assert gone.log_tail.splitlines() == [f"1 {tmp_path}", f"[] {tmp_path / 'log'}"]
    assert not list(tmp_path.rglob("*.pyc"))


def test_no_threads_or_handles_remain(start: Callable[[str], Client]) -> None:
    threads, handles = threading.active_count(), _handles()
    for _ in range(3):
        client = start("sys.stdin.buffer.read()")
        client.stop()
        ended = start("os._exit(0)")
        until_gone(ended)  # without stop()
    deadline = time.monotonic() + 5
    while (threading.active_count(), _handles()) != (threads, handles):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _handles() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def test_unusable_interpreter_is_reported(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    for python in (str(tmp_path / "none"), str(tmp_path / "text"), str(tmp_path), "a\0b"):
        with pytest.raises(LaunchError, match="check that this program may run"):
            launch(python, REPOSITORY, [], tmp_path / "backend.log")


def test_unusable_log_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "backend.log").mkdir(parents=True)
    (tmp_path / "taken" / "backend.log.1").touch()  # a folder can't replace this file
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "taken", tmp_path / ("x" * 300)):
        with pytest.raises(LaunchError) as caught:
            launch(sys.executable, REPOSITORY, [], folder / "backend.log")
        assert str(folder) in str(caught.value)
        assert "free some space or make it writable" in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_full_or_readonly_disk_is_reported(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fails)
    with pytest.raises(LaunchError) as caught:
        launch(sys.executable, REPOSITORY, [], tmp_path / "backend.log")
    assert os.strerror(number) in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_send_never_waits_for_child(start: Callable[[str], Client]) -> None:
    """Send hundreds of megabytes to a child that reads nothing."""
    client = start("say(done); time.sleep(60)")
    assert client.poll(10) == Done(1)
    locked = np.full((1_000_000, 52), np.nan, np.float32)  # 208 MB
    began = time.monotonic()
    for number in range(3):
        client.send(Generate(number, "a.wav", performance=Performance(locked=locked)))
    assert time.monotonic() - began < 0.5
    with pytest.raises(ProtocolError, match="too large"):
        client.send(Generate(4, "a" * 100_000))
    client.stop()
    assert time.monotonic() - began < 6
    assert not client.alive
    assert not client._writer.is_alive()


def test_requests_arrive_complete_in_order(start: Callable[[str], Client], tmp_path: Path) -> None:
    client = start(
        "import json, zlib\n"
        "while line := sys.stdin.buffer.readline():\n"
        "    header = json.loads(line)\n"
        "    payload = sys.stdin.buffer.read(header['nbytes'])\n"
        "    print(header['id'], len(payload), zlib.crc32(payload), file=sys.stderr)"
    )
    locked = np.random.default_rng(0).random((100_000, 52), np.float32)
    for number in range(3):
        client.send(Generate(number, "a.wav", performance=Performance(locked=locked)))
    client.stop()
    assert until_gone(client).log_tail.splitlines() == [
        f"{number} {locked.nbytes} {zlib.crc32(locked.tobytes())}" for number in range(3)
    ]
