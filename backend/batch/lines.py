"""The lines of a script: a folder of sounds, or a table (CSV, or JSON Lines) that says of each what is wanted."""

import csv
import json
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..inference.generator import AUTO
from ..ipc.server import MOST_TAKES, RequestError

_SUFFIXES = (".wav", ".ogg", ".mp3", ".flac", ".aif", ".aiff", ".opus", ".caf", ".au", ".w64", ".rf64")
_LARGEST = 1 << 30  # bytes of a table
_LONGEST = 1 << 20  # letters of one of its lines
_SAFE = re.compile(r"[^\w\-. ()\[\]{}+,=@!&\']")


class LinesError(RequestError):
    """The lines can't be read; the text is a sentence."""


@dataclass(frozen=True)
class Line:
    """What is wanted of one piece of sound. file: as a path that can be opened; name: of the files to be written, a relative path without
    suffix, unlike all others'; character, frame: who speaks it in a scene, and from when on, for what reads the manifest; the rest as in
    backend.protocol.Generate."""

    name: str
    file: str
    start: float = 0.0
    end: float | None = None
    identity: str = AUTO
    emotion: str = AUTO
    intensity: float = 1.0
    seed: int = 0
    count: int = 1
    fps: float = 30.0
    character: str = ""
    frame: int = 1


@dataclass(frozen=True)
class BadLine:
    """A line of a table that makes no sense, and why."""

    name: str
    reason: str


_COLUMNS = tuple(field.name for field in fields(Line))
_KINDS: dict[str, type] = {
    "start": float,
    "end": float,
    "intensity": float,
    "seed": int,
    "count": int,
    "fps": float,
    "frame": int,
}


def read_lines(path: Path) -> list[Line | BadLine]:
    """All lines of a folder (its sounds, those in its folders too, by name) or of a table (.csv with a header, .jsonl), in its order.

    In a table only `file` must be there, relative to the table's folder; what is empty or missing has its default. Raises LinesError
    when there is no such thing or nothing in it.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        lines = _unlike([Line(file.relative_to(path).with_suffix("").as_posix(), str(file)) for file in files])
    elif path.is_file():
        lines = _unlike([_line(row, number, path) for number, row in _rows(path)])
    else:
        raise LinesError('There is no folder or table "{file}": give a folder of sounds, a .csv or a .jsonl', file=path)
    if not lines:
        raise LinesError(
            '"{file}" holds no lines: put sounds into it ({suffixes} and so on), or rows',
            file=path,
            suffixes=", ".join(_SUFFIXES[:4]),
        )
    return lines


def _rows(path: Path) -> list[tuple[int, dict[str, Any] | str]]:
    """(number of the line in the file, its fields or what is wrong with it)."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST >> 20} MB")
        rows = path.read_text(encoding="utf-8-sig").splitlines()
        if any(len(row) > _LONGEST for row in rows):
            raise ValueError(f"a line has more than {_LONGEST} letters")
    except (OSError, ValueError) as error:
        raise LinesError(
            '"{file}" can\'t be read ({reason}): save it as UTF-8 text, with a line for each piece of speech',
            file=path,
            reason=error,
        ) from error
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        return [(number, _object(row)) for number, row in enumerate(rows, start=1) if row.strip()]
    reader = csv.DictReader(rows)
    try:
        if "file" not in (reader.fieldnames or ()):
            raise LinesError(
                '"{file}" has no column "file": its first row must name the columns, {columns}',
                file=path,
                columns=", ".join(_COLUMNS),
            )
        return [
            (reader.line_num, {key: value for key, value in row.items() if key and value not in (None, "")})
            for row in reader
        ]
    except csv.Error as error:
        raise LinesError('"{file}" can\'t be read ({reason}): save it as CSV again', file=path, reason=error) from error


def _object(row: str) -> dict[str, Any] | str:
    try:
        value = json.loads(row)
    except (ValueError, RecursionError) as error:
        return f"it is not JSON ({error})"
    return value if isinstance(value, dict) else "it is not a JSON object"


def _line(row: dict[str, Any] | str, number: int, table: Path) -> Line | BadLine:
    known = f"line {number}"
    if isinstance(row, str):
        return BadLine(known, f"Line {number} of the table can't be used, as {row}.")
    if strange := [key for key in row if key not in _COLUMNS]:
        return BadLine(known, f"Line {number} has a column {strange[0]!r}; a line may have {', '.join(_COLUMNS)}.")
    file = row.get("file")
    if not isinstance(file, str) or not file or "\0" in file:
        return BadLine(known, f"Line {number} names no file.")
    values: dict[str, Any] = {}
    for key, value in row.items():
        kind = _KINDS.get(key, str)
        try:
            if isinstance(value, (list, dict, bool)) or value is None:
                raise ValueError
            values[key] = kind(value)
        except (ValueError, OverflowError):
            return BadLine(
                str(row.get("name") or known),
                f"Line {number} has {str(value)[:40]!r} as its {key}, which is no {kind.__name__}.",
            )
    name = _SAFE.sub("_", values.pop("name", "") or Path(file).stem).strip(" .") or known
    return Line(**values | {"name": name, "file": str(table.parent / file)})


def _unlike(lines: list[Line | BadLine]) -> list[Line | BadLine]:
    """The same with names that write no file twice: some get a number behind them. Not all systems tell upper from lower case."""
    taken: set[str] = set()
    result: list[Line | BadLine] = []
    for line in lines:
        count = line.count if isinstance(line, Line) else 1
        name, number = line.name, 1
        while not taken.isdisjoint(files := {text.lower() for text in (name, *output_names(name, count))}):
            number += 1
            name = f"{line.name} ({number})"
        taken |= files
        result.append(replace(line, name=name))
    return result


def output_names(name: str, count: int) -> list[str]:
    """The files that a line's takes are written to, without suffix: NAME, or NAME_1, NAME_2, ..."""
    return (
        [name] if count == 1 else [f"{name}_{number + 1}" for number in range(min(max(count, 0), MOST_TAKES))]
    )  # more are refused
