"""Whether a hand has changed an Action's keys: what they were when they were written is compared with what they are."""

import hashlib
import time
from dataclasses import dataclass

import bpy
import numpy as np
from bpy.app.handlers import persistent

from ..keyframes import face_action

_SEAL = "lipsync_seal"
_PARTS = (
    ("co", 2, np.float32),
    ("handle_left", 2, np.float32),
    ("handle_right", 2, np.float32),
    ("interpolation", 1, np.int32),
)

# Seconds that an edited Action passes for one though its keys change: while one is dragged, not all of them are read at every step.
_PATIENCE = 0.5


@dataclass
class _Answer:
    """What is_edited() said of an Action at a time.monotonic(); changed: Blender has told of a change to it since."""

    edited: bool
    time: float
    changed: bool = False

    @property
    def holds(self) -> bool:
        return not self.changed or (self.edited and time.monotonic() < self.time + _PATIENCE)


_answers: dict[int, _Answer] = {}  # by the session_uid of the Action


def seal(action: bpy.types.Action) -> None:
    """Take its keys as they are now for unedited: whatever writes keys calls it when it is done."""
    action[_SEAL] = _digest(action)
    _answers.pop(action.session_uid, None)


def is_edited(action: bpy.types.Action) -> bool:
    """Whether keys were changed, added or removed since seal(), asked of every key: a tenth of a second for a million of them."""
    return action.get(_SEAL) != _digest(action)


def shows_edited(action: bpy.types.Action) -> bool:
    """is_edited() for panels, that ask at every redraw. It misses what a script did to an Action that moves nothing in the scene."""
    answer = _answers.get(action.session_uid)
    if answer is None or not answer.holds:
        if len(_answers) > len(bpy.data.actions):  # some are of Actions that were deleted
            for uid in _answers.keys() - {each.session_uid for each in bpy.data.actions}:
                del _answers[uid]
        answer = _answers[action.session_uid] = _Answer(is_edited(action), time.monotonic())
    return answer.edited


def _digest(action: bpy.types.Action) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for fcurve in sorted(
        face_action.fcurves(action), key=lambda fcurve: fcurve.data_path
    ):  # their order in editors is no edit
        points = fcurve.keyframe_points
        digest.update(fcurve.data_path.encode())
        for part, width, kind in _PARTS:
            values = np.empty(width * len(points), kind)
            points.foreach_get(part, values)
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
    """Undo and redo may make an edited Action an unedited one; those that they make edited come by above."""
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
