"""What a new take keeps of the Action that moves the face: channels, or everything on some frames; hand edits included."""

from collections.abc import Collection, Mapping

import bpy
import numpy as np

from ...backend.arkit import CHANNELS
from ..keyframes import face_action
from ..keyframes.copy_keys import KeyCopy, copy_keys, cut_keys
from ..rig.face_rig import Face
from ..rig.visemes import SPOKEN_FOR
from ..span import Span
from . import take_store
from .locks import Locks

_BY_HAND = "lipsync_by_hand"


def speaks(action: bpy.types.Action, span: Span) -> bool:
    """Whether an Action is of a strip, as far as can be told: one that is no take of ours may be."""
    if not take_store.is_take(action) or take_store.read_info(action).imported:
        return True
    info = take_store.read_info(action)
    return (info.sound, info.start, info.first_frame) == (span.file, span.start, span.first_frame)


def is_by_hand(action: bpy.types.Action) -> bool:
    """Whether an Action's keys are more than its controls make of what was generated: no take's, edited ones, or copies of such."""
    return not take_store.is_take(action) or take_store.is_edited(action) or holds_by_hand(action)


def mark_by_hand(action: bpy.types.Action) -> None:
    """Say of a take that what its locks hold are copies of keys that are by hand."""
    action[_BY_HAND] = True


def holds_by_hand(action: bpy.types.Action) -> bool:
    """Whether what a take's locks hold are copies of keys that are by hand."""
    return _BY_HAND in action


def copy_held(face: Face, action: bpy.types.Action) -> dict[str, KeyCopy]:
    """Data path -> the keys of a take that its controls must leave alone."""
    return copy_kept(face, action, take_store.read_info(action).locks) if holds_by_hand(action) else {}


def read_kept(face: Face, action: bpy.types.Action, locks: Locks, span: Span) -> np.ndarray:
    """What a face does on a strip's frames where locks hold it: (frames, 52 channels), NaN where it is free.

    Of a take that no hand has changed: what was generated, since the next one has the same controls.
    """
    frames = max(1, round((span.end - span.start) * span.fps))
    kept = np.full((frames, len(CHANNELS)), np.nan, np.float32)
    mask = locks.mask(CHANNELS, span.first_frame, frames)
    if not is_by_hand(action) and (info := take_store.read_info(action)).fps == span.fps:
        made = take_store.read_curves(action)
        rows = np.clip(np.arange(frames) + span.first_frame - info.first_frame, 0, len(made.values) - 1)
        for index, name in enumerate(made.names):
            kept[:, CHANNELS.index(name)] = made.values[rows, index]
        return np.where(mask, kept, np.float32(np.nan))
    for name, fcurve in face_action.channel_fcurves(action, face).items():
        if name in CHANNELS:
            column = CHANNELS.index(name)
            for frame in np.flatnonzero(mask[:, column]):
                kept[frame, column] = fcurve.evaluate(span.first_frame + int(frame))
    return kept


def copy_kept(face: Face, action: bpy.types.Action, locks: Locks) -> dict[str, KeyCopy]:
    """Data path -> the keys that locks hold of an Action."""
    if not locks:
        return {}
    curves_of = face_action.curves_of(face)
    copied = {}
    for fcurve in face_action.fcurves(action):
        if not len(fcurve.keyframe_points) or fcurve.data_path not in curves_of:
            continue
        if _is_locked(curves_of[fcurve.data_path], locks.channels):
            copied[fcurve.data_path] = copy_keys(fcurve)
        elif locks.frames:
            copied[fcurve.data_path] = cut_keys(fcurve, *locks.frames)
    return copied


def _is_locked(curves: Mapping[str, float], channels: Collection[str]) -> bool:
    """Whether all that moves a key is locked; a viseme is when all of the mouth is."""
    return all(name in channels if name in CHANNELS else set(SPOKEN_FOR) <= set(channels) for name in curves)
