"""The sample face: a stylized head with all of ARKit's 52 shape keys, built by code. Runs in Blender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import bpy
import numpy as np

from ...backend.arkit import CHANNELS
from ..locale import tr
from . import parts, skin
from .expressions import offsets
from .mesh import Builder
from .surface import Floats

SCALE = 0.01  # centimeters to Blender's meters
PALETTE = {
    "Skin": (1.0, 0.66, 0.49),
    "Lips": (0.78, 0.27, 0.25),
    "Mouth": (0.20, 0.055, 0.06),
    "Brows": (0.07, 0.04, 0.03),
    "Nostrils": (0.22, 0.08, 0.06),
    "Eye White": (0.88, 0.87, 0.85),
    "Iris": (0.10, 0.25, 0.33),
    "Pupil": (0.008, 0.008, 0.01),
    "Glint": (1.0, 1.0, 1.0),
    "Teeth": (0.96, 0.94, 0.88),
    "Gums": (0.48, 0.15, 0.16),
    "Tongue": (0.54, 0.17, 0.18),
    "Hair": (0.16, 0.085, 0.05),
}


def build(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Add the face to the scene, standing at the 3D cursor and looking along -Y.

    Returns its objects, the head first: it is the parent of the others, and active and selected afterwards.
    """
    head = Builder()
    skin.add_skin(head)
    parts.add_brows(head)
    parts.add_lashes(head)
    parts.add_nostrils(head)
    parts.add_ears(head)
    sites = head.sites()
    meshes = [
        ("Face", head, {name: offsets(name, sites) for name in CHANNELS}, ("Skin", "Lips", "Mouth", "Brows", "Nostrils")),
        *((name, part.builder, part.keys, colors) for name, part, colors in (
            ("Eye Left", parts.eye(1.0), ("Eye White", "Iris", "Pupil", "Glint")),
            ("Eye Right", parts.eye(-1.0), ("Eye White", "Iris", "Pupil", "Glint")),
            ("Teeth", parts.teeth(), ("Teeth", "Gums")),
            ("Tongue", parts.tongue(), ("Tongue",)),
            ("Hair", parts.hair(), ("Hair",)),
        )),
    ]  # fmt: skip
    materials = {name: _material(name, color) for name, color in PALETTE.items()}
    objects = [
        _object(name, builder, keys, [materials[color] for color in colors]) for name, builder, keys, colors in meshes
    ]
    for ob in objects:
        context.collection.objects.link(ob)
    face, *others = objects
    face.location = context.scene.cursor.location
    for ob in others:
        ob.parent = face
    for ob in context.selected_objects:
        ob.select_set(False)
    face.select_set(True)
    context.view_layer.objects.active = face
    return objects


def _material(name: str, color: tuple[float, float, float]) -> bpy.types.Material:
    """Create a material that looks much the same in the viewport's solid mode and in a render."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*color, 1.0)
    material.roughness = 0.6
    material.specular_color = (0.25, 0.25, 0.25)
    if material.node_tree is None:
        material.use_nodes = True
    for node in material.node_tree.nodes:
        if node.type == "BSDF_PRINCIPLED":
            node.inputs["Base Color"].default_value = (*color, 1.0)
            node.inputs["Roughness"].default_value = 0.6
    return material


def _object(
    name: str, builder: Builder, keys: Mapping[str, Floats], materials: list[bpy.types.Material]
) -> bpy.types.Object:
    points = builder.sites().points * SCALE
    faces, slots = np.concatenate(builder.quads), np.concatenate(builder.materials)
    sizes = np.where(faces[:, 3] < 0, 3, 4)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
    mesh.loops.add(int(sizes.sum()))
    mesh.loops.foreach_set("vertex_index", faces[faces >= 0].astype(np.int32))
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(sizes) - sizes).astype(np.int32))
    mesh.polygons.foreach_set("material_index", slots.astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    for material in materials:
        mesh.materials.append(material)
    mesh.update(calc_edges=True)
    ob = bpy.data.objects.new(name, mesh)
    if keys:
        ob.shape_key_add(name="Basis", from_mix=False)
        mesh.shape_keys.name = name
        for key, moves in keys.items():
            block = ob.shape_key_add(name=key, from_mix=False)
            block.value = 0.0  # from 5.2 on Blender adds keys at 1
            block.data.foreach_set("co", (points + moves * SCALE).astype(np.float32).ravel())
    return ob


class LIPSYNC_OT_sample_face_add(bpy.types.Operator):
    """Add a stylized head with all 52 ARKit shape keys to try lip sync"""

    bl_idname = "mesh.arkit_sample_face_add"
    bl_label = "ARKit Sample Face"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set(tr("Switch to Object Mode"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        build(context)
        return {"FINISHED"}


def menu_draw(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(LIPSYNC_OT_sample_face_add.bl_idname, icon="USER")


classes = (LIPSYNC_OT_sample_face_add,)


def register() -> None:
    for cls in classes:
        bpy.utils.register_class(cls)
    bpy.types.VIEW3D_MT_mesh_add.append(menu_draw)


def unregister() -> None:
    bpy.types.VIEW3D_MT_mesh_add.remove(menu_draw)
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
