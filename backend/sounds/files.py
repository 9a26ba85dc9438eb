"""Files of sounds: JSON, Praat's TextGrid and Rhubarb Lip Sync's TSV. The suffix selects the format.

Words are kept by the first two. Rhubarb's nine mouth shapes are coarser than ours, so reading them back loses detail.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ..messages import UserError
from .shapes import PAUSE, PHONES, SHAPES, Sound
from .text_grid import Interval, format_text_grid, parse_text_grid

SUFFIXES = (".json", ".TextGrid", ".tsv")
_LARGEST = 32 << 20  # bytes
_MOST = 200_000  # sounds of a file

# Our shape -> Rhubarb's, and Rhubarb's -> the phone that stands for it.
_TO_RHUBARB = {
    "rest": "X",
    "m b p": "A",
    "f v": "G",
    "th": "B",
    "t d n l": "B",
    "s z": "B",
    "sh ch j": "F",
    "k g h": "B",
    "r": "E",
    "oo w": "F",
    "oh": "E",
    "ah": "D",
    "uh": "C",
    "eh": "C",
    "ee": "B",
}
_FROM_RHUBARB = dict(zip("ABCDEFGHX", ("M", "S", "EH", "AA", "AO", "UW", "F", "L", PAUSE), strict=True))


class SoundsError(UserError, ValueError):
    """A file of sounds can't be read or written."""


class Word(NamedTuple):
    """A word of the script. start, end: seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """What is said in a clip: its sounds in order, and the words of its script where that is known."""

    sounds: tuple[Sound, ...]
    words: tuple[Word, ...] = ()

    def shifted(self, seconds: float) -> "Transcript":
        """Return the same that much later."""
        words = tuple(Word(each.text, each.start + seconds, each.end + seconds) for each in self.words)
        return Transcript(tuple(each.shifted(seconds) for each in self.sounds), words)

    @property
    def end(self) -> float:
        return max([*(each.end for each in self.sounds), *(each.end for each in self.words)], default=0.0)


def write_transcript(path: Path, transcript: Transcript) -> None:
    """Write a file of sounds, atomically. Raises SoundsError."""
    writers: dict[str, Callable[[Transcript], str]] = {".json": to_json, ".textgrid": to_text_grid, ".tsv": to_rhubarb}
    if path.suffix.lower() not in writers:
        raise _unknown(path)
    text = writers[path.suffix.lower()](transcript)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SoundsError(
            '"{file}" can\'t be written ({reason}): choose another folder', file=path, reason=error.strerror
        ) from error


def check_sounds_path(path: Path) -> None:
    """Check in advance whether write_transcript() can write to a path, as far as possible. Raises SoundsError if not."""
    if path.suffix.lower() not in [suffix.lower() for suffix in SUFFIXES]:
        raise _unknown(path)
    if not path.absolute().parent.is_dir():
        raise SoundsError('There is no folder "{folder}": create it or choose another', folder=path.absolute().parent)


def read_transcript(path: Path) -> Transcript:
    """Read a file of sounds. Raises SoundsError."""
    readers = {".json": _from_json, ".textgrid": _from_text_grid, ".tsv": _from_rhubarb}
    if path.suffix.lower() not in readers:
        raise _unknown(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST >> 20} MB")
        transcript = readers[path.suffix.lower()](path.read_bytes())
        _check(transcript)
    except OSError as error:
        raise SoundsError(
            '"{file}" can\'t be read ({reason}): choose another', file=path, reason=error.strerror
        ) from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise SoundsError(
            '"{file}" holds no sounds that can be read ({reason}): export it again', file=path.name, reason=reason
        ) from error
    return transcript


def _unknown(path: Path) -> SoundsError:
    return SoundsError(
        '"{file}" isn\'t a file of sounds: choose a name that ends in {suffixes}',
        file=path.name,
        suffixes=", ".join(SUFFIXES),
    )


def _check(transcript: Transcript) -> None:
    if not transcript.sounds or len(transcript.sounds) > _MOST:
        raise ValueError(f"it has {len(transcript.sounds)} sounds")
    for sound in transcript.sounds:
        if not (0 <= sound.start < sound.end < 1e6 and 0 <= sound.strength <= 2):
            raise ValueError(f"{sound.label} from {sound.start} to {sound.end}")
    if any(later.start < earlier.end - 1e-3 for earlier, later in pairwise(transcript.sounds)):
        raise ValueError("its sounds overlap")


def phone_of(text: str) -> str:
    """Return the phone for a label: ARPAbet with or without stress, a shape's name, or a mark of silence. Raises ValueError."""
    bare = text.strip().rstrip("012").upper()
    if bare in PHONES:
        return bare
    if text.strip().lower() in SHAPES:
        return SHAPES[text.strip().lower()][0]
    if Interval(0, 0, text).silent or bare in ("SPN", "NOISE"):
        return PAUSE
    raise ValueError(f"{text[:20]!r} is no phone of ARPAbet")


def to_json(transcript: Transcript) -> str:
    """Return the text of a JSON file."""
    sounds = [
        {"phone": each.label, "shape": each.shape, "start": _rounded(each.start), "end": _rounded(each.end)}
        | ({"strength": each.strength} if each.strength != 1 else {})
        for each in transcript.sounds
    ]
    words = [{"word": each.text, "start": _rounded(each.start), "end": _rounded(each.end)} for each in transcript.words]
    return json.dumps({"sounds": sounds} | ({"words": words} if words else {}), ensure_ascii=False, indent=1) + "\n"


def _rounded(seconds: float) -> float:
    return round(seconds, 4)


def _from_json(raw: bytes) -> Transcript:
    data: Any = json.loads(raw)
    sounds = [
        Sound(phone_of(row["phone"]), float(row["start"]), float(row["end"]), float(row.get("strength", 1.0)))
        for row in data["sounds"]
    ]
    words = [Word(str(row["word"]), float(row["start"]), float(row["end"])) for row in data.get("words", ())]
    return Transcript(tuple(sounds), tuple(words))


def to_text_grid(transcript: Transcript) -> str:
    """Return the text of a TextGrid with the tiers words (if there are any), phones and shapes."""
    tiers = {
        "words": [Interval(each.start, each.end, each.text) for each in transcript.words],
        "phones": [
            Interval(each.start, each.end, "" if each.label == PAUSE else each.label) for each in transcript.sounds
        ],
        "shapes": [
            Interval(each.start, each.end, "" if each.label == PAUSE else each.shape) for each in transcript.sounds
        ],
    }
    return format_text_grid({name: tier for name, tier in tiers.items() if tier}, transcript.end)


def _from_text_grid(raw: bytes) -> Transcript:
    tiers = parse_text_grid(raw)
    found = next((tiers[name] for name in ("phones", "shapes") if name in tiers), None)
    if found is None:
        raise ValueError("it has no tier named phones")
    sounds = [Sound(phone_of(each.label), each.start, each.end) for each in found if each.end > each.start]
    words = [Word(each.label.strip(), each.start, each.end) for each in tiers.get("words", ()) if not each.silent]
    return Transcript(tuple(sounds), tuple(words))


def to_rhubarb(transcript: Transcript) -> str:
    """Return the text of Rhubarb's TSV: the start of each mouth shape, and X at the end."""
    rows: list[tuple[float, str]] = []
    for each in transcript.sounds:
        shape = "H" if each.label == "L" else _TO_RHUBARB[each.shape]
        if not rows or rows[-1][1] != shape:
            rows.append((each.start, shape))
    return "".join(f"{start:.2f}\t{shape}\n" for start, shape in [*rows, (transcript.end, "X")])


def _from_rhubarb(raw: bytes) -> Transcript:
    rows = [line.split("\t") for line in raw.decode("utf-8-sig").splitlines() if line.strip()]
    starts = [(float(start), _FROM_RHUBARB[shape.strip().upper()]) for start, shape in rows]
    sounds = [Sound(phone, start, end) for (start, phone), (end, _) in pairwise(starts) if end > start]
    return Transcript(tuple(sounds))
