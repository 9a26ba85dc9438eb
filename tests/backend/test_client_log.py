"""The log of the child's output: its size, its privacy and failures of the disk."""

import errno
import io
import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child_exit import until_gone

from backend.ipc import client_log
from backend.ipc.client import Client
from backend.ipc.client_log import MAX_LOG_BYTES, copy_to_log, log_tail, previous_log, start_log
from backend.ipc.protocol import Done


@pytest.fixture
def log(tmp_path: Path) -> Path:
    log = tmp_path / "log" / "backend.log"
    start_log(log)
    return log


def _copy(log: Path, text: bytes) -> None:
    copy_to_log(io.BufferedReader(io.BytesIO(text)), log)  # type: ignore[arg-type]


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_log_is_private_and_starts_empty(log: Path) -> None:
    _copy(log, b"first\n")
    start_log(log)
    assert log.read_bytes() == b""
    assert previous_log(log).read_bytes() == b"first\n"
    _copy(log, b"second\n")
    start_log(log)
    _copy(log, b"third\n")
    assert log.read_bytes() == b"third\n"
    assert previous_log(log).read_bytes() == b"second\n"
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in log.parent.iterdir()] == [0o600, 0o600]


def test_log_size_stays_within_limit(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_log, "_PAUSE", 0)
    for lines in (100_000, 700_000):
        _copy(log, b"".join(b"line %06d\n" % n for n in range(lines)))
        assert log.stat().st_size <= MAX_LOG_BYTES
        assert previous_log(log).stat().st_size <= MAX_LOG_BYTES
        assert {path.name for path in log.parent.iterdir()} == {"backend.log", "backend.log.1"}
        assert log_tail(log, 3).splitlines() == [f"line {n:06}" for n in range(lines - 3, lines)]


def test_last_lines_survive_log_rotation(log: Path) -> None:
    log.write_bytes(b"x" * (MAX_LOG_BYTES - 20) + b"\none\ntwo\n")
    _copy(log, b"three\nfour, which is too much\n")
    assert log.stat().st_size < 10_000
    assert log_tail(log, 4).splitlines() == [
        "one",
        "two",
        "three",
        "four, which is too much",
    ]


def test_only_a_flood_is_slowed(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    _copy(log, b"x" * 60_000)
    assert not slept
    _copy(log, b"x" * 300_000)
    assert len(slept) == 4
    assert min(slept) > 0


def test_last_output_is_waited_for(start: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    append = client_log._append

    def slow(log: Path, text: bytes) -> None:
        time.sleep(0.3)
        append(log, text)

    monkeypatch.setattr(client_log, "_append", slow)
    assert until_gone(start("print('last words', file=sys.stderr)")).log_tail == "last words"


def test_full_disk_loses_only_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append, tried = client_log._append, []

    def full(log: Path, text: bytes) -> None:
        tried.append(text)
        if len(tried) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(log, text)

    monkeypatch.setattr(client_log, "_append", full)
    monkeypatch.setattr(client_log, "_CHUNK", 4)
    _copy(log, b"one\ntwo\nthr\n")
    assert log.read_bytes() == b"one\nthr\n"
    assert len(tried) == 3


def test_missing_log_folder_is_harmless(start: Callable[[str], Client], tmp_path: Path) -> None:
    client = start(
        "sys.stdin.buffer.readline()\nfor n in range(50_000): print('line', n, file=sys.stderr)\nsay(done)\nsys.stdin.buffer.read()"
    )
    shutil.rmtree(tmp_path / "log")
    client._requests.put((b"\n", memoryview(b"")))
    assert client.poll(10) == Done(1)
    client.stop()
    gone = until_gone(client)
    assert gone.log_tail == ""
    assert not (tmp_path / "log").exists()


def test_deleted_log_is_created_again(start: Callable[[str], Client], tmp_path: Path) -> None:
    client = start("sys.stdin.buffer.readline()\nprint('still here', file=sys.stderr)")
    (tmp_path / "log" / "backend.log").unlink()
    client._requests.put((b"\n", memoryview(b"")))
    assert until_gone(client).log_tail == "still here"


def test_flooding_child_is_still_served(start: Callable[[str], Client], tmp_path: Path) -> None:
    client = start(
        "import threading\n"
        "def flood():\n"
        "    while True: os.write(2, b'flood ' * 20_000 + b'\\n')\n"
        "threading.Thread(target=flood, daemon=True).start()\n"
        "for n in range(20): say(progress); time.sleep(0.05)\n"
        "say(done)\n"
        "sys.stdin.buffer.read()"
    )
    began = time.monotonic()
    while (reply := client.poll(0.2)) != Done(1):
        assert reply is None or reply.id == 1  # type: ignore[union-attr]
        assert time.monotonic() - began < 20
    sizes = [path.stat().st_size for path in (tmp_path / "log").iterdir()]
    assert len(sizes) <= 2  # on a busy machine, the flood may not fill the first log
    assert max(sizes) <= MAX_LOG_BYTES
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 5
    assert not client._logger.is_alive()


@pytest.mark.skipif(os.name != "posix", reason="processes are left behind in POSIX's way")
def test_orphan_process_delays_nothing(start: Callable[[str], Client]) -> None:
    """The orphan keeps the child's stderr open."""
    client = start(
        "print('last words', file=sys.stderr)\nif os.fork(): os._exit(7)\nos.close(0)\nos.close(1)\ntime.sleep(8)"
    )
    began = time.monotonic()
    gone = until_gone(client)
    assert (gone.returncode, gone.log_tail) == (7, "last words")
    assert time.monotonic() - began < 5
    began = time.monotonic()
    client.stop()
    assert time.monotonic() - began < 1
