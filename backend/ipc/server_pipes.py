"""Reserve stdin and stdout for the protocol. Runs in the backend process and imports nothing that could print."""

import logging
import os
import sys
from typing import IO

from ..platforms import ignore_interrupts


def claim_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return stdin and stdout as pipes (requests, replies). From now on, prints go to stderr, the log."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # at the level of the system, so that output of native libraries is redirected too
    ignore_interrupts()  # Ctrl-C in Blender's terminal is for Blender; when it ends, stdin closes
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return requests, replies
