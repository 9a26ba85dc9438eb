"""Heads that aren't the sample face, made of it by code: other proportions, other meshes, other places. Runs in Blender with the extension."""

from collections.abc import Callable

import bmesh
import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

Warp = Callable[[np.ndarray], np.ndarray]

# Meters, on the sample face.
_EYE = np.array([0.032, -0.062, 0.138])
_NOSE = np.array([0.0, -0.1, 0.112])
_NECK_FOOT = 0.005
# Rings of a body below the neck: height, and radius beside that of the neck's foot.
_BODY = ((-0.02, 1.1), (-0.04, 1.9), (-0.07, 3.2), (-0.3, 3.0), (-0.6, 2.4), (-1.2, 2.0))
_MOUTH_OPEN = 0.3


def add_head(name: str) -> "bpy.types.Object":
    """Add one of HEADS to the scene, without keys. Returns the mesh of its skin, active; its other parts are children or in it."""
    bpy.ops.mesh.arkit_sample_face_add()
    face = bpy.context.active_object
    meshes = [ob for ob in (face, *face.children_recursive) if ob.type == "MESH"]
    for ob in meshes:
        if ob.data.shape_keys:
            opened = _pose(ob, _MOUTH_OPEN) if name == "open-mouthed" else _points(ob)
            ob.shape_key_clear()
            _set_points(ob, opened)
    HEADS[name](face, meshes)
    bpy.context.view_layer.objects.active = face
    bpy.context.view_layer.update()
    return face


def _points(ob: "bpy.types.Object") -> np.ndarray:
    flat = np.empty(3 * len(ob.data.vertices), np.float32)
    ob.data.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(float)


def _set_points(ob: "bpy.types.Object", points: np.ndarray) -> None:
    ob.data.vertices.foreach_set("co", points.astype(np.float32).ravel())
    ob.data.update()


def _pose(ob: "bpy.types.Object", jaw: float) -> np.ndarray:
    """Return the points of a mesh with the jaw open."""
    block = ob.data.shape_keys.key_blocks.get("jawOpen")
    rest = _points(ob)
    if block is None:
        return rest
    flat = np.empty(rest.size, np.float32)
    block.data.foreach_get("co", flat)
    return rest + jaw * (flat.reshape(-1, 3) - rest)


def _warped(warp: Warp) -> "Callable[[bpy.types.Object, list[bpy.types.Object]], None]":
    def change(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
        for ob in meshes:
            _set_points(ob, warp(_points(ob)))

    return change


def _bump(points: np.ndarray, center: np.ndarray, size: float | tuple[float, float, float]) -> np.ndarray:
    return np.exp(-(((points - center) / size) ** 2).sum(-1))[:, None]


def _huge_eyes(points: np.ndarray) -> np.ndarray:
    for side in (1.0, -1.0):
        center = _EYE * (side, 1.0, 1.0)
        points = points + 0.5 * (points - center) * _bump(points, center, 0.026)
    return _flat_nose(points)


def _flat_nose(points: np.ndarray) -> np.ndarray:
    return points + _bump(points, _NOSE, (0.012, 0.03, 0.015)) * (0.0, 0.012, 0.0)


def _turned(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
    """Have it look to the side, tilted, far away and 14 times as large."""
    turn = Euler((0.3, 0.0, 1.9)).to_matrix().to_4x4()
    face.matrix_world = Matrix.Translation((5.0, 3.0, 1.0)) @ turn @ Matrix.Scale(14.0, 4)


def _modified(kind: str, **settings: object) -> "Callable[[bpy.types.Object, list[bpy.types.Object]], None]":
    def change(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
        modifier = face.modifiers.new("Change", kind)
        face.modifiers.move(len(face.modifiers) - 1, 0)  # before the head bone's
        for name, value in settings.items():
            setattr(modifier, name, value)
        bpy.context.view_layer.objects.active = face
        bpy.ops.object.modifier_apply(modifier=modifier.name)

    return change


def _with_body(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
    mesh = bmesh.new()
    mesh.from_mesh(face.data)
    ring = [edge for edge in mesh.edges if edge.is_boundary and all(v.co.z < _NECK_FOOT for v in edge.verts)]
    middle = sum((edge.verts[0].co for edge in ring), Vector()) / len(ring)
    radius = float(np.mean([(edge.verts[0].co - middle).length for edge in ring]))
    for height, wide in _BODY:
        grown = bmesh.ops.extrude_edge_only(mesh, edges=ring)["geom"]
        for vertex in (part for part in grown if isinstance(part, bmesh.types.BMVert)):
            away = Vector((vertex.co.x - middle.x, vertex.co.y - middle.y, 0.0)).normalized()
            vertex.co = Vector((middle.x, middle.y, height)) + away * radius * wide
        ring = [part for part in grown if isinstance(part, bmesh.types.BMEdge)]
    mesh.to_mesh(face.data)
    mesh.free()


def _without_interior(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
    """Delete the inside of the mouth: all faces of its material."""
    number = next(i for i, slot in enumerate(face.material_slots) if slot.name.startswith("Mouth"))
    mesh = bmesh.new()
    mesh.from_mesh(face.data)
    inner = [side for side in mesh.faces if side.material_index == number]
    bmesh.ops.delete(mesh, geom=inner, context="FACES")
    mesh.to_mesh(face.data)
    mesh.free()


def _joined(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for ob in meshes:
        ob.select_set(True)
    bpy.context.view_layer.objects.active = face
    bpy.ops.object.join()


def _as_it_is(face: "bpy.types.Object", meshes: "list[bpy.types.Object]") -> None:
    """Leave it: its mouth is open."""


HEADS: "dict[str, Callable[[bpy.types.Object, list[bpy.types.Object]], None]]" = {
    "long": _warped(lambda points: points * (0.8, 1.05, 1.25)),
    "broad": _warped(lambda points: points * (1.25, 1.0, 0.85)),
    "flat-nosed": _warped(_flat_nose),
    "huge-eyed": _warped(_huge_eyes),
    "turned": _turned,
    "open-mouthed": _as_it_is,
    "coarse": _modified("DECIMATE", ratio=0.5),
    "fine": _modified("SUBSURF", levels=1),
    "n-gons": _modified("DECIMATE", decimate_type="DISSOLVE", angle_limit=0.05),
    "with a body": _with_body,
    "without a mouth inside": _without_interior,
    "in one mesh": _joined,
}
