"""The replies: whole messages from any thread, and signs of life while there is work, so that a child that hangs can be told from one that thinks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ..messages import UserMessage
from .protocol import Progress, Reply, write


class Outbox:
    """The pipe that replies go to. When nobody listens to it any more, they are lost: the requests' end will say so."""

    def __init__(self, pipe: IO[bytes], every: float = 1.0) -> None:
        """every: seconds without a reply after which busy() repeats the last progress."""
        self._pipe = pipe
        self._every = every
        self._lock = threading.Lock()
        self._last: Progress | None = None  # of the work under way
        self._quiet = False  # whether nothing was sent since busy() looked last

    def send(self, reply: Reply) -> None:
        """Put a reply on the pipe; may be called by any thread. Raises ProtocolError when it is too large."""
        with self._lock:
            if isinstance(reply, Progress):
                self._last = reply
            self._write(reply)

    @contextmanager
    def busy(self, request: int) -> Iterator[None]:
        """While this lasts, whatever it waits for, a Progress for that request is sent every second or two at least."""
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
