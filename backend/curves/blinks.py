"""Blinks found in a take, taken out and put in."""

from dataclasses import replace

import numpy as np

from .base import Curves

SHUT = 0.4  # the mean of both lids from which they count as shut; below that they may be lowered with the gaze
_LONGEST = 1.0  # s that lids are shut in a blink; for longer the eyes are closed
_FOOT = 0.25  # s before and after, within which the lids begin to fall and are up again
_PAUSE = 0.3  # s without a blink on either side of one that is put in

Span = tuple[int, int]  # first and last frame


def find(lids: np.ndarray, fps: float) -> list[Span]:
    """The blinks that begin and end in a take, from foot to foot. lids: (frames,) mean of both."""
    return [span for span, is_blink in _closed(lids, fps) if is_blink]


def change_rate(take: Curves, factor: float) -> Curves:
    """A take with so many times as many blinks, of both lids together; all but eyeBlinkLeft and eyeBlinkRight stays.

    Fewer: the blinks with least time around them are taken out whole, and the lids bridged. More: copies of the take's own, in turn,
    are put where there was none for longest, as long as there is room. A take without blinks has none to copy.
    """
    lids = [index for index, name in enumerate(take.names) if name.startswith("eyeBlink")]
    if not lids:
        return take
    spans = _closed(take.values[:, lids].mean(axis=1), take.fps)
    blinks = [span for span, is_blink in spans if is_blink]
    wanted = round(len(blinks) * factor)
    curves = take.values[:, lids]
    if wanted < len(blinks):
        for first, last in _closest(blinks, len(curves), len(blinks) - wanted):
            curves[first : last + 1] = _bridge(curves[first : last + 1])
    elif blinks:
        _put_in(curves, blinks, [span for span, _ in spans], wanted - len(blinks), round(_PAUSE * take.fps))
    values = take.values.copy()
    values[:, lids] = curves
    return replace(take, values=values)


def _closed(lids: np.ndarray, fps: float) -> list[tuple[Span, bool]]:
    """Each time that the lids shut: (from foot to foot, whether it is a blink: whole and short)."""
    step = np.diff(np.concatenate([[0], (lids > SHUT).astype(np.int8), [0]]))
    runs = list(zip(np.flatnonzero(step == 1).tolist(), (np.flatnonzero(step == -1) - 1).tolist(), strict=True))
    reach, end = round(_FOOT * fps), len(lids) - 1
    joined: list[Span] = []
    for first, last in runs:  # lids that hardly and briefly rise in between shut once
        if joined and first - joined[-1][1] <= reach and lids[joined[-1][1] : first].min() > SHUT / 2:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    found = []
    for number, (first, last) in enumerate(joined):
        low = max(first - reach, joined[number - 1][1] if number else 0)
        high = min(last + reach, joined[number + 1][0] if number + 1 < len(joined) else end)
        foot = first - int(lids[low : first + 1][::-1].argmin()), last + int(lids[last : high + 1].argmin())
        found.append((foot, first > 0 and last < end and last + 1 - first <= _LONGEST * fps))
    return found


def _bridge(curves: np.ndarray) -> np.ndarray:
    """Straight lines from the first row to the last."""
    return np.linspace(curves[0], curves[-1], len(curves), dtype=curves.dtype)


def _closest(blinks: list[Span], frames: int, count: int) -> list[Span]:
    """So many blinks, one by one that between whose neighbours there is least time."""
    kept, taken = list(blinks), []
    for _ in range(count):
        ends = [0, *(last for _, last in kept)]
        starts = [*(first for first, _ in kept), frames]
        room = [starts[number + 1] - ends[number] for number in range(len(kept))]
        taken.append(kept.pop(room.index(min(room))))
    return taken


def _put_in(curves: np.ndarray, blinks: list[Span], taken: list[Span], count: int, pause: int) -> None:
    """Copy so many blinks, in turn, into the longest gaps that the taken spans leave. curves: (frames, lids), changed in place."""
    originals = [curves[first : last + 1].copy() for first, last in blinks]
    spans = sorted(taken)
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
        part = 0.4 + 0.2 * (number * 0.618 % 1)  # near the middle, but not as regular as a clock
        first = starts[where] + round(part * room)
        window = curves[first : first + len(blink)]
        window += np.maximum(blink - _bridge(blink), 0.0) * (1 - window)
        spans.insert(where, (first, first + len(blink) - 1))
