"""Write the child's output to a log of bounded size. Runs in Blender.

A thread reads the child's stderr, so that a child that floods it can't fill the disk.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import IO

MAX_LOG_BYTES = 1_000_000  # of the log, and of the previous one
_CHUNK = 64 * 1024  # bytes: the capacity of a pipe
_TAIL = 8192  # bytes at the end that are searched for the last lines
_PAUSE = 0.01  # s after a full chunk


def previous_log(log: Path) -> Path:
    """Return the path of the previous log. It holds the output of the last start, or the older lines of a long log."""
    return log.with_name(f"{log.name}.1")


def start_log(log: Path) -> None:
    """Create an empty log that only this user can read, and its folder. Move an existing log to previous_log(log).

    Raises OSError.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.replace(log, previous_log(log))
    os.close(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))


def copy_to_log(pipe: IO[bytes], log: Path) -> None:
    """Copy a pipe to the log until its end. Output that can't be written, as on a full disk, is dropped."""
    with pipe, contextlib.suppress(OSError, ValueError):
        while text := pipe.read1(_CHUNK):  # type: ignore[attr-defined]
            with contextlib.suppress(OSError):
                _append(log, text)
            if len(text) == _CHUNK:
                time.sleep(_PAUSE)  # slow down a child that floods its log


def _append(log: Path, text: bytes) -> None:
    # Open it each time: Windows can't replace or delete an open file, and a deleted log is created again.
    if log.exists() and log.stat().st_size + len(text) > MAX_LOG_BYTES:
        text = _read_end(log) + text  # so that the new log has the last lines, too
        os.replace(log, previous_log(log))
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(text)


def _read_end(log: Path) -> bytes:
    with open(log, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        return file.read()


def log_tail(log: Path, lines: int = 5) -> str:
    """Return the last nonempty lines of a log, joined by newlines; "" if there are none."""
    try:
        text = _read_end(log).decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])
