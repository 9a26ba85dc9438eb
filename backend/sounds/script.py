"""Align the text of a line with the sounds that were heard: when each word is said, and which sounds it should have."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..curves.base import Curves
from .edit_list import edits_between
from .edits import apply_edits
from .files import Transcript, Word
from .head_file import SoundsPart
from .shapes import PAUSE, SHAPE_OF, Sound
from .spelling import pronounce, words_of

# Costs of the alignment. A confusion within a mouth shape is likelier than one between shapes.
_SAME_SHAPE, _OTHER, _ONE_VOWEL = 0.3, 1.0, 0.6
_NOT_HEARD, _NOT_IN_SCRIPT = 0.7, 0.7
_VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))
_SHORTEST = 0.03  # s that a sound gets which wasn't heard


def align_script(heard: Sequence[Sound], text: str) -> Transcript:
    """Return the sounds of a text in the order of its words, with the times of what was heard, and the words.

    The cheapest alignment of the two sequences of phones is found by dynamic programming (Needleman & Wunsch 1970). A
    sound that wasn't heard takes a part of its neighbor's time. Without words the result is what was heard.
    """
    words = [(word, pronounce(word)) for word in words_of(text)]
    phones = [(phone, number) for number, (_, each) in enumerate(words) for phone in each]
    spoken = [sound for sound in heard if sound.label != PAUSE]
    if not phones or not spoken:
        return Transcript(tuple(heard))
    partner = _partners([phone for phone, _ in phones], [sound.label for sound in spoken])
    times = _times(partner, spoken)
    sounds = [Sound(phone, start, end) for (phone, _), (start, end) in zip(phones, times, strict=True)]
    found = []
    for number, (word, _) in enumerate(words):
        own = [time for (_, owner), time in zip(phones, times, strict=True) if owner == number]
        if own:
            found.append(Word(word, own[0][0], own[-1][1]))
    pauses = [sound for sound in heard if sound.label == PAUSE]
    return Transcript(_with_pauses(sounds, pauses), tuple(found))


def correct(curves: Curves, heard: Sequence[Sound], text: str, part: SoundsPart | None, identity: str) -> Curves:
    """Return a take's curves with the sounds of a text where others were heard. Without a text, words or sounds, the same curves."""
    return correct_to(curves, heard, align_script(heard, text).sounds, part, identity) if text and heard else curves


def correct_to(
    curves: Curves, heard: Sequence[Sound], wanted: Sequence[Sound], part: SoundsPart | None, identity: str
) -> Curves:
    """Return a take's curves with other sounds than those heard, as from a file."""
    if part is None:
        return curves
    return apply_edits(curves, heard, edits_between(heard, wanted), part.poses.of(identity))


def _cost(phone: str, label: str) -> float:
    if phone == label:
        return 0.0
    if SHAPE_OF[phone] == SHAPE_OF[label]:
        return _SAME_SHAPE
    return _ONE_VOWEL if phone in _VOWELS and label in _VOWELS else _OTHER


def _partners(phones: Sequence[str], labels: Sequence[str]) -> list[int | None]:
    """Return the index into labels of each phone; None for one that wasn't heard."""
    costs = np.array([[_cost(phone, label) for label in labels] for phone in phones])
    total = np.zeros((len(phones) + 1, len(labels) + 1))
    total[:, 0], total[0] = np.arange(len(phones) + 1) * _NOT_HEARD, np.arange(len(labels) + 1) * _NOT_IN_SCRIPT
    for i in range(1, len(phones) + 1):
        diagonal = total[i - 1, :-1] + costs[i - 1]
        above = total[i - 1, 1:] + _NOT_HEARD
        best = np.minimum(diagonal, above)
        for j in range(1, len(labels) + 1):
            total[i, j] = min(best[j - 1], total[i, j - 1] + _NOT_IN_SCRIPT)
    found: list[int | None] = [None] * len(phones)
    i, j = len(phones), len(labels)
    while i and j:
        if np.isclose(total[i, j], total[i - 1, j - 1] + costs[i - 1, j - 1]):
            i, j = i - 1, j - 1
            found[i] = j
        elif np.isclose(total[i, j], total[i - 1, j] + _NOT_HEARD):
            i -= 1
        else:
            j -= 1
    return found


def _times(partner: Sequence[int | None], spoken: Sequence[Sound]) -> list[tuple[float, float]]:
    """Return (start s, end s) of each phone of a script. Those that weren't heard share the time between their neighbors."""
    times: list[tuple[float, float]] = []
    index = 0
    while index < len(partner):
        own = partner[index]
        if own is not None:
            times.append((spoken[own].start, spoken[own].end))
            index += 1
            continue
        stop = index
        while stop < len(partner) and partner[stop] is None:
            stop += 1
        count = stop - index
        before = times[-1] if times else None
        following = partner[stop] if stop < len(partner) else None
        after = None if following is None else (spoken[following].start, spoken[following].end)
        begin = before[1] if before else (after[0] - count * _SHORTEST if after else spoken[0].start)
        end = after[0] if after else begin + count * _SHORTEST
        if end - begin < count * _SHORTEST and before:  # nothing lies between them: the one before gives of its time
            begin = max(end - count * _SHORTEST, before[0] + (before[1] - before[0]) / (count + 1))
            times[-1] = (before[0], begin)
        edges = np.linspace(max(begin, 0.0), max(end, begin + 1e-3), count + 1)
        times += [(float(start), float(last)) for start, last in pairwise(edges)]
        index = stop
    return times


def _with_pauses(sounds: Sequence[Sound], pauses: Sequence[Sound]) -> tuple[Sound, ...]:
    """Return sounds and the pauses between them, without overlaps; a sound takes its time from a pause."""
    rows: list[Sound] = []
    for sound in sounds:
        start = max(sound.start, rows[-1].end if rows else 0.0)
        if sound.end > start + 1e-6:
            rows.append(sound._replace(start=start))
    edges = [0.0, *(edge for sound in rows for edge in (sound.start, sound.end)), np.inf]
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        for pause in pauses:
            start, stop = max(pause.start, begin), min(pause.end, end)
            if stop > start + 1e-6:
                rows.append(pause._replace(start=start, end=stop))
    return tuple(sorted(rows, key=lambda sound: sound.start))
