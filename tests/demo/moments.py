"""Choose the frames of a take that show its lip sync best."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.curves.base import Curves

COUNT = 12

# Mouth shapes to show, with the ARPAbet phones that show them. The first phone that the clip has is used.
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
_HOLD = 0.08  # s: longest hold of a consonant; before a pause, the rest of the phone is breath


@dataclass(frozen=True)
class Phone:
    """A phone: ARPAbet label without stress, start and end in seconds."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Moment:
    """A time (s) of a clip, and what the face should show there."""

    time: float
    label: str
    note: str


def read_known(path: Path) -> tuple[str, list[Phone]]:
    """Return the text of a clip and its phones from a .json with rows of [label, start s, end s]."""
    known = json.loads(path.read_text(encoding="utf-8"))
    return known["text"], [Phone(label.rstrip("012"), start, end) for label, start, end in known["phones"]]


def telling(phones: Sequence[Phone], count: int = COUNT) -> list[Moment]:
    """Return at most count moments of speech with phones: the middle of the longest phone of each mouth shape.

    The curves play no part in the choice. A mouth shape is shown twice only after all others were shown once.
    """
    longest: dict[str, Phone] = {}
    for phone in sorted(phones, key=lambda phone: phone.start - phone.end):
        longest.setdefault(phone.label, phone)
    turns = []  # (how often the mouth shape was shown before, moment)
    shown: Counter[str] = Counter()
    for note, labels in _TELLING:
        label = next((label for label in labels if label in longest), None)
        if label:
            phone = longest.pop(label)  # no moment is shown twice
            length = phone.end - phone.start
            if label not in ("SIL", *_VOWELS):
                length = min(length, _HOLD)
            turns.append((shown[note], Moment(phone.start + length / 2, "silence" if label == "SIL" else label, note)))
            shown[note] += 1
    moments = [moment for _, moment in sorted(turns, key=lambda turn: turn[0])]
    return sorted(moments[:count], key=lambda moment: moment.time)


def extremes(curves: Curves) -> list[Moment]:
    """Return COUNT moments of speech without phones, one per part of the clip: jaw most closed and widest open in turn."""
    jaw = curves.values[:, curves.names.index("jawOpen")]
    moments = []
    for number, part in enumerate(np.array_split(np.arange(len(jaw)), COUNT)):
        if len(part):
            frame = part[jaw[part].argmax() if number % 2 else jaw[part].argmin()]
            moments.append(
                Moment(
                    frame / curves.fps, f"{frame / curves.fps:.2f} s", "widest open" if number % 2 else "most closed"
                )
            )
    return moments
