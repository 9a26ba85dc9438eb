"""The keys that a new take keeps from the active take: locked channels and locked frames, manual edits included. Runs in Blender."""

from collections.abc import Collection, Mapping

import bpy
import numpy as np

from ...backend.arkit import CHANNELS, HEAD
from ...backend.curves.adjust import Controls, enliven_eyes
from ..keyframes import face_action
from ..keyframes.copy_keys import KeyCopy, copy_keys, cut_keys
from ..rig.face_rig import Face
from ..rig.visemes import VISEME_CHANNELS
from ..span import Span
from . import look, take_store
from .locks import Locks

_MANUAL = "lipsync_by_hand"


def may_share_keys(action: bpy.types.Action, span: Span) -> bool:
    """Return True if a new take of a span may keep an Action's locked keys: a take of the span, an imported take, or no take."""
    if not take_store.is_take(action) or take_store.read_info(action).imported:
        return True
    info = take_store.read_info(action)
    return (info.sound, info.start, info.first_frame) == (span.file, span.start, span.first_frame)


def is_manual(action: bpy.types.Action) -> bool:
    """Return True if the keys can't be rebuilt from generated curves: not a take, edited manually, or holding copied manual keys."""
    return not take_store.is_take(action) or take_store.is_edited(action) or has_manual_copies(action)


def mark_manual(action: bpy.types.Action) -> None:
    """Mark a take as holding copies of manual keys where it is locked."""
    action[_MANUAL] = True


def has_manual_copies(action: bpy.types.Action) -> bool:
    """Return True if a take holds copies of manual keys where it is locked."""
    return _MANUAL in action


def copy_manual(face: Face, action: bpy.types.Action) -> dict[str, KeyCopy]:
    """Copy the keys of a take that its controls must not change: data path -> keys."""
    return copy_locked(face, action, take_store.read_info(action).locks) if has_manual_copies(action) else {}


def read_locked(face: Face, action: bpy.types.Action, locks: Locks, span: Span) -> np.ndarray:
    """Read the values of a strip's frames where locked: (frames, 52 channels, and the head's 3 rotations if known), NaN where free.

    Those of an unedited take are as generated, since the next take gets the same controls; others are read off the F-curves.
    Blinks are full and eyes dart if the take's do.
    """
    frames = max(1, round((span.end - span.start) * span.fps))
    names = CHANNELS + HEAD
    locked = np.full((frames, len(names)), np.nan, np.float32)
    mask = locks.mask(names, span.first_frame, frames)
    if not is_manual(action) and (info := take_store.read_info(action)).performance.fps == span.fps:
        generated = take_store.read_curves(action)
        # What is shown of eyes, since blinks and darts depend on frames that aren't locked.
        shown = action.lipsync_controls
        eyes = Controls(mirror=shown.mirror, full_blinks=shown.full_blinks, eye_darts=shown.eye_darts)
        known = info.locks.of(generated, info.first_frame)
        generated = enliven_eyes(generated, eyes, info.performance.seed, known, look.read(action))
        rows = np.clip(np.arange(frames) + span.first_frame - info.first_frame, 0, len(generated.values) - 1)
        for index, name in enumerate(generated.names):
            locked[:, names.index(name)] = generated.values[rows, index]
        for name in HEAD:
            if name in generated.rotations:
                locked[:, names.index(name)] = generated.rotations[name][rows]
        return without_unknown_head(np.where(mask, locked, np.float32(np.nan)))
    for name, fcurve in face_action.channel_fcurves(action, face).items():
        if name in names:
            column = names.index(name)
            for frame in np.flatnonzero(mask[:, column]):
                locked[frame, column] = fcurve.evaluate(span.first_frame + int(frame))
    return without_unknown_head(locked)


def without_unknown_head(locked: np.ndarray) -> np.ndarray:
    """Return known values (frames, 55) without the head's rotations, (frames, 52), if none of those is known."""
    return locked if not np.isnan(locked[:, len(CHANNELS) :]).all() else locked[:, : len(CHANNELS)]


def copy_locked(face: Face, action: bpy.types.Action, locks: Locks) -> dict[str, KeyCopy]:
    """Copy the locked keys of an Action: data path -> keys."""
    if not locks:
        return {}
    curves_of = face_action.curves_of(face)
    locked = {}
    for fcurve in face_action.fcurves(action):
        if not len(fcurve.keyframe_points) or fcurve.data_path not in curves_of:
            continue
        if _is_locked(curves_of[fcurve.data_path], locks.channels):
            locked[fcurve.data_path] = copy_keys(fcurve)
        elif locks.frames:
            locked[fcurve.data_path] = cut_keys(fcurve, *locks.frames)
    return locked


def _is_locked(curves: Mapping[str, float], channels: Collection[str]) -> bool:
    """Return True if all channels that move a shape key are locked; those of a viseme are all of the mouth."""
    return all(
        name in channels if name in CHANNELS + HEAD else set(VISEME_CHANNELS) <= set(channels) for name in curves
    )
