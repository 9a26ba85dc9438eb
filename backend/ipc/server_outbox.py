"""Send replies from any thread, and repeat the last progress as a sign of life. Runs in the backend process.

The signs of life let Blender tell a working process from a hung one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ..messages import UserMessage
from .protocol import Progress, Reply, write


class Outbox:
    """The pipe for replies. Once its other end is closed, replies are dropped."""

    def __init__(self, pipe: IO[bytes], every: float = 1.0) -> None:
        """Wrap a pipe. every: seconds without a reply after which busy() repeats the last progress."""
        self._pipe = pipe
        self._every = every
        self._lock = threading.Lock()
        self._last: Progress | None = None  # of the current job
        self._quiet = False  # True if nothing was sent since the last check

    def send(self, reply: Reply) -> None:
        """Write a reply to the pipe, from any thread. Raises ProtocolError when it is too large."""
        with self._lock:
            if isinstance(reply, Progress):
                self._last = reply
            self._write(reply)

    @contextmanager
    def busy(self, request: int) -> Iterator[None]:
        """Send a Progress for the request at least every two seconds while the context lasts."""
        self._last = Progress(request, "Starting", 0.0, UserMessage("Starting"))
        done = threading.Event()
        thread = threading.Thread(target=self._repeat, args=(done,), name="signs of life", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _repeat(self, done: threading.Event) -> None:
        while not done.wait(self._every):
            with self._lock:
                if self._quiet and self._last and not done.is_set():
                    self._write(self._last)
                self._quiet = True

    def _write(self, reply: Reply) -> None:
        self._quiet = False
        try:
            write(self._pipe, reply)
        except OSError:
            pass
