"""Read Praat's TextGrid files, which hold words and phones with their times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .beat import read_bounded

# What Praat reads of a text file: strings, numbers and flags that stand free. All else ("xmin =", "item [1]:") is there for people, so that
# the long and the short format read alike.
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(<\w+>)|![^\n]*|([^\s"<!]+)')
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$")

# Labels under which nobody speaks, in small letters, by the habits of common aligners.
_SILENT = frozenset({"", "sil", "sp", "pau", "<eps>", "<sil>", "#"})


class TextGridError(ValueError):
    """The file is no TextGrid. The message says what is wrong with it."""


@dataclass(frozen=True)
class Interval:
    """A labeled interval. start, end: s."""

    start: float
    end: float
    label: str

    @property
    def silent(self) -> bool:
        return self.label.strip().lower() in _SILENT


def read_text_grid(path: Path) -> dict[str, tuple[Interval, ...]]:
    """The interval tiers of a TextGrid by name (BEAT's: `words`, `phones`), long or short text format, UTF-8 or UTF-16; points are left out.

    Raises TextGridError for anything else.
    """
    try:
        raw = read_bounded(path)
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        return _tiers(_values(text))
    except StopIteration:
        raise TextGridError(f"{path.name} ends in the middle of a tier; export it again from Praat") from None
    except (ValueError, OverflowError) as error:
        raise TextGridError(
            f"{path.name} is not a TextGrid in Praat's text format ({error}); save it as text from Praat"
        ) from error


def _values(text: str) -> Iterator[str | float]:
    """Yield strings (flags as themselves) and numbers, in order."""
    for match in _TOKEN.finditer(text):
        quoted, flag, word = match.groups()
        if quoted is not None:
            yield quoted.replace('""', '"')
        elif flag is not None:
            yield flag
        elif word is not None and _NUMBER.match(word):
            yield float(word)


def _tiers(values: Iterator[str | float]) -> dict[str, tuple[Interval, ...]]:
    def number() -> float:
        match next(values):
            case float(value):
                return value
            case value:
                raise ValueError(f"{value!r} where a number should be")

    def string() -> str:
        match next(values):
            case str(value):
                return value
            case value:
                raise ValueError(f"{value} where a text should be")

    if (string(), string()) != ("ooTextFile", "TextGrid"):
        raise ValueError("its first lines name another format")
    number(), number()
    if string() != "<exists>":
        return {}
    tiers: dict[str, tuple[Interval, ...]] = {}
    for _ in range(int(number())):
        kind, name = string(), string()
        number(), number()
        count = int(number())
        if kind == "IntervalTier":
            tiers[name] = tuple([Interval(number(), number(), string()) for _ in range(count)])
        elif kind == "TextTier":
            for _ in range(count):
                number(), string()
        else:
            raise ValueError(f"unknown tier {kind!r}")
    return tiers


def spoken_share(tiers: dict[str, tuple[Interval, ...]]) -> float | None:
    """Return the share of time with speech, 0..1, by the phones or else the words, or None if nothing is labeled."""
    for name in ("phones", "words"):
        intervals = tiers.get(name, ())
        total = sum(each.end - each.start for each in intervals)
        if total > 0 and any(each.label.strip() for each in intervals):
            return sum(each.end - each.start for each in intervals if not each.silent) / total
    return None
