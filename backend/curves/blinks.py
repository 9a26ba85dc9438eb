"""Find, remove and insert blinks."""

from dataclasses import replace

import numpy as np

from .base import Curves

SHUT = 0.7  # mean of both lids above which a viewer sees the eyes shut: all figures count blinks by it
_LOWERED = 0.4  # mean of both lids above which they take part in a blink; below it, the eyes may only look down
_LONGEST_BLINK = 1.0  # s the lids are shut; longer means that the eyes are closed on purpose
_FLANK = 0.25  # s before and after the shut lids in which they fall and rise
_PAUSE = 0.3  # s without a blink on either side of an inserted one

Span = tuple[int, int]  # first and last frame


def find(lids: np.ndarray, fps: float) -> list[Span]:
    """Return the blinks that lie fully within a take, from first fall to last rise. lids: (frames,) mean of both."""
    return [span for span, is_blink in _closed(lids, fps) if is_blink]


def change_rate(take: Curves, factor: float) -> Curves:
    """Return the take with its number of blinks multiplied by factor. Only eyeBlinkLeft and eyeBlinkRight change.

    For fewer, remove the blinks with the least time around them and bridge the lids.
    For more, copy the take's own blinks in turn into its longest gaps, as long as there is room.
    A take without blinks stays as it is.
    """
    lids = [index for index, name in enumerate(take.names) if name.startswith("eyeBlink")]
    if not lids:
        return take
    spans = _closed(take.values[:, lids].mean(axis=1), take.fps)
    blinks = [span for span, is_blink in spans if is_blink]
    target = round(len(blinks) * factor)
    curves = take.values[:, lids]
    if target < len(blinks):
        for first, last in _most_crowded(blinks, len(curves), len(blinks) - target):
            curves[first : last + 1] = _bridge(curves[first : last + 1])
    elif blinks:
        _insert(curves, blinks, [span for span, _ in spans], target - len(blinks), round(_PAUSE * take.fps))
    values = take.values.copy()
    values[:, lids] = curves
    return replace(take, values=values)


def _closed(lids: np.ndarray, fps: float) -> list[tuple[Span, bool]]:
    """Return each span of shut lids with its flanks, and whether it is a blink: short and fully within the take."""
    step = np.diff(np.concatenate([[0], (lids > _LOWERED).astype(np.int8), [0]]))
    runs = list(zip(np.flatnonzero(step == 1).tolist(), (np.flatnonzero(step == -1) - 1).tolist(), strict=True))
    flank, end = round(_FLANK * fps), len(lids) - 1
    joined: list[Span] = []
    for first, last in runs:  # a slight and brief rise in between does not end a blink
        if joined and first - joined[-1][1] <= flank and lids[joined[-1][1] : first].min() > _LOWERED / 2:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    found = []
    for number, (first, last) in enumerate(joined):
        low = max(first - flank, joined[number - 1][1] if number else 0)
        high = min(last + flank, joined[number + 1][0] if number + 1 < len(joined) else end)
        span = first - int(lids[low : first + 1][::-1].argmin()), last + int(lids[last : high + 1].argmin())
        found.append((span, first > 0 and last < end and last + 1 - first <= _LONGEST_BLINK * fps))
    return found


def _bridge(curves: np.ndarray) -> np.ndarray:
    """Return straight lines from the first row to the last."""
    return np.linspace(curves[0], curves[-1], len(curves), dtype=curves.dtype)


def _most_crowded(blinks: list[Span], frames: int, count: int) -> list[Span]:
    """Return count blinks, each time the one with the least time between its neighbors among those that remain."""
    remaining, crowded = list(blinks), []
    for _ in range(count):
        ends = [0, *(last for _, last in remaining)]
        starts = [*(first for first, _ in remaining), frames]
        room = [starts[number + 1] - ends[number] for number in range(len(remaining))]
        crowded.append(remaining.pop(room.index(min(room))))
    return crowded


def _insert(curves: np.ndarray, blinks: list[Span], occupied: list[Span], count: int, pause: int) -> None:
    """Copy count blinks, in turn, into the longest gaps between occupied spans. Change curves (frames, lids) in place.

    pause: frames without a blink to leave on either side. Stop when no gap has room.
    """
    originals = [curves[first : last + 1].copy() for first, last in blinks]
    spans = sorted(occupied)
    for number in range(count):
        blink = originals[number % len(originals)]
        starts = [0, *(last + 1 for _, last in spans)]
        gaps = [
            first - start for start, first in zip(starts, [*(first for first, _ in spans), len(curves)], strict=True)
        ]
        where = gaps.index(max(gaps))
        room = gaps[where] - len(blink)
        if room < 2 * pause:
            return
        fraction = 0.4 + 0.2 * (number * 0.618 % 1)  # near the middle of the gap, but not perfectly regular
        first = starts[where] + round(fraction * room)
        window = curves[first : first + len(blink)]
        window += np.maximum(blink - _bridge(blink), 0.0) * (1 - window)
        spans.insert(where, (first, first + len(blink) - 1))
