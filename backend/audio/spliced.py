"""A virtual file made of byte strings and ranges of a real file. It corrects headers without copying the file."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

Part = bytes | tuple[int, int]  # bytes as they are, or [start, stop) of the file


class Spliced(io.RawIOBase):
    """The concatenated parts as a readable and seekable file. Raises OSError like any file."""

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        self._file = open(path, "rb")  # noqa: SIM115  closed by close()
        self._parts = parts
        sizes = (len(part) if isinstance(part, bytes) else part[1] - part[0] for part in parts)
        self._starts = list(accumulate(sizes, initial=0))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._position < self._starts[-1]:
            index = bisect_right(self._starts, self._position) - 1
            part, inside = self._parts[index], self._position - self._starts[index]
            size = min(len(view) - done, self._starts[index + 1] - self._position)
            if isinstance(part, bytes):
                view[done : done + size] = part[inside : inside + size]
                count = size
            else:
                self._file.seek(part[0] + inside)
                count = self._file.readinto(view[done : done + size])
                if not count:  # the file was truncated in the meantime
                    break
            done += count
            self._position += count
        return done

    def close(self) -> None:
        self._file.close()
        super().close()
