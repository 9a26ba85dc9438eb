"""A take made once more, from what it says of itself."""

import math
import os

import bpy
import numpy as np

from ...backend.messages import UserMessage
from ..backend_setup import BackendSetup
from ..keyframes import face_action
from ..takes.locked_keys import holds_by_hand
from ..takes.take_store import TakeError, TakeInfo, read_curves, read_info, why_only_once
from . import sound_strip
from .request import JobRequest


def make_order(
    action: bpy.types.Action, face: bpy.types.Object, style: face_action.Style, setup: BackendSetup
) -> JobRequest:
    """What to ask of the backend for the same take. Raises TakeError when it can't be made again."""
    info = read_info(action)
    if why := why_only_once(action):
        raise TakeError(why)
    return JobRequest(
        span=_span(info),
        face=face.session_uid,
        identity=info.identity,
        emotion=info.emotion,
        seed=info.seed,
        count=1,
        style=style,
        setup=setup,
        intensity=info.intensity,
        moods=info.moods,
        locks=info.locks,
        # What was generated around keys by hand had them as they are, so no control must move them a second time: they come along as copies.
        kept_of=action.session_uid if holds_by_hand(action) else None,
    )


def read_kept(action: bpy.types.Action) -> np.ndarray | None:
    """What a take had taken over from the one before, (frames, 52) with NaN where it was free: it is part of what the take was made of."""
    info = read_info(action)
    if not info.locks:
        return None
    curves = read_curves(action)
    return np.where(
        info.locks.mask(curves.names, info.first_frame, len(curves.values)), curves.values, np.float32(np.nan)
    )


def _span(info: TakeInfo) -> sound_strip.Span:
    for name, file, packed in _sounds(info.sound):
        if packed or os.path.isfile(file):
            return sound_strip.Span(info.strip, name, file, packed, info.start, info.end, info.first_frame, info.fps)
    raise TakeError(
        "The sound of this take is missing ({sound}): put the file back or add it to the Sequencer from its new location",
        sound=info.sound,
    )


def _sounds(file: str) -> list[tuple[str, str, bool]]:
    """(name, file, packed) of what may be the sound of a take, the likeliest first: it may have been packed or moved since."""
    known = [(sound.name, sound_strip.sound_file(sound), sound.packed_file is not None) for sound in bpy.data.sounds]
    namesakes = [sound for sound in known if os.path.basename(sound[1]) == os.path.basename(file)]
    return [*(sound for sound in namesakes if sound[1] == file), ("", file, False), *namesakes]


def warnings(before: TakeInfo, after: TakeInfo, fps: float) -> list[UserMessage]:
    """Return why a regenerated take is another one, or doesn't fit a scene of fps frames a second."""
    doubts = (
        (
            before.audio_sha256 != after.audio_sha256,
            UserMessage("The sound has changed since the first take, so this one may differ"),
        ),
        (
            before.model_sha256 != after.model_sha256,
            UserMessage("The model has changed since the first take, so this one may differ"),
        ),
        (
            not math.isclose(after.fps, fps),
            UserMessage(
                "The take runs at {fps:g} fps like the first one, but the scene at {scene_fps:g}",
                fps=after.fps,
                scene_fps=fps,
            ),
        ),
    )
    return [message for is_so, message in doubts if is_so]
