"""How every command of a shell ends when what reads its output has gone, as in `python -m backend identities a.wav | head -1`."""

import errno
import os
import sys
from collections.abc import Callable

CLOSED_PIPE = 141  # exit code: 128 + SIGPIPE, what a shell reports of tools that end so


def run_command(command: Callable[[], int]) -> int:
    """Run a command and write out all that it printed. Returns its exit code, or CLOSED_PIPE, without a word, when nobody reads on."""
    try:
        try:
            return command()
        finally:
            if sys.stdout is not None:  # as in a program without a console
                sys.stdout.flush()
    except OSError as error:
        if not is_closed_pipe(error):
            raise
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())  # or Python complains of what it still holds when it ends
        return CLOSED_PIPE


def is_closed_pipe(error: Exception, system: str = sys.platform) -> bool:
    """Whether nobody reads what was to be written. Windows says EINVAL, as it does, with the name, of a file that can't be."""
    if isinstance(error, BrokenPipeError):
        return True
    return system == "win32" and isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
