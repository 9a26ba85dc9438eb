"""How well phones are heard: phone and shape error rates, and how far their boundaries are off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.sounds.shapes import PAUSE, SHAPE_OF, Sound


@dataclass(frozen=True)
class PhoneErrors:
    """Errors over some clips. Pauses don't count.

    phones, shapes: edits (substitutions, insertions, deletions) per phone of the truth. count: phones of the truth.
    median_boundary, late_boundaries: the median error in ms of the starts of shapes that were heard right, and the
    share of these that are off by more than 40 ms.
    """

    phones: float
    shapes: float
    median_boundary: float
    late_boundaries: float
    count: int


def measure(pairs: Sequence[tuple[Sequence[Sound], Sequence[Sound]]]) -> PhoneErrors:
    """Compare (heard, true) sounds of clips."""
    phone_edits = shape_edits = total = 0
    offsets: list[float] = []
    for heard, truth in pairs:
        heard, truth = (
            [sound for sound in heard if sound.label != PAUSE],
            [sound for sound in truth if sound.label != PAUSE],
        )
        total += len(truth)
        phone_edits += align([sound.label for sound in heard], [sound.label for sound in truth])[0]
        # A run of one shape looks like one sound.
        heard, truth = _merged(heard), _merged(truth)
        edits, matches = align([sound.shape for sound in heard], [sound.shape for sound in truth])
        shape_edits += edits
        offsets += [abs(heard[i].start - truth[j].start) for i, j in matches if heard[i].shape == truth[j].shape]
    off = np.array(offsets or [np.nan])
    return PhoneErrors(
        phone_edits / max(total, 1),
        shape_edits / max(total, 1),
        1000 * float(np.median(off)),
        float(np.mean(off > 0.04)),
        total,
    )


def _merged(sounds: Sequence[Sound]) -> list[Sound]:
    merged: list[Sound] = []
    for sound in sounds:
        if merged and merged[-1].shape == SHAPE_OF[sound.label] and sound.start - merged[-1].end < 0.02:
            merged[-1] = merged[-1]._replace(end=sound.end)
        else:
            merged.append(sound)
    return merged


def align(heard: Sequence[str], truth: Sequence[str]) -> tuple[int, list[tuple[int, int]]]:
    """Return the edit distance (Levenshtein 1966), and the pairs of indices that its cheapest alignment matches."""
    cost = np.zeros((len(heard) + 1, len(truth) + 1), np.int64)
    cost[:, 0], cost[0] = np.arange(len(heard) + 1), np.arange(len(truth) + 1)
    for i in range(1, len(heard) + 1):
        for j in range(1, len(truth) + 1):
            cost[i, j] = min(
                cost[i - 1, j - 1] + (heard[i - 1] != truth[j - 1]), cost[i - 1, j] + 1, cost[i, j - 1] + 1
            )
    pairs, (i, j) = [], (len(heard), len(truth))
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (heard[i - 1] != truth[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(cost[-1, -1]), pairs[::-1]
