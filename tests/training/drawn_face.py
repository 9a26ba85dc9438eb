"""Draw the sample face without Blender, for the face tracker.

`python tests/training/drawn_face.py face_landmarker.task OUT.npz` tracks drawings of it and writes what landmark_fit needs of a head. It needs the
extra `video`. training/video/sample_face_landmarks.npz came from the sample face of version 0.1.0 in this way.
"""

import importlib
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # Blender's z up and -y forward to y up and z forward
_LIGHT = np.array([0.25, 0.45, 0.85]) / np.linalg.norm([0.25, 0.45, 0.85])
_BACKGROUND = 120
_FILL = 0.62  # of the picture's height
_FINE = 4  # bits of a pixel's fraction that OpenCV draws with


@dataclass(frozen=True)
class _Mesh:
    """points: (n, 3). triangles: (m, 3). colors: (m, 3) RGB, 0..255. moves: those of each channel, (n, 3)."""

    points: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    moves: Mapping[str, np.ndarray]


@cache
def _meshes() -> tuple[_Mesh, ...]:
    """Build the sample face from the add-on's modules. The modules do without Blender, but not the packages they are in."""
    for name in ("clone", "clone.addon", "clone.addon.sample_face"):
        package = ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    model = importlib.import_module("clone.addon.sample_face.model")
    meshes = []
    for part in model.parts():
        quads = np.concatenate(part.builder.quads)
        palette = np.array([model.PALETTE[name][:3] for name in part.materials]) ** (1 / 2.2) * 255
        tint = palette[np.concatenate(part.builder.materials)]
        square = quads[:, 3] >= 0
        meshes.append(
            _Mesh(
                part.builder.sites().points @ _UP,
                np.concatenate([quads[:, :3], quads[square][:, [0, 2, 3]]]),
                np.concatenate([tint, tint[square]]),
                {name: moves @ _UP for name, moves in part.keys.items()},
            )
        )
    return tuple(meshes)


def draw_sample_face(weights: Mapping[str, float], yaw: float = 0.0, pitch: float = 0.0, size: int = 512) -> np.ndarray:
    """Draw the face with these channels, (size, size, 3) uint8 RGB. yaw, pitch: degrees to its right and down."""
    import cv2

    meshes = _meshes()
    first = np.cumsum([0, *(len(mesh.points) for mesh in meshes)])
    points = np.concatenate(
        [mesh.points + sum(w * mesh.moves.get(name, 0.0) for name, w in weights.items()) for mesh in meshes]
    )
    triangles = np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, first, strict=False)])
    colors = np.concatenate([mesh.colors for mesh in meshes])
    low, high = meshes[0].points.min(0), meshes[0].points.max(0)
    height = high[1] - low[1]
    turn_y, turn_x = np.radians(-yaw), np.radians(pitch)
    turn = np.array([[np.cos(turn_y), 0, np.sin(turn_y)], [0, 1, 0], [-np.sin(turn_y), 0, np.cos(turn_y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(turn_x), -np.sin(turn_x)], [0, np.sin(turn_x), np.cos(turn_x)]])
    points = (points - (low + high) / 2) @ (turn @ nod).T
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    smooth = np.zeros_like(points)
    for corner in range(3):
        np.add.at(smooth, triangles[:, corner], normals)
    smooth /= np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-12
    shade = 0.45 + 0.6 * np.clip(smooth[triangles].mean(1) @ _LIGHT, 0, 1)
    near = 4 * height / (4 * height - points[:, 2])  # perspective of a camera four heads away
    scale = 2 * size * _FILL / height
    flat = np.stack([size + points[:, 0] * scale * near, size - points[:, 1] * scale * near], axis=1)
    fixed = np.round(flat * (1 << _FINE)).astype(np.int32)
    facing = normals[:, 2] > -0.05 * np.linalg.norm(normals, axis=1)
    order = np.argsort(corners[:, :, 2].mean(1))
    picture = np.full((2 * size, 2 * size, 3), _BACKGROUND, np.uint8)
    paint = np.clip(colors * shade[:, None], 0, 255)
    for index in order[facing[order]]:
        cv2.fillConvexPoly(picture, fixed[triangles[index]], paint[index].tolist(), cv2.LINE_8, _FINE)
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def _write_landmarks(tracker_model: Path, out: Path) -> None:
    """Write what landmark_fit.TrackedHead holds: the face at rest, and how far each fitted channel moves its landmarks."""
    from training.video.face_tracker import open_tracker, track_picture
    from training.video.landmark_fit import FITTED, lay_on
    from training.video.tracked_film import EYE_CORNERS, RIGID

    with closing(open_tracker(tracker_model)) as tracker:
        neutral = track_picture(tracker, draw_sample_face({}))[0]
        moved = [
            {weight: track_picture(tracker, draw_sample_face({name: weight}))[0] for weight in (0.5, 1.0)}
            for name in FITTED
        ]
    neutral = neutral - neutral[list(RIGID)].mean(0)
    neutral /= np.linalg.norm(neutral[EYE_CORNERS[0]] - neutral[EYE_CORNERS[1]])
    deltas = [
        np.mean([(lay_on(face[None], neutral)[0] - neutral) / weight for weight, face in each.items()], axis=0)
        for each in moved
    ]
    np.savez_compressed(
        out, names=np.array(FITTED), neutral=neutral.astype(np.float32), deltas=np.array(deltas, np.float16)
    )
    print(f"wrote {out}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    _write_landmarks(Path(sys.argv[1]), Path(sys.argv[2]))
