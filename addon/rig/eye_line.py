"""The line from a face's eyes to an object, on every frame, with all that moves either of them. Runs in Blender."""

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, degrees, hypot

import bpy
import numpy as np
from mathutils import Matrix, Vector

from . import bones, head_joint
from .face_rig import Face, RigError, armatures, read_face
from .key_points import positions

_NEAR = 1e-4  # Blender units; a target as near to the eyes lies in no direction


@dataclass(frozen=True)
class Eyes:
    """The middle of a face's eyes. It references Blender's data, so don't keep it beyond the current operation.

    place: returns where the head is now, against its place at rest: a matrix to world space. center: in the head's space.
    axes: the face's left, up and straight ahead in the head's space, unit vectors.
    """

    place: Callable[[], Matrix]
    center: Vector
    axes: tuple[Vector, Vector, Vector]

    @property
    def world(self) -> Vector:
        """Return the middle of the eyes in world space, on the scene's present frame."""
        point: Vector = self.place() @ self.center
        return point

    def direction(self, point: Vector) -> tuple[float, float]:
        """Return the degrees to a point in world space, to the person's left and up; NaN if it is in the eyes."""
        way = self.place().inverted_safe() @ point - self.center
        if way.length < _NEAR:
            return float("nan"), float("nan")
        left, up, ahead = (way.dot(axis) for axis in self.axes)
        return degrees(atan2(left, ahead)), degrees(atan2(up, hypot(left, ahead)))


def read_eyes(face: Face) -> Eyes:
    """Find the eyes of a face by the points that its eyeLook keys move, and the head by its bone or object."""
    ob = face.meshes[0].object
    joint = _head(face)
    carrier, bone = (joint.object, joint.bone) if joint else (ob, "")

    def place() -> Matrix:
        if not bone:
            return carrier.matrix_world
        pose = carrier.pose.bones[bone]
        return carrier.matrix_world @ pose.matrix @ pose.bone.matrix_local.inverted()

    to_carrier = carrier.matrix_world.inverted_safe()
    turn = to_carrier.to_3x3().normalized()
    left, up = (turn @ axis for axis in bones.axes(carrier, None))
    return Eyes(place, to_carrier @ _center(face), (left, up, left.cross(up)))


def aim(face: Face, target: bpy.types.Object, frames: range) -> np.ndarray:
    """Return the directions from the eyes to a target, (frames, 2) degrees to the person's left and up; NaN for none.

    A target that is a face is looked in the eyes. Plays the frames, and then goes back to the present one.
    """
    scene = bpy.context.scene
    present = scene.frame_current, scene.frame_subframe
    eyes, other = read_eyes(face), _eyes_of(target)
    directions = []
    try:
        for frame in frames:
            scene.frame_set(frame)
            directions.append(eyes.direction(other.world if other else target.matrix_world.translation))
    finally:
        scene.frame_set(present[0], subframe=present[1])
    return np.array(directions, np.float32).reshape(-1, 2)


def is_own(face: Face, target: bpy.types.Object) -> bool:
    """Return True if a target is one of the face's own meshes, which its eyes can't look at."""
    return any(mesh.object == target for mesh in face.meshes)


def _eyes_of(target: bpy.types.Object) -> Eyes | None:
    try:
        return read_eyes(read_face(target))
    except RigError:
        return None


def _head(face: Face) -> head_joint.Joint | None:
    """Return what turns with the head: what Drive Head turns or, without that, the bone named after the head."""
    if joint := head_joint.find(face):
        return joint
    for rig in sorted(armatures(face.meshes[0].object), key=lambda each: each.name):
        if bone := head_joint.guess(each.name for each in rig.data.bones):
            return head_joint.Joint(rig, bone)
    return None


def _center(face: Face) -> Vector:
    """Return the middle of the eyes in world space, at rest: where eyeLook moves points or, without that, eyeBlink."""
    for channel in ("eyeLook", "eyeBlink"):
        points, weights = [], []
        for mesh in face.meshes:
            basis = positions(mesh.key.reference_key.data)
            for key, parts in mesh.sums.items():
                if any(part.startswith(channel) for part in parts):
                    way = positions(mesh.key.key_blocks[key].data) - basis
                    points.append(
                        basis @ np.array(mesh.object.matrix_world.to_3x3()).T + mesh.object.matrix_world.translation
                    )
                    weights.append((way**2).sum(axis=1))
        if points and (weight := np.concatenate(weights)).sum() > 0:
            return Vector((weight[:, None] * np.concatenate(points)).sum(axis=0) / weight.sum())
    ob = face.meshes[0].object
    corners = [ob.matrix_world @ Vector(corner) for corner in ob.bound_box]
    return sum(corners, Vector()) / len(corners)
