"""Queue requests in a thread, so that a Cancel arrives during a job. Runs in the backend process."""

import threading
from collections import deque
from collections.abc import Callable
from typing import IO

from .protocol import MAX_PAYLOAD, Cancel, Cancelled, Generate, Hello, Message, ProtocolError, Reply, Shutdown, read

_MAX_WAITING = 256  # requests; the add-on sends one at a time


class CancelJob(Exception):
    """The running job was canceled."""


class Inbox:
    """A queue of requests in order of arrival. error: why the pipe became unreadable, or None."""

    def __init__(self, pipe: IO[bytes], reply: Callable[[Reply], None]) -> None:
        self.error: ProtocolError | None = None
        self._reply = reply  # only for jobs canceled before they start
        self._changed = threading.Condition()
        self._waiting: deque[Hello | Generate] = deque()
        self._current: Hello | Generate | None = None
        self._cancelled = False
        self._ended = False
        threading.Thread(target=self._receive, args=(pipe,), name="requests", daemon=True).start()

    def next(self) -> Hello | Generate | None:
        """Wait for the next request and return it; None after the pipe ended or a Shutdown arrived."""
        with self._changed:
            self._current, self._cancelled = None, False
            self._changed.wait_for(lambda: self._waiting or self._ended)
            self._current = None if self._ended else self._waiting.popleft()
            return self._current

    def raise_if_cancelled(self) -> None:
        """Raise CancelJob if the request that next() returned was canceled or the pipe has ended."""
        if self._cancelled or self._ended:
            raise CancelJob

    def _receive(self, pipe: IO[bytes]) -> None:
        try:
            while (message := read(pipe)) is not None and not isinstance(message, Shutdown):
                self._accept(message)
        except ProtocolError as error:
            self.error = error
        except (OSError, ValueError):  # a broken pipe counts as its end
            pass
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _accept(self, message: Message) -> None:
        with self._changed:
            if isinstance(message, (Hello, Generate)):
                self._waiting.append(message)
                self._changed.notify()
                if len(self._waiting) > _MAX_WAITING or sum(map(_size, self._waiting)) > MAX_PAYLOAD:
                    raise ProtocolError(f"{len(self._waiting)} requests wait, which are too many")
                return
            if not isinstance(message, Cancel):
                raise ProtocolError(f"A {type(message).__name__} is no request")
            if isinstance(self._current, Generate) and self._current.id == message.job:
                self._cancelled = True
            dropped = [
                request for request in self._waiting if isinstance(request, Generate) and request.id == message.job
            ]
            for request in dropped:
                self._waiting.remove(request)
        for request in dropped:
            self._reply(Cancelled(request.id))


def _size(request: Hello | Generate) -> int:
    """Return the bytes of a request's payload."""
    locked = request.performance.locked if isinstance(request, Generate) else None
    return 0 if locked is None else locked.nbytes
