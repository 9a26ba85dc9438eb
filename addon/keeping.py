"""What a new take keeps of the Action that moves the face: channels, or everything on some frames; hand edits included."""

from collections.abc import Collection, Mapping

import bpy
import numpy as np

from ..backend.arkit import CHANNELS
from . import keys, takes
from .keycopy import KeyCopy, copy_keys, cut_keys
from .locks import Locks
from .rig import Face
from .strip import Span
from .visemes import SPOKEN_FOR


def speaks(action: bpy.types.Action, span: Span) -> bool:
    """Whether an Action is of a strip, as far as can be told: one that is no take of ours may be."""
    if not takes.is_take(action) or takes.read_info(action).imported:
        return True
    info = takes.read_info(action)
    return (info.sound, info.start, info.first_frame) == (span.file, span.start, span.first_frame)


def read_kept(face: Face, action: bpy.types.Action, locks: Locks, span: Span) -> np.ndarray:
    """What a face does on a strip's frames where locks hold it: (frames, 52 channels), NaN where it is free."""
    frames = max(1, round((span.end - span.start) * span.fps))
    kept = np.full((frames, len(CHANNELS)), np.nan, np.float32)
    mask = locks.mask(CHANNELS, span.first_frame, frames)
    for name, fcurve in keys.channel_fcurves(action, face).items():
        if name in CHANNELS:
            column = CHANNELS.index(name)
            for frame in np.flatnonzero(mask[:, column]):
                kept[frame, column] = fcurve.evaluate(span.first_frame + int(frame))
    return kept


def copy_kept(face: Face, action: bpy.types.Action, locks: Locks) -> dict[str, KeyCopy]:
    """Data path -> the keys that locks hold of an Action."""
    if not locks:
        return {}
    curves_of = keys.curves_of(face)
    copied = {}
    for fcurve in keys.fcurves(action):
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
