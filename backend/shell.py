"""End commands quietly when their output's reader is gone, as in `python -m backend identities a.wav | head -1`."""

import os
import sys
from collections.abc import Callable

from .platforms import is_closed_pipe

CLOSED_PIPE = 141  # exit code: 128 + SIGPIPE, as a shell reports it


def run_command(command: Callable[[], int]) -> int:
    """Run a command and flush its output. Return its exit code, or CLOSED_PIPE when the output's reader is gone."""
    try:
        try:
            return command()
        finally:
            if sys.stdout is not None:  # it is None in a program without a console
                sys.stdout.flush()
    except OSError as error:
        if not is_closed_pipe(error):
            raise
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())  # or Python reports the rest of its buffer when it ends
        return CLOSED_PIPE
