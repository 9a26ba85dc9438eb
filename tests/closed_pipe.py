"""Run a command whose output nobody reads, as `| head -1` leaves it."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def run_unread(*command: str | Path, buffered: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `python -m COMMAND` with its standard output closed by the reader. buffered: whether Python buffers it."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=_ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "" if buffered else "1"},
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        os.close(write_end)
