"""This process's stdin and stdout, kept for the protocol alone. Imports nothing that could print."""

import logging
import os
import sys
from typing import IO

from ..platforms import ignore_interrupts


def claim_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """(requests, replies) where stdin and stdout were; whatever else is printed from now on goes to stderr, which is the log."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # below Python too, for what native libraries print
    ignore_interrupts()  # Ctrl-C in Blender's terminal is Blender's; its end ends our stdin
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return requests, replies
