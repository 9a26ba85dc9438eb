"""What the child prints, kept in a file of bounded size: a thread of ours reads its stderr, so that a child that floods it fills no disk."""

import contextlib
import os
import time
from pathlib import Path
from typing import IO

MOST = 1_000_000  # bytes of the log, and of the one before it
_CHUNK = 64 * 1024  # as much as a pipe holds
_TAIL = 8192  # bytes in which the last lines are looked for
_PAUSE = 0.01  # seconds


def former(log: Path) -> Path:
    """The log before this one: of the start before, or the older lines of a long one."""
    return log.with_name(f"{log.name}.1")


def begin(log: Path) -> None:
    """An empty log for this user's eyes only, in a folder that is made where missing; what was there is former(log). Raises OSError."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.replace(log, former(log))
    os.close(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))


def keep(pipe: IO[bytes], log: Path) -> None:
    """Write to the log what comes, up to the pipe's end; what can't be written (disk full, folder gone) is lost, and nobody waits for it."""
    with pipe, contextlib.suppress(OSError, ValueError):
        while text := pipe.read1(_CHUNK):  # type: ignore[attr-defined]
            with contextlib.suppress(OSError):
                _append(log, text)
            if len(text) == _CHUNK:
                time.sleep(_PAUSE)  # a flood: better the child waits than this process works for it


def _append(log: Path, text: bytes) -> None:
    # Opened each time: Windows could not replace or delete it while it is open, and if it was deleted, it comes back.
    if log.exists() and log.stat().st_size + len(text) > MOST:
        text = _end(log) + text  # or the last lines could not be told from it
        os.replace(log, former(log))
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(text)


def _end(log: Path) -> bytes:
    with open(log, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        return file.read()


def log_tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log that aren't empty, joined by newlines; "" when there are none."""
    try:
        text = _end(log).decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])
