"""Fewer keys for the same curves: measured against what Blender makes of the keys that stay, frame by frame."""

import numpy as np

_ROUNDING = 1e-5  # by which Blender's sums and ours may differ
_NEWTON_STEPS = 30
_CLOSE = 1e-3  # of a segment's length; the step after takes it below 1e-5
_HANDLE = 1 / 2.5614  # share of the way to the next key that Blender gives an automatic handle
_LONGER = 5  # a handle is at most so many times as long as the key's shorter side would make it
_SWEEPS = 2  # over all keys, to see which of them can be spared
_REACH = 4  # keys so far apart don't touch the same segments


def simplify(values: np.ndarray, tolerance: float, bezier: bool) -> list[np.ndarray]:
    """Which frames to keep as keys: values (frames, channels) -> for each channel frame numbers from 0 on, the first and the last among them.

    On every frame a curve through the kept values stays within tolerance of the value there. bezier: automatic clamped handles
    without smoothing (Blender's FCurve.auto_smoothing NONE); else straight lines.
    """
    frames, channels = values.shape
    line = np.ascontiguousarray(values.T, dtype=np.float32).ravel()  # one channel behind the other
    edge = np.zeros((channels, frames), bool)
    edge[:, [0, -1]] = True
    keep = edge.ravel().copy()
    tolerance = max(tolerance - _ROUNDING, 0.0)
    _insert(line, keep, edge.ravel(), 2 * tolerance, bezier=False)  # cheap, and most of the way
    _insert(line, keep, edge.ravel(), tolerance, bezier)
    for _ in range(_SWEEPS):
        _remove(line, keep, edge.ravel(), tolerance, bezier)
    return [np.flatnonzero(channel) for channel in keep.reshape(channels, frames)]


def _insert(line: np.ndarray, keep: np.ndarray, edge: np.ndarray, tolerance: float, bezier: bool) -> None:
    """Key the worst frame of every segment that strays too far, until none does."""
    keys = np.flatnonzero(keep)
    segments = np.arange(len(keys) - 1)
    while len(segments):
        error, worst = _errors(line, keys, edge, segments, bezier)
        new = worst[error > tolerance]
        keep[new] = True
        keys = np.flatnonzero(keep)
        # A key has a say in its handles and its neighbours', so in two segments on either side.
        segments = _around(np.searchsorted(keys, new), len(keys))


def _around(spots: np.ndarray, count: int) -> np.ndarray:
    touched = np.unique(spots[:, None] + np.arange(-2, 2))
    return touched[(touched >= 0) & (touched < count - 1)]


def _remove(line: np.ndarray, keep: np.ndarray, edge: np.ndarray, tolerance: float, bezier: bool) -> None:
    """Spare the keys without which the curve is close enough. Keys that touch no segment in common are tried at once."""
    for turn in range(_REACH):
        keys = np.flatnonzero(keep)
        tried = np.arange(turn, len(keys), _REACH)
        tried = tried[~edge[keys[tried]]]
        rest = np.delete(keys, tried)
        joined = np.searchsorted(rest, keys[tried]) - 1  # the segments where they were
        segments = joined[:, None] + np.arange(-1, 2)
        inside = (segments >= 0) & (segments < len(rest) - 1)
        error, _ = _errors(line, rest, edge, segments.clip(0, len(rest) - 2).ravel(), bezier)
        strays = np.where(inside, error.reshape(-1, 3), 0).max(axis=1) > tolerance
        keep[keys[tried[~strays]]] = False


def _errors(line: np.ndarray, keys: np.ndarray, edge: np.ndarray, segments: np.ndarray, bezier: bool) -> tuple[np.ndarray, np.ndarray]:
    """(largest distance of a curve through the keys from the line, the frame where it is), for each of the segments between two keys."""
    if not len(segments):
        return np.empty(0, np.float32), np.empty(0, np.int64)
    left, length = keys[segments], keys[segments + 1] - keys[segments]
    starts = np.cumsum(length) - length
    step = np.arange(length.sum()) - np.repeat(starts, length)  # frames since the segment's key
    along = step / np.repeat(length.astype(np.float32), length)
    first, last = line[left], line[left + length]
    if bezier:
        _, after, slope = _handles(line, keys, edge, segments)
        before, _, slope_after = _handles(line, keys, edge, segments + 1)
        polygon = (after / length, 1 - before / length)
        t = _solve(along.astype(np.float32), *(np.repeat(x.astype(np.float32), length) for x in polygon))
        y1, y2 = first + slope * after, last - slope_after * before
        cubic = (first, 3 * (y1 - first), 3 * (first - 2 * y1 + y2), last - first + 3 * (y1 - y2))
        a, b, c, d = (np.repeat(x.astype(np.float32), length) for x in cubic)
        curve = a + t * (b + t * (c + t * d))
    else:
        curve = np.repeat(first, length) + along * np.repeat(last - first, length)
    frame = np.repeat(left, length) + step
    distance = np.abs(curve - line[frame])
    largest = np.maximum.reduceat(distance, starts)
    hits = np.flatnonzero(distance == np.repeat(largest, length))
    worst = frame[hits[np.searchsorted(hits, starts)]]
    return largest, worst


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


def _handles(line: np.ndarray, keys: np.ndarray, edge: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(frames from the handle before to the key, frames from the key to the handle after, slope of both) of some of the keys.

    As Blender's calchandleNurb_intern makes them. Of a channel's first and last key, what lies outside of it is of no use.
    """
    middle = keys[of]
    left, right = keys[np.maximum(of - 1, 0)], keys[np.minimum(of + 1, len(keys) - 1)]
    gap_before, gap_after = np.maximum(middle - left, 1), np.maximum(right - middle, 1)
    rise_before, rise_after = line[middle] - line[left], line[right] - line[middle]
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
