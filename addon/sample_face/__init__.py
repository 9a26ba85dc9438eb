"""The sample face: a stylized head with all of ARKit's 52 shape keys, built by code. Runs in Blender."""

from __future__ import annotations

from typing import ClassVar

import bpy

from .. import placement
from ..locale import tr
from ..rig import face_rig, head_joint
from . import model, objects

_HEAD_INFLUENCE = 0.6  # a stylized head looks right with less motion than a person's


def build(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Add the face to the scene, standing at the 3D cursor and looking along -Y.

    Returns its meshes, the head first: it is the parent of the others and of the armature, and active and selected afterwards.
    """
    materials = {name: objects.add_material(name) for name in model.PALETTE}
    meshes = [objects.add_mesh(part, [materials[name] for name in part.materials]) for part in model.parts()]
    for ob in meshes:
        context.collection.objects.link(ob)
    face, *others = meshes
    face.location = context.scene.cursor.location
    for ob in others:
        ob.parent = face
    for ob in context.selected_objects:
        ob.select_set(False)
    objects.add_armature(context, face, others).select_set(False)
    face.select_set(True)
    context.view_layer.objects.active = face
    return meshes


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
        head, *_ = build(context)
        placement.stand_clear(context, head)
        placement.frame(context)
        face = face_rig.read_face(head)
        for rig in face_rig.armatures(head):
            head_joint.drive(face, head_joint.Joint(rig, "head"), _HEAD_INFLUENCE)
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
