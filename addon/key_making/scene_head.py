"""Read the selected head and what lies in it from the scene, and write the keys that were made. Runs in Blender."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ...backend.arkit import CHANNELS
from ...backend.messages import UserError
from ..key_transfer.sparse_solver import Floats, Ints
from ..key_transfer.topology import Surface

MADE = "lipsync_made_keys"  # custom property of a Key: names of the keys that were made, and their strengths
_FEW = 200  # points; a head has more
_MESSY = 0.02  # share of the edges with more than two faces
_INSIDE = 1.05  # of the head's bounds: how far out another mesh may lie
_WELD = 1e-5  # of the mesh's size


class HeadError(UserError):
    """A mesh can't be given keys."""


@dataclass(frozen=True)
class Island:
    """A connected piece of a mesh. vertices: its numbers there, of `count`. surface: in the scene's axes and units."""

    object: str
    count: int
    vertices: Ints
    surface: Surface


@dataclass(frozen=True)
class SceneHead:
    """The islands of the selected mesh, largest first, and those of the meshes that lie in it.

    halved: a Mirror modifier completes the mesh, so that a vertex stands for its mirror image too.
    """

    object: str
    islands: tuple[Island, ...]
    others: tuple[Island, ...]
    halved: bool


def read_head(context: bpy.types.Context, ob: bpy.types.Object | None) -> SceneHead:
    """Read a head. Raises HeadError, which says why it can't be given keys."""
    check_editable(ob)
    assert ob
    mirror = _mirror(ob)
    surface, vertices = _surface(ob, mirror)
    if len(surface.points) < _FEW:
        if _multires(ob):
            raise no_face(ob, "mouth")
        raise HeadError('"{object}" is too simple to be a head: select the mesh of the face', object=ob.name)
    if len(surface.crowded) > _MESSY * len(surface.edges):
        raise HeadError(
            'Too many edges of "{object}" have more than two faces: merge by distance and delete inner faces, then try again',
            object=ob.name,
        )
    islands = _islands(ob.name, surface, vertices)
    others = [
        island
        for other in _inside(context, ob, surface.points)
        for island in _islands(other.name, *_surface(other, None))
    ]
    return SceneHead(ob.name, tuple(islands), tuple(others), mirror is not None)


def check_editable(ob: bpy.types.Object | None) -> None:
    """Raise HeadError if an object isn't a mesh whose keys can be made."""
    if ob is None or ob.type != "MESH":
        raise HeadError("Select the mesh of a head")
    if not _keeps_keys(ob):
        raise HeadError(
            '"{object}" is linked from another file: make it local, or make its keys in that file', object=ob.name
        )
    if ob.data.shape_keys and not ob.data.shape_keys.use_relative:
        raise HeadError('The shape keys of "{object}" aren\'t relative: turn on Relative', object=ob.name)
    if not ob.data.polygons:
        raise HeadError('"{object}" has no faces: select the mesh of a head', object=ob.name)


def _keeps_keys(ob: bpy.types.Object) -> bool:
    """Return whether keys that a mesh is given are still there when the file is opened again.

    A mesh that overrides a linked one takes keys, but they aren't saved.
    """
    mesh = ob.data
    keys_kept = mesh.shape_keys is None or mesh.shape_keys.is_editable
    return bool(ob.is_editable and mesh.is_editable and mesh.override_library is None and keys_kept)


def no_face(ob: bpy.types.Object, missing: str) -> HeadError:
    """Return the reason why no face was found on a mesh; missing: "mouth", "eyes" or "nose"."""
    if _multires(ob):
        return HeadError(
            'The base mesh of "{object}" doesn\'t show a face: apply Multiresolution or use its Apply Base, then try again',
            object=ob.name,
        )
    if missing == "mouth":
        return HeadError(
            'No mouth was found on "{object}": its lips must be cut open along the line where they meet', object=ob.name
        )
    return HeadError(
        'No face was found on "{object}": it needs a mouth that is cut open, openings for two eyes and a nose',
        object=ob.name,
    )


def _multires(ob: bpy.types.Object) -> bool:
    return any(modifier.type == "MULTIRES" for modifier in ob.modifiers)


def _mirror(ob: bpy.types.Object) -> bpy.types.Modifier | None:
    """Return the modifier that completes half a head, if there is one."""
    return next(
        (each for each in ob.modifiers if each.type == "MIRROR" and each.show_viewport and any(each.use_axis)), None
    )


def _surface(ob: bpy.types.Object, mirror: bpy.types.Modifier | None) -> tuple[Surface, Ints]:
    """Return a mesh at rest in the scene's axes, and the number of the vertex that each of its points stands for."""
    mesh = ob.data
    count = len(mesh.vertices)
    flat = np.empty(3 * count, np.float32)
    (mesh.shape_keys.reference_key.data if mesh.shape_keys else mesh.vertices).foreach_get("co", flat)
    points = flat.reshape(-1, 3).astype(float)
    mesh.calc_loop_triangles()
    corners = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    triangles = corners.reshape(-1, 3).astype(np.int64)
    vertices = np.arange(count)
    if mirror:
        axis = next(number for number in range(3) if mirror.use_axis[number])
        points, triangles, vertices = _completed(points, triangles, axis, max(mirror.merge_threshold, 0.0))
    return Surface(_moved(points, ob.matrix_world), triangles), vertices


def _completed(points: Floats, triangles: Ints, axis: int, weld: float) -> tuple[Floats, Ints, Ints]:
    """Return a mesh with its mirror image, joined on the plane between them."""
    on_plane = np.abs(points[:, axis]) <= max(weld, _WELD * float(np.ptp(points)))
    image = points.copy()
    image[:, axis] *= -1.0
    count = len(points)
    numbers = np.where(on_plane, np.arange(count), count + np.cumsum(~on_plane) - 1)
    return (
        np.concatenate([points, image[~on_plane]]),
        np.concatenate([triangles, numbers[triangles][:, ::-1]]),
        np.concatenate([np.arange(count), np.flatnonzero(~on_plane)]),
    )


def _moved(points: Floats, matrix: Matrix) -> Floats:
    transform = np.array(matrix)
    return points @ transform[:3, :3].T + transform[:3, 3]


def _islands(name: str, surface: Surface, vertices: Ints) -> list[Island]:
    """Return the connected pieces of a mesh that have faces, those with the most points first."""
    label = surface.islands
    counts = np.bincount(label)
    triangle_label = label[surface.triangles[:, 0]]
    islands = []
    local = np.empty(len(label), np.int64)
    for number in np.unique(triangle_label):
        if counts[number] < 3:
            continue
        mine = np.flatnonzero(label == number)
        local[mine] = np.arange(len(mine))
        part = Surface(surface.points[mine], local[surface.triangles[triangle_label == number]])
        islands.append(Island(name, int(vertices.max()) + 1, vertices[mine], part))
    return sorted(islands, key=lambda island: -len(island.vertices))


def _inside(context: bpy.types.Context, ob: bpy.types.Object, points: Floats) -> list[bpy.types.Object]:
    """List the meshes whose middles lie within a head's bounds and that aren't larger than it."""
    low, high = points.min(0), points.max(0)
    middle, half = 0.5 * (low + high), 0.5 * _INSIDE * (high - low)
    found = []
    for other in context.view_layer.objects:
        if (
            other == ob
            or other.type != "MESH"
            or not other.visible_get()
            or not other.data.polygons
            or other.data == ob.data
            or not _keeps_keys(other)
        ):
            continue
        corners = _moved(np.array(other.bound_box, float), other.matrix_world)
        center, size = 0.5 * (corners.min(0) + corners.max(0)), np.ptp(corners, axis=0)
        if (np.abs(center - middle) < half).all() and (size <= 2.2 * half).all():
            found.append(other)
    return found


def write_keys(
    head: SceneHead, moves: Sequence[tuple[Island, Mapping[str, Floats]]], replace: Collection[str] = ()
) -> tuple[int, int]:
    """Add the keys that were made to their objects. Returns how many keys and how many meshes got some.

    moves: displacements (n, 3) of the islands' points in the scene's axes. replace: names of keys that are made again; others that
    exist are kept as they are.
    """
    by_object: dict[str, list[tuple[Island, Mapping[str, Floats]]]] = {}
    for island, keys in moves:
        by_object.setdefault(island.object, []).append((island, keys))
    names: set[str] = set()
    meshes = 0
    for name, parts in by_object.items():
        ob = bpy.data.objects.get(name)
        if ob is None or ob.type != "MESH":
            continue
        if len(ob.data.vertices) != parts[0][0].count:
            raise HeadError('"{object}" was changed while its keys were made: try again', object=ob.name)
        made = _write_object(ob, parts, replace, head.halved and name == head.object)
        names |= set(made)
        meshes += bool(made)
    return len(names), meshes


def _write_object(
    ob: bpy.types.Object, parts: list[tuple[Island, Mapping[str, Floats]]], replace: Collection[str], halved: bool
) -> list[str]:
    moving = {name for _, keys in parts for name in keys}
    existing = {block.name for block in ob.data.shape_keys.key_blocks} if ob.data.shape_keys else set()
    wanted = [name for name in CHANNELS if name in moving and (name not in existing or name in replace)]
    if not wanted:
        return []
    if not ob.data.shape_keys:
        ob.shape_key_add(name="Basis", from_mix=False)
    key = ob.data.shape_keys
    count = len(ob.data.vertices)
    flat = np.empty(3 * count, np.float32)
    key.reference_key.data.foreach_get("co", flat)
    basis = flat.reshape(-1, 3)
    inverse = np.linalg.inv(np.array(ob.matrix_world)[:3, :3])
    strengths = dict(key.get(MADE, {}))
    for name in wanted:
        offsets = np.zeros((count, 3))
        for island, keys in parts:
            if name in keys:
                own = _shared(ob, island, keys[name]) if halved else keys[name]
                vertices, first = np.unique(island.vertices, return_index=True)
                offsets[vertices] = own[first] @ inverse.T
        shape = basis.copy()
        moved = np.abs(offsets).max(-1) > 0
        shape[moved] += offsets[moved].astype(np.float32)
        block = key.key_blocks.get(name)
        if block is None:
            block = ob.shape_key_add(name=name, from_mix=False)
            block.value = 0.0  # from 5.2 on Blender adds keys at 1
        block.data.foreach_set("co", shape.ravel())
        strengths[name] = 1.0
    key[MADE] = strengths
    ob.data.update()
    return wanted


def _shared(ob: bpy.types.Object, island: Island, move: Floats) -> Floats:
    """Return a key for half a head: what the Mirror modifier shows on both sides is the mean of both."""
    mirror = _mirror(ob)
    assert mirror
    normal = np.array(ob.matrix_world)[:3, next(number for number in range(3) if mirror.use_axis[number])]
    normal = normal / np.linalg.norm(normal)
    # A vertex comes first as itself, and then as its image unless it lies on the plane.
    last = np.zeros(int(island.vertices.max()) + 1, np.int64)
    last[island.vertices] = np.arange(len(island.vertices))
    there = move[last[island.vertices]]
    return 0.5 * (move + there - 2.0 * (there @ normal)[:, None] * normal)
