"""Find out if an Action was edited manually: a digest of its keys is compared with the one stored when they were written. Runs in Blender."""

import hashlib
import time
from dataclasses import dataclass

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ..keyframes import face_action

_DIGEST = "lipsync_seal"
_KEY_ATTRIBUTES = (
    ("co", 2, np.float32),
    ("handle_left", 2, np.float32),
    ("handle_right", 2, np.float32),
    ("interpolation", 1, np.int32),
)

# Seconds that an edited Action is taken for edited after further changes. Reading all keys at every step of a drag would be slow.
_EDITED_LIFETIME = 0.5


@dataclass
class _CachedAnswer:
    """The result of is_edited() for an Action. time: time.monotonic() then. changed: True if Blender reported a change since."""

    edited: bool
    time: float
    changed: bool = False

    @property
    def is_valid(self) -> bool:
        return not self.changed or (self.edited and time.monotonic() < self.time + _EDITED_LIFETIME)


_answers: dict[int, _CachedAnswer] = {}  # session_uid of an Action -> answer


def mark_unedited(action: bpy.types.Action) -> None:
    """Count the present keys of an Action as unedited. Call it after writing keys."""
    action[_DIGEST] = _digest(action)
    _answers.pop(action.session_uid, None)


def is_edited(action: bpy.types.Action) -> bool:
    """Return True if keys were changed, added or removed since mark_unedited(). Reads every key: 0.1 s for a million."""
    return action.get(_DIGEST) != _digest(action)


def shows_edited(action: bpy.types.Action) -> bool:
    """Return is_edited() from a cache, for panels that ask at every redraw.

    It misses changes that a script makes to an Action that animates nothing in the scene.
    """
    answer = _answers.get(action.session_uid)
    if answer is None or not answer.is_valid:
        if len(_answers) > len(bpy.data.actions):  # some Actions were deleted
            for uid in _answers.keys() - {each.session_uid for each in bpy.data.actions}:
                del _answers[uid]
        answer = _answers[action.session_uid] = _CachedAnswer(is_edited(action), time.monotonic())
    return answer.edited


def _digest(action: bpy.types.Action) -> str:
    digest = hashlib.blake2b(digest_size=16)
    # Sorted, because moving F-curves up and down in an editor is no edit.
    for fcurve in sorted(face_action.fcurves(action), key=lambda fcurve: fcurve.data_path):
        points = fcurve.keyframe_points
        digest.update(fcurve.data_path.encode())
        for attribute, width, kind in _KEY_ATTRIBUTES:
            values = np.empty(width * len(points), kind)
            points.foreach_get(attribute, values)
            digest.update(values.data)
    return digest.hexdigest()


@persistent
def _note_changes(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    if not _answers or not depsgraph.id_type_updated("ACTION"):
        return
    for update in depsgraph.updates:
        if isinstance(update.id, bpy.types.Action) and (answer := _answers.get(update.id.original.session_uid)):
            answer.changed = True


@persistent
def _forget_edited(*_: object) -> None:
    # Undo and redo may make an edited Action unedited. Blender reports those that they edit to _note_changes().
    for uid in [uid for uid, answer in _answers.items() if answer.edited]:
        del _answers[uid]


@persistent
def _forget_all(*_: object) -> None:
    _answers.clear()


_HANDLERS = (
    ("depsgraph_update_post", _note_changes),
    ("undo_post", _forget_edited),
    ("redo_post", _forget_edited),
    ("load_post", _forget_all),
)


def register() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    _answers.clear()
