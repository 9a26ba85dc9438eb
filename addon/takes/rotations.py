"""Head and eye rotations of captures: stored with the take, exported again, and keyed on a chosen bone or object. Runs in Blender.

ARKit's channels can't hold them. Angles are radians, as Live Link Face records them: yaw turns to the person's right, pitch down (both seen
in a recording, by its eyes), roll tilts to the right shoulder. A face is taken to look along -Y of its armature or object.
"""

import zlib
from collections.abc import Mapping

import bpy
import numpy as np
from mathutils import Matrix

from ...backend.messages import UserError
from ..keyframes import face_action

_PROPERTY = "lipsync_rotations"


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
            "values": zlib.compress(values.tobytes(), 1),
        }


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


def check_target(ob: bpy.types.Object, bone: str) -> None:
    """Raise RotationError unless the head's rotation can be keyed on an object, or on one of its bones, without loss of keys."""
    if bone and (ob.pose is None or bone not in ob.pose.bones):
        raise RotationError('"{object}" has no bone "{bone}": choose one of its bones', object=ob.name, bone=bone)
    if not bone and ob.type == "ARMATURE":
        raise RotationError('"{object}" is an armature: choose the bone of the head too', object=ob.name)
    owner = ob.pose.bones[bone] if bone else ob
    path = owner.path_from_id(_path(owner)) if bone else _path(owner)
    action = ob.animation_data.action if ob.animation_data else None
    if action and any(fcurve.data_path == path for fcurve in face_action.fcurves(action, "OBJECT")):
        raise RotationError(
            '"{name}" already has rotation keys: remove them, or choose another bone or object', name=bone or ob.name
        )


def key_head(ob: bpy.types.Object, bone: str, rotations: Mapping[str, np.ndarray], first_frame: int) -> None:
    """Key the head's rotation on an object or one of its bones, one key a frame from first_frame on. Raises RotationError."""
    check_target(ob, bone)
    yaw, pitch, roll = (rotations.get(f"Head{axis}") for axis in ("Yaw", "Pitch", "Roll"))
    count = max((len(angles) for angles in (yaw, pitch, roll) if angles is not None), default=0)
    still = np.zeros(count)
    owner = ob.pose.bones[bone] if bone else ob
    rest = owner.bone.matrix_local.to_3x3() if bone else None
    before = ob.matrix_basis.to_3x3().normalized()
    last = None
    turns = (still if angles is None else angles for angles in (yaw, pitch, roll))
    for frame, (y, p, r) in enumerate(zip(*turns, strict=True)):
        turn = Matrix.Rotation(-y, 3, "Z") @ Matrix.Rotation(p, 3, "X") @ Matrix.Rotation(-r, 3, "Y")
        turn = rest.inverted() @ turn @ rest if rest else turn @ before
        quaternion = turn.to_quaternion()
        if last is not None:
            quaternion.make_compatible(last)
        last = quaternion
        _set(owner, quaternion)
        owner.keyframe_insert(_path(owner), frame=first_frame + frame)


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
