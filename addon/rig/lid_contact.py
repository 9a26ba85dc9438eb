"""Lid contact: the value of eyeBlink at which the lids of a face meet. Runs in Blender.

ARKit's lids meet at 1. Some rigs' meet earlier, and go through each other at 1.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from ...backend.curves.base import Curves
from .face_rig import Face, FaceMesh
from .key_points import positions

# Shares of the longest displacement by eyeBlink: vertices of the upper lid's edge move more than _EDGE; those of the lower
# lid move, but less than _LOWER. What the edge passes within _BESIDE meets it.
_EDGE, _STILL, _LOWER, _BESIDE = 0.85, 0.005, 0.5, 0.15
_FIRST_CONTACT = 10  # percentile of the edge: lids have corners, and thickness, that meet last
_MIN_VERTICES = 3  # of an edge, and as many must meet the lower lid
_EARLIEST = 0.6  # value at which lids may meet; an earlier one is an error of the measurement


def reach_lids(face: Face, take: Curves) -> Curves:
    """Return a take whose lids just meet on this face where ARKit's would; the take itself if nothing needs to change."""
    shut = {name: value for name, value in measure(face).items() if value < 1 and name in take.names}
    if not shut:
        return take
    return replace(take, values=take.values * np.array([shut.get(name, 1.0) for name in take.names], np.float32))


def measure(face: Face) -> dict[str, float]:
    """Return channel of a lid -> the value at which it meets the other lid, for those where that can be seen in the keys."""
    found = {}
    for channel in ("eyeBlinkLeft", "eyeBlinkRight"):
        values = [value for mesh in face.meshes if (value := _meeting(mesh, channel)) is not None]
        if values:
            found[channel] = min(values)
    return found


def _meeting(mesh: FaceMesh, channel: str) -> float | None:
    keys = [name for name, mixed in mesh.sums.items() if channel in mixed and name not in mesh.skipped]
    if mesh.object.type != "MESH" or len(keys) != 1:
        return None
    weight = mesh.sums[keys[0]][channel]
    basis = positions(mesh.key.reference_key.data)
    way = positions(mesh.key.key_blocks[keys[0]].data) - basis
    value = _meeting_value(basis.tobytes(), way.tobytes())
    return min(value / weight, 1.0) if value is not None and value >= _EARLIEST * weight > 0 else None


@lru_cache(maxsize=16)  # a slider asks at every step
def _meeting_value(rest: bytes, blink: bytes) -> float | None:
    """Return at which weight of a key the lids meet; None if that can't be seen.

    rest, blink: positions at rest and displacements by the key, the bytes of (vertices, 3) float32.
    """
    points, ways = (np.frombuffer(each, np.float32).reshape(-1, 3) for each in (rest, blink))
    length = np.linalg.norm(ways, axis=1)
    longest = length.max(initial=0.0)
    edge = np.flatnonzero(length > _EDGE * longest)
    lower = np.flatnonzero((length > _STILL * longest) & (length < _LOWER * longest))
    if longest == 0 or len(edge) < _MIN_VERTICES or not len(lower):
        return None
    down = ways[edge].mean(axis=0)
    down /= np.linalg.norm(down)
    values = []
    for vertex in edge:
        away = points[lower] - points[vertex]
        drop = away @ down
        beside = np.linalg.norm(away - drop[:, None] * down, axis=1)
        below = (drop > 0.4 * longest) & (beside < _BESIDE * longest)
        if below.any():
            nearest = np.flatnonzero(below)[drop[below].argmin()]
            closing = float((ways[vertex] - ways[lower[nearest]]) @ down)
            if closing > 0:
                values.append(float(drop[nearest]) / closing)
    return float(np.percentile(values, _FIRST_CONTACT)) if len(values) >= _MIN_VERTICES else None
