"""Split recordings into the parts train, val, test and voice. All functions are pure.

`voice` holds all takes of the held-out speakers, in any scheme. The other parts are of known speakers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from backend.arkit import EMOTIONS

PARTS = ("train", "val", "test", "voice")
SEQUENCE = 100  # tenths of a second, the papers' 10 s
SHORTEST = 20  # tenths; a shorter remainder of a recording is no sequence
SPOKEN = 0.1  # share of voiced sound from which a take counts as speech


@dataclass(frozen=True)
class Recorded:
    """A recording as prepared. start, offset, length are in tenths of a second."""

    id: str
    speaker: int
    identity: str
    emotion: str
    type: int  # BEAT's: 0 speech, 1 conversation
    number: int  # BEAT's sequence number
    start: int  # in its sound; above 0 if the correction of the lag left no face before it
    offset: int  # in the arrays
    length: int
    voiced: float  # share of its sound with a voice, 0..1
    spoken: float | None  # share of speech by its TextGrid; None if it has no labels
    lag: float | None  # estimated, s; above 0 if the face is late; None without speech, or if it was not estimated
    confidence: float | None  # of the lag, as in lag.Lag
    shift: float  # s by which the face was moved earlier


@dataclass(frozen=True)
class Take:
    """A contiguous piece of a recording. offset, length: tenths of a second, in the arrays."""

    id: str  # its recording's
    speaker: int
    identity: str
    emotion: str
    split: str  # its part
    offset: int
    length: int


def piece(recorded: Recorded, split: str, first: int = 0, last: int | None = None) -> Take:
    """Return the take from tenth `first` to `last` (default: the end) of a recording."""
    last = recorded.length if last is None else min(last, recorded.length)
    return Take(
        recorded.id, recorded.speaker, recorded.identity, recorded.emotion, split, recorded.offset + first, last - first
    )


def cut(take: Take, length: int = SEQUENCE) -> list[Take]:
    """Cut a take into sequences of `length` tenths. The remainder is one too if it is at least SHORTEST."""
    found = []
    for first in range(0, take.length, length):
        size = min(length, take.length - first)
        if size == length or size >= SHORTEST:
            found.append(
                Take(take.id, take.speaker, take.identity, take.emotion, take.split, take.offset + first, size)
            )
    return found


def split_by(scheme: str, recordings: Sequence[Recorded], held_out: frozenset[int]) -> list[Take]:
    """Split recordings by a scheme, in their order, with the recordings of held-out speakers as `voice`.

    Raises ValueError if there is no such scheme, or if it does not know these speakers.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"there is no split {scheme!r}: choose one of {', '.join(SCHEMES)}")
    known = SCHEMES[scheme]([each for each in recordings if each.speaker not in held_out])
    takes = [*known, *(piece(each, "voice") for each in recordings if each.speaker in held_out)]
    return sorted(takes, key=lambda take: take.offset)


# BEAT v0.2.1's own split, by recording: (type, sequence number).
_FOUR_HOURS = frozenset({1, 2, 3, 4, 6, 7, 8, 9, 11, 21})
_SPEAKERS = range(1, 31)


def _listed(speech: Sequence[int], conversation: Sequence[int]) -> frozenset[tuple[int, int]]:
    return frozenset([*((0, number) for number in speech), *((1, number) for number in conversation)])


_FOUR_TEST = _listed((*range(1, 9), 65, 73, 81, 87, 95, 103, 111), (1,))
_FOUR_VAL = _listed((*range(57, 65), 72, 80, 86, 94, 102, 110, 118), (12,))
_ONE_TEST = _listed(range(1, 5), ())
_ONE_VAL = _listed(range(5, 9), ())
_ONE_HALVED = _listed((65, 73, 81, 87, 95, 103, 111), (1,))
_ONE_TRAIN = _listed((*range(9, 17), 66, 74, 82, 88, 96, 104, 112, 118), (2, 3))
_HALF = {0: 300, 1: 3000}  # tenths of a recording's sound, by type, at which a halved one passes from test to val


def official(recordings: Sequence[Recorded]) -> list[Take]:
    """Split by BEAT's listing. Recordings that are not listed are trained on for 4-hour speakers, and left out for 1-hour speakers."""
    unknown = sorted({each.speaker for each in recordings} - set(_SPEAKERS))
    if unknown:
        raise ValueError(
            f"BEAT's official split knows speakers 1 to 30, not {', '.join(map(str, unknown))}: hold them out or use another split"
        )
    takes = []
    for each in recordings:
        key = (each.type, each.number)
        if each.speaker in _FOUR_HOURS:
            takes.append(piece(each, "test" if key in _FOUR_TEST else "val" if key in _FOUR_VAL else "train"))
        elif key in _ONE_HALVED:
            half = min(max(_HALF[each.type] - each.start, 0), each.length)
            halves = [piece(each, "test", 0, half), piece(each, "val", half)]
            takes += [half for half in halves if half.length > 0]
        else:
            lists = (("test", _ONE_TEST), ("val", _ONE_VAL), ("train", _ONE_TRAIN))
            takes += [piece(each, part) for part, listed in lists if key in listed]
    return takes


def leaky(recordings: Sequence[Recorded], seed: int = 0) -> list[Take]:
    """Split as the papers do: 10-second sequences at random, 8 : 1 : 1.

    It leaks: the sequences right before and after a test sequence may be trained on.
    """
    sequences = [sequence for each in recordings for sequence in cut(piece(each, "train"))]
    order = np.random.default_rng(seed).permutation(len(sequences))
    tenth = round(len(sequences) / 10)
    part = {**dict.fromkeys(order[:tenth].tolist(), "test"), **dict.fromkeys(order[tenth : 2 * tenth].tolist(), "val")}
    return [
        Take(each.id, each.speaker, each.identity, each.emotion, part.get(index, "train"), each.offset, each.length)
        for index, each in enumerate(sequences)
    ]


def takes(recordings: Sequence[Recorded]) -> list[Take]:
    """Split data without a listing by take.

    Of each speaker, the last neutral take with speech and that of every fourth emotion are `test`; all others are trained on. Speech is
    preferred to conversation, whose recordings are too long to lose.
    """
    groups: dict[tuple[int, str], list[Recorded]] = {}
    for each in recordings:
        groups.setdefault((each.speaker, each.emotion), []).append(each)
    tested = set()
    for (speaker, emotion), group in groups.items():
        rotating = emotion == "neutral" or (EMOTIONS.index(emotion) + speaker) % 4 == 0
        spoken = [each for each in group if each.voiced >= SPOKEN]
        if rotating and len(spoken) > 1:
            tested.add(max(spoken, key=lambda each: (-each.type, each.number, each.id)).id)
    return [piece(each, "test" if each.id in tested else "train") for each in recordings]


SCHEMES: dict[str, Callable[[Sequence[Recorded]], list[Take]]] = {"takes": takes, "official": official, "leaky": leaky}
