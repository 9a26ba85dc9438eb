"""The manifest that `python -m backend batch` writes: which take is whose, and from which frame on."""

import json
from dataclasses import dataclass
from pathlib import Path


class ManifestError(Exception):
    """A manifest can't be used; the text is a sentence for the artist."""


@dataclass(frozen=True)
class Entry:
    """A line of the script. files: its takes; character: name of an object; error: why there is no take, "" when there is."""

    name: str
    files: tuple[Path, ...]
    character: str
    frame: int
    error: str


def read_entries(path: Path) -> list[Entry]:
    """All lines of a manifest, in its order. Raises ManifestError."""
    try:
        rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines() if row.strip()]
        return [
            Entry(
                str(row["name"]),
                tuple(path.parent / name for name in row["outputs"]),
                str(row.get("character", "")),
                int(row.get("frame", 1)),
                str(row["error"]),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestError(f'"{path}" is no manifest of takes ({error!r}): choose the manifest.jsonl that a batch wrote') from error
