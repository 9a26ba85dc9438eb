"""The takes made so far: Actions that say of themselves all that is needed to make each again."""

import json
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from idprop.types import IDPropertyGroup

from ...backend.curves.base import Curves
from ...backend.messages import UserError, UserMessage
from ..rig.face_rig import Face
from . import migrations
from .edit_tracking import is_edited, seal  # noqa: F401  others ask a take whether it is edited
from .locks import UNLOCKED, Locks

_PROPERTY = "lipsync_take"
_CURVES = "lipsync_curves"  # what was generated, before any control or hand changed it
_NESTED = ("moods", "locks", "likeness")
_PARTS = "lipsync_parts"  # of a take that joins those of several strips: how each was made
_UNIT = 65535  # values 0..1 are stored as whole numbers 0.._UNIT
_LONGEST_NAME = 255 if bpy.app.version >= (5, 0) else 63  # bytes


class TakeError(UserError):
    """There is no take to work on, or not this with it."""


@dataclass(frozen=True)
class TakeInfo:
    """How a take was made. start, end: seconds of the sound file, or of the file of curves that was imported;
    first_frame: where its first key lies, at fps frames a second; made: when, in seconds since 1970; moods: emotions over time, in place
    of emotion and intensity; locks: what it took over from the take before."""

    strip: str
    sound: str
    start: float
    end: float
    first_frame: int
    fps: float
    identity: str
    emotion: str
    seed: int
    audio_sha256: str
    model_sha256: str
    made: float
    intensity: float = 1.0
    moods: tuple[tuple[float, str, float], ...] = ()
    locks: Locks = UNLOCKED
    likeness: tuple[tuple[str, float], ...] = ()  # identities that the voice is most like, with probabilities
    retimed: bool = False  # heard as the strip plays it, which no seconds of the file tell

    @property
    def imported(self) -> bool:
        """Out of a file of curves: no model made it."""
        return not self.model_sha256


def imported_info(file: str, start: float, duration: float, first_frame: int, fps: float) -> TakeInfo:
    """Where a take came from that was read from a file of curves; start and duration in seconds."""
    return TakeInfo(
        Path(file).stem, file, start, start + duration, first_frame, fps, "capture", "", 0, "", "", time.time()
    )


def mark(action: bpy.types.Action, info: TakeInfo, curves: Curves) -> None:
    """Store in an Action how it was made, and of what curves; its keys are now the unedited ones."""
    action[_PROPERTY] = _stored(info)
    whole = np.round(curves.values * _UNIT).astype("<u2")
    action[_CURVES] = {
        "names": " ".join(curves.names),
        "fps": curves.fps,
        "values": zlib.compress(whole.T.tobytes(), 1),
    }
    seal(action)


def _stored(info: TakeInfo) -> dict[str, object]:
    stored = asdict(info)
    nested = {name: json.dumps(stored[name]) for name in _NESTED}  # which Blender's properties can't hold
    return stored | nested | {"version": migrations.VERSION}


def read_curves(action: bpy.types.Action) -> Curves:
    """The curves that a take was made of, unadjusted. Raises KeyError when the Action is no take."""
    stored = action[_CURVES]
    names = tuple(stored["names"].split())
    whole = np.frombuffer(zlib.decompress(stored["values"]), "<u2").reshape(len(names), -1)
    return Curves(names, whole.T.astype(np.float32) / _UNIT, stored["fps"])


def is_take(action: bpy.types.Action) -> bool:
    """Whether an Action is a take that can be worked with. One of a newer version is an Action like any other: it plays, and is left alone."""
    stored = action.get(_PROPERTY)
    return isinstance(stored, IDPropertyGroup) and migrations.is_known(stored)


def read_info(action: bpy.types.Action) -> TakeInfo:
    """How a take was made. Raises KeyError when the Action is none, see is_take()."""
    stored = migrations.current(action[_PROPERTY])
    values = {field.name: stored[field.name] for field in fields(TakeInfo)}
    values |= {name: _frozen(json.loads(values[name])) for name in _NESTED}
    return TakeInfo(**values | {"locks": Locks(**values["locks"])})


def _why_no_take(action: bpy.types.Action | None) -> UserMessage | None:
    """Return why an Action is no take although it says so, None when it doesn't."""
    stored = action.get(_PROPERTY) if action else None
    if (
        action is None
        or not isinstance(stored, IDPropertyGroup)
        or migrations.told_version(stored) <= migrations.VERSION
    ):
        return None
    return UserMessage(
        '"{action}" was made with a newer version of this extension: update the extension to edit it',
        action=action.name,
    )


def _frozen(value: Any) -> Any:
    """What JSON made of tuples, as tuples again."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def mark_parts(action: bpy.types.Action, parts: Sequence[TakeInfo]) -> None:
    """Store in an Action that joins the takes of several strips how each of them was made; what mark() stores is the first one's."""
    action[_PARTS] = [_stored(part) for part in parts]


def read_parts(action: bpy.types.Action) -> tuple[str, ...]:
    """The strips whose takes an Action joins, none when it is a take of one."""
    return tuple(part["strip"] for part in action.get(_PARTS, ()))


def why_only_once(action: bpy.types.Action) -> UserMessage | None:
    """Return why a take can't be regenerated from what it stores, as far as that can be told from it alone; None when it can."""
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
            'Takes of a retimed strip can\'t be regenerated: use Generate for "{strip}"', strip=info.strip
        )
    return None


def all_takes() -> Iterator[bpy.types.Action]:
    return (action for action in bpy.data.actions if is_take(action))


def find_take(name: str) -> bpy.types.Action:
    """The take of that name. Raises TakeError when there is none."""
    action = bpy.data.actions.get(name)
    if action is None or not is_take(action):
        raise TakeError(
            _why_no_take(action) or UserMessage('There is no take "{name}": choose one in the list', name=name)
        )
    return action


def new_name(strip: str, identity: str) -> str:
    """`STRIP IDENTITY take 003`, with the first number that is free; a long strip's name is cut to what Blender holds."""
    number = 1
    while True:
        end = f" {identity} take {number:03}"
        name = strip.encode()[: _LONGEST_NAME - len(end.encode())].decode(errors="ignore") + end
        if name not in bpy.data.actions:
            return name
        number += 1


def duplicate(action: bpy.types.Action) -> bpy.types.Action:
    """A copy of a take with the next free number, edited if the take is. Nothing uses it yet."""
    info = read_info(action)
    copy = action.copy()
    copy.name, copy.use_fake_user = new_name(info.strip, info.identity), True
    copy[_PROPERTY]["made"] = time.time()
    return copy


def delete(action: bpy.types.Action) -> bpy.types.Action | None:
    """Remove a take from the file and from all that it moves; the take of the same strip that was above it in the list, or else below."""
    strip = read_info(action).strip
    fellows = [take for take in all_takes() if read_info(take).strip == strip]
    index = fellows.index(action)
    bpy.data.actions.remove(action)
    fellows.pop(index)
    return fellows[max(0, index - 1)] if fellows else None


def unused_seed(strip: str, seed: int, count: int = 1) -> int:
    """The first seed after this one that no take of the strip has, nor any of the count - 1 that follow it."""
    used = {info.seed for info in map(read_info, all_takes()) if info.strip == strip}
    while not used.isdisjoint(range(seed := (seed + 1) % 2**31, seed + count)):
        pass
    return seed


def chosen_take(face: Face) -> bpy.types.Action:
    """The take that moves a face now. Raises TakeError when none does."""
    action = current_take(face)
    if action is None or not is_take(action):
        raise TakeError(
            _why_no_take(action) or UserMessage("The face has no active take: choose one in the list or generate one")
        )
    return action


def current_take(face: Face) -> bpy.types.Action | None:
    """The Action that moves a face now, a take or not."""
    data = face.meshes[0].key.animation_data
    return data.action if data else None
