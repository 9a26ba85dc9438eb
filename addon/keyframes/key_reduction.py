"""Key reduction: fewer keys for the same curve, within a tolerance on every frame. Runs in Blender, without bpy.

Keys lie on whole frames. Their values are free: a key may lie off the curve if the F-curve through all keys is close on every frame.
The error is that of the F-curve as Blender evaluates it. There are three steps:

1. `_fit_lines` covers the curves with straight lines, each as long as possible.
2. `_add_keys` (Bezier only) moves the values of the keys, and adds keys where that isn't enough.
3. `_remove_keys` tries to remove every key, moving its neighbors a little.
"""

from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-5  # by which Blender's values and these may differ
_NEWTON_STEPS = 30  # at most; handles much shorter than their segment need many
_NEWTON_TOLERANCE = 1e-3  # share of a segment; the step taken after it leaves less than 1e-5
_HANDLE = 1 / 2.5614  # length of Blender's automatic handles, as a share of the distance to the next key
_MAX_HANDLE_RATIO = 5  # of a handle's length to that on the key's shorter side
_BLOCK = 256  # frames between the initial keys; blocks are processed side by side
_STEP_SIZE = 0.6  # share of the computed correction, since neighbors are moved at the same time
_MOVES, _MOVES_AFTER_CHANGE = 8, 3  # how often values are moved: of all keys, and next to an added or removed key
_HOPELESS = 3  # times the tolerance: an error that no moving of values makes up for
# Keys this many places apart are removed together: with their moved neighbors, they affect no segment in common.
_GROUPS = 6


@dataclass(frozen=True)
class _Target:
    """The curves to match, one channel after the other, (channels * frames,) each.

    values: the curves. tolerance: the largest error there. low, high: the range of a key's value there.
    edge: True on a channel's first and last frame.
    """

    values: np.ndarray
    tolerance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    edge: np.ndarray
    bezier: bool


def reduce_curve(values: np.ndarray, tolerance: float, bezier: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the keys for values (frames, channels): (frames from 0 on, values) for each channel. The first and last frame have keys.

    On every frame, the curve through the keys is within tolerance of the values, and exact where a channel stands still.
    No key is outside its channel's range.
    bezier: automatic clamped handles without smoothing (Blender's FCurve.auto_smoothing NONE), else straight lines.
    """
    frames, channels = values.shape
    target = _make_target(np.ascontiguousarray(values.T, dtype=np.float32), tolerance, bezier)
    key_values, keep = target.values.copy(), target.edge.copy()
    ends = np.arange(channels) * frames + frames - 1
    starts = np.arange(0, max(frames - 1, 1), _BLOCK) + np.arange(channels)[:, None] * frames
    _fit_lines(target, key_values, keep, starts.ravel(), np.minimum(starts + _BLOCK, ends[:, None]).ravel())
    if bezier:
        _add_keys(target, key_values, keep)
    _remove_keys(target, key_values, keep)
    return [
        (np.flatnonzero(mask), row[mask])
        for mask, row in zip(keep.reshape(-1, frames), key_values.reshape(-1, frames), strict=True)
    ]


def _make_target(curves: np.ndarray, tolerance: float, bezier: bool) -> _Target:
    """Return the target for curves (channels, frames)."""
    still = np.zeros(curves.shape, bool)  # exact there, since a mouth at rest must not drift
    still[:, 1:-1] = (curves[:, 1:-1] == curves[:, :-2]) & (curves[:, 1:-1] == curves[:, 2:])
    room = np.where(still, 0, max(tolerance - 2 * _ROUNDING, 0)).astype(np.float32)
    low = np.maximum(curves - room, curves.min(axis=1, keepdims=True))
    high = np.minimum(curves + room, curves.max(axis=1, keepdims=True))
    edge = np.zeros(curves.shape, bool)
    edge[:, [0, -1]] = True
    return _Target(
        curves.ravel(), room.ravel() + np.float32(_ROUNDING), low.ravel(), high.ravel(), edge.ravel(), bezier
    )


def _fit_lines(target: _Target, key_values: np.ndarray, keep: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
    """Cover the blocks from starts to ends with straight lines, all blocks at once, frame by frame.

    A line goes on as long as some slope is within tolerance on all of its frames. It ends in a key as close to the value there as such
    slopes allow.
    """
    keep[starts] = keep[ends] = True
    lows, highs = target.low.copy(), target.high.copy()
    lows[ends] = highs[ends] = target.values[ends]  # where the next block starts
    start, now = starts.copy(), starts.copy()
    least, most = np.full(len(starts), -np.inf), np.full(len(starts), np.inf)  # slopes that fit all frames up to now

    def slopes(lines: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        origin, length = key_values[start[lines]], frame - start[lines]
        return (lows[frame] - origin) / length, (highs[frame] - origin) / length

    def end(lines: np.ndarray) -> None:
        frame, length = now[lines], now[lines] - start[lines]
        origin = key_values[start[lines]]
        value = np.clip(target.values[frame], origin + length * least[lines], origin + length * most[lines])
        key_values[frame] = np.clip(value, lows[frame], highs[frame])  # rounding
        keep[frame] = True
        start[lines], least[lines], most[lines] = frame, -np.inf, np.inf

    while len(going := np.flatnonzero(now < ends)):
        frame = now[going] + 1
        low, high = slopes(going, frame)
        end(going[np.maximum(least[going], low) > np.minimum(most[going], high)])
        low, high = slopes(going, frame)  # from the new keys, if there are any
        least[going], most[going] = np.maximum(least[going], low), np.minimum(most[going], high)
        now[going] = frame
    end(np.flatnonzero(starts < ends))


def _add_keys(target: _Target, key_values: np.ndarray, keep: np.ndarray) -> None:
    """Move the values of keys, and add one on the worst frame of every segment that is still beyond the tolerance, until none is."""
    keys = np.flatnonzero(keep)
    moved, segments, moves = np.arange(len(keys)), np.arange(len(keys) - 1), _MOVES
    while len(segments):
        parts = _sample(target, keys, segments)
        for _ in range(moves):
            _move_values(target, parts, key_values, moved, _errors(target, parts, key_values))
        errors = np.abs(_errors(target, parts, key_values))
        new = parts.worst_frames(errors)[parts.worst(errors) > 1]
        key_values[new] = target.values[new]
        keep[new] = True
        keys = np.flatnonzero(keep)
        moved = _around(np.searchsorted(keys, new), -1, 1, len(keys))
        # A key affects its own and its neighbors' handles, so two segments on either side.
        segments = _around(moved, -2, 1, len(keys) - 1)
        moves = _MOVES_AFTER_CHANGE


def _around(places: np.ndarray, first: int, last: int, count: int) -> np.ndarray:
    """Return all of 0..count - 1 that are `first` to `last` away from one of the places, sorted."""
    near = np.unique(places[:, None] + np.arange(first, last + 1))
    return near[(near >= 0) & (near < count)]


def _remove_keys(target: _Target, key_values: np.ndarray, keep: np.ndarray) -> None:
    """Remove the keys that the curve doesn't need to stay within tolerance, moving their neighbors if that helps.

    Keys that affect no segment in common are tried at once.
    """
    for turn in range(_GROUPS):
        keys = np.flatnonzero(keep)
        tried = np.arange(turn, len(keys), _GROUPS)
        tried = tried[~target.edge[keys[tried]]]
        rest = np.delete(keys, tried)
        joined = np.searchsorted(rest, keys[tried]) - 1  # the segments that replace them
        parts = _sample(target, rest, joined)
        hopeful = parts.worst(np.abs(_errors(target, parts, key_values))) < _HOPELESS
        tried, joined = tried[hopeful], joined[hopeful]
        parts = _sample(target, rest, _around(joined, -2, 2, len(rest) - 1))
        trial, moved = key_values.copy(), _around(joined, 0, 1, len(rest))
        removed = np.zeros(len(tried), bool)
        for _ in range(_MOVES_AFTER_CHANGE + 1):
            errors = _errors(target, parts, trial)
            far = np.zeros(len(rest) + 3, bool)
            far[parts.segments + 2] = parts.worst(np.abs(errors)) > 1
            fits = ~removed & ~far[joined[:, None] + np.arange(5)].any(axis=1)
            ends = rest[joined[fits, None] + np.arange(2)]
            key_values[ends] = trial[ends]
            removed |= fits
            _move_values(target, parts, trial, moved, errors)
        keep[keys[tried[removed]]] = False


@dataclass(frozen=True)
class _Segments:
    """Segments between keys, sampled on every frame: all that doesn't depend on the keys' values.

    keys: (keys,) frames. segments: (segments,) places of their first keys. length: (segments,) frames of each, its last key excluded.
    start: (segments,) places of their first frames in the arrays below.
    frame: (frames,) places in the target. share: (frames,) how far along the segment, 0..1.
    weights: (4, frames) of the segment's four control points.
    """

    keys: np.ndarray
    segments: np.ndarray
    length: np.ndarray
    start: np.ndarray
    frame: np.ndarray
    share: np.ndarray
    weights: np.ndarray

    def worst(self, error: np.ndarray) -> np.ndarray:
        """Return the largest error of each segment, (segments,)."""
        return np.maximum.reduceat(error, self.start) if len(self.start) else error

    def worst_frames(self, error: np.ndarray) -> np.ndarray:
        """Return the place in the target of each segment's largest error, (segments,)."""
        hits = np.flatnonzero(error == np.repeat(self.worst(error), self.length))
        return self.frame[hits[np.searchsorted(hits, self.start)]]


def _sample(target: _Target, keys: np.ndarray, segments: np.ndarray) -> _Segments:
    """Sample some of the segments between keys."""
    first, length = keys[segments], keys[segments + 1] - keys[segments]
    start = np.cumsum(length) - length
    step = np.arange(length.sum()) - np.repeat(start, length)
    share = (step / np.repeat(length, length)).astype(np.float32)
    t = share
    if target.bezier:
        _, after, _ = _handles(target.values, keys, target.edge, segments)
        before, _, _ = _handles(target.values, keys, target.edge, segments + 1)
        t = _solve(share, *(np.repeat(x.astype(np.float32), length) for x in (after / length, 1 - before / length)))
    u = 1 - t
    weights = np.stack([u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t])
    return _Segments(keys, segments, length, start, np.repeat(first, length) + step, share, weights)


def _errors(target: _Target, parts: _Segments, key_values: np.ndarray) -> np.ndarray:
    """Return how far the curve is below the target on each frame of the segments, in units of the tolerance."""
    first, last = key_values[parts.keys[parts.segments]], key_values[parts.keys[parts.segments + 1]]
    if target.bezier:
        _, after, slope = _handles(key_values, parts.keys, target.edge, parts.segments)
        before, _, slope_after = _handles(key_values, parts.keys, target.edge, parts.segments + 1)
        points = (first, first + slope * after, last - slope_after * before, last)
    else:
        points = (first, (2 * first + last) / 3, (first + 2 * last) / 3, last)
    curve = sum(
        np.repeat(point.astype(np.float32), parts.length) * weight
        for point, weight in zip(points, parts.weights, strict=True)
    )
    return (target.values[parts.frame] - curve) / target.tolerance[parts.frame]


def _move_values(
    target: _Target, parts: _Segments, key_values: np.ndarray, moved: np.ndarray, errors: np.ndarray
) -> None:
    """Move the values of some keys to lower the errors; the larger the error of a frame, the more it counts."""
    if not len(parts.start):
        return
    weight = errors * errors + np.float32(1e-6)
    pull = weight * errors * target.tolerance[parts.frame]
    pulls, weights = np.zeros(len(parts.keys), np.float32), np.full(len(parts.keys), 1e-9, np.float32)
    for key, share in ((parts.segments, 1 - parts.share), (parts.segments + 1, parts.share)):
        pulls[key] += np.add.reduceat(pull * share, parts.start)
        weights[key] += np.add.reduceat(weight * share, parts.start)
    keys = parts.keys[moved]
    key_values[keys] = np.clip(
        key_values[keys] + _STEP_SIZE * pulls[moved] / weights[moved], target.low[keys], target.high[keys]
    )


def _solve(x: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """Return the parameter t, 0..1, at which a Bezier segment from 0 to 1 with handles at x1 and x2 reaches x. Newton's method."""
    b, c, d = 3 * x1, 3 * (x2 - 2 * x1), 1 + 3 * (x1 - x2)
    t = x.copy()
    left = np.arange(len(x))
    for _ in range(_NEWTON_STEPS):
        u = t[left]
        miss = u * (b + u * (c + u * d)) - x
        t[left] = np.clip(u - miss / (b + u * (2 * c + u * 3 * d)), 0, 1)
        off = np.flatnonzero(np.abs(miss) > _NEWTON_TOLERANCE)
        left, x, b, c, d = (array[off] for array in (left, x, b, c, d))
    return t


def _handles(
    key_values: np.ndarray, keys: np.ndarray, edge: np.ndarray, of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the handles of some of the keys: (frames to the one before, frames to the one after, slope of both).

    They are those of Blender's calchandleNurb_intern. The outer handles of a channel's first and last key have no meaning.
    """
    middle = keys[of]
    left, right = keys[np.maximum(of - 1, 0)], keys[np.minimum(of + 1, len(keys) - 1)]
    gap_before, gap_after = np.maximum(middle - left, 1), np.maximum(right - middle, 1)
    rise_before, rise_after = key_values[middle] - key_values[left], key_values[right] - key_values[middle]
    end = edge[middle]
    before = _HANDLE * np.where(end, gap_before, np.minimum(gap_before, _MAX_HANDLE_RATIO * gap_after))
    after = _HANDLE * np.where(end, gap_after, np.minimum(gap_after, _MAX_HANDLE_RATIO * gap_before))
    # No handle reaches beyond the value of the next key. If one is turned back, the other turns too; the one before comes first.
    slope = (rise_before / gap_before + rise_after / gap_after) / 2
    slope = np.where(
        np.abs(slope) * before > np.abs(rise_before),
        rise_before / before,
        np.where(np.abs(slope) * after > np.abs(rise_after), rise_after / after, slope),
    )
    slope[end | (rise_before * rise_after <= 0)] = 0  # flat at the ends and at extrema
    return before, after, slope
