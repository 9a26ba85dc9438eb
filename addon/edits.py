"""Whether a hand has changed an Action's keys: what they were when they were written is compared with what they are."""

import hashlib

import bpy
import numpy as np
from bpy.app.handlers import persistent

from . import keys

_SEAL = "lipsync_seal"
_PARTS = (("co", 2, np.float32), ("handle_left", 2, np.float32), ("handle_right", 2, np.float32), ("interpolation", 1, np.int32))

# session_uid of an Action -> what shows_edited() said of it, until something may have changed that.
_known: dict[int, bool] = {}


def seal(action: bpy.types.Action) -> None:
    """Take its keys as they are now for unedited: whatever writes keys calls it when it is done."""
    action[_SEAL] = _digest(action)
    _known.pop(action.session_uid, None)


def is_edited(action: bpy.types.Action) -> bool:
    """Whether keys were changed, added or removed since seal(), asked of every key: a tenth of a second for a million of them."""
    return action.get(_SEAL) != _digest(action)


def shows_edited(action: bpy.types.Action) -> bool:
    """is_edited() for panels, that ask at every redraw. It misses what a script did to an Action that moves nothing in the scene."""
    uid = action.session_uid
    if uid not in _known:
        _known[uid] = is_edited(action)
    return _known[uid]


def _digest(action: bpy.types.Action) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for fcurve in sorted(keys.fcurves(action), key=lambda fcurve: fcurve.data_path):  # their order in editors is no edit
        points = fcurve.keyframe_points
        digest.update(fcurve.data_path.encode())
        for part, width, kind in _PARTS:
            values = np.empty(width * len(points), kind)
            points.foreach_get(part, values)
            digest.update(values.data)
    return digest.hexdigest()


@persistent
def _forget_changed(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    if not _known or not depsgraph.id_type_updated("ACTION"):
        return
    for update in depsgraph.updates:
        # Only undo makes an edited Action an unedited one, and each step of dragging a key comes by here.
        if isinstance(update.id, bpy.types.Action) and not _known.get(update.id.original.session_uid, True):
            del _known[update.id.original.session_uid]


@persistent
def _forget_all(*_: object) -> None:
    _known.clear()


_HANDLERS = (("depsgraph_update_post", _forget_changed), *((name, _forget_all) for name in ("undo_post", "redo_post", "load_post")))


def register() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    _known.clear()
