"""Whether a take that was keyed is seen to move the face: nothing says finished while the mouth is still.

The face is evaluated on the frame on which the take moves it most, once as it is and once with the take's shape keys muted. The difference is
compared with what the shape keys themselves say. Where it falls short, `rig.obstacles` and the modifiers are asked why.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ...backend.arkit import LOWER
from ...backend.messages import UserMessage
from ..keyframes import face_action
from ..rig import obstacles
from ..rig.face_rig import Face, FaceMesh
from ..rig.visemes import POSES

_SMALL = 1e-5  # of an object's size: keys that move less are there for drivers to read
_WEAK = 0.02  # values below move nothing that is seen
_SHARE = (0.5, 1.6)  # of what is expected, what may be seen: modifiers smooth, and scale
_SHARE_OF_OTHERS = 0.3  # where a modifier makes other vertices, of the largest way
_MODIFIERS = 12  # are tried at most


@dataclass(frozen=True)
class _Pose:
    """What a take asks of a mesh on a frame. values: key -> value; way: (vertices, 3), how far each vertex should move."""

    values: dict[str, float]
    way: np.ndarray


def find_obstacles(face: Face, action: bpy.types.Action, scene: bpy.types.Scene) -> list[UserMessage]:
    """Why a take that was just keyed isn't seen to move the face; none when it is.

    The scene's frame is put back. A face that isn't in the scene, or whose keys move nothing, isn't looked at.
    """
    curves = {curve.data_path: curve for curve in face_action.fcurves(action)}
    meshes = [mesh for mesh in face.meshes if scene in mesh.object.users_scene]
    frame = _widest_frame(meshes, curves)
    if frame is None or scene != bpy.context.scene:
        return []
    poses = [(mesh, _pose(mesh, curves, frame)) for mesh in meshes]
    asked = [(mesh, pose) for mesh, pose in poses if _is_seen(mesh, pose.way)]
    shown = [(mesh, pose) for mesh, pose in asked if mesh.object.visible_get() and mesh.object.display_type != "BOUNDS"]
    with _on_frame(scene, frame):
        still = [mesh for (mesh, _), moves in zip(shown, _moves(shown), strict=True) if not moves]
        found = _explain(still, {mesh.object.name: pose for mesh, pose in shown})
    if asked and not shown:  # a part that is hidden is meant to be
        found += obstacles.find([mesh for mesh, _ in asked], (obstacles.hidden,))
    return found


def _explain(still: Sequence[FaceMesh], poses: dict[str, _Pose]) -> list[UserMessage]:
    """Why meshes don't move. Each is told something."""
    found = []
    for mesh in still:
        pose = poses[mesh.object.name]
        why = obstacles.find([mesh], obstacles.DIAGNOSERS)
        found += why or [_blame_modifier(mesh, pose)]
    return list(dict.fromkeys(found))


def _blame_modifier(mesh: FaceMesh, pose: _Pose) -> UserMessage:
    """The modifier without which a mesh moves."""
    name = mesh.object.name
    for modifier in [modifier for modifier in mesh.object.modifiers if modifier.show_viewport][:_MODIFIERS]:
        modifier.show_viewport = False
        try:
            (moves,) = _moves([(mesh, pose)])
        finally:
            modifier.show_viewport = True
        if moves:
            return UserMessage(
                '"{mesh}": its modifier "{modifier}" hides its shape keys: turn it off in viewports or change it',
                mesh=name,
                modifier=modifier.name,
            )
    return UserMessage('"{mesh}": it does not move as its shape keys say: check its modifiers and drivers', mesh=name)


def _widest_frame(meshes: Sequence[FaceMesh], curves: dict[str, bpy.types.FCurve]) -> int | None:
    """The frame of the key that moves the lower face furthest; None where none does."""
    best: tuple[float, int] | None = None
    for mesh in meshes:
        for name, curve in _moved(mesh, curves).items():
            if not {*LOWER, *POSES}.intersection(mesh.sums[name]) or not len(curve.keyframe_points):
                continue
            points = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get("co", points)
            frames, values = points.reshape(-1, 2).T
            way = float(values.max()) * float(np.abs(_way(mesh, name)).max(initial=0.0))
            if values.max() > _WEAK and way > (best[0] if best else 0.0):
                best = way, round(float(frames[values.argmax()]))
    return best[1] if best else None


def _moved(mesh: FaceMesh, curves: dict[str, bpy.types.FCurve]) -> dict[str, bpy.types.FCurve]:
    """Key -> the F-curve that shall move it."""
    paths = {name: mesh.key.key_blocks[name].path_from_id("value") for name in mesh.sums if name not in mesh.skipped}
    return {name: curves[path] for name, path in paths.items() if path in curves}


def _pose(mesh: FaceMesh, curves: dict[str, bpy.types.FCurve], frame: int) -> _Pose:
    values = {name: curve.evaluate(frame) for name, curve in _moved(mesh, curves).items()}
    blocks = mesh.key.key_blocks
    values = {name: min(max(value, blocks[name].slider_min), blocks[name].slider_max) for name, value in values.items()}
    ways = [value * _way(mesh, name) for name, value in values.items() if value > _WEAK]
    return _Pose(values, np.sum(ways, axis=0) if ways else np.zeros((0, 3), np.float32))


def _way(mesh: FaceMesh, name: str) -> np.ndarray:
    """How far each vertex goes with a key's value of 1, (vertices, 3); none where the object is no mesh."""
    block = mesh.key.key_blocks[name]
    if mesh.object.type != "MESH":
        return np.ones((1, 3), np.float32)
    return _positions(block.data) - _positions(block.relative_key.data)


def _positions(points: "bpy.types.bpy_prop_collection") -> np.ndarray:
    flat = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def _is_seen(mesh: FaceMesh, way: np.ndarray) -> bool:
    return bool(np.abs(way).max(initial=0.0) > _SMALL * max(*mesh.object.dimensions, _SMALL))


@contextlib.contextmanager
def _on_frame(scene: bpy.types.Scene, frame: int) -> Iterator[None]:
    before = scene.frame_current, scene.frame_subframe
    scene.frame_set(frame)
    try:
        yield
    finally:
        scene.frame_set(before[0], subframe=before[1])


def _moves(poses: Sequence[tuple[FaceMesh, _Pose]]) -> list[bool]:
    """Of each mesh whether it moves as it should on the scene's frame."""
    bpy.context.view_layer.update()
    posed = [_evaluated(mesh) for mesh, _ in poses]
    valued = [_has_values(mesh, pose) for mesh, pose in poses]
    with contextlib.ExitStack() as muted:
        for mesh, pose in poses:
            muted.enter_context(_muted(mesh.key, pose.values))
        bpy.context.view_layer.update()
        rest = [_evaluated(mesh) for mesh, _ in poses]
    bpy.context.view_layer.update()
    return [
        has_values if mesh.object.type != "MESH" else _is_right(before, after, pose.way)
        for (mesh, pose), has_values, before, after in zip(poses, valued, rest, posed, strict=True)
    ]


def _is_right(rest: np.ndarray, posed: np.ndarray, way: np.ndarray) -> bool:
    """Whether vertices (vertices, 3) went as far as they should; a modifier may have made more of them, or fewer."""
    if len(rest) != len(posed):
        return len(posed) > 0
    went = posed - rest
    if len(went) == len(way):
        return _SHARE[0] <= float(np.linalg.norm(went) / np.linalg.norm(way)) <= _SHARE[1]
    return bool(np.abs(went).max(initial=0.0) >= _SHARE_OF_OTHERS * np.abs(way).max())


def _has_values(mesh: FaceMesh, pose: _Pose) -> bool:
    """Whether the keys have the values that a take gives them, once all of the animation is reckoned."""
    blocks = mesh.key.evaluated_get(bpy.context.evaluated_depsgraph_get()).key_blocks
    return all(abs(blocks[name].value - value) <= 0.05 + 0.1 * abs(value) for name, value in pose.values.items())


def _evaluated(mesh: FaceMesh) -> np.ndarray:
    """The vertices of a mesh with all modifiers, (vertices, 3); none of what is no mesh."""
    if mesh.object.type != "MESH":
        return np.zeros((0, 3), np.float32)
    return _positions(mesh.object.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices)


@contextlib.contextmanager
def _muted(key: bpy.types.Key, names: Iterator[str] | dict[str, float]) -> Iterator[None]:
    blocks = [key.key_blocks[name] for name in names]
    before = [block.mute for block in blocks]
    for block in blocks:
        block.mute = True
    try:
        yield
    finally:
        for block, mute in zip(blocks, before, strict=True):
            block.mute = mute
