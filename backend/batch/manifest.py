"""DIR/manifest.jsonl: one row for each line of the script. In the script's order once all are done, until then in the order they finish."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any, get_args, get_origin

from .work import Result

NAME = "manifest.jsonl"
_FIELDS = {field.name for field in fields(Result)}


def read_manifest(out: Path) -> dict[str, Result]:
    """Read the last result of each line, by name. Rows that can't be read, as after a crash in mid-write, are skipped."""
    results = {}
    try:
        rows = (out / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    for row in rows:
        try:
            cells: dict[str, Any] = json.loads(row)
            result = Result(**{key: _frozen(value) for key, value in cells.items() if key in _FIELDS})
            if not all(_fits(getattr(result, field.name), field.type) for field in fields(Result)):
                continue
        except (ValueError, TypeError, AttributeError, RecursionError):
            continue
        results[result.name] = result
    return results


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fits(value: Any, kind: Any) -> bool:
    """Return True if a value is of a field's type: a string, a number, or a tuple of one of them."""
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_fits(item, get_args(kind)[0]) for item in value)
    return type(value) is kind or (kind is float and type(value) is int)


def open_manifest(out: Path) -> IO[str]:
    """Open the manifest for appending."""
    return open(out / NAME, "a", encoding="utf-8", newline="\n")


def add(manifest: IO[str], result: Result) -> None:
    """Append a result and flush it."""
    manifest.write(_row(result))
    manifest.flush()


def rewrite(out: Path, results: list[Result]) -> None:
    """Replace the manifest, atomically."""
    temporary = out / f".{NAME}.{os.getpid()}.tmp"
    temporary.write_text("".join(map(_row, results)), encoding="utf-8", newline="\n")
    os.replace(temporary, out / NAME)


def _row(result: Result) -> str:
    return json.dumps(asdict(result), ensure_ascii=False) + "\n"
