"""The sample face's skin as the head that keys are taken from. Does not need Blender."""

from __future__ import annotations

from functools import cache

import numpy as np

from ...backend.arkit import CHANNELS
from ..sample_face import expressions, mesh, skin
from .face_landmarks import profile_landmarks
from .sparse_solver import Ints
from .target_head import Head, understand
from .topology import Surface, components
from .trees import SurfaceTree


@cache
def sample_source() -> Head:
    """Return the sample face's skin with its 52 keys, in centimeters, looking along -y."""
    builder = mesh.Builder()
    skin.add_skin(builder)
    sites = builder.sites()
    faces = np.concatenate(builder.quads)
    quads = faces[faces[:, 3] >= 0]
    surface = Surface(sites.points, np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]]))
    lines = _lines(surface, builder.marks)
    landmarks = {}
    for name, line in (("lip_upper", lines["lip_upper"]), ("lip_lower", lines["lip_lower"])):
        landmarks["lip_corner_left"], landmarks["lip_corner_right"] = int(line[0]), int(line[-1])
        landmarks[name] = _middle(surface, line)
    for side in ("left", "right"):
        for half in ("upper", "lower"):
            line = lines[f"lid_{half}_{side}"]
            landmarks[f"lid_inner_{side}"], landmarks[f"lid_outer_{side}"] = int(line[0]), int(line[-1])
            landmarks[f"lid_{half}_{side}"] = _middle(surface, line)
    known = {name: surface.points[number] for name, number in landmarks.items()}
    landmarks |= profile_landmarks(surface.points, SurfaceTree(surface), known)
    rim = np.zeros(len(surface.points), bool)
    for line in lines.values():
        rim[line] = True
    open_edges = surface.edges[~rim[surface.edges].any(1)]
    pieces = components(len(surface.points), open_edges)
    hidden = (pieces != pieces[landmarks["nose_tip"]]) & ~rim
    keys = {name: expressions.offsets(name, sites) for name in CHANNELS}
    return understand(surface, landmarks, rim, hidden, keys)


def _lines(surface: Surface, marks: dict[str, Ints]) -> dict[str, Ints]:
    """Return the lines of lips and lids, corners included: lips from left to right, lids from the inner corner to the outer."""
    lines = {}
    ends = [
        list(set(surface.neighbors[marks["lip_upper"][end]]) & set(surface.neighbors[marks["lip_lower"][end]]))
        for end in (0, -1)
    ]
    corners = [max(end, key=lambda corner: abs(surface.points[corner, 0])) for end in ends]
    for name in ("lip_upper", "lip_lower"):
        line = np.array([corners[0], *marks[name], corners[1]])
        lines[name] = line if surface.points[line[0], 0] > 0 else line[::-1]
    for side in ("left", "right"):
        ring = marks[f"lid_{side}"]
        away = np.abs(surface.points[ring, 0])
        ring = np.roll(ring, -int(np.argmin(away)))
        outer = int(np.argmax(np.abs(surface.points[ring, 0])))
        first, second = ring[: outer + 1], np.concatenate([ring[outer:], ring[:1]])[::-1]
        up = surface.points[first, 2].mean() > surface.points[second, 2].mean()
        lines[f"lid_upper_{side}"], lines[f"lid_lower_{side}"] = (first, second) if up else (second, first)
    return lines


def _middle(surface: Surface, line: Ints) -> int:
    x = surface.points[line, 0]
    return int(line[1:-1][np.argmin(np.abs(x[1:-1] - 0.5 * (x[0] + x[-1])))])
