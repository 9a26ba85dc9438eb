"""Files that are written whole or not at all, and read no further than a take can be long."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TextIO

from ..curves.base import CurvesError

_LARGEST = 256 << 20  # bytes: hours at 60 fps


def read_whole(path: Path) -> bytes:
    """A file's content. Raises OSError, and CurvesError when no take is as large."""
    with open(path, "rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise CurvesError(
            '"{file}" is larger than {limit} MB: export a shorter take',
            file=path.name,
            limit=_LARGEST >> 20,
        )
    return content


def replace_bytes(path: str | Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file, or leave what was there. Raises CurvesError."""
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
    """The same for UTF-8 text, with line ends as they are given."""

    def encoded(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        fill(text)
        text.detach()

    replace_bytes(path, encoded)
