"""DIR/manifest.jsonl: a line for each line of the script, in its order when all is done; while it is not, in the order they came."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any, get_args, get_origin

from .work import Result

NAME = "manifest.jsonl"
_FIELDS = {field.name for field in fields(Result)}


def read_manifest(out: Path) -> dict[str, Result]:
    """Name of a line -> the last that is told of it. What a kill left half-written is passed over."""
    results = {}
    try:
        rows = (out / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    for row in rows:
        try:
            told: dict[str, Any] = json.loads(row)
            result = Result(**{key: _frozen(value) for key, value in told.items() if key in _FIELDS})
            if not all(_fits(getattr(result, field.name), field.type) for field in fields(Result)):
                continue
        except (ValueError, TypeError, AttributeError, RecursionError):
            continue
        results[result.name] = result
    return results


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a field's type: a text, number, or tuple of one of them."""
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_fits(item, get_args(kind)[0]) for item in value)
    return type(value) is kind or (kind is float and type(value) is int)


def open_manifest(out: Path) -> IO[str]:
    """The manifest, to add to."""
    return open(out / NAME, "a", encoding="utf-8", newline="\n")


def add(manifest: IO[str], result: Result) -> None:
    """Tell of a line; it is on the disk when this returns, as far as the system says so."""
    manifest.write(_row(result))
    manifest.flush()


def rewrite(out: Path, results: list[Result]) -> None:
    """The manifest anew, whole or not at all."""
    temporary = out / f".{NAME}.{os.getpid()}.tmp"
    temporary.write_text("".join(map(_row, results)), encoding="utf-8", newline="\n")
    os.replace(temporary, out / NAME)


def _row(result: Result) -> str:
    return json.dumps(asdict(result), ensure_ascii=False) + "\n"
