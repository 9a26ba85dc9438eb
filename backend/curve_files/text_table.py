"""Split text into rows of cells, with any encoding, separator and decimal comma."""

import codecs
import csv
import math
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from .whole import read_whole

SEPARATORS = ",;\t|"
_LONGEST_LINE = 1 << 16  # letters
_HEADER_WITHIN = 30  # lines, because some apps write others before the header
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path) -> str:
    """Read a file's text as UTF-8, UTF-16 or UTF-32, by its mark or its zero bytes, or else as Windows-1252.

    Raises OSError, ValueError or CurvesError.
    """
    content = read_whole(path)
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding)
    head = content[:400]
    if head.count(0) > len(head) // 4:  # two bytes per letter without a mark
        return content.decode("utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def split_table(text: str, score: Callable[[list[str]], int]) -> tuple[list[str], Iterator[list[str]], str]:
    """Return the cells of the header, an iterator over the rows after it, and the separator.

    score(cells): rate a header. Among the first lines and all separators, the highest score wins. Raises ValueError if
    all scores are 0.
    """
    first = list(islice(_lines(text), _HEADER_WITHIN))
    best, found = 0, (0, ",")
    for position, line in enumerate(first):
        for separator in SEPARATORS:
            points = score(_cells(line, separator)) if separator in line or separator == "," else 0
            if points > best:
                best, found = points, (position, separator)
    if not best:
        raise ValueError("no line of it names a channel of ARKit's")
    position, separator = found
    rows = csv.reader(islice(_lines(text), position + 1, None), delimiter=separator)
    return _cells(first[position], separator), ([cell.strip() for cell in row] for row in rows), separator


def number(cell: str, decimal_comma: bool) -> float:
    """Return the number in a cell, or NaN, as for an empty cell or a date that a spreadsheet made of it."""
    try:
        return float(cell)
    except ValueError:
        cell = cell.replace(" ", "").replace("\xa0", "")
    if decimal_comma:
        cell = cell.replace(",", ".")
    try:
        return float(cell.removesuffix("%")) * (0.01 if cell.endswith("%") else 1.0)
    except ValueError:
        return math.nan


def _lines(text: str) -> Iterator[str]:
    """Yield the nonempty lines. Raises ValueError for a line longer than any table has."""
    for match in re.finditer(r"[^\r\n]+", text):
        if match.end() - match.start() > _LONGEST_LINE:
            raise ValueError(f"a line has more than {_LONGEST_LINE} letters")
        yield match[0]


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in next(csv.reader([line], delimiter=separator), [])]
