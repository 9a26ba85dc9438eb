"""Helpers for tests of the add-on: modules of the installed extension, strips, meshes, and reading Actions."""

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "bl_ext.user_default.diffusion_talker"
# The universal zip is tested in every Blender but one, the fast zip in that one.
IS_UNIVERSAL = bpy.app.version[:2] != (4, 5)


def part(name: str) -> ModuleType:
    """Import a module of the installed extension, such as "addon.rig.face_rig"."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def add_strip(scene: "bpy.types.Scene", file: Path, frame: int = 11) -> "bpy.types.Strip":
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    try:
        added = strips.new_sound(file.stem, str(file), 1, frame)
    except RuntimeError as error:  # Blender 4.2's module has no sound
        pytest.skip(str(error))
    editor.active_strip = added
    return added


def add_mesh(name: str, keys: list[str], parent: "bpy.types.Object | None" = None) -> "bpy.types.Object":
    """Add a triangle with shape keys, active."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    ob = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(ob)
    for key in ["Basis", *keys] if keys else []:
        ob.shape_key_add(name=key, from_mix=False).value = 0.0
    ob.parent = parent
    bpy.context.view_layer.objects.active = ob
    return ob


def add_rows(heights: tuple[float, ...], width: int) -> "bpy.types.Object":
    """Add a mesh of rows of vertices from x = -1 to 1 at some heights, with a basis key, active."""
    x = np.linspace(-1, 1, width)
    mesh = bpy.data.meshes.new("Head")
    mesh.from_pydata([(value, 0, height) for height in heights for value in x], [], [])
    ob = bpy.data.objects.new("Head", mesh)
    bpy.context.scene.collection.objects.link(ob)
    ob.shape_key_add(name="Basis", from_mix=False)
    bpy.context.view_layer.objects.active = ob
    return ob


def add_armature(
    bones: "dict[str, tuple[tuple[float, ...], tuple[float, ...], float]]", parent: str
) -> "bpy.types.Object":
    """Add the armature "Rig", active. bones: name -> head, tail and roll; those after `parent` are its children."""
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, (head, tail, roll) in bones.items():
        bone = rig.data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = head, tail, roll
        bone.parent = rig.data.edit_bones.get(parent) if name != parent else None
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def meshes(face: "bpy.types.Object") -> "list[bpy.types.Object]":
    """Return a face and the meshes parented to it."""
    return [ob for ob in (face, *face.children_recursive) if ob.type == "MESH"]


def override(head: "bpy.types.Object", library: Path) -> "bpy.types.Object":
    """Link an object from a library and override it and its mesh. It is active."""
    name = head.name
    bpy.data.libraries.write(str(library), {head})
    bpy.data.objects.remove(head)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.objects = [name]
    hero = linked.objects[0].override_create()
    hero.data.override_create(remap_local_usages=True)
    bpy.context.scene.collection.objects.link(hero)
    bpy.context.view_layer.objects.active = hero
    return hero


def fcurves(action: "bpy.types.Action") -> "dict[str, bpy.types.FCurve]":
    """Data path -> F-curve."""
    bag = action.layers[0].strips[0].channelbag(action.slots[0]) if hasattr(action, "slots") else action
    return {fcurve.data_path: fcurve for fcurve in bag.fcurves}


def nla_tracks(data: "bpy.types.AnimData") -> "list[bpy.types.NlaTrack]":
    """Return all tracks but the one that keeps faces at rest in Blender 5.0."""
    return [track for track in data.nla_tracks if track.name != "Rest of Lip Sync"]


def read_action(action: "bpy.types.Action") -> dict[str, np.ndarray]:
    """Data path -> keys (frames, 2): frame and value."""
    curves = {}
    for path, fcurve in fcurves(action).items():
        points = np.empty(2 * len(fcurve.keyframe_points), np.float32)
        fcurve.keyframe_points.foreach_get("co", points)
        curves[path] = points.reshape(-1, 2)
    return curves


@contextlib.contextmanager
def preference(**values: Any) -> Iterator[None]:
    """Change the add-on's preferences within a block, also those that the universal zip leaves out."""
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    reader: Any = part("addon.preferences")
    missing = {name: values.pop(name) for name in [*values] if not hasattr(preferences, name)}
    before, chosen = {name: getattr(preferences, name) for name in values}, reader._chosen
    for name, value in values.items():
        setattr(preferences, name, value)
    reader._chosen = lambda context, name: missing[name] if name in missing else chosen(context, name)
    try:
        yield
    finally:
        reader._chosen = chosen
        for name, value in before.items():
            setattr(preferences, name, value)


def snapshot() -> dict[str, Any]:
    """Return the data that a failure must not change."""
    return {
        "actions": sorted(action.name for action in bpy.data.actions),
        "assigned": {key.name: key.animation_data and key.animation_data.action for key in bpy.data.shape_keys},
        "values": {key.name: [block.value for block in key.key_blocks] for key in bpy.data.shape_keys},
        "frame": bpy.context.scene.frame_current,
        "seed": bpy.context.scene.lipsync.seed,
    }
