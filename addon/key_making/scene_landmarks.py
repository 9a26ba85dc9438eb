"""Landmarks in the scene: small spheres on the head that can be dragged. Runs in Blender."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np
from mathutils import Vector

from ..key_transfer.face_landmarks import NAMES, SIDED
from ..key_transfer.sparse_solver import Floats

_MARK = "lipsync_landmark"  # custom property of an empty: which landmark it is
_PROPOSED = "lipsync_proposed"  # custom property of an empty: its location before the artist moved it
_UNMOVED = 0.01  # of the radius of a sphere
_SIZE = 0.008  # of the head's height
# What the artist sees in the outliner and, for the active one, in the corner of the view. Names of objects stay English.
_WORDS = {name: name.replace("_", " ").title() for name in NAMES}


def landmark_objects(head: bpy.types.Object | None) -> dict[str, bpy.types.Object]:
    """Return the landmarks of a head, by name; none if it has none in the scene."""
    if head is None:
        return {}
    found = {str(child[_MARK]): child for child in head.children if _MARK in child}
    return {name: found[name] for name in NAMES if name in found}


def head_of(ob: bpy.types.Object | None) -> bpy.types.Object | None:
    """Return the head that a landmark belongs to; any other object itself."""
    return ob.parent if ob is not None and _MARK in ob and ob.parent else ob


def placed(head: bpy.types.Object) -> dict[str, Floats]:
    """Return where a head's landmarks are in the scene, as far as there are any: on the skin, once they were moved.

    Others are where they were put: a modifier may have the skin that is seen lie elsewhere than the mesh's own points.
    """
    places = {}
    for name, ob in landmark_objects(head).items():
        place = (
            ob.matrix_world.translation if _is_moved(ob) else head.matrix_world @ ob.matrix_parent_inverse @ ob.location
        )
        places[name] = np.array(place, float)
    return places


def _is_moved(ob: bpy.types.Object) -> bool:
    before = ob.get(_PROPOSED)
    return before is None or (ob.location - Vector(before)).length > _UNMOVED * ob.empty_display_size


def show(head: bpy.types.Object, places: Mapping[str, Floats], size: float) -> None:
    """Put landmarks on a head, in place of those that it has. places: in the scene. size: the head's height."""
    remove(head)
    for name in NAMES:
        empty = bpy.data.objects.new(_WORDS[name], None)
        empty.empty_display_type = "SPHERE"
        empty.empty_display_size = _SIZE * size
        empty.show_in_front = True
        empty[_MARK] = name
        for collection in head.users_collection:
            collection.objects.link(empty)
        empty.parent = head
        empty.matrix_parent_inverse = head.matrix_world.inverted()
        empty.location = empty[_PROPOSED] = Vector(places[name])
        _keep_on(head, empty)


def _keep_on(head: bpy.types.Object, empty: bpy.types.Object) -> None:
    """Have a landmark that is dragged slide over the skin."""
    constraint = empty.constraints.new("SHRINKWRAP")
    constraint.target, constraint.shrinkwrap_type = head, "NEAREST_SURFACE"


def select(layer: bpy.types.ViewLayer, head: bpy.types.Object) -> None:
    """Select one landmark instead of the head, which would have Blender draw lines from it to all of them."""
    for ob in layer.objects.selected:
        ob.select_set(False)
    layer.update()
    nose = landmark_objects(head)["nose_tip"]
    nose.select_set(True)
    layer.objects.active = nose


def remove(head: bpy.types.Object) -> None:
    for ob in landmark_objects(head).values():
        bpy.data.objects.remove(ob)


def mirror(head: bpy.types.Object, leading: str) -> None:
    """Put the landmarks of one side where those of the leading side ("left" or "right") mirror to.

    The plane of the mirror lies in the middle between most of the pairs.
    """
    objects = landmark_objects(head)
    other = "right" if leading == "left" else "left"
    pairs = [
        (f"{name}_{leading}", f"{name}_{other}")
        for name in SIDED
        if f"{name}_{leading}" in objects and f"{name}_{other}" in objects
    ]
    if not pairs:
        return
    now = placed(head)
    places = np.array([[now[name] for name in pair] for pair in pairs])
    # Most pairs are right: the one that was dragged must not tilt the plane.
    ways = places[:, 0] - places[:, 1]
    normal = np.median(ways / np.linalg.norm(ways, axis=-1, keepdims=True), axis=0)
    normal /= np.linalg.norm(normal)
    offset = float(np.median(places.mean(1) @ normal))
    for place, (_, name) in zip(places[:, 0], pairs, strict=True):
        target = objects[name]
        image = place - 2.0 * (float(place @ normal) - offset) * normal
        matrix = target.matrix_world.copy()
        matrix.translation = Vector(image)
        target.matrix_world = matrix
