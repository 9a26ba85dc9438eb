"""Regenerate a take from what it stores. Runs in Blender."""

import math
import os

import bpy
import numpy as np

from ...backend.arkit import HEAD
from ...backend.messages import UserMessage
from ..backend_setup import BackendSetup
from ..keyframes import face_action
from ..takes import take_sounds
from ..takes.locked_keys import has_manual_copies, without_unknown_head
from ..takes.take_store import TakeError, TakeInfo, read_curves, read_info, regenerate_disabled_reason
from . import sound_strip
from .request import JobRequest


def make_request(
    action: bpy.types.Action, face: bpy.types.Object, style: face_action.Style, setup: BackendSetup
) -> JobRequest:
    """Build the request for the same take, without its locked values. Raises TakeError when it can't be regenerated."""
    info = read_info(action)
    if why := regenerate_disabled_reason(action):
        raise TakeError(why)
    return JobRequest(
        span=_span(info),
        face=face.session_uid,
        performance=info.performance,
        style=style,
        setup=setup,
        locks=info.locks,
        # Copies of manual keys had the controls applied once, or never: they are copied again instead of being adjusted.
        locked_action=action.session_uid if has_manual_copies(action) else None,
        repeats=True,
        sounds=take_sounds.read(action),
    )


def read_locked(action: bpy.types.Action) -> np.ndarray | None:
    """Read the locked values that a take was made with, (frames, 52), NaN where free; None when nothing was locked."""
    info = read_info(action)
    if not info.locks:
        return None
    curves = read_curves(action)
    unknown = np.full(len(curves.values), np.nan, np.float32)
    known = np.column_stack([curves.values, *(curves.rotations.get(name, unknown) for name in HEAD)])
    mask = info.locks.mask(curves.names + HEAD, info.first_frame, len(curves.values))
    return without_unknown_head(np.where(mask, known, np.float32(np.nan)))


def _span(info: TakeInfo) -> sound_strip.Span:
    for name, file, packed in _sounds(info.sound):
        if packed or os.path.isfile(file):
            span = (info.start, info.end, info.first_frame, info.performance.fps)
            return sound_strip.Span(info.strip, name, file, packed, *span)
    raise TakeError(
        "The sound of this take is missing ({sound}): put the file back or add it to the Sequencer from its new location",
        sound=info.sound,
    )


def _sounds(file: str) -> list[tuple[str, str, bool]]:
    """List (name, file, packed) of the sounds that may be a take's, the likeliest first. It may have been packed or moved since."""
    known = [(sound.name, sound_strip.sound_file(sound), sound.packed_file is not None) for sound in bpy.data.sounds]
    namesakes = [sound for sound in known if os.path.basename(sound[1]) == os.path.basename(file)]
    return [*(sound for sound in namesakes if sound[1] == file), ("", file, False), *namesakes]


def warnings(before: TakeInfo, after: TakeInfo, fps: float) -> list[UserMessage]:
    """Return why a regenerated take may differ from the first, or doesn't fit a scene of fps frames a second."""
    checks = (
        (
            before.audio_sha256 != after.audio_sha256,
            UserMessage("The sound has changed since the first take, so this one may differ"),
        ),
        (
            before.model_sha256 != after.model_sha256,
            UserMessage("The model has changed since the first take, so this one may differ"),
        ),
        (
            not math.isclose(after.performance.fps, fps),
            UserMessage(
                "The take runs at {fps:g} fps like the first one, but the scene at {scene_fps:g}",
                fps=after.performance.fps,
                scene_fps=fps,
            ),
        ),
    )
    return [message for failed, message in checks if failed]
