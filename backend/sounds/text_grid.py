"""Praat's TextGrid files, which hold words and phones with their times: parse and write them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# What Praat reads of a text file: strings, numbers and flags that stand free. All else ("xmin =", "item [1]:") is there for people, so that
# the long and the short format read alike.
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(<\w+>)|![^\n]*|([^\s"<!]+)')
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$")

# Labels under which nobody speaks, in small letters, by the habits of common aligners.
_SILENT = frozenset({"", "sil", "sp", "pau", "<eps>", "<sil>", "#"})


@dataclass(frozen=True)
class Interval:
    """A labeled interval. start, end: s."""

    start: float
    end: float
    label: str

    @property
    def silent(self) -> bool:
        return self.label.strip().lower() in _SILENT


Tiers = dict[str, tuple[Interval, ...]]


def parse_text_grid(raw: bytes) -> Tiers:
    """Return the interval tiers of a TextGrid by name, long or short text format, UTF-8 or UTF-16; points are left out.

    Raises ValueError, or OverflowError for an absurd number, when it is none.
    """
    try:
        return _tiers(_values(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")))
    except StopIteration:
        raise ValueError("it ends in the middle of a tier") from None


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


def _tiers(values: Iterator[str | float]) -> Tiers:
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
    tiers: Tiers = {}
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


def format_text_grid(tiers: Mapping[str, Sequence[Interval]], end: float) -> str:
    """Return the text of a TextGrid from 0 to `end` seconds, in Praat's long format. Gaps become empty intervals."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end:.6g}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        whole = _without_gaps(intervals, end)
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end:.6g}", f"        intervals: size = {len(whole)}"]
        for index, each in enumerate(whole, start=1):
            text = each.label.replace('"', '""')
            lines += [f"        intervals [{index}]:", f"            xmin = {each.start:.6g}"]
            lines += [f"            xmax = {each.end:.6g}", f'            text = "{text}"']
    return "\n".join(lines) + "\n"


def _without_gaps(intervals: Sequence[Interval], end: float) -> list[Interval]:
    whole: list[Interval] = []
    clock = 0.0
    for each in intervals:
        if each.start > clock + 1e-6:
            whole.append(Interval(clock, each.start, ""))
        whole.append(each)
        clock = each.end
    if clock < end - 1e-6:
        whole.append(Interval(clock, end, ""))
    return whole
