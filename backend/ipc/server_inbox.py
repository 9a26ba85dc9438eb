"""The requests that wait: a thread takes them off the pipe, so that a Cancel arrives while a job is under way."""

import threading
from collections import deque
from collections.abc import Callable
from typing import IO

from .protocol import MAX_PAYLOAD, Cancel, Cancelled, Generate, Hello, Message, ProtocolError, Reply, Shutdown, read

_MOST = 256  # requests that may wait; the add-on sends one at a time


class CancelJob(Exception):
    """The job under way is wanted no more."""


class Inbox:
    """A queue of requests in the order they came. error tells why the pipe could not be read to its proper end, if so."""

    def __init__(self, pipe: IO[bytes], reply: Callable[[Reply], None]) -> None:
        self.error: ProtocolError | None = None
        self._reply = reply  # only used for jobs cancelled before they began
        self._changed = threading.Condition()
        self._waiting: deque[Hello | Generate] = deque()
        self._under_way: Hello | Generate | None = None
        self._cancelled = False
        self._ended = False
        threading.Thread(target=self._receive, args=(pipe,), name="requests", daemon=True).start()

    def next(self) -> Hello | Generate | None:
        """The next request, waiting for it; None when the pipe ended or Shutdown came."""
        with self._changed:
            self._under_way, self._cancelled = None, False
            self._changed.wait_for(lambda: self._waiting or self._ended)
            self._under_way = None if self._ended else self._waiting.popleft()
            return self._under_way

    def raise_if_cancelled(self) -> None:
        """Raise CancelJob when the request that next() gave is wanted no more."""
        if self._cancelled or self._ended:
            raise CancelJob

    def _receive(self, pipe: IO[bytes]) -> None:
        try:
            while (message := read(pipe)) is not None and not isinstance(message, Shutdown):
                self._take(message)
        except ProtocolError as error:
            self.error = error
        except (OSError, ValueError):  # the pipe broke: the same as its end
            pass
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _take(self, message: Message) -> None:
        with self._changed:
            if isinstance(message, (Hello, Generate)):
                self._waiting.append(message)
                self._changed.notify()
                if len(self._waiting) > _MOST or sum(map(_size, self._waiting)) > MAX_PAYLOAD:
                    raise ProtocolError(f"{len(self._waiting)} requests wait, which are too many")
                return
            if not isinstance(message, Cancel):
                raise ProtocolError(f"A {type(message).__name__} is no request")
            if isinstance(self._under_way, Generate) and self._under_way.id == message.job:
                self._cancelled = True
            dropped = [
                request for request in self._waiting if isinstance(request, Generate) and request.id == message.job
            ]
            for request in dropped:
                self._waiting.remove(request)
        for request in dropped:
            self._reply(Cancelled(request.id))


def _size(request: Hello | Generate) -> int:
    """Bytes of payload."""
    locked = request.performance.locked if isinstance(request, Generate) else None
    return 0 if locked is None else locked.nbytes
