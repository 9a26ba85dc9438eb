"""Import captured curves as takes, and export what an Action does to a face as curves. Runs in Blender."""

import math
from pathlib import Path

import bpy
import numpy as np

from ...backend.arkit import CHANNELS, HEAD
from ...backend.curves.base import Curves, resample
from ...backend.messages import UserError
from ..keyframes import face_action
from ..rig import face_rig
from . import rotations, take_store


class ExchangeError(UserError):
    """Curves don't fit a face, or a face has none."""


def import_take(
    curves: Curves, file: Path, face: face_rig.Face, first_frame: int, fps: float, style: face_action.Style
) -> bpy.types.Action:
    """Key curves on a face as a new take, from first_frame on at fps frames a second. Raises ExchangeError, and then has changed nothing."""
    action = write_import(curves, file, face, first_frame, fps, style)
    try:
        face_action.assign(action, face)
    except BaseException:
        bpy.data.actions.remove(action)
        raise
    return action


def write_import(
    curves: Curves, file: Path, face: face_rig.Face, first_frame: int, fps: float, style: face_action.Style
) -> bpy.types.Action:
    """Write curves as a new take that nothing uses yet. Raises ExchangeError."""
    count = frame_count(curves, fps)
    performed = resample(curves, fps, count)
    table = face_action.columns(face, performed)
    if not table:
        raise ExchangeError(
            '"{file}" animates none of the face\'s ARKit shape keys: choose another file or face', file=file.name
        )
    action = face_action.write_action(take_store.new_name(file.stem, "capture"), table, first_frame, style)
    take_store.mark(action, take_store.imported_info(str(file), curves.start, count / fps, first_frame, fps), performed)
    return action


def frame_count(curves: Curves, fps: float) -> int:
    """Return how many frames curves take in a scene of fps frames a second."""
    return round((len(curves.values) - 1) * fps / curves.fps) + 1


def performed_by(face: face_rig.Face, fps: float) -> Curves:
    """Return the curves of a face's Action from its first key to its last, in a scene of fps frames a second.

    Raises ExchangeError.
    """
    action = take_store.assigned_action(face)
    if action is None:
        raise ExchangeError("The face has no take: generate or import one first")
    animated = face_action.channel_fcurves(action, face)
    if not animated:
        raise ExchangeError(
            '"{action}" animates none of the face\'s ARKit shape keys: choose a take', action=action.name
        )
    first = math.floor(min(fcurve.range()[0] for fcurve in animated.values()))
    last = math.ceil(max(fcurve.range()[1] for fcurve in animated.values()))
    names = tuple(name for name in CHANNELS if name in animated)
    values = np.array(
        [[animated[name].evaluate(frame) for name in names] for frame in range(first, last + 1)], np.float32
    )
    start = 0.0
    if take_store.is_take(action):
        info = take_store.read_info(action)
        start = max(0.0, info.start + (first - info.first_frame) / fps)  # negative if keys were added before the sound
    turned = rotations.read(action, first, last, fps)
    keyed = [name for name in HEAD if name in animated]
    turned |= {
        name: np.array([animated[name].evaluate(frame) for frame in range(first, last + 1)], np.float32)
        for name in keyed
    }
    return Curves(names, np.clip(values, 0.0, 1.0), fps, start, turned)
