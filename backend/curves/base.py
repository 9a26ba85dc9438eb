"""A take of curves: what every step after the sampler passes on. The files that hold one are read and written in curve_files."""

from dataclasses import dataclass, replace

import numpy as np

from ..messages import UserError

_PIECE = 4096  # frames that are worked on at a time, to hold little memory


class CurvesError(UserError, ValueError):
    """Curves don't fit together, or a file of them can't be read or written."""


@dataclass(frozen=True)
class Curves:
    """Named animation curves on an even grid.

    names: one ARKit name a channel; values: (frames, channels) float32 in 0..1; fps: frames a second;
    frame k lies at start + k / fps seconds of the sound.
    """

    names: tuple[str, ...]
    values: np.ndarray
    fps: float
    start: float = 0.0


def resample(curves: Curves, fps: float, count: int) -> Curves:
    """The same curves as count frames at fps, from the same start; the last frame is held where they end. Same fps: the same array's first frames,
    where it has so many."""
    if fps == curves.fps and count <= len(curves.values):
        return replace(curves, values=curves.values[:count])
    return Curves(curves.names, interpolate(curves.values, np.arange(count) * (curves.fps / fps)), fps, curves.start)


def interpolate(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """values (frames, channels) in 0..1 at other positions (count,), counted in frames -> (count, channels); the ends hold.

    Monotone cubic interpolation (PCHIP: Fritsch & Carlson 1980 with the harmonic mean of slopes): between two frames nothing leaves
    their range, so shut lips stay shut and a still face stays still.
    """
    values = np.asarray(values, dtype=np.float32)
    position = np.clip(position, 0, len(values) - 1)
    result = np.empty((len(position), values.shape[1]), np.float32)
    for first in range(0, len(position), _PIECE):
        piece = slice(first, first + _PIECE)
        np.clip(_pchip(values, position[piece]), 0.0, 1.0, out=result[piece])
    return result


def _pchip(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    left = position.astype(np.int64)
    t = (position - left).astype(np.float32)[:, None]
    first = max(int(left.min()) - 1, 0)
    values = values[first : left.max() + 3]  # with the neighbors that the slopes at either end are made of
    left -= first
    right = np.minimum(left + 1, len(values) - 1)
    step = np.diff(values, axis=0)
    before, after = step[:-1], step[1:]
    slope = np.zeros_like(values)
    np.divide(2 * before * after, before + after, out=slope[1:-1], where=before * after > 0)
    if len(step):
        slope[0], slope[-1] = step[0], step[-1]  # no steeper than the first and last step, so monotone too
    rest = 1 - t
    return (
        values[left]
        + t * t * (3 - 2 * t) * (values[right] - values[left])
        + t * rest * (rest * slope[left] - t * slope[right])
    )
