"""The lines of a script: a folder of sounds, or a table (CSV or JSON Lines) with a request for each."""

import csv
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from ..audio import find_sounds
from ..flat_format import FlatFormat
from ..inference.errors import RequestError
from ..inference.generate_takes import MOST_TAKES
from ..performance import Performance

_LARGEST = 1 << 30  # bytes of a table
_LONGEST = 1 << 20  # letters of one of its lines
_SAFE = re.compile(r"[^\w\-. ()\[\]{}+,=@!&\']")


class LinesError(RequestError):
    """The lines can't be read; the message is a sentence for the user."""


@dataclass(frozen=True)
class Line:
    """One piece of speech and what is asked of it.

    name: of the files to write, a relative path without suffix, different from all others. file: a path that can be opened; start, end:
    seconds of it, end None for its end. character, frame: who speaks it in a scene and from which frame on, for the manifest's readers.
    text: what is said, to correct what the model hears.
    """

    name: str
    file: str
    start: float = 0.0
    end: float | None = None
    performance: Performance = field(default_factory=Performance)
    character: str = ""
    frame: int = 1
    text: str = ""


@dataclass(frozen=True)
class BadLine:
    """A line of a table, or a file of a folder, that can't be used, and why."""

    name: str
    reason: str


# A table's columns; a cell can't hold emotion keys or locked values.
TABLE = FlatFormat(Line, (Performance,), {}, left_out=("emotion_keys", "locked"))
_KINDS: dict[str, type] = {name: (get_args(hint) or (hint,))[0] for name, hint in TABLE.types.items()}


def read_lines(path: Path) -> list[Line | BadLine]:
    """Read a folder's sounds, those in subfolders too and sorted by name, or a table's rows (.csv with a header, .jsonl).

    A folder's sounds are found by their content. What looks like one and can't be read is a BadLine.
    A table needs only the column `file`, relative to the table's folder; other cells may be empty or missing. Raises LinesError when
    there is no such folder or table, or it is empty.
    """
    if path.is_dir():
        lines = _with_unique_names([_file_line(path, file, why_not) for file, why_not in find_sounds(path)])
    elif path.is_file():
        lines = _with_unique_names([_line(row, number, path) for number, row in _rows(path)])
    else:
        raise LinesError('There is no folder or table "{file}": give a folder of sounds, a .csv or a .jsonl', file=path)
    if not lines:
        raise LinesError('"{file}" holds no lines: put sounds into it, or rows', file=path)
    return lines


def _file_line(folder: Path, file: Path, why_not: str) -> Line | BadLine:
    name = file.relative_to(folder).with_suffix("").as_posix()
    return BadLine(name, why_not) if why_not else Line(name, str(file))


def _rows(path: Path) -> list[tuple[int, dict[str, Any] | str]]:
    """Read (number of the line in the file, its cells or what is wrong with it) for each row."""
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
                columns=", ".join(_KINDS),
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
    unnamed = f"line {number}"
    if isinstance(row, str):
        return BadLine(unnamed, f"Line {number} of the table can't be used, as {row}.")
    if strange := [key for key in row if key not in _KINDS]:
        return BadLine(unnamed, f"Line {number} has a column {strange[0]!r}; a line may have {', '.join(_KINDS)}.")
    file = row.get("file")
    if not isinstance(file, str) or not file or "\0" in file:
        return BadLine(unnamed, f"Line {number} names no file.")
    values: dict[str, Any] = {}
    for key, value in row.items():
        kind = _KINDS[key]
        try:
            if isinstance(value, (list, dict, bool)) or value is None:
                raise ValueError
            values[key] = kind(value)
        except (ValueError, OverflowError):
            return BadLine(
                str(row.get("name") or unnamed),
                f"Line {number} has {str(value)[:40]!r} as its {key}, which is no {kind.__name__}.",
            )
    name = _SAFE.sub("_", values.pop("name", "") or Path(file).stem).strip(" .") or unnamed
    return TABLE.nest(values | {"name": name, "file": str(table.parent / file)})


def _with_unique_names(lines: list[Line | BadLine]) -> list[Line | BadLine]:
    """Number names that would write a file twice. Some systems don't distinguish upper and lower case."""
    taken: set[str] = set()
    result: list[Line | BadLine] = []
    for line in lines:
        count = line.performance.count if isinstance(line, Line) else 1
        name, number = line.name, 1
        while not taken.isdisjoint(files := {text.lower() for text in (name, *output_names(name, count))}):
            number += 1
            name = f"{line.name} ({number})"
        taken |= files
        result.append(replace(line, name=name))
    return result


def output_names(name: str, count: int) -> list[str]:
    """Return the files of a line's takes without suffix: NAME, or NAME_1, NAME_2, ..."""
    if count == 1:
        return [name]
    return [f"{name}_{number + 1}" for number in range(min(max(count, 0), MOST_TAKES))]  # larger counts are refused
