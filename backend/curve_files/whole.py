"""Write files atomically, and read them up to the size of the longest take."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TextIO

from ..curves.base import CurvesError

_MAX_BYTES = 256 << 20  # hours at 60 fps


def read_whole(path: Path) -> bytes:
    """Read a file's content. Raises OSError, or CurvesError if it is larger than any take."""
    with open(path, "rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise CurvesError(
            '"{file}" is larger than {limit} MB: export a shorter take',
            file=path.name,
            limit=_MAX_BYTES >> 20,
        )
    return content


def replace_bytes(path: str | Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file with fill(file). On failure, an existing file stays as it is. Raises CurvesError."""
    path = Path(path)
    temporary = path.with_name(f".{path.stem[:40]}.{os.getpid()}.tmp")
    try:
        try:
            with open(temporary, "wb") as file:
                fill(file)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CurvesError(
            '"{file}" can\'t be written ({reason}): check the folder and its permissions',
            file=path,
            reason=error.strerror or error,
        ) from error


def replace_text(path: str | Path, fill: Callable[[TextIO], object]) -> None:
    """Write UTF-8 text atomically, without changing line ends. Raises CurvesError."""

    def encoded(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        fill(text)
        text.detach()

    replace_bytes(path, encoded)
