"""Frames on an even grid, at a frame rate in common use."""

import numpy as np

from ..curves.base import ROTATIONS, Curves, CurvesError

_COMMON_FPS = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 120.0)
_GAPS = 600.0  # s in all, that may be missing between frames without a word
_LATEST = 1e9  # s
_CLOSE = 0.01  # frames a second by which a measured rate may differ from a common one


def on_grid(names: tuple[str, ...], values: np.ndarray, times: np.ndarray, fps: float) -> Curves:
    """Frames of any times as curves.

    values: (frames, names), of which names may be channels or ROTATIONS; times: (frames,) seconds. Values stay as they are where the frames
    come evenly, else those on the grid are taken from the lines between them. Raises CurvesError.
    """
    start = float(times[0])
    position = (times - start) * fps
    if not (np.abs(times) <= _LATEST).all():  # nor NaN
        raise CurvesError("Some times in this file aren't numbers: export it again")
    if np.abs(position - np.arange(len(values))).max() > 0.1:
        order = np.argsort(position, kind="stable")
        if position[order[-1]] - position[order[0]] > 10 * len(values) + _GAPS * fps:
            raise CurvesError("The times in this file are too far apart for its few frames: export it again")
        grid = np.arange(round(position[order[-1]]) + 1)
        values = np.stack([np.interp(grid, position[order], channel[order]) for channel in values.T], axis=1).astype(
            np.float32
        )
    turned = {name: values[:, index] for index, name in enumerate(names) if name in ROTATIONS}
    kept = [index for index, name in enumerate(names) if name not in ROTATIONS]
    channels = tuple(names[index] for index in kept)
    return Curves(channels, np.clip(values[:, kept], 0.0, 1.0) if turned else values, fps, start, turned)


def common_fps(fps: float, close: float = _CLOSE) -> float:
    """The frame rate in common use that a measured one is; the measured one where it is none."""
    near = min(_COMMON_FPS, key=lambda rate: abs(rate - fps))
    return near if abs(near - fps) < close else max(fps, 1.0)


def measured_fps(times: np.ndarray, default: float) -> float:
    """Of the steps from frame to frame those that are about as long as most, since times are rounded and frames may be missing."""
    steps = np.diff(times)
    if not len(steps) or not np.median(steps) > 0:
        return default
    near = steps[np.abs(steps - np.median(steps)) < 0.25 * np.median(steps)]
    fps = 1 / float(near.mean())
    return common_fps(fps, max(_CLOSE, 0.004 * fps))
