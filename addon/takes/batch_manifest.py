"""Read the manifest that `python -m backend batch` writes: the takes of each line, its character and its frame. Does not need Blender."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...backend.messages import UserError

_MAX_LENGTH = 1 << 28  # characters, enough for half a million lines
_MAX_FRAME = 1_048_574  # Blender's


class ManifestError(UserError):
    """A manifest can't be used."""


@dataclass(frozen=True)
class Entry:
    """A line of the script. files: its takes. character: name of an object. error: why there is no take, "" if there is one."""

    name: str
    files: tuple[Path, ...]
    character: str
    frame: int
    error: str


def read_entries(path: Path) -> list[Entry]:
    """Read the lines of a manifest, in order. Raises ManifestError."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_LENGTH + 1)
        if len(text) > _MAX_LENGTH:
            raise ValueError("length")
        return [_entry(json.loads(row), path.parent) for row in text.splitlines() if row.strip()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ManifestError(
            '"{file}" isn\'t a batch manifest ({reason}): choose the manifest.jsonl that a batch wrote',
            file=path,
            reason=repr(error),
        ) from error


def _entry(row: dict[str, Any], folder: Path) -> Entry:
    frame, outputs = int(row.get("frame", 1)), row["outputs"]
    if abs(frame) > _MAX_FRAME or not isinstance(outputs, list):
        raise ValueError("frame" if isinstance(outputs, list) else "outputs")
    return Entry(
        str(row["name"]),
        tuple(folder / name for name in outputs),
        str(row.get("character", "")),
        frame,
        str(row["error"]),
    )
