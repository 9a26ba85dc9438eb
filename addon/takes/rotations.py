"""Head and eye rotations of captures: stored with the take, exported again, and keyed on chosen bones or objects. Runs in Blender.

ARKit's channels can't hold them. Angles are radians, as Live Link Face records them: yaw turns to the person's right, pitch down (both seen
in a recording, by its eyes), roll tilts to the right shoulder. A face is taken to look along -Y of its armature or object.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ...backend.messages import UserError
from ..keyframes import face_action

_PROPERTY = "lipsync_rotations"


_AXES = ("Yaw", "Pitch", "Roll")
PARTS = ("Head", "LeftEye", "RightEye")


@dataclass(frozen=True)
class Target:
    """What gets a rotation: an object or, where a bone is named, that bone of it."""

    object: bpy.types.Object
    bone: str = ""

    @property
    def name(self) -> str:
        return self.bone or self.object.name

    @property
    def owner(self) -> "bpy.types.Object | bpy.types.PoseBone":
        return self.object.pose.bones[self.bone] if self.bone else self.object


class RotationError(UserError):
    """Rotations can't be keyed where the artist wants them."""


def store(action: bpy.types.Action, rotations: Mapping[str, np.ndarray], first_frame: int, fps: float) -> None:
    """Store rotations, (frames,) radians each, with a take; frame 0 lies at first_frame in a scene of fps frames a second."""
    if rotations:
        values = np.stack([*rotations.values()]).astype("<f4")
        action[_PROPERTY] = {
            "names": " ".join(rotations),
            "first_frame": first_frame,
            "fps": fps,
            "turns": bool(values.any()),
            "values": zlib.compress(values.tobytes(), 1),
        }


def has(action: bpy.types.Action) -> bool:
    """Return True if a take stores rotations that turn something. Live Link Face writes zeros where it captures none."""
    stored = action.get(_PROPERTY)
    return stored is not None and bool(stored.get("turns", True))


def read(action: bpy.types.Action, first: int, last: int, fps: float) -> dict[str, np.ndarray]:
    """Read the rotations of a take at the frames first..last, in a scene of fps frames a second; the ends hold. {} where it has none."""
    if (stored := action.get(_PROPERTY)) is None:
        return {}
    names = stored["names"].split()
    values = np.frombuffer(zlib.decompress(stored["values"]), "<f4").reshape(len(names), -1)
    position = (np.arange(first, last + 1) - stored["first_frame"]) * (stored["fps"] / fps)
    frames = np.arange(values.shape[1])
    return {
        name: np.interp(position, frames, angles).astype(np.float32) for name, angles in zip(names, values, strict=True)
    }


def read_all(action: bpy.types.Action) -> dict[str, np.ndarray]:
    """Read the rotations of a take on its own frames; {} where it has none."""
    if (stored := action.get(_PROPERTY)) is None:
        return {}
    names = stored["names"].split()
    values = np.frombuffer(zlib.decompress(stored["values"]), "<f4").reshape(len(names), -1)
    return dict(zip(names, values, strict=True))


def keyed_frames(action: bpy.types.Action, fps: float) -> range:
    """Return the frames that the rotations of a take cover, in a scene of fps frames a second; none where it has no rotations."""
    if (stored := action.get(_PROPERTY)) is None:
        return range(0)
    count = len(zlib.decompress(stored["values"])) // (4 * len(stored["names"].split()))
    first = stored["first_frame"]
    return range(first, first + round((count - 1) * fps / stored["fps"]) + 1)


def check_targets(targets: Mapping[str, Target]) -> None:
    """Raise RotationError unless rotations can be keyed on targets, part of PARTS -> target, without loss of keys."""
    for target in targets.values():
        _check(target)
        if [*targets.values()].count(target) > 1:
            raise RotationError(
                '"{name}" is chosen twice: choose another bone or object for each part', name=target.name
            )


def key(action: bpy.types.Action, targets: Mapping[str, Target], fps: float) -> list[str]:
    """Key the rotations of a take on targets, part of PARTS -> target, one key a frame. Return the parts that it turns.

    Raises RotationError, and then has changed nothing.
    """
    check_targets(targets)
    frames = keyed_frames(action, fps)
    rotations = read(action, frames.start, frames.stop - 1, fps)
    turned = []
    for part, target in targets.items():
        angles = np.stack([rotations.get(part + axis, np.zeros(len(frames))) for axis in _AXES], axis=1)
        if angles.any():
            turned.append(part)
            _key(target, angles, frames.start)
    return turned


def _check(target: Target) -> None:
    ob, bone = target.object, target.bone
    if bone and (ob.pose is None or bone not in ob.pose.bones):
        raise RotationError('"{object}" has no bone "{bone}": choose one of its bones', object=ob.name, bone=bone)
    if not bone and ob.type == "ARMATURE":
        raise RotationError('"{object}" is an armature: choose one of its bones too', object=ob.name)
    if not ob.is_editable:
        raise RotationError('"{object}" is linked from another file: make it a library override', object=ob.name)
    if (data := ob.animation_data) is None:
        return
    path = target.owner.path_from_id(_path(target.owner))
    if data.action and any(fcurve.data_path == path for fcurve in face_action.fcurves(data.action, "OBJECT")):
        raise RotationError(
            '"{name}" already has rotation keys: remove them, or choose another bone or object', name=target.name
        )
    if any(fcurve.data_path == path for fcurve in data.drivers):
        raise RotationError(
            '"{name}" has drivers on its rotation, so keys have no effect: delete them, or choose another bone or object',
            name=target.name,
        )


def _key(target: Target, angles: np.ndarray, first_frame: int) -> None:
    """Key the rotation of a target by yaw, pitch and roll, (frames, 3) radians."""
    owner = target.owner
    rest = target.object.pose.bones[target.bone].bone.matrix_local.to_3x3() if target.bone else None
    before = target.object.matrix_basis.to_3x3().normalized()
    last = None
    for frame, (yaw, pitch, roll) in enumerate(angles, first_frame):
        turn = Matrix.Rotation(-yaw, 3, "Z") @ Matrix.Rotation(pitch, 3, "X") @ Matrix.Rotation(-roll, 3, "Y")
        turn = rest.inverted() @ turn @ rest if rest else turn @ before
        quaternion = turn.to_quaternion()
        if last is not None:
            quaternion.make_compatible(last)
        last = quaternion
        _set(owner, quaternion)
        owner.keyframe_insert(_path(owner), frame=frame)


def _path(owner: "bpy.types.Object | bpy.types.PoseBone") -> str:
    return {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(
        owner.rotation_mode, "rotation_euler"
    )


def _set(owner: "bpy.types.Object | bpy.types.PoseBone", quaternion: "bpy.types.Quaternion") -> None:
    if owner.rotation_mode == "QUATERNION":
        owner.rotation_quaternion = quaternion
    elif owner.rotation_mode == "AXIS_ANGLE":
        axis, angle = quaternion.to_axis_angle()
        owner.rotation_axis_angle = (angle, *axis)
    else:
        owner.rotation_euler = quaternion.to_euler(owner.rotation_mode, owner.rotation_euler)
