"""Which frames of a take tell most about its lip sync."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.curves import Curves

COUNT = 12

# What a face is judged by, with the sounds that show it: ARPAbet, the first of a row that the clip has.
_TELLING = (
    ("at rest", ("SIL",)),
    ("lips meet", ("P",)),
    ("lips meet", ("B",)),
    ("lips meet", ("M",)),
    ("lip on teeth", ("F",)),
    ("lip on teeth", ("V",)),
    ("rounded", ("W",)),
    ("rounded", ("UW", "OW")),
    ("teeth close", ("S", "Z", "SH")),
    ("open", ("AA", "AY", "AW")),
    ("open", ("AE", "AH")),
    ("half round", ("AO", "OY", "OW")),
    ("spread", ("IY", "EY")),
)
_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EY", "IY", "OW", "OY", "UW")
_HOLD = 0.08  # s: how long a consonant is taken to be held; before a pause, what follows is breath


@dataclass(frozen=True)
class Phone:
    """A sound of speech: ARPAbet label without stress, start and end in seconds."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Moment:
    """A time (s) of a clip, and what should be, or is, seen there."""

    time: float
    label: str
    note: str


def read_phones(rows: Sequence[Sequence]) -> list[Phone]:
    """[label, start, end] rows, as the speech data has them."""
    return [Phone(label.rstrip("012"), start, end) for label, start, end in rows]


def telling(phones: Sequence[Phone]) -> list[Moment]:
    """At most COUNT moments of known speech: the middle of the longest sound of each kind. The curves have no say in it."""
    moments = []
    for note, labels in _TELLING:
        label = next((label for label in labels if any(phone.label == label for phone in phones)), None)
        if label:
            longest = max((phone for phone in phones if phone.label == label), key=lambda phone: phone.end - phone.start)
            length = longest.end - longest.start
            if label not in ("SIL", *_VOWELS):
                length = min(length, _HOLD)
            moments.append(Moment(longest.start + length / 2, "silence" if label == "SIL" else label, note))
    return sorted(moments[:COUNT], key=lambda moment: moment.time)


def extremes(curves: Curves) -> list[Moment]:
    """COUNT moments of speech nobody has transcribed: the jaw most shut and widest by turns, one in each part of the clip."""
    jaw = curves.values[:, curves.names.index("jawOpen")]
    moments = []
    for number, part in enumerate(np.array_split(np.arange(len(jaw)), COUNT)):
        if len(part):
            frame = part[jaw[part].argmax() if number % 2 else jaw[part].argmin()]
            moments.append(Moment(frame / curves.fps, f"{frame / curves.fps:.2f} s", "widest" if number % 2 else "most shut"))
    return moments
