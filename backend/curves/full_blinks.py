"""Full blinks: lids that close and open as captured ones do, often enough.

A model blinks at the right times but seldom closes the lids. Each of its blinks is drawn again, in the captured shape.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .base import Curves
from .lip_closures import closeness

RATES = (10.0, 28.0)  # fewest and most blinks a minute; speaking people blink 8 to 30 times
SHORTEST_TAKE = 3.0  # s; shorter takes keep the number of their blinks
LOWEST_FPS = 12.0  # at fewer frames a second, a blink falls between two frames

_LIDS = ("eyeBlinkLeft", "eyeBlinkRight")
_LONGEST = 0.7  # s; lids that stay low for longer are lowered on purpose
_BLINK, _FLUTTER = 0.25, 0.1  # fall of the lids that is meant as a blink; that which no viewer takes for one
_FULL = 0.9  # peak of a blink that is left as it is
_PEAKS = (0.94, 1.0)  # of redrawn blinks: those of the smallest and of the largest
_CLOSING, _OPENING = (0.052, 0.11), (0.09, 0.2)  # s; captured ones: 0.052..0.209 and 0.072..0.40
_DRAWN = 0.6  # s that a redrawn blink takes at most; a longer one is two in one
_TAIL = 2.0  # a lid comes to rest after this many opening times
_PAUSE = 0.45  # s between the peaks of two blinks, at least
_WINK = 0.35  # difference between the two lids at the peak from which on it is a wink, which stays
_APART = 0.02  # largest difference between the two lids at the peak, as captured
_WIDE = 0.85  # share of eyeWide that a closed lid undoes, or it would hold the lid open
_REST = 0.25  # s of closed lips that end a phrase
_JUMP = 0.12  # turn of the eyes within 0.1 s that brings a blink along, in units of an eyeLook channel
_PHRASE_END, _GAZE_SHIFT = 1.0, 0.6  # how much they attract an added blink


@dataclass(frozen=True)
class _Blink:
    """A fall and rise of the lids. Frames; size: how far they fall, 0..1."""

    first: int
    peak: int
    last: int
    size: float


def complete(take: Curves, locked: np.ndarray | None = None) -> Curves:
    """Return the take with lids that close fully in each blink, 10 to 28 times a minute.

    Only eyeBlink and eyeWide change. locked: (frames,) bool, frames on which the lids keep their values. Blinks that
    touch them stay too. Where a take blinks too seldom, blinks are added at ends of phrases, with large gaze shifts
    or in long gaps. The same curves give the same blinks.
    """
    lids = [index for index, name in enumerate(take.names) if name in _LIDS]
    fps, frames = take.fps, len(take.values)
    if not lids or fps < LOWEST_FPS or frames < 3:
        return take
    fixed = np.zeros(frames, bool) if locked is None else locked
    values = take.values.copy()
    found = _find(values[:, lids].mean(axis=1), fps)
    kept = [
        blink
        for blink in found
        if fixed[blink.first : blink.last + 1].any() or np.ptp(values[blink.peak, lids]) > _WINK
    ]
    own = [blink for blink in found if blink not in kept]
    chosen, others = _choose(own, len(kept), frames, fps)
    for blink in others:
        _flatten(values, lids, blink)
    for blink in chosen:
        is_full = take.values[blink.peak, lids].min() >= _FULL
        if not (is_full and blink.last - blink.first <= _DRAWN * fps):
            _redraw(values, take.names, lids, blink, fps)
    peaks = sorted(blink.peak for blink in (*kept, *chosen))
    for peak in _added(take, peaks, fixed):
        _redraw(values, take.names, lids, _Blink(peak, peak, peak, 0.5), fps)
    values[fixed] = take.values[fixed]
    return replace(take, values=values)


def _find(lids: np.ndarray, fps: float) -> list[_Blink]:
    """Return the short falls of the lids, (frames,) mean of both, that are more than a flutter."""
    fall = lids - _opened(lids, max(1, round(_LONGEST * fps / 2)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (fall > _FLUTTER / 2).astype(np.int8), [0]])))
    blinks = []
    for first, stop in edges.reshape(-1, 2).tolist():
        peak = first + int(fall[first:stop].argmax())
        if fall[peak] > _FLUTTER:
            blinks.append(_Blink(max(first - 1, 0), peak, min(stop, len(lids) - 1), float(fall[peak])))
    return blinks


def _opened(values: np.ndarray, reach: int) -> np.ndarray:
    """Return values (n,) without peaks of up to 2 * reach frames: a running minimum, then a running maximum."""
    for extreme in (np.min, np.max):
        padded = np.pad(values, reach, mode="edge")
        values = extreme(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    return values


def _choose(blinks: Sequence[_Blink], kept: int, frames: int, fps: float) -> tuple[list[_Blink], list[_Blink]]:
    """Divide a take's own blinks into those to close fully and those to flatten: the smallest and the most crowded."""
    fewest, most = _counts(frames, fps)
    edge = round(_CLOSING[0] * fps) + 1
    chosen: list[_Blink] = []
    for blink in sorted(blinks, key=lambda each: -each.size):
        is_inside = edge <= blink.peak < frames - edge
        has_room = all(abs(blink.peak - other.peak) >= _PAUSE * fps for other in chosen)
        is_needed = blink.size > _BLINK or len(chosen) + kept < fewest
        if is_inside and has_room and is_needed and len(chosen) + kept < most:
            chosen.append(blink)
    return chosen, [blink for blink in blinks if blink not in chosen]


def _counts(frames: int, fps: float) -> tuple[int, int]:
    """Return the fewest and the most blinks of a take."""
    minutes = frames / fps / 60
    if minutes < SHORTEST_TAKE / 60:
        return 0, frames
    fewest, most = int(np.ceil(RATES[0] * minutes - 1e-6)), int(RATES[1] * minutes + 1e-6)
    return min(fewest, max(most, 1)), max(most, 1)


def _flatten(values: np.ndarray, lids: Sequence[int], blink: _Blink) -> None:
    """Bridge a fall of the lids that is no blink."""
    span = slice(blink.first, blink.last + 1)
    values[span, lids] = _bridge(values[span, lids], blink)


def _bridge(lids: np.ndarray, blink: _Blink) -> np.ndarray:
    """Return straight lines (frames, lids) from the first frame of a blink to its last. At the take's ends, hold."""
    start, stop = lids[0], lids[-1]
    if blink.peak == blink.first:
        start = stop
    if blink.peak == blink.last:
        stop = start
    return np.linspace(start, stop, len(lids), dtype=lids.dtype)


def _redraw(values: np.ndarray, names: Sequence[str], lids: Sequence[int], blink: _Blink, fps: float) -> None:
    """Draw a blink in the captured shape, as fast as its own as far as captured ones are, and close the lids."""
    ahead, behind = (blink.peak - blink.first) / fps, (blink.last - blink.peak) / fps
    closing = float(np.clip(0.6 * ahead, *_CLOSING)) if ahead else sum(_CLOSING) / 2
    opening = float(np.clip(0.5 * behind, *_OPENING)) if behind else sum(_OPENING) / 2
    first = max(min(blink.first, blink.peak - int(closing * fps)), 0)
    last = min(max(blink.last, blink.peak + int(_TAIL * opening * fps)), len(values) - 1)
    seconds = (np.arange(first, last + 1) - blink.peak) / fps
    shape = _shape(seconds, closing, opening)[:, None]
    own = slice(blink.first, blink.last + 1)
    lean = values[blink.peak, lids] - values[blink.peak, lids].mean()
    if blink.last > blink.first:
        values[own, lids] = _bridge(values[own, lids], blink)
    peak = float(np.interp(blink.size, [_BLINK, 0.8], _PEAKS)) + np.clip(lean, -_APART / 2, _APART / 2)
    span = slice(first, last + 1)
    lowered = np.maximum(values[span, lids], shape * np.minimum(peak, 1.0) + (1 - shape) * values[span, lids])
    values[span, lids] = lowered
    wide = [index for index, name in enumerate(names) if name.startswith("eyeWide")]
    values[span, wide] *= 1 - _WIDE * shape


def _shape(seconds: np.ndarray, closing: float, opening: float) -> np.ndarray:
    """Return the closure of a captured blink, 0..1, at seconds from its peak: lids open fast at first and ease into rest."""
    down = 0.5 + 0.5 * np.cos(np.pi * np.clip(-seconds / closing, 0, 1))
    up = (0.5 + 0.5 * np.cos(np.pi * np.clip(seconds / (_TAIL * opening), 0, 1) ** 0.72)) ** 1.15
    return np.where(seconds < 0, down, up)


def _added(take: Curves, peaks: list[int], fixed: np.ndarray) -> Iterator[int]:
    """Yield the frames of blinks to add, so that the take has enough. peaks: of those that it has, ascending."""
    fps, frames = take.fps, len(take.values)
    fewest, _ = _counts(frames, fps)
    if len(peaks) >= fewest:
        return
    marks = _marks(take)
    edge = round(0.3 * fps)
    for _ in range(fewest - len(peaks)):
        pull = _distances(peaks, frames) / fps
        score = np.minimum(pull, 6.0) / 6.0 + marks
        score[pull < _PAUSE] = -1
        score[: min(edge, frames // 3)] = score[frames - min(edge, frames // 3) :] = -1
        score[_near(fixed, round(_PAUSE * fps))] = -1
        best = int(score.argmax())
        if score[best] < 0:
            return
        peaks.append(best)
        yield best


def _distances(peaks: Sequence[int], frames: int) -> np.ndarray:
    """Return how far each frame is from the nearest peak or, at half of that weight, from the take's ends: (frames,)."""
    frame = np.arange(frames)
    away = np.minimum(2 * frame, 2 * (frames - 1 - frame)).astype(float)
    for peak in peaks:
        away = np.minimum(away, np.abs(frame - peak))
    return away


def _marks(take: Curves) -> np.ndarray:
    """Return how much each frame attracts a blink, (frames,): after phrases end and while the eyes jump."""
    fps, frames = take.fps, len(take.values)
    marks = np.zeros(frames)
    shut = closeness(take) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]]).astype(np.int8))).reshape(-1, 2)
    for first, stop in edges.tolist():
        if 0 < first and stop - first >= _REST * fps:
            marks[first : first + max(1, round(0.2 * fps))] = _PHRASE_END
    look = [index for index, name in enumerate(take.names) if name.startswith("eyeLook")]
    if look:
        step = max(1, round(0.1 * fps))
        turn = np.abs(take.values[step:, look] - take.values[:-step, look]).max(axis=1, initial=0.0)
        marks[: len(turn)][turn > _JUMP] += _GAZE_SHIFT
    return marks


def _near(mask: np.ndarray, reach: int) -> np.ndarray:
    """Return the mask (n,) widened by `reach` on both sides."""
    if not mask.any():
        return mask
    counts = np.convolve(mask.astype(np.int64), np.ones(2 * reach + 1, np.int64))
    return counts[reach : reach + len(mask)] > 0
