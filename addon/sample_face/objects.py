"""Blender's objects of the sample face: meshes, materials and the armature. Runs in Blender."""

from __future__ import annotations

import bpy
import numpy as np

from .mesh import Part
from .model import LOOK, PALETTE, Look
from .surface import Floats, smoothstep

SCALE = 0.01  # centimeters to Blender's meters
# Bone -> its head and tail in cm. The head turns about the top of the spine.
BONES = {"neck": ((0.0, 1.9, 0.5), (0.0, 1.3, 8.5)), "head": ((0.0, 1.3, 8.5), (0.0, 1.3, 23.0))}
TINT = "Tint"


def add_material(name: str) -> bpy.types.Material:
    """Create a material that looks much the same in the viewport's solid mode and in a render."""
    color, look = PALETTE[name], LOOK.get(name, Look())
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*color, 1.0)
    material.roughness = max(look.roughness, 0.4)  # solid mode has broad highlights
    material.specular_color = (0.25, 0.25, 0.25)
    if material.node_tree is None:
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*color, 1.0)
    shader.inputs["Roughness"].default_value = look.roughness
    shader.inputs["Specular IOR Level"].default_value = look.specular
    shader.inputs["Subsurface Weight"].default_value = look.subsurface
    shader.inputs["Subsurface Scale"].default_value = 0.4 * SCALE
    shader.inputs["Coat Weight"].default_value = look.coat
    shader.inputs["Coat Roughness"].default_value = 0.05
    if look.glows:
        shader.inputs["Emission Color"].default_value = (*color, 1.0)
        shader.inputs["Emission Strength"].default_value = 1.0
    if look.tinted:
        tint, product = nodes.new("ShaderNodeVertexColor"), nodes.new("ShaderNodeMix")
        tint.layer_name = TINT
        tint.location, product.location = (-600, 200), (-300, 300)
        product.data_type, product.blend_type = "RGBA", "MULTIPLY"
        product.inputs["Factor"].default_value = 1.0
        first, second = (socket for socket in product.inputs if socket.enabled and socket.type == "RGBA")
        first.default_value = (*color, 1.0)
        links.new(tint.outputs["Color"], second)
        links.new(next(socket for socket in product.outputs if socket.enabled), shader.inputs["Base Color"])
    return material


def add_mesh(part: Part, materials: list[bpy.types.Material]) -> bpy.types.Object:
    """Create an object with the part's mesh, shape keys and vertex groups. It isn't in a scene yet."""
    points = part.builder.sites().points
    faces, slots = np.concatenate(part.builder.quads), np.concatenate(part.builder.materials)
    sizes = np.where(faces[:, 3] < 0, 3, 4)
    mesh = bpy.data.meshes.new(part.name)
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", (points * SCALE).astype(np.float32).ravel())
    mesh.loops.add(int(sizes.sum()))
    mesh.loops.foreach_set("vertex_index", faces[faces >= 0].astype(np.int32))
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(sizes) - sizes).astype(np.int32))
    mesh.polygons.foreach_set("material_index", slots.astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    for material in materials:
        mesh.materials.append(material)
    mesh.update(calc_edges=True)
    if part.tint is not None:
        colors = np.concatenate([part.tint, np.ones((len(points), 1))], -1)
        mesh.attributes.new(TINT, "FLOAT_COLOR", "POINT").data.foreach_set("color", colors.astype(np.float32).ravel())
    ob = bpy.data.objects.new(part.name, mesh)
    if part.keys:
        ob.shape_key_add(name="Basis", from_mix=False)
        mesh.shape_keys.name = part.name
        for key, moves in part.keys.items():
            block = ob.shape_key_add(name=key, from_mix=False)
            block.value = 0.0  # from 5.2 on Blender adds keys at 1
            block.data.foreach_set("co", ((points + moves) * SCALE).astype(np.float32).ravel())
    weights = head_weights(points) if part.name == "Face" else np.ones(len(points))
    for bone, share in (("neck", 1.0 - weights), ("head", weights)):
        group = ob.vertex_groups.new(name=bone)
        steps = np.round(share * 100.0).astype(int)
        for step in np.unique(steps[steps > 0]):
            group.add(np.flatnonzero(steps == step).tolist(), step / 100.0, "REPLACE")
    return ob


def head_weights(points: Floats) -> Floats:
    """Return the share (n,) of the head's bone at points (n, 3) in cm: 1 from the chin up, 0 at the foot of the neck."""
    return smoothstep(1.5, 6.8, points[:, 2] - 0.35 * points[:, 1])


def add_armature(
    context: bpy.types.Context, face: bpy.types.Object, others: list[bpy.types.Object]
) -> bpy.types.Object:
    """Add an armature with the bones of the head and neck, which move the face and the others.

    It is a child of the face, so that moving the face moves everything.
    """
    armature = bpy.data.armatures.new("Face Rig")
    rig = bpy.data.objects.new("Face Rig", armature)
    context.collection.objects.link(rig)
    context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")  # the only way to add bones
    parent = None
    for name, (head, tail) in BONES.items():
        bone = armature.edit_bones.new(name)
        bone.head, bone.tail = (tuple(SCALE * value for value in point) for point in (head, tail))
        bone.parent, bone.use_connect = parent, parent is not None
        parent = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.parent = face
    rig.hide_render = True
    armature.display_type = "STICK"  # inside the head, or the bones would cover an eye
    for ob in (face, *others):
        ob.modifiers.new("Armature", "ARMATURE").object = rig
    return rig
