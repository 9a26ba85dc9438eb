"""Lip contact: make lips meet on rigs whose mouthClose is too weak or missing. Runs in Blender.

ARKit's mouthClose closes exactly what jawOpen opens. Where it closes less, a p, b or m leaves a visible gap. The gap between the lips is
a weighted sum over the shape keys, so measuring each key once gives the gap of any frame.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
from mathutils import Vector, kdtree

from ...backend.curves.aperture import APERTURE_CHANNELS, lip_aperture
from ...backend.curves.base import Curves
from ...backend.curves.lip_closures import closeness
from .face_rig import Face
from .key_points import positions

# Shares of the longest displacement by jawOpen: vertices of the lower lip move more than _LOWER, those of the upper lip less than _UPPER.
# Vertices of both that are closer than _NEAR at rest meet there.
_LOWER, _UPPER, _NEAR = 0.5, 0.15, 0.25
_MIN_PAIRS = 3  # of vertices that make a seam
_MIN_GAP = 0.01  # of a fully open jaw; a narrower gap can't be seen
_MIN_CLOSING = -0.2  # of a fully open jaw; a mouthClose that closes less is ignored


def reach_contact(face: Face, take: Curves) -> Curves:
    """Return a take whose lips meet on this face when they would on ARKit's; the take itself if nothing needs to change."""
    gaps = measure(face)
    return close(take, gaps) if gaps else take


def close(take: Curves, gaps: Mapping[str, float]) -> Curves:
    """Close the lips where they should meet: with mouthClose as far as that goes, then with the jaw.

    gaps: channel -> how far it parts the lips, relative to jawOpen, as measure() returns.
    """
    column = {name: index for index, name in enumerate(take.names)}
    if "jawOpen" not in column:
        return take
    gap = np.sum([gaps[name] * take.values[:, column[name]] for name in gaps if name in column], axis=0)
    excess = closeness(take) * np.maximum(gap - lip_aperture(take), 0.0)
    if excess.max(initial=0.0) < _MIN_GAP:
        return take
    values = take.values.copy()
    if "mouthClose" in column and (closing := gaps.get("mouthClose", 0.0)) < _MIN_CLOSING:
        shut = values[:, column["mouthClose"]]
        more = np.minimum(excess / -closing, 1.0 - shut)
        shut += more
        excess = excess + closing * more
    values[:, column["jawOpen"]] = np.maximum(values[:, column["jawOpen"]] - excess, 0.0)
    return replace(take, values=values)


def measure(face: Face) -> dict[str, float] | None:
    """Return channel -> how far it parts the lips, relative to jawOpen; None if no seam between lips is found."""
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
        basis = positions(mesh.key.reference_key.data)
        ways = {name: positions(mesh.key.key_blocks[name].data) - basis for name, mixed in parts.items() if mixed}
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
    """Find the seam between the lips of a mesh; None if there is none.

    rest, jaw: positions at rest and displacements by jawOpen, the bytes of (vertices, 3) float32.
    Returns (vertices of the upper lip, the vertices of the lower lip that they meet, the unit vector along which the jaw moves those).
    """
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
    if len(pairs) < _MIN_PAIRS:
        return None
    above, below = (np.array(side) for side in zip(*pairs, strict=True))
    down = ways[below].mean(axis=0)
    return above, below, down / np.linalg.norm(down)
