"""The takes of a file: Actions that store how they were made, so that each can be regenerated. Runs in Blender."""

import json
import re
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from idprop.types import IDPropertyGroup

from ...backend.curves.base import Curves
from ...backend.flat_format import FlatFormat, from_json
from ...backend.messages import UserError, UserMessage
from ...backend.performance import Performance
from ..rig.face_rig import Face
from . import migrations, rotations
from .edit_tracking import is_edited, mark_unedited  # noqa: F401  used by others as a part of this module
from .locks import UNLOCKED, Locks

_PROPERTY = "lipsync_take"
_CURVES = "lipsync_curves"  # as generated, before controls and manual edits
_PARTS = "lipsync_parts"  # of a take that joins several strips: how each was made
_MAX_STORED = 65535  # values 0..1 are stored as integers 0.._MAX_STORED
# Blender names strips after their files.
_EXTENSION = re.compile(
    r"\.(aac|ac3|aif|aiff|au|flac|m4a|m4v|mka|mkv|mov|mp2|mp3|mp4|oga|ogg|opus|wav|webm|wma)(?=\.\d{3,}$|$)",
    re.IGNORECASE,
)
_MAX_NAME = 255 if bpy.app.version >= (5, 0) else 63  # bytes


class TakeError(UserError):
    """There is no take to work on, or the take doesn't allow it."""


@dataclass(frozen=True)
class TakeInfo:
    """How a take was made.

    start, end: seconds of the sound file, or of the imported file of curves. first_frame: where its first key lies.
    performance: the request for this take alone; its locked values are in the curves, where locks says.
    made: seconds since 1970. likeness: as in backend.performance.Take.
    retimed: the sound came from a mixdown of the strip, so start and end aren't seconds of the file.
    """

    strip: str
    sound: str
    start: float
    end: float
    first_frame: int
    performance: Performance
    audio_sha256: str
    model_sha256: str
    made: float
    locks: Locks = UNLOCKED
    likeness: tuple[tuple[str, float], ...] = ()
    retimed: bool = False

    @property
    def imported(self) -> bool:
        """Return True for a take from a file of curves, which no model made."""
        return not self.model_sha256


# The form of version 2, see migrations.
_FORMAT = FlatFormat(TakeInfo, (Performance,), {"emotion_keys": "moods"}, left_out=("count", "locked"))
_JSON = tuple(name for name, hint in _FORMAT.types.items() if hint not in (str, int, float, bool))


def imported_info(file: str, start: float, duration: float, first_frame: int, fps: float) -> TakeInfo:
    """Describe a take that was imported from a file of curves; start and duration in seconds."""
    performance = Performance(identity="capture", emotion="", fps=fps)
    return TakeInfo(Path(file).stem, file, start, start + duration, first_frame, performance, "", "", time.time())


def mark(action: bpy.types.Action, info: TakeInfo, curves: Curves) -> None:
    """Store in an Action how it was made and its generated curves, and count its keys as unedited."""
    action[_PROPERTY] = _stored(info)
    store_curves(action, curves)
    rotations.store(action, curves.rotations, info.first_frame, curves.fps)
    mark_unedited(action)


def store_curves(action: bpy.types.Action, curves: Curves) -> None:
    """Store the curves of a take in place of those before."""
    action[_CURVES] = packed(curves)


def packed(curves: Curves) -> dict[str, object]:
    """Return curves as Blender's properties can hold them."""
    integers = np.round(curves.values * _MAX_STORED).astype("<u2")
    return {
        "names": " ".join(curves.names),
        "fps": curves.fps,
        "values": zlib.compress(integers.T.tobytes(), 1),
    }


def _stored(info: TakeInfo) -> dict[str, object]:
    """Return the properties of a take; what Blender's properties can't hold is JSON."""
    flat = _FORMAT.flatten(info)
    return flat | {name: json.dumps(flat[name], default=asdict) for name in _JSON} | {"version": migrations.VERSION}


def read_curves(action: bpy.types.Action) -> Curves:
    """Read the curves of a take as generated. Raises KeyError when the Action is not a take."""
    return replace(unpacked(action[_CURVES]), rotations=rotations.read_all(action))


def unpacked(stored: Mapping[str, Any]) -> Curves:
    """Return the curves that packed() made properties of."""
    names = tuple(stored["names"].split())
    integers = np.frombuffer(zlib.decompress(stored["values"]), "<u2").reshape(len(names), -1)
    return Curves(names, integers.T.astype(np.float32) / _MAX_STORED, stored["fps"])


def is_take(action: bpy.types.Action) -> bool:
    """Return True for a take that this version can work with. A take of a newer version is left alone like any other Action."""
    stored = action.get(_PROPERTY)
    return isinstance(stored, IDPropertyGroup) and migrations.is_known(stored)


def read_info(action: bpy.types.Action) -> TakeInfo:
    """Read how a take was made. Raises KeyError when the Action is not a take, see is_take()."""
    stored = migrations.current(action[_PROPERTY])
    values = {name: stored[name] for name in _FORMAT.types if name in stored}
    values |= {name: from_json(json.loads(values[name]), _FORMAT.types[name]) for name in _JSON if name in values}
    info: TakeInfo = _FORMAT.nest(values)
    return info


def _newer_version_reason(action: bpy.types.Action | None) -> UserMessage | None:
    """Return why a take of a newer version can't be used; None for any other Action."""
    stored = action.get(_PROPERTY) if action else None
    if (
        action is None
        or not isinstance(stored, IDPropertyGroup)
        or migrations.stored_version(stored) <= migrations.VERSION
    ):
        return None
    return UserMessage(
        '"{action}" was made with a newer version of this extension: update the extension to edit it',
        action=action.name,
    )


def mark_parts(action: bpy.types.Action, parts: Sequence[TakeInfo]) -> None:
    """Store in an Action that joins several strips how each take was made; mark() stores the first one."""
    action[_PARTS] = [_stored(part) for part in parts]


def read_parts(action: bpy.types.Action) -> tuple[str, ...]:
    """Read the strips that an Action joins; none when it is the take of one."""
    return tuple(part["strip"] for part in action.get(_PARTS, ()))


def regenerate_disabled_reason(action: bpy.types.Action) -> UserMessage | None:
    """Return why what a take stores isn't enough to regenerate it; None when it is."""
    info, joined = read_info(action), read_parts(action)
    if info.imported:
        return UserMessage('This take was imported from "{file}": import that file again', file=Path(info.sound).name)
    if joined:
        return UserMessage(
            '"{action}" joins the takes of {count} strips: regenerate them with Generate All',
            action=action.name,
            count=len(joined),
        )
    if info.retimed:
        return UserMessage(
            'Takes of a retimed strip or one that fades can\'t be regenerated: use Generate for "{strip}"',
            strip=info.strip,
        )
    return None


def all_takes() -> Iterator[bpy.types.Action]:
    """Iterate over the takes of the file."""
    return (action for action in bpy.data.actions if is_take(action))


def find_take(name: str) -> bpy.types.Action:
    """Find a take by name. Raises TakeError when there is none."""
    action = bpy.data.actions.get(name)
    if action is None or not is_take(action):
        raise TakeError(
            _newer_version_reason(action) or UserMessage('There is no take "{name}": choose one in the list', name=name)
        )
    return action


def new_name(strip: str, identity: str, emotion: str = "") -> str:
    """Return `STRIP IDENTITY EMOTION take 003` with the first free number, without the file extension of a strip's name.

    A long strip's name is cut to what Blender can store.
    """
    number, strip = 1, _EXTENSION.sub("", strip) or strip
    who = " ".join(word for word in (identity, emotion) if word)
    while True:
        end = f" {who} take {number:03}"
        name = strip.encode()[: _MAX_NAME - len(end.encode())].decode(errors="ignore") + end
        if name not in bpy.data.actions:
            return name
        number += 1


def shown_emotion(performance: Performance) -> str:
    """Return the emotion for the name of a take: that of its keys, if it has such, and "mixed" if they have several."""
    emotions = {key.emotion for key in performance.emotion_keys} or {performance.emotion}
    return emotions.pop() if len(emotions) == 1 else "mixed"


def duplicate(action: bpy.types.Action) -> bpy.types.Action:
    """Copy a take under the next free number, with its edits. Nothing uses the copy yet."""
    info = read_info(action)
    copy = action.copy()
    copy.name, copy.use_fake_user = (
        new_name(info.strip, info.performance.identity, shown_emotion(info.performance)),
        True,
    )
    copy[_PROPERTY]["made"] = time.time()
    return copy


def delete(action: bpy.types.Action) -> bpy.types.Action | None:
    """Remove a take from the file. Returns the take of the same strip above it in the list, else the one below it, else None."""
    strip = read_info(action).strip
    takes = [take for take in all_takes() if read_info(take).strip == strip]
    index = takes.index(action)
    bpy.data.actions.remove(action)
    takes.pop(index)
    return takes[max(0, index - 1)] if takes else None


def unused_seed(strip: str, seed: int, count: int = 1) -> int:
    """Return the first seed after `seed` which, with the count - 1 that follow, no take of the strip has."""
    used = {info.performance.seed for info in map(read_info, all_takes()) if info.strip == strip}
    while not used.isdisjoint(range(seed := (seed + 1) % 2**31, seed + count)):
        pass
    return seed


def require_active_take(face: Face) -> bpy.types.Action:
    """Return the active take of a face. Raises TakeError when there is none."""
    action = assigned_action(face)
    if action is None or not is_take(action):
        raise TakeError(
            _newer_version_reason(action)
            or UserMessage("The face has no active take: choose one in the list or generate one")
        )
    return action


def assigned_action(face: Face) -> bpy.types.Action | None:
    """Return the Action that animates a face now, take or not; None when there is none."""
    data = face.meshes[0].key.animation_data
    return data.action if data else None
