"""Replace the keys of a stretch of frames, and leave the curves on either side as they are. Runs in Blender."""

from collections.abc import Sequence
from dataclasses import replace

import bpy
import numpy as np

from . import face_action
from .copy_keys import KeyCopy, cut_keys, paste_keys, pin_frames
from .face_action import Column, Style

_JOIN = 3  # frames between two stretches that are keyed as one


def replace_stretches(
    action: bpy.types.Action,
    before: Sequence[Column],
    after: Sequence[Column],
    within: np.ndarray,
    first_frame: int,
    style: Style,
) -> list[tuple[int, int]]:
    """Key a take's new values wherever they differ from those before; all other keys stay, manual ones too.

    before, after: the same columns with the values of each frame from first_frame on.
    within: (frames,) bool, False where nothing may change.
    Returns the changed frames as (first, last), joined over all F-curves.
    """
    by_path = {fcurve.data_path: fcurve for fcurve in face_action.fcurves(action)}
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if new.path in by_path]
    changed = within & np.any([old.values != new.values for old, new in pairs], axis=0)
    runs = _runs(changed)
    for start, stop in runs:
        # The frames beside a stretch keep their values, so it is keyed from there.
        part = slice(max(start - 1, 0), min(stop + 1, len(changed)))
        columns = [
            replace(new, values=new.values[part]) for old, new in pairs if (old.values != new.values)[start:stop].any()
        ]
        for column, (frames, values) in zip(columns, face_action.reduce_keys(columns, style), strict=True):
            _replace(by_path[column.path], first_frame + part.start + frames, values, style)
    return [(first_frame + start, first_frame + stop - 1) for start, stop in runs]


def _replace(fcurve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray, style: Style) -> None:
    """Replace the keys from the first to the last of these frames."""
    first, last = float(frames[0]), float(frames[-1])
    begin, end = fcurve.range() if len(fcurve.keyframe_points) else (first, last)
    kept: list[KeyCopy] = []
    beside = np.zeros(0)
    if begin < first:
        kept.append(cut_keys(fcurve, begin, first))
        beside = np.append(beside, _whole_frames(kept[-1].frames[-2], first))
    if end > last:
        kept.append(cut_keys(fcurve, last, end))
        beside = np.append(beside, _whole_frames(last, kept[-1].frames[1]))
    were = np.array([fcurve.evaluate(frame) for frame in beside], np.float32)
    inner = np.ones(len(frames), bool)
    for copy in kept:
        inner &= (frames < copy.first) | (frames > copy.last)
    fcurve.keyframe_points.clear()
    face_action.add_keys(fcurve, frames[inner], values[inner], style)
    for copy in kept:
        paste_keys(fcurve, copy)
    # A segment that was cut keeps its shape up to rounding. Where that shows, its frames are keyed as they were, to the bit.
    if any(fcurve.evaluate(frame) != value for frame, value in zip(beside, were, strict=True)):
        pin_frames(fcurve, beside, were)
    face_action.deselect(fcurve)


def _whole_frames(first: float, last: float) -> np.ndarray:
    """Return the whole frames strictly between two frames."""
    return np.arange(np.floor(first) + 1, np.ceil(last))


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return [start, stop) of each run in which a mask (n,) is true; runs with less than three frames between them are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))).reshape(-1, 2)
    runs: list[tuple[int, int]] = []
    for start, stop in edges.tolist():
        if runs and start - runs[-1][1] < _JOIN:
            runs[-1] = runs[-1][0], stop
        else:
            runs.append((start, stop))
    return runs
