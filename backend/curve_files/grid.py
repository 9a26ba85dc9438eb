"""Put frames on an even grid, at a common frame rate."""

import numpy as np

from ..curves.base import ROTATIONS, Curves, CurvesError

_COMMON_FPS = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 120.0)
_MAX_GAPS = 600.0  # s that may be missing between frames in total
_MAX_TIME = 1e9  # s
_FPS_TOLERANCE = 0.01  # fps by which a measured rate may differ from a common one


def on_grid(names: tuple[str, ...], values: np.ndarray, times: np.ndarray, fps: float) -> Curves:
    """Build curves from frames at any times.

    names: channels or ROTATIONS. values: (frames, names). times: (frames,) in seconds.
    Evenly spaced frames keep their values; others are interpolated linearly. Raises CurvesError.
    """
    start = float(times[0])
    position = (times - start) * fps
    if not (np.abs(times) <= _MAX_TIME).all():  # also False for NaN
        raise CurvesError("Some times in this file aren't numbers: export it again")
    if np.abs(position - np.arange(len(values))).max() > 0.1:
        order = np.argsort(position, kind="stable")
        if position[order[-1]] - position[order[0]] > 10 * len(values) + _MAX_GAPS * fps:
            raise CurvesError("The times in this file are too far apart for its few frames: export it again")
        grid = np.arange(round(position[order[-1]]) + 1)
        values = np.stack([np.interp(grid, position[order], channel[order]) for channel in values.T], axis=1).astype(
            np.float32
        )
    turned = {name: values[:, index] for index, name in enumerate(names) if name in ROTATIONS}
    columns = [index for index, name in enumerate(names) if name not in ROTATIONS]
    channels = tuple(names[index] for index in columns)
    return Curves(channels, np.clip(values[:, columns], 0.0, 1.0) if turned else values, fps, start, turned)


def common_fps(fps: float, tolerance: float = _FPS_TOLERANCE) -> float:
    """Return the common frame rate that a measured one matches within the tolerance, or the measured one."""
    near = min(_COMMON_FPS, key=lambda rate: abs(rate - fps))
    return near if abs(near - fps) < tolerance else max(fps, 1.0)


def measured_fps(times: np.ndarray, default: float) -> float:
    """Return the frame rate of times in seconds (frames,).

    Only steps close to the median count, because times are rounded and frames may be missing.
    """
    steps = np.diff(times)
    if not len(steps) or not np.median(steps) > 0:
        return default
    near = steps[np.abs(steps - np.median(steps)) < 0.25 * np.median(steps)]
    fps = 1 / float(near.mean())
    return common_fps(fps, max(_FPS_TOLERANCE, 0.004 * fps))
