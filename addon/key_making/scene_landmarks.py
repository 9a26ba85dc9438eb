"""Landmarks in the scene: small spheres on the head that can be dragged. Runs in Blender."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np
from mathutils import Vector

from ..key_transfer.face_landmarks import NAMES, SIDED
from ..key_transfer.sparse_solver import Floats

_MARK = "lipsync_landmark"  # custom property of an empty: which landmark it is
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
    """Return where a head's landmarks are in the scene, as far as there are any."""
    return {name: np.array(ob.matrix_world.translation, float) for name, ob in landmark_objects(head).items()}


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
        empty.location = Vector(places[name])


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
        (objects[f"{name}_{leading}"], objects[f"{name}_{other}"])
        for name in SIDED
        if f"{name}_{leading}" in objects and f"{name}_{other}" in objects
    ]
    if not pairs:
        return
    places = np.array([[ob.matrix_world.translation for ob in pair] for pair in pairs], float)
    # Most pairs are right: the one that was dragged must not tilt the plane.
    ways = places[:, 0] - places[:, 1]
    normal = np.median(ways / np.linalg.norm(ways, axis=-1, keepdims=True), axis=0)
    normal /= np.linalg.norm(normal)
    offset = float(np.median(places.mean(1) @ normal))
    for source, target in pairs:
        place = np.array(source.matrix_world.translation, float)
        image = place - 2.0 * (float(place @ normal) - offset) * normal
        matrix = target.matrix_world.copy()
        matrix.translation = Vector(image)
        target.matrix_world = matrix
