"""The head: three shape keys that deform nothing hold its rotation, and turn a bone or an object. Runs in Blender.

Takes key them like any other channel, so locks, controls, NLA strips and manual edits work on them, too. A hidden object follows the
keys by drivers, and a constraint adds its rotation to that of the bone or object. So the artist's own keys there stay, and go on working.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import pi

import bpy
from mathutils import Matrix

from ...backend.arkit import HEAD
from ...backend.messages import UserError
from . import bones
from .face_rig import Face, FaceMesh

LAYER = "Lip Sync Head"  # name of the constraint and of the hidden object
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NO_HEAD = {"end", "top", "tip", "nub", "target", "aim", "ik", "pole", "scale", "offset", "jaw", "eye", "forehead"}


class HeadError(UserError):
    """The head can't be turned."""


@dataclass(frozen=True)
class Joint:
    """What turns with the head: an object or, where a bone is named, that bone of it."""

    object: bpy.types.Object
    bone: str = ""

    @property
    def owner(self) -> "bpy.types.Object | bpy.types.PoseBone":
        return self.object.pose.bones[self.bone] if self.bone else self.object


def guess(names: Iterable[str]) -> str:
    """Return the bone named after the head, such as head, Head, CC_Base_Head or mixamorig:Head; "" if there is none."""
    found = [name for name in names if "head" in (words := _words(name)) and not words & _NO_HEAD]
    return min(found, key=len, default="")


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def drive(face: Face, joint: Joint, influence: float = 1.0) -> None:
    """Let the head's keys of a face turn a bone or object, in place of any that they turned before.

    influence: of the constraint, 0..1. Raises HeadError, and then has changed nothing.
    """
    _check(face, joint)
    release(face)
    host = _host(face)
    for name in HEAD:
        if name not in host.key.key_blocks:
            block = host.object.shape_key_add(name=name, from_mix=False)
            block.slider_min, block.slider_max, block.value = -pi / 2, pi / 2, 0.0
    turner = bpy.data.objects.new(LAYER, None)  # in no collection: it is evaluated for the constraint only
    turner.rotation_mode = "QUATERNION"
    left, up = bones.axes(joint.object, None)
    axes = {"HeadYaw": -up, "HeadPitch": left, "HeadRoll": -up.cross(left)}
    to_joint = _rest(joint).inverted()
    key = host.key
    sources = [(key, key.key_blocks[name].path_from_id("value")) for name in HEAD]
    for component in range(3):
        # Blender normalizes the quaternion, so (1, axis * angle / 2) turns by about `angle`.
        weights = [(to_joint @ axes[name])[component] / 2 for name in HEAD]
        bones.drive_by_sum(turner, component + 1, sources, weights)
    constraint = joint.owner.constraints.new("COPY_ROTATION")
    constraint.name, constraint.target, constraint.influence = LAYER, turner, influence
    constraint.mix_mode, constraint.target_space, constraint.owner_space = "AFTER", "WORLD", "LOCAL"


def release(face: Face) -> None:
    """Remove what the head's keys of a face turn. The keys stay, since takes may animate them."""
    joint = find(face)
    if joint is None:
        return
    for constraint in _layers(joint.owner, face):
        turner = constraint.target
        joint.owner.constraints.remove(constraint)
        if turner and not turner.users:
            bpy.data.objects.remove(turner)


def find(face: Face) -> Joint | None:
    """Find the bone or object that the head's keys of a face turn; None if there is none."""
    for ob in bpy.data.objects:
        if _layers(ob, face):
            return Joint(ob)
        for bone in ob.pose.bones if ob.pose else ():
            if _layers(bone, face):
                return Joint(ob, bone.name)
    return None


def _layers(owner: "bpy.types.Object | bpy.types.PoseBone", face: Face) -> list[bpy.types.Constraint]:
    """Return the constraints of an owner by which the head's keys of a face turn it."""
    keys = {mesh.key for mesh in face.meshes}
    return [
        constraint
        for constraint in owner.constraints
        if constraint.name.startswith(LAYER)
        and (turner := getattr(constraint, "target", None))
        and turner.animation_data
        and any(
            variable.targets[0].id in keys
            for fcurve in turner.animation_data.drivers
            for variable in fcurve.driver.variables
        )
    ]


def _host(face: Face) -> FaceMesh:
    """Return the mesh that has the head's keys or, if none has, the one with the most keys."""
    return max(face.meshes, key=lambda mesh: (HEAD[0] in mesh.key.key_blocks, len(mesh.sums)))


def _rest(joint: Joint) -> Matrix:
    """Return the rotation of a joint at rest, in world space."""
    world = joint.object.matrix_world
    if joint.bone:
        world = world @ joint.object.data.bones[joint.bone].matrix_local
    rest: Matrix = world.to_3x3().normalized()
    return rest


def _check(face: Face, joint: Joint) -> None:
    ob = joint.object
    if joint.bone and (ob.pose is None or joint.bone not in ob.pose.bones):
        raise HeadError('"{object}" has no bone "{bone}": choose one of its bones', object=ob.name, bone=joint.bone)
    if not joint.bone and ob.type == "ARMATURE":
        raise HeadError('"{object}" is an armature: choose one of its bones too', object=ob.name)
    if not ob.is_editable:
        raise HeadError('"{object}" is linked from another file: make it a library override', object=ob.name)
    host = _host(face)
    if HEAD[0] not in host.key.key_blocks and host.object.data.override_library:
        raise HeadError(
            "The face has no {channel}, and its shape keys are linked: add the key in the library file", channel=HEAD[0]
        )
