"""What artists edit of a take: its sounds, and poses that it holds. Stored with it, performed on its curves. Runs in Blender."""

import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import bpy
import numpy as np

from ...backend.curves.adjust import Controls
from ...backend.curves.base import Curves
from ...backend.curves.held_poses import HeldPose, hold
from ...backend.flat_format import from_json
from ...backend.messages import UserMessage
from ...backend.sounds.edit_list import Edit, Row, edited_sounds
from ...backend.sounds.edits import Poses, apply_edits
from ...backend.sounds.files import Word
from ...backend.sounds.shapes import Sound
from ..keyframes.face_action import Style
from ..keyframes.stretch import replace_stretches
from ..rig.face_rig import Face
from . import controls, take_store

_HEARD = "lipsync_sounds"  # JSON: [label, start, end, strength] of each sound, seconds from the take's start
_EDITS = "lipsync_sound_edits"  # JSON: the fields of each Edit
_WORDS = "lipsync_words"  # JSON: [text, start, end] of each word of the script
_HELD = "lipsync_held_poses"  # JSON: the fields of each HeldPose
_UNEDITED = "lipsync_unedited"  # the curves without edits, if there are any

_SMOOTHING_REACH = 1.3  # widths of the smoothing: where its Gaussian is cut off


@dataclass(frozen=True)
class TakeSounds:
    """The sounds of a take. Seconds count from its first frame.

    heard: as the model heard them, without gaps. edits: what the artist changed. held: poses that the take holds.
    words: those of its script.
    """

    heard: tuple[Sound, ...] = ()
    edits: tuple[Edit, ...] = ()
    held: tuple[HeldPose, ...] = ()
    words: tuple[Word, ...] = ()

    @property
    def is_edited(self) -> bool:
        return bool(self.edits or self.held)

    def rows(self) -> list[Row]:
        """Return the sounds as edited, as backend.sounds.edit_list.edited_sounds() does."""
        return self._rows

    @cached_property
    def _rows(self) -> list[Row]:  # the panel asks at every redraw, and a long take has thousands
        return edited_sounds(self.heard, self.edits)


NO_SOUNDS = TakeSounds()


def read(action: bpy.types.Action) -> TakeSounds:
    """Read the sounds of a take; none if it was made before takes had sounds."""
    return parsed(*stored(action))


def stored(action: bpy.types.Action) -> tuple[str, ...]:
    """Return what parsed() reads: the sounds and the edits of a take as text, to tell at little cost if they changed."""
    return tuple(action.get(name, "[]") for name in (_HEARD, _EDITS, _HELD, _WORDS))


@lru_cache(maxsize=8)
def parsed(heard: str, edits: str, held: str, words: str) -> TakeSounds:
    """Return the sounds of a take from stored()."""
    return TakeSounds(
        from_json(json.loads(heard), tuple[Sound, ...]),
        from_json(json.loads(edits), tuple[Edit, ...]),
        from_json(json.loads(held), tuple[HeldPose, ...]),
        from_json(json.loads(words), tuple[Word, ...]),
    )


def store(action: bpy.types.Action, sounds: TakeSounds, unedited: Curves) -> None:
    """Store the sounds of a take. unedited: its curves without the edits."""
    values = {_HEARD: sounds.heard, _EDITS: sounds.edits, _HELD: sounds.held, _WORDS: sounds.words}
    for name, value in values.items():
        action[name] = json.dumps(value)
    if sounds.is_edited:
        action[_UNEDITED] = take_store.packed(unedited)
    elif _UNEDITED in action:
        del action[_UNEDITED]


def read_unedited(action: bpy.types.Action) -> Curves:
    """Read the curves of a take without the edits of its sounds."""
    return take_store.unpacked(action[_UNEDITED]) if _UNEDITED in action else take_store.read_curves(action)


def disabled_reason(action: bpy.types.Action | None) -> UserMessage | None:
    """Return why the sounds of a take can't be edited; None when they can."""
    if action is None:
        return UserMessage("The face has no active take: choose one in the list or generate one")
    if not action.is_editable:
        return UserMessage("This take is linked from another file: duplicate it to edit its sounds")
    if take_store.read_parts(action):
        return UserMessage("This take joins several strips: edit the sounds of each strip's own take")
    return None


def performed(unedited: Curves, sounds: TakeSounds, poses: Poses | None) -> Curves:
    """Return the curves of a take with all that was edited. poses: the identity's; None leaves out the edits of sounds."""
    curves = apply_edits(unedited, sounds.heard, sounds.edits, poses) if poses else unedited
    return hold(curves, sounds.held)


def edit(
    action: bpy.types.Action, face: Face, sounds: TakeSounds, poses: Poses | None, style: Style
) -> list[tuple[int, int]]:
    """Give a take other edits and held poses, and perform them: only their stretches get new keys.

    Returns the changed frames as (first, last). Manual keys stay outside of them.
    """
    unedited, before = read_unedited(action), take_store.read_curves(action)
    # As it will be read back, or the stretches of earlier edits would seem to differ.
    after = take_store.unpacked(take_store.packed(performed(unedited, sounds, poses)))
    after = replace(after, rotations=before.rotations)
    was_edited = take_store.is_edited(action)
    old, new = (controls.columns(action, face, curves) for curves in (before, after))
    within = _affected(before, after, controls.read(action.lipsync_controls))
    frames = replace_stretches(action, old, new, within, take_store.read_info(action).first_frame, style)
    take_store.store_curves(action, after)
    store(action, sounds, unedited)
    if not was_edited:
        take_store.mark_unedited(action)
    return frames


def _affected(before: Curves, after: Curves, settings: Controls) -> np.ndarray:
    """Return the frames that an edit may change once the controls have been applied, (frames,) bool.

    Closing lips depends on how wide the take opens them anywhere, so without this an edit could reach all frames.
    """
    changed = (before.values != after.values).any(axis=1)
    reach = round((_SMOOTHING_REACH * settings.smoothing + abs(settings.offset) / 1000) * before.fps + 0.5)
    return np.convolve(changed, np.ones(2 * reach + 1), mode="same") > 0 if reach else changed
