"""Check that a new take visibly moves the face, and find out why if it doesn't. Runs in Blender.

The face is evaluated on the frame on which the take moves it most, with and without the take's shape keys. The difference is compared
with what the shape keys should do. If it falls short, `rig.obstacles` and the modifiers are searched for the reason.
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

_MIN_MOTION = 1e-5  # share of an object's size; keys that move less only serve drivers
_MIN_VALUE = 0.02  # smaller values move nothing visibly
_EXPECTED_SHARE = (0.5, 1.6)  # range of visible to expected motion: modifiers smooth and scale
_EXPECTED_SHARE_REMESHED = 0.3  # of the largest motions, where modifiers make other vertices
_MAX_MODIFIERS = 12  # that are tried


@dataclass(frozen=True)
class _Pose:
    """The expected pose of a mesh on a frame. values: key -> value. motion: (vertices, 3), how far each vertex should move."""

    values: dict[str, float]
    motion: np.ndarray


def find_obstacles(face: Face, action: bpy.types.Action, scene: bpy.types.Scene) -> list[UserMessage]:
    """Return why a new take doesn't visibly move the face; nothing if it does.

    The scene's frame is restored. A face that isn't in the scene, or whose keys move nothing, isn't checked.
    """
    curves = {curve.data_path: curve for curve in face_action.fcurves(action)}
    meshes = [mesh for mesh in face.meshes if scene in mesh.object.users_scene]
    frame = _widest_frame(meshes, curves)
    if frame is None or scene != bpy.context.scene:
        return []
    poses = [(mesh, _pose(mesh, curves, frame)) for mesh in meshes]
    expected = [(mesh, pose) for mesh, pose in poses if _is_visible(mesh, pose.motion)]
    shown = [(mesh, pose) for mesh, pose in expected if not any(obstacles.hidden(mesh))]
    with _on_frame(scene, frame):
        still = [mesh for (mesh, _), moves in zip(shown, _moves(shown), strict=True) if not moves]
        found = _explain(still, {mesh.object.name: pose for mesh, pose in shown})
    if expected and not shown:  # hiding a part of the face is intended
        found += obstacles.find([mesh for mesh, _ in expected], (obstacles.hidden,))
    return found


def _explain(still: Sequence[FaceMesh], poses: dict[str, _Pose]) -> list[UserMessage]:
    """Return why meshes don't move, at least one message for each."""
    found = []
    for mesh in still:
        pose = poses[mesh.object.name]
        why = obstacles.find([mesh], obstacles.DIAGNOSERS)
        found += why or [_blame_modifier(mesh, pose)]
    return list(dict.fromkeys(found))


def _blame_modifier(mesh: FaceMesh, pose: _Pose) -> UserMessage:
    """Name the modifier without which a mesh moves."""
    name = mesh.object.name
    for modifier in [modifier for modifier in mesh.object.modifiers if modifier.show_viewport][:_MAX_MODIFIERS]:
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
    """Return the frame of the key that moves the lower face furthest; None if none moves it."""
    best: tuple[float, int] | None = None
    for mesh in meshes:
        for name, curve in _moved(mesh, curves).items():
            if not {*LOWER, *POSES}.intersection(mesh.sums[name]) or not len(curve.keyframe_points):
                continue
            points = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get("co", points)
            frames, values = points.reshape(-1, 2).T
            motion = float(values.max()) * float(np.abs(_motion(mesh, name)).max(initial=0.0))
            if values.max() > _MIN_VALUE and motion > (best[0] if best else 0.0):
                best = motion, round(float(frames[values.argmax()]))
    return best[1] if best else None


def _moved(mesh: FaceMesh, curves: dict[str, bpy.types.FCurve]) -> dict[str, bpy.types.FCurve]:
    """Return shape key -> the F-curve that animates it."""
    paths = {name: mesh.key.key_blocks[name].path_from_id("value") for name in mesh.sums if name not in mesh.skipped}
    return {name: curves[path] for name, path in paths.items() if path in curves}


def _pose(mesh: FaceMesh, curves: dict[str, bpy.types.FCurve], frame: int) -> _Pose:
    values = {name: curve.evaluate(frame) for name, curve in _moved(mesh, curves).items()}
    blocks = mesh.key.key_blocks
    values = {name: min(max(value, blocks[name].slider_min), blocks[name].slider_max) for name, value in values.items()}
    motions = [value * _motion(mesh, name) for name, value in values.items() if value > _MIN_VALUE]
    return _Pose(values, np.sum(motions, axis=0) if motions else np.zeros((0, 3), np.float32))


def _motion(mesh: FaceMesh, name: str) -> np.ndarray:
    """Return how far each vertex moves when a key is at 1, (vertices, 3); a single 1 for objects other than meshes."""
    block = mesh.key.key_blocks[name]
    if mesh.object.type != "MESH":
        return np.ones((1, 3), np.float32)
    return _positions(block.data) - _positions(block.relative_key.data)


def _positions(points: "bpy.types.bpy_prop_collection") -> np.ndarray:
    flat = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def _is_visible(mesh: FaceMesh, motion: np.ndarray) -> bool:
    return bool(np.abs(motion).max(initial=0.0) > _MIN_MOTION * max(*mesh.object.dimensions, _MIN_MOTION))


@contextlib.contextmanager
def _on_frame(scene: bpy.types.Scene, frame: int) -> Iterator[None]:
    before = scene.frame_current, scene.frame_subframe
    scene.frame_set(frame)
    try:
        yield
    finally:
        scene.frame_set(before[0], subframe=before[1])


def _moves(poses: Sequence[tuple[FaceMesh, _Pose]]) -> list[bool]:
    """Return for each mesh True if it moves as expected on the scene's frame."""
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
        has_values if mesh.object.type != "MESH" else _is_right(before, after, pose.motion)
        for (mesh, pose), has_values, before, after in zip(poses, valued, rest, posed, strict=True)
    ]


def _is_right(rest: np.ndarray, posed: np.ndarray, motion: np.ndarray) -> bool:
    """Return True if vertices (vertices, 3) move as far as expected. Modifiers may have changed their number."""
    if len(rest) != len(posed):
        return len(posed) > 0
    moved = posed - rest
    if len(moved) == len(motion):
        return _EXPECTED_SHARE[0] <= float(np.linalg.norm(moved) / np.linalg.norm(motion)) <= _EXPECTED_SHARE[1]
    return bool(np.abs(moved).max(initial=0.0) >= _EXPECTED_SHARE_REMESHED * np.abs(motion).max())


def _has_values(mesh: FaceMesh, pose: _Pose) -> bool:
    """Return True if the keys have the take's values after all animation is evaluated."""
    blocks = mesh.key.evaluated_get(bpy.context.evaluated_depsgraph_get()).key_blocks
    return all(abs(blocks[name].value - value) <= 0.05 + 0.1 * abs(value) for name, value in pose.values.items())


def _evaluated(mesh: FaceMesh) -> np.ndarray:
    """Return the vertices of a mesh with all modifiers, (vertices, 3); none for other objects."""
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
