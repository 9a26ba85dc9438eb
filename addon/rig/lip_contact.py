"""Lip contact: make lips meet on rigs whose mouthClose is too weak or missing, or whose lips are apart at rest. Runs in Blender.

ARKit's mouthClose closes exactly what jawOpen opens. Where it closes less, a p, b or m leaves a visible gap. The gap between the lips is
that at rest plus a weighted sum over the shape keys, so measuring each key once gives the gap of any frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from mathutils import Vector, kdtree

from ...backend.curves.aperture import APERTURE_CHANNELS, lip_aperture
from ...backend.curves.base import Curves
from ...backend.curves.lip_closures import closeness
from .face_rig import Face
from .key_points import positions

# Shares of the longest displacement by jawOpen: vertices of the lower lip move more than _LOWER, those of the upper lip less than _UPPER.
# Vertices of both that are closer than _NEAR meet there.
_LOWER, _UPPER, _NEAR = 0.5, 0.15, 0.25
_MIN_PAIRS = 3  # of vertices that make a seam
_TEETH = 0.2  # of the longest way by mouthClose; vertices that it moves less belong to no lip
_MIN_GAP = 0.01  # of a fully open jaw; a narrower gap can't be seen
_MIN_CLOSING = -0.2  # of a fully open jaw; a mouthClose that closes less is ignored


@dataclass(frozen=True)
class LipGap:
    """The gap between the lips of a face, relative to that of jawOpen. rest: without any key. parted: channel -> how far it parts the lips."""

    rest: float
    parted: Mapping[str, float]


def reach_contact(face: Face, take: Curves) -> Curves:
    """Return a take whose lips meet on this face when they would on ARKit's; the take itself if nothing needs to change."""
    lips = measure(face)
    return close(take, lips) if lips else take


def close(take: Curves, lips: LipGap) -> Curves:
    """Close the lips where they should meet: with mouthClose as far as that goes, then with the jaw."""
    column = {name: index for index, name in enumerate(take.names)}
    if "jawOpen" not in column:
        return take
    parted = [share * take.values[:, column[name]] for name, share in lips.parted.items() if name in column]
    gap = lips.rest + np.sum(parted, axis=0)
    excess = closeness(take) * np.maximum(gap - lip_aperture(take), 0.0)
    if excess.max(initial=0.0) < _MIN_GAP:
        return take
    values = take.values.copy()
    if "mouthClose" in column and (closing := lips.parted.get("mouthClose", 0.0)) < _MIN_CLOSING:
        shut = values[:, column["mouthClose"]]
        more = np.minimum(excess / -closing, 1.0 - shut)
        shut += more
        excess = excess + closing * more
    values[:, column["jawOpen"]] = np.maximum(values[:, column["jawOpen"]] - excess, 0.0)
    return replace(take, values=values)


def measure(face: Face) -> LipGap | None:
    """Measure the gap between the lips; None if no seam between lips is found."""
    if face.visemes:
        return None
    for mesh in sorted(face.meshes, key=lambda mesh: -len(mesh.sums)):
        parts = {
            name: {channel: weight for channel, weight in mixed.items() if channel in APERTURE_CHANNELS}
            for name, mixed in mesh.sums.items()
            if name not in mesh.skipped
        }
        jaws, closes = (
            [name for name, mixed in parts.items() if channel in mixed] for channel in ("jawOpen", "mouthClose")
        )
        if mesh.object.type != "MESH" or not jaws:
            continue
        basis = positions(mesh.key.reference_key.data)
        ways = {name: positions(mesh.key.key_blocks[name].data) - basis for name, mixed in parts.items() if mixed}
        shut = sum((ways[name] for name in closes), np.zeros_like(basis))
        seam = _seam(basis.tobytes(), ways[jaws[0]].tobytes(), shut.tobytes())
        if seam is None:
            continue
        upper, lower, down = seam
        parted: dict[str, float] = {}
        for name, way in ways.items():
            moved = float(((way[lower] - way[upper]) @ down).mean())
            for channel, weight in parts[name].items():
                parted[channel] = parted.get(channel, 0.0) + weight * moved
        apart = float(((basis[lower] - basis[upper]) @ down).mean())
        jaw = parted["jawOpen"]
        # What mouthClose closes beyond the opening of the jaw was open at rest, or one lip goes through the other.
        beyond = -1.0 - parted.get("mouthClose", 0.0) / jaw
        return LipGap(max(min(apart / jaw, beyond), 0.0), {channel: gap / jaw for channel, gap in parted.items()})
    return None


@lru_cache(maxsize=8)  # a slider asks at every step
def _seam(rest: bytes, jaw: bytes, shut: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Find the seam between the lips of a mesh; None if there is none.

    Lips meet at rest, or where they are modeled apart, when jawOpen and mouthClose are at 1. The pose with the longer seam counts.
    rest, jaw, shut: positions at rest and displacements by jawOpen and mouthClose, the bytes of (vertices, 3) float32.
    Returns (vertices of the upper lip, the vertices of the lower lip that they meet, and the unit vector from those to these: where lips are
    apart at rest, and else where the jaw takes them).
    """
    points, ways, closing = (np.frombuffer(each, np.float32).reshape(-1, 3) for each in (rest, jaw, shut))
    length, closed = np.linalg.norm(ways, axis=1), points + ways + closing
    longest = length.max(initial=0.0)
    lower, upper = np.flatnonzero(length > _LOWER * longest), np.flatnonzero(length < _UPPER * longest)
    found = [_closing(_meeting(pose, lower, upper, longest), closing) for pose in (points, closed)]
    met = max(found, key=len)
    if len(met) < _MIN_PAIRS:
        return None
    above, below = met.T
    down = ways[below].mean(axis=0)
    apart = (points[below] - points[above]).mean(axis=0)
    if met is found[1] and apart @ down > 0:
        down = apart
    return above, below, down / np.linalg.norm(down)


def _closing(pairs: np.ndarray, closing: np.ndarray) -> np.ndarray:
    """Return the pairs that mouthClose moves together: lips, and not the teeth behind them. All of them if it moves none."""
    moved = np.linalg.norm(closing[pairs[:, 1]] - closing[pairs[:, 0]], axis=1)
    return pairs[moved >= _TEETH * moved.max(initial=0.0)]


def _meeting(points: np.ndarray, lower: np.ndarray, upper: np.ndarray, longest: float) -> np.ndarray:
    """Return the vertices of the upper lip and of the lower lip that meet in a pose, (pairs, 2): each is the nearest to the other.

    longest: displacement by jawOpen.
    """
    if len(lower):
        box = points[lower].min(axis=0) - longest, points[lower].max(axis=0) + longest
        upper = upper[((points[upper] >= box[0]) & (points[upper] <= box[1])).all(axis=1)]
    near = {below: above for below, (above, far) in _nearest(points, lower, upper).items() if far <= _NEAR * longest}
    back = _nearest(points, np.unique(list(near.values())), np.array(list(near)))
    pairs = [(above, below) for below, above in near.items() if back[above][0] == below]
    return np.array(pairs, int).reshape(-1, 2)


def _nearest(points: np.ndarray, vertices: np.ndarray, others: np.ndarray) -> dict[int, tuple[int, float]]:
    """Return vertex -> the nearest of the others, and how far it is; empty if there are none."""
    if not len(others):
        return {}
    tree = kdtree.KDTree(len(others))
    for vertex in others:
        tree.insert(Vector(points[vertex]), int(vertex))
    tree.balance()
    found = ((int(vertex), tree.find(Vector(points[vertex]))) for vertex in vertices)
    return {vertex: (other, far) for vertex, (_, other, far) in found}
