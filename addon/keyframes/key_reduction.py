"""Fewer keys for the same curves: measured against what Blender makes of the keys, frame by frame.

Keys lie on whole frames, but their heights are free: a key need not lie on the curve, if only the curve through the keys is close enough
on every frame. First come straight lines, each as long as can be (`_stretch`). For Bezier, the heights are then settled anew, and where
that isn't enough, keys are added (`_repair`). At last every key is tried: can its neighbors, moved a little, do without it (`_spare`)?
"""

from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-5  # by which Blender's sums and ours may differ
_NEWTON_STEPS = 30
_CLOSE = 1e-3  # of a segment's length; the step after takes it below 1e-5
_HANDLE = 1 / 2.5614  # share of the way to the next key that Blender gives an automatic handle
_LONGER = 5  # a handle is at most so many times as long as the key's shorter side would make it
_STRETCH = (
    256  # frames after which there is a key at first, so that many stretches of a long take can be walked at once
)
_PULL = 0.6  # of what seems right, for neighbors are moved at the same time
_PULLS, _PULLS_AGAIN = 8, 3  # how often heights are moved: all of them, and those next to a key that comes or goes
_HOPELESS = 3  # times the tolerance: no moving of heights makes up for that
_APART = 6  # keys so far apart don't touch the same segments when they are spared and their neighbors moved


@dataclass(frozen=True)
class _Wanted:
    """What the curves shall be, one channel behind the other, (channels * frames,) each. slack: how far a curve may be from line;
    low, high: where keys may be; edge: whether it is a channel's first or last frame."""

    line: np.ndarray
    slack: np.ndarray
    low: np.ndarray
    high: np.ndarray
    edge: np.ndarray
    bezier: bool


def reduce_curve(values: np.ndarray, tolerance: float, bezier: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Keys for values (frames, channels): for each channel (frame numbers from 0 on, the first and the last among them; values).

    On every frame a curve through the keys is within tolerance of the value there, and on it where a channel stands still. No key is
    beyond its channel's own range. bezier: automatic clamped handles without smoothing (Blender's FCurve.auto_smoothing NONE); else
    straight lines.
    """
    frames, channels = values.shape
    wanted = _wanted(np.ascontiguousarray(values.T, dtype=np.float32), tolerance, bezier)
    heights, keep = wanted.line.copy(), wanted.edge.copy()
    ends = np.arange(channels) * frames + frames - 1
    starts = np.arange(0, max(frames - 1, 1), _STRETCH) + np.arange(channels)[:, None] * frames
    _stretch(wanted, heights, keep, starts.ravel(), np.minimum(starts + _STRETCH, ends[:, None]).ravel())
    if bezier:
        _repair(wanted, heights, keep)
    _spare(wanted, heights, keep)
    return [
        (np.flatnonzero(kept), height[kept])
        for kept, height in zip(keep.reshape(-1, frames), heights.reshape(-1, frames), strict=True)
    ]


def _wanted(lines: np.ndarray, tolerance: float, bezier: bool) -> _Wanted:
    """lines: (channels, frames)."""
    still = np.zeros(lines.shape, bool)  # a mouth at rest must not hover
    still[:, 1:-1] = (lines[:, 1:-1] == lines[:, :-2]) & (lines[:, 1:-1] == lines[:, 2:])
    room = np.where(still, 0, max(tolerance - 2 * _ROUNDING, 0)).astype(np.float32)
    low = np.maximum(lines - room, lines.min(axis=1, keepdims=True))
    high = np.minimum(lines + room, lines.max(axis=1, keepdims=True))
    edge = np.zeros(lines.shape, bool)
    edge[:, [0, -1]] = True
    return _Wanted(lines.ravel(), room.ravel() + np.float32(_ROUNDING), low.ravel(), high.ravel(), edge.ravel(), bezier)


def _stretch(wanted: _Wanted, heights: np.ndarray, keep: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
    """Key straight lines from starts to ends, all walked at once: each goes on as long as there is a slope that is close enough to every
    frame on its way, and then ends as close to the value there as such slopes come."""
    keep[starts] = keep[ends] = True
    lows, highs = wanted.low.copy(), wanted.high.copy()
    lows[ends] = highs[ends] = wanted.line[ends]  # where the next stretch starts
    start, now = starts.copy(), starts.copy()
    least, most = np.full(len(starts), -np.inf), np.full(len(starts), np.inf)  # slopes that have come as far as now

    def slopes(lines: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        origin, length = heights[start[lines]], frame - start[lines]
        return (lows[frame] - origin) / length, (highs[frame] - origin) / length

    def end(lines: np.ndarray) -> None:
        frame, length = now[lines], now[lines] - start[lines]
        origin = heights[start[lines]]
        height = np.clip(wanted.line[frame], origin + length * least[lines], origin + length * most[lines])
        heights[frame] = np.clip(height, lows[frame], highs[frame])  # rounding
        keep[frame] = True
        start[lines], least[lines], most[lines] = frame, -np.inf, np.inf

    while len(going := np.flatnonzero(now < ends)):
        frame = now[going] + 1
        low, high = slopes(going, frame)
        end(going[np.maximum(least[going], low) > np.minimum(most[going], high)])
        low, high = slopes(going, frame)  # from the new keys, where there are any
        least[going], most[going] = np.maximum(least[going], low), np.minimum(most[going], high)
        now[going] = frame
    end(np.flatnonzero(starts < ends))


def _repair(wanted: _Wanted, heights: np.ndarray, keep: np.ndarray) -> None:
    """Move the heights of keys, and key the worst frame of every segment that strays too far nevertheless, until none does."""
    keys = np.flatnonzero(keep)
    moved, segments, pulls = np.arange(len(keys)), np.arange(len(keys) - 1), _PULLS
    while len(segments):
        spans = _lay_out(wanted, keys, segments)
        for _ in range(pulls):
            _pull(wanted, spans, heights, moved, _strays(wanted, spans, heights))
        stray = np.abs(_strays(wanted, spans, heights))
        new = spans.worst_frames(stray)[spans.worst(stray) > 1]
        heights[new] = wanted.line[new]
        keep[new] = True
        keys = np.flatnonzero(keep)
        moved = _around(np.searchsorted(keys, new), -1, 1, len(keys))
        segments = _around(
            moved, -2, 1, len(keys) - 1
        )  # a key has a say in its handles and its neighbors', so in two on either side
        pulls = _PULLS_AGAIN


def _around(spots: np.ndarray, first: int, last: int, count: int) -> np.ndarray:
    """All of 0..count - 1 that are first..last from one of the spots, sorted."""
    near = np.unique(spots[:, None] + np.arange(first, last + 1))
    return near[(near >= 0) & (near < count)]


def _spare(wanted: _Wanted, heights: np.ndarray, keep: np.ndarray) -> None:
    """Take away the keys without which the curve is close enough, if need be with its neighbors moved. Keys that touch no segment in
    common are tried at once."""
    for turn in range(_APART):
        keys = np.flatnonzero(keep)
        tried = np.arange(turn, len(keys), _APART)
        tried = tried[~wanted.edge[keys[tried]]]
        rest = np.delete(keys, tried)
        joined = np.searchsorted(rest, keys[tried]) - 1  # the segments where they were
        spans = _lay_out(wanted, rest, joined)
        hopeful = spans.worst(np.abs(_strays(wanted, spans, heights))) < _HOPELESS
        tried, joined = tried[hopeful], joined[hopeful]
        spans = _lay_out(wanted, rest, _around(joined, -2, 2, len(rest) - 1))
        trial, moved = heights.copy(), _around(joined, 0, 1, len(rest))
        spared = np.zeros(len(tried), bool)
        for _ in range(_PULLS_AGAIN + 1):
            stray = _strays(wanted, spans, trial)
            far = np.zeros(len(rest) + 3, bool)
            far[spans.segments + 2] = spans.worst(np.abs(stray)) > 1
            fits = ~spared & ~far[joined[:, None] + np.arange(5)].any(axis=1)
            ends = rest[joined[fits, None] + np.arange(2)]
            heights[ends] = trial[ends]
            spared |= fits
            _pull(wanted, spans, trial, moved, stray)
        keep[keys[tried[spared]]] = False


@dataclass(frozen=True)
class _Spans:
    """Segments between keys, frame by frame: all that the keys' heights don't change. Of each segment (segments,): length in frames, and
    start, where its frames are among those of all. Of each frame, the first key's but not the second's (frames,): its place in the
    line, its share of the way, and the weights (4, frames) of the segment's points in the curve."""

    keys: np.ndarray
    segments: np.ndarray
    length: np.ndarray
    start: np.ndarray
    frame: np.ndarray
    share: np.ndarray
    weights: np.ndarray

    def worst(self, error: np.ndarray) -> np.ndarray:
        return np.maximum.reduceat(error, self.start) if len(self.start) else error

    def worst_frames(self, error: np.ndarray) -> np.ndarray:
        hits = np.flatnonzero(error == np.repeat(self.worst(error), self.length))
        return self.frame[hits[np.searchsorted(hits, self.start)]]


def _lay_out(wanted: _Wanted, keys: np.ndarray, segments: np.ndarray) -> _Spans:
    first, length = keys[segments], keys[segments + 1] - keys[segments]
    start = np.cumsum(length) - length
    step = np.arange(length.sum()) - np.repeat(start, length)
    share = (step / np.repeat(length, length)).astype(np.float32)
    t = share
    if wanted.bezier:
        _, after, _ = _handles(wanted.line, keys, wanted.edge, segments)
        before, _, _ = _handles(wanted.line, keys, wanted.edge, segments + 1)
        t = _solve(share, *(np.repeat(x.astype(np.float32), length) for x in (after / length, 1 - before / length)))
    u = 1 - t
    weights = np.stack([u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t])
    return _Spans(keys, segments, length, start, np.repeat(first, length) + step, share, weights)


def _strays(wanted: _Wanted, spans: _Spans, heights: np.ndarray) -> np.ndarray:
    """How far the curve is below the line on each of the spans' frames; beyond -1..1 is too far."""
    first, last = heights[spans.keys[spans.segments]], heights[spans.keys[spans.segments + 1]]
    if wanted.bezier:
        _, after, slope = _handles(heights, spans.keys, wanted.edge, spans.segments)
        before, _, slope_after = _handles(heights, spans.keys, wanted.edge, spans.segments + 1)
        points = (first, first + slope * after, last - slope_after * before, last)
    else:
        points = (first, (2 * first + last) / 3, (first + 2 * last) / 3, last)
    curve = sum(
        np.repeat(point.astype(np.float32), spans.length) * weight
        for point, weight in zip(points, spans.weights, strict=True)
    )
    return (wanted.line[spans.frame] - curve) / wanted.slack[spans.frame]


def _pull(wanted: _Wanted, spans: _Spans, heights: np.ndarray, moved: np.ndarray, stray: np.ndarray) -> None:
    """Move the heights of some keys towards where the curve strays least: the farther off a frame is, the more it counts."""
    if not len(spans.start):
        return
    weight = stray * stray + np.float32(1e-6)
    pull = weight * stray * wanted.slack[spans.frame]
    pulls, weights = np.zeros(len(spans.keys), np.float32), np.full(len(spans.keys), 1e-9, np.float32)
    for key, share in ((spans.segments, 1 - spans.share), (spans.segments + 1, spans.share)):
        pulls[key] += np.add.reduceat(pull * share, spans.start)
        weights[key] += np.add.reduceat(weight * share, spans.start)
    keys = spans.keys[moved]
    heights[keys] = np.clip(heights[keys] + _PULL * pulls[moved] / weights[moved], wanted.low[keys], wanted.high[keys])


def _solve(x: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """Where on a Bezier segment from 0 to 1 with handles at x1 and x2 its x is reached: t in 0..1. Newton's method."""
    b, c, d = 3 * x1, 3 * (x2 - 2 * x1), 1 + 3 * (x1 - x2)
    t = x.copy()
    left = np.arange(len(x))
    for _ in range(_NEWTON_STEPS):  # of a handle much shorter than its segment it takes many
        u = t[left]
        miss = u * (b + u * (c + u * d)) - x
        t[left] = np.clip(u - miss / (b + u * (2 * c + u * 3 * d)), 0, 1)
        off = np.flatnonzero(np.abs(miss) > _CLOSE)
        left, x, b, c, d = (array[off] for array in (left, x, b, c, d))
    return t


def _handles(
    heights: np.ndarray, keys: np.ndarray, edge: np.ndarray, of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(frames from the handle before to the key, frames from the key to the handle after, slope of both) of some of the keys.

    As Blender's calchandleNurb_intern makes them. Of a channel's first and last key, what lies outside of it is of no use.
    """
    middle = keys[of]
    left, right = keys[np.maximum(of - 1, 0)], keys[np.minimum(of + 1, len(keys) - 1)]
    gap_before, gap_after = np.maximum(middle - left, 1), np.maximum(right - middle, 1)
    rise_before, rise_after = heights[middle] - heights[left], heights[right] - heights[middle]
    end = edge[middle]
    before = _HANDLE * np.where(end, gap_before, np.minimum(gap_before, _LONGER * gap_after))
    after = _HANDLE * np.where(end, gap_after, np.minimum(gap_after, _LONGER * gap_before))
    # No handle reaches beyond its neighbor's height; the other one turns with it, and the one before has its way first.
    slope = (rise_before / gap_before + rise_after / gap_after) / 2
    slope = np.where(
        np.abs(slope) * before > np.abs(rise_before),
        rise_before / before,
        np.where(np.abs(slope) * after > np.abs(rise_after), rise_after / after, slope),
    )
    slope[end | (rise_before * rise_after <= 0)] = 0  # flat at the ends and where it turns
    return before, after, slope
