"""Animation curves and their resampling. The package curve_files reads and writes files of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..arkit import HEAD
from ..messages import UserError

_CHUNK_FRAMES = 4096  # interpolated at a time, to limit memory


class CurvesError(UserError, ValueError):
    """Curves don't fit together, or a file of curves can't be read or written."""


# What capture apps record beside ARKit's channels, in radians, by Live Link Face's names. Models may have the head's.
ROTATIONS: tuple[str, ...] = HEAD + tuple(
    f"{eye}{axis}" for eye in ("LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")
)


@dataclass(frozen=True)
class Curves:
    """Named animation curves on an even grid.

    names: one ARKit name per channel. values: (frames, channels) float32 in 0..1. fps: frames per second.
    rotations: those of ROTATIONS that were captured or generated, (frames,) float32 in radians each.
    Frame k lies at start + k / fps seconds of the sound.
    """

    names: tuple[str, ...]
    values: np.ndarray
    fps: float
    start: float = 0.0
    rotations: Mapping[str, np.ndarray] = field(default_factory=dict)


def resample(curves: Curves, fps: float, count: int) -> Curves:
    """Return the curves as count frames at fps, from the same start. The last frame holds past the end.

    At the same fps and no greater count, the result shares the array of `curves`.
    """
    if fps == curves.fps and count <= len(curves.values):
        turned = {name: angles[:count] for name, angles in curves.rotations.items()}
        return replace(curves, values=curves.values[:count], rotations=turned)
    position = np.arange(count) * (curves.fps / fps)
    frames = np.arange(len(curves.values))
    turned = {name: np.interp(position, frames, a).astype(np.float32) for name, a in curves.rotations.items()}
    return Curves(curves.names, interpolate(curves.values, position), fps, curves.start, turned)


def interpolate(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Interpolate values (frames, channels) in 0..1 at positions (count,) in frames. Return (count, channels).

    The first and last frame hold beyond the ends. The interpolation is monotone cubic (PCHIP: Fritsch & Carlson 1980,
    with the harmonic mean of slopes). It never overshoots its two neighboring frames, so shut lips stay shut and a
    still face stays still.
    """
    values = np.asarray(values, dtype=np.float32)
    position = np.clip(position, 0, len(values) - 1)
    result = np.empty((len(position), values.shape[1]), np.float32)
    for first in range(0, len(position), _CHUNK_FRAMES):
        chunk = slice(first, first + _CHUNK_FRAMES)
        np.clip(_pchip(values, position[chunk]), 0.0, 1.0, out=result[chunk])
    return result


def _pchip(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    left = position.astype(np.int64)
    t = (position - left).astype(np.float32)[:, None]
    first = max(int(left.min()) - 1, 0)
    values = values[first : left.max() + 3]  # including the neighbors needed for the slopes at either end
    left -= first
    right = np.minimum(left + 1, len(values) - 1)
    step = np.diff(values, axis=0)
    before, after = step[:-1], step[1:]
    slope = np.zeros_like(values)
    np.divide(2 * before * after, before + after, out=slope[1:-1], where=before * after > 0)
    if len(step):
        slope[0], slope[-1] = step[0], step[-1]  # no steeper than the first and last step, so still monotone
    u = 1 - t
    return (
        values[left]
        + t * t * (3 - 2 * t) * (values[right] - values[left])
        + t * u * (u * slope[left] - t * slope[right])
    )
