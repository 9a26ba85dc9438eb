"""Lips that meet where the take's do: how far a rig's own keys part its lips, and what its mouthClose lacks to bring them together.

ARKit's mouthClose takes back just what jawOpen parts. On many rigs it takes back less, or there is none, and a p, b or m leaves a slit of teeth. The
lips' gap is a sum over the keys, each with its weight, so one measurement of each key tells the gap of any frame.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import bpy
import numpy as np
from mathutils import Vector, kdtree

from ...backend.curves.aperture import APERTURE_CHANNELS, lip_aperture
from ...backend.curves.base import Curves
from ...backend.curves.lip_closures import closeness
from .face_rig import Face

# Shares of the longest way that jawOpen moves a vertex: what moves more is of the lower lip, what moves less of the upper one, and what is so
# near to one another at rest meets there.
_LOWER, _UPPER, _NEAR = 0.5, 0.15, 0.25
_FEWEST = 3  # pairs of vertices that make a seam
_SLIT = 0.01  # of a full jaw: what is narrower isn't seen
_CLOSES = -0.2  # a mouthClose that takes back less of a full jaw than this is of no help


def reach_contact(face: Face, take: Curves) -> Curves:
    """A take whose lips meet on this face where they meet on one that is built as ARKit's; the same where nothing is to be done."""
    gaps = measure(face)
    return close(take, gaps) if gaps else take


def close(take: Curves, gaps: Mapping[str, float]) -> Curves:
    """gaps: channel -> how far it parts the lips, in units of what jawOpen does. mouthClose makes up for what the rig opens too much while
    the lips should meet, and where it can't, the jaw does."""
    column = {name: index for index, name in enumerate(take.names)}
    if "jawOpen" not in column:
        return take
    gap = np.sum([gaps[name] * take.values[:, column[name]] for name in gaps if name in column], axis=0)
    excess = closeness(take) * np.maximum(gap - lip_aperture(take), 0.0)
    if excess.max(initial=0.0) < _SLIT:
        return take
    values = take.values.copy()
    if "mouthClose" in column and (closes := gaps.get("mouthClose", 0.0)) < _CLOSES:
        shut = values[:, column["mouthClose"]]
        more = np.minimum(excess / -closes, 1.0 - shut)
        shut += more
        excess = excess + closes * more
    values[:, column["jawOpen"]] = np.maximum(values[:, column["jawOpen"]] - excess, 0.0)
    return replace(take, values=values)


def measure(face: Face) -> dict[str, float] | None:
    """Channel -> how far it parts the lips, in units of what jawOpen does; None where no seam of lips is found."""
    if face.visemes:
        return None
    for mesh in sorted(face.meshes, key=lambda mesh: -len(mesh.sums)):
        parts = {
            name: {channel: weight for channel, weight in mixed.items() if channel in APERTURE_CHANNELS}
            for name, mixed in mesh.sums.items()
            if name not in mesh.skipped
        }
        jaws = [name for name, mixed in parts.items() if "jawOpen" in mixed]
        if mesh.object.type != "MESH" or not jaws:
            continue
        basis = _positions(mesh.key.reference_key.data)
        ways = {name: _positions(mesh.key.key_blocks[name].data) - basis for name, mixed in parts.items() if mixed}
        seam = _seam(basis.tobytes(), ways[jaws[0]].tobytes())
        if seam is None:
            continue
        upper, lower, down = seam
        gaps: dict[str, float] = {}
        for name, way in ways.items():
            parted = float(((way[lower] - way[upper]) @ down).mean())
            for channel, weight in parts[name].items():
                gaps[channel] = gaps.get(channel, 0.0) + weight * parted
        return {channel: gap / gaps["jawOpen"] for channel, gap in gaps.items()}
    return None


@lru_cache(maxsize=8)  # a slider asks at every step
def _seam(rest: bytes, jaw: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(vertices of the upper lip, those of the lower lip that they meet, where the jaw takes these, a unit vector) of a mesh at rest
    and the ways of its jawOpen, both (vertices, 3) float32."""
    points, ways = (np.frombuffer(each, np.float32).reshape(-1, 3) for each in (rest, jaw))
    length = np.linalg.norm(ways, axis=1)
    longest = length.max(initial=0.0)
    lower, upper = np.flatnonzero(length > _LOWER * longest), np.flatnonzero(length < _UPPER * longest)
    if not len(lower) or not len(upper):
        return None
    box = points[lower].min(axis=0) - longest, points[lower].max(axis=0) + longest
    upper = upper[((points[upper] >= box[0]) & (points[upper] <= box[1])).all(axis=1)]
    tree = kdtree.KDTree(len(upper))
    for place, vertex in enumerate(upper):
        tree.insert(Vector(points[vertex]), place)
    tree.balance()
    found = [(tree.find(Vector(points[vertex])), vertex) for vertex in lower] if len(upper) else []
    pairs = [(upper[place], vertex) for (_, place, far), vertex in found if far <= _NEAR * longest]
    if len(pairs) < _FEWEST:
        return None
    above, below = (np.array(side) for side in zip(*pairs, strict=True))
    down = ways[below].mean(axis=0)
    return above, below, down / np.linalg.norm(down)


def _positions(points: "bpy.types.bpy_prop_collection") -> np.ndarray:
    flat = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3)
