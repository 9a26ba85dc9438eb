"""Check the content of files of curves: channels, rotations, frame rate and start."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ..arkit import map_names
from ..curves.base import ROTATIONS, CurvesError

_FPS = (0.1, 1000.0)  # lowest and highest
_MAX_START = 1e9  # s


def pick_channels(path: Path, names: Iterable[object], values: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the ARKit channels of a file, in any spelling: names in the order of CHANNELS, and values in 0..1.

    names: of the columns of values (frames, columns). The result has shape (frames, channels). A channel that is split
    in halves gets their mean. Raises CurvesError.
    """
    columns = {str(name): index for index, name in enumerate(names)}
    if values.ndim != 2 or not len(values) or values.shape[1] != len(columns) or not np.isfinite(values).all():
        raise CurvesError(
            '"{file}" has no frames, or frames that don\'t match its {count} names: export it again',
            file=path.name,
            count=len(columns),
        )
    found = map_names(columns).keys
    if not found:
        raise CurvesError('"{file}" has no ARKit channel: export it again with the ARKit blendshapes', file=path.name)
    picked = [np.mean([values[:, columns[name]] for name in halves], axis=0) for halves in found.values()]
    return tuple(found), np.clip(np.stack(picked, axis=1), 0.0, 1.0).astype(np.float32)


def pick_rotations(angles: Mapping[str, object], frames: int) -> dict[str, np.ndarray]:
    """Return the ROTATIONS that a file has, (frames,) float32 in radians. Raises ValueError for other shapes or NaN."""
    picked = {name: np.asarray(angles[name], np.float32) for name in ROTATIONS if name in angles}
    if any(turn.shape != (frames,) or not np.isfinite(turn).all() for turn in picked.values()):
        raise ValueError(f"its rotations are not of {frames} frames")
    return picked


def check_fps(path: Path, fps: float) -> float:
    """Return the frame rate. Raises CurvesError if it is impossible."""
    if not _FPS[0] <= fps <= _FPS[1]:
        raise CurvesError(
            '"{file}" has an impossible frame rate of {fps:g} fps: export it again', file=path.name, fps=fps
        )
    return fps


def check_start(path: Path, start: float) -> float:
    """Return the start in seconds. Raises CurvesError if it is impossible."""
    if not abs(start) <= _MAX_START:
        raise CurvesError(
            '"{file}" starts at an impossible time of {start:g} s: export it again', file=path.name, start=start
        )
    return start
