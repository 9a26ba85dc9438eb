"""Random access to the bytes of a large file, with little memory."""

import os
from typing import BinaryIO

_HELD = 1 << 20  # bytes


class Window:
    """Bytes of a file, read on demand and buffered by the megabyte. Raises OSError like any file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._first, self._held = 0, b""

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        """Return the bytes [start:stop], fewer at the file's end."""
        start, stop, _ = part.indices(self._size)
        if start < self._first or stop > self._first + len(self._held):
            self._file.seek(start)
            self._first, self._held = start, self._file.read(max(stop - start, _HELD))
        return self._held[start - self._first : max(start, stop) - self._first]

    def find(self, text: bytes, start: int = 0, stop: int | None = None) -> int:
        """Return the first position of a text in [start:stop], or -1."""
        stop = self._size if stop is None else min(stop, self._size)
        while start < stop:
            end = min(start + _HELD, stop)
            if (found := self[start:end].find(text)) >= 0:
                return start + found
            if end == stop:
                break
            start = end - len(text) + 1
        return -1
