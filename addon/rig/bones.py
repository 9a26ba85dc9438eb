"""Jaw and eye bones, driven by the face's shape keys. Runs in Blender.

Whatever moves the keys (takes, NLA strips, manual edits) moves the bones too, so no take needs an Action for the armature.
A channel without a shape key gets one that deforms nothing: the driver reads it, and it is a slider for the artist.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import radians, tan

import bpy
from mathutils import Vector

from ...backend.messages import UserError
from .face_rig import Face, FaceMesh
from .visemes import VISEME_CHANNELS

# Part of the face -> channel -> (axis, sign) of its turn. About axis 0, to the face's left, what looks ahead turns down.
# About axis 1, which points up, what looks ahead turns to the face's left.
_TURNS: dict[str, dict[str, tuple[int, int]]] = {
    "jaw": {"jawOpen": (0, 1)},
    "left_eye": {
        "eyeLookDownLeft": (0, 1),
        "eyeLookUpLeft": (0, -1),
        "eyeLookOutLeft": (1, 1),
        "eyeLookInLeft": (1, -1),
    },
    "right_eye": {
        "eyeLookDownRight": (0, 1),
        "eyeLookUpRight": (0, -1),
        "eyeLookInRight": (1, 1),
        "eyeLookOutRight": (1, -1),
    },
}
_VARIABLE = "lipsync"  # name of the variables of our drivers, followed by a number
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LEFT, _RIGHT = {"l", "left"}, {"r", "right"}
_NO_EYES = {"lid", "eyelid", "brow", "eyebrow", "lash", "eyelash", "target", "aim"}


class BonesError(UserError):
    """Bones can't be driven."""


@dataclass(frozen=True)
class Bones:
    """Names of bones, "" for none, and the degrees that they turn when a channel is 1; negative turns them the other way."""

    jaw: str
    left_eye: str
    right_eye: str
    jaw_degrees: float
    eye_degrees: float

    @property
    def by_part(self) -> dict[str, str]:
        """Part of the face -> name of its bone, for the chosen bones."""
        return {part: name for part in _TURNS if (name := getattr(self, part))}


def guess(names: Iterable[str]) -> dict[str, str]:
    """Return part of the face -> the bone named after it, such as jaw, CC_Base_JawRoot, LeftEye, eye.L or FACIAL_L_Eye.

    The shortest name wins.
    """
    found: dict[str, str] = {}
    for name in sorted(names, key=len, reverse=True):
        words = {word.lower() for word in _WORD.findall(name)}
        if "jaw" in words and not words & (_LEFT | _RIGHT):
            found["jaw"] = name
        if "eye" in words and not words & _NO_EYES and words & (_LEFT | _RIGHT):
            found["left_eye" if words & _LEFT else "right_eye"] = name
    return found


def drive(face: Face, armature: bpy.types.Object, bones: Bones) -> tuple[str, ...]:
    """Drive bones of an armature by the face's shape keys. Returns the names of added keys.

    Raises BonesError, and then has changed nothing.
    """
    channels = [channel for part in bones.by_part for channel in _TURNS[part]]
    added = [channel for channel in channels if channel not in face.channels]
    _check(face, armature, bones, channels, added)
    for channel in added:
        _host(face).object.shape_key_add(name=channel, from_mix=False).value = 0.0
    eyes = (bones.left_eye, bones.right_eye) if bones.left_eye and bones.right_eye else None
    turned_about = axes(armature, eyes)
    for part, name in bones.by_part.items():
        degrees = bones.jaw_degrees if part == "jaw" else bones.eye_degrees
        _drive_bone(face, armature, name, turned_about, _TURNS[part], degrees)
    return tuple(added)


def _host(face: Face) -> FaceMesh:
    """Return the mesh that gets new keys: the one that already has the most."""
    return max(face.meshes, key=lambda mesh: len(mesh.sums))


def _check(face: Face, armature: bpy.types.Object, bones: Bones, channels: list[str], added: list[str]) -> None:
    if not channels:
        raise BonesError("No bone was chosen: choose a jaw or eye bone")
    for name in bones.by_part.values():
        if name not in armature.pose.bones:
            raise BonesError('"{armature}" has no bone "{name}": choose another', armature=armature.name, name=name)
        if any(not _is_ours(driver) for driver in _drivers(armature, name)):
            raise BonesError('"{name}" already has drivers: delete them or choose another bone', name=name)
    if not armature.is_editable or armature.override_library:
        raise BonesError('"{armature}" is linked from another file: drive its bones there', armature=armature.name)
    if face.viseme_set and (spoken := [channel for channel in channels if channel in VISEME_CHANNELS]):
        raise BonesError(
            "The mouth moves by visemes, so nothing would animate {channel}: leave the jaw bone empty",
            channel=spoken[0],
        )
    if added and (not face.meshes or _host(face).object.data.override_library):
        raise BonesError(
            "The face has no {channel}, and its shape keys are linked: add the key in the library file",
            channel=added[0],
        )
    if blocked := [channel for channel in added if channel in _host(face).key.key_blocks]:
        raise BonesError(
            'The shape key "{key}" is muted, locked, driven or unmapped: free it or leave its bone empty',
            key=blocked[0],
        )


def axes(ob: bpy.types.Object, eyes: tuple[str, str] | None) -> tuple[Vector, Vector]:
    """Return the face's left and up as unit vectors in world space.

    They come from the bones of the left and the right eye or, without them, from the object, which faces -Y as in Blender's front view.
    """
    to_world = ob.matrix_world
    up, left = Vector((0, 0, 1)), to_world.to_3x3() @ Vector((1, 0, 0))
    if eyes:
        left_eye, right_eye = (to_world @ ob.data.bones[name].head_local for name in eyes)
        left = left_eye - right_eye
    left = (left - left.project(up)).normalized()
    return left, up


def _drive_bone(
    face: Face,
    armature: bpy.types.Object,
    name: str,
    turned_about: tuple[Vector, Vector],
    turns: dict[str, tuple[int, int]],
    degrees: float,
) -> None:
    bone = armature.pose.bones[name]
    to_bone = (armature.matrix_world @ bone.bone.matrix_local).to_3x3().normalized().inverted()
    bone.rotation_mode = "QUATERNION"
    bone.rotation_quaternion = (1, 0, 0, 0)
    half = tan(radians(degrees) / 2)  # Blender normalizes the quaternion, so (1, axis * half) turns by `degrees`
    for component in range(3):
        bone.driver_remove("rotation_quaternion", component + 1)
        weights = {
            channel: sign * half * (to_bone @ turned_about[axis])[component] for channel, (axis, sign) in turns.items()
        }
        drive_by_sum(bone, component + 1, [_slider(face, channel) for channel in weights], [*weights.values()])


def drive_by_sum(
    owner: "bpy.types.Object | bpy.types.PoseBone",
    component: int,
    sources: Sequence[tuple[bpy.types.Key, str]],
    weights: Sequence[float],
) -> None:
    """Drive a component of an owner's rotation_quaternion by a weighted sum of shape keys' values: (Key, data path) each."""
    driver = owner.driver_add("rotation_quaternion", component).driver
    driver.type = "SCRIPTED"  # Blender evaluates a simple sum without Python
    for number, source in enumerate(sources):
        variable = driver.variables.new()
        variable.name, variable.type = f"{_VARIABLE}{number}", "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type = "KEY"
        target.id, target.data_path = source
    driver.expression = " + ".join(f"{_VARIABLE}{number} * {weight:.6f}" for number, weight in enumerate(weights))


def _slider(face: Face, channel: str) -> tuple[bpy.types.Key, str]:
    """Return the key that a channel moves, or that was added for it, as (Key, data path) for a driver."""
    for mesh in face.meshes:
        for name, parts in mesh.sums.items():
            if channel in parts and name not in mesh.skipped:
                return mesh.key, mesh.key.key_blocks[name].path_from_id("value")
    key = _host(face).key
    return key, key.key_blocks[channel].path_from_id("value")


def _drivers(armature: bpy.types.Object, name: str) -> list[bpy.types.Driver]:
    """Return the drivers of a bone's rotation."""
    path = armature.pose.bones[name].path_from_id() + ".rotation"
    curves = armature.animation_data.drivers if armature.animation_data else ()
    return [curve.driver for curve in curves if curve.data_path.startswith(path)]


def _is_ours(driver: bpy.types.Driver) -> bool:
    return bool(driver.variables) and all(variable.name.startswith(_VARIABLE) for variable in driver.variables)
