"""The shape of the head: a smooth union of a few round solids, and rays that find its surface. Does not need Blender.

Everything in this package is in centimeters until the meshes are made: +X is the character's left, -Y is where it looks, Z is up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EYE = np.array([3.2, -5.75, 13.8])  # the left eye's center; the right one mirrors it
EYE_RADIUS = 2.05
LID_RADIUS = EYE_RADIUS * 1.085  # a shape key moves a lid along a chord, so it needs room to clear the ball halfway


@dataclass(frozen=True)
class Solid:
    """An ellipsoid that is added to the previous solids or, with `carve`, cut out of them, rounded over `blend` cm."""

    center: tuple[float, float, float]
    radii: tuple[float, float, float]
    blend: float
    carve: bool = False
    mirrored: bool = False  # there is another one at -x
    tilt: float = 0.0  # degrees that its top leans back


HEAD: tuple[Solid, ...] = (
    Solid((0, 1.1, 16.4), (7.4, 8.6, 7.6), 0),  # cranium
    Solid((0, -1.3, 11.6), (6.4, 7.0, 6.8), 3.0),  # face
    Solid((2.8, -2.5, 8.0), (2.4, 4.4, 2.6), 2.6, mirrored=True),  # jaw
    Solid((0, -7.25, 5.7), (1.45, 1.75, 1.4), 2.6),  # chin
    Solid((0, -6.45, 8.15), (3.0, 2.7, 2.2), 2.2),  # muzzle
    Solid((3.9, -5.0, 10.5), (2.5, 2.6, 2.2), 2.4, mirrored=True),  # cheek
    Solid((0, -1.6, 15.7), (6.3, 6.5, 2.3), 2.6),  # brow: follows the skull around, flush with the temples
    Solid((4.5, -3.4, 13.8), (1.9, 2.4, 2.4), 2.4, mirrored=True),  # outer rim of the eye socket: no dent at the temple
    Solid((3.0, -8.9, 13.8), (1.9, 1.2, 1.4), 2.2, carve=True, mirrored=True),  # eye socket
    Solid((EYE[0], EYE[1], EYE[2]), (LID_RADIUS,) * 3, 0.9, mirrored=True),  # what the lids lie on
    Solid((0, -7.85, 12.6), (0.6, 1.2, 2.8), 1.5, tilt=19.0),  # bridge of the nose
    Solid((0, -9.45, 10.75), (0.82, 1.0, 0.76), 0.9),  # tip of the nose
    Solid((0.95, -8.75, 10.5), (0.52, 0.8, 0.55), 0.45, mirrored=True),  # wing of the nose
    Solid((0, -9.35, 9.2), (0.2, 0.5, 0.6), 0.5, carve=True),  # groove of the upper lip
)
NECK = (1.0, 3.35, 2.6)  # y of its axis, radius, blend


def distance(points: Floats) -> Floats:
    """Return about how far (cm) each point (..., 3) lies outside the head; negative inside."""
    mirror = np.stack([np.abs(points[..., 0]), points[..., 1], points[..., 2]], -1)
    result: Floats | None = None
    for solid in HEAD:
        offset = _leaned((mirror if solid.mirrored else points) - solid.center, solid.tilt)
        radii = np.array(solid.radii, float)
        scaled = np.linalg.norm(offset / radii, axis=-1)
        gradient = np.linalg.norm(offset / radii**2, axis=-1)
        part = scaled * (scaled - 1.0) / np.maximum(gradient, 1e-9)
        if result is None:
            result = part
        elif solid.carve:
            result = -_union(-result, part, solid.blend)
        else:
            result = _union(result, part, solid.blend)
    assert result is not None
    y, radius, blend = NECK
    foot = 0.36 * np.clip(4.2 - points[..., 2], 0.0, None) ** 1.6 / 3.0
    neck = np.hypot(points[..., 0], points[..., 1] - y - 0.16 * (6.0 - points[..., 2])) - radius - foot
    neck = -_union(-neck, 10.0 - points[..., 2], 3.0)  # ends inside the head
    return _union(result, neck, blend)


def _union(a: Floats, b: Floats, blend: float) -> Floats:
    """Return the smooth minimum of two distances: the polynomial one, which is exact outside the blend."""
    overlap = np.maximum(blend - np.abs(a - b), 0.0)
    return np.minimum(a, b) - overlap**2 / (4.0 * blend)


def _leaned(offset: Floats, tilt: float) -> Floats:
    """Return offsets (..., 3) in the axes of a solid whose top leans back by so many degrees."""
    if not tilt:
        return offset
    sine, cosine = np.sin(np.radians(tilt)), np.cos(np.radians(tilt))
    y, z = offset[..., 1], offset[..., 2]
    return np.stack([offset[..., 0], y * cosine - z * sine, y * sine + z * cosine], -1)


def cast(origins: Floats, directions: Floats, reach: float = 26.0, inflate: Floats | float = 0.0) -> Floats:
    """Return where rays from inside the head leave it: points (n, 3) for origins and directions (n, 3).

    `inflate` (cm) grows the head first. The Illinois method: false position that can't stall at one end.
    """
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    near, far = np.zeros(len(directions)), np.full(len(directions), reach)
    for _ in range(5):  # bisect first: the distance is only approximate away from the surface
        middle = 0.5 * (near + far)
        inside = distance(origins + middle[:, None] * directions) < inflate
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    low = distance(origins + near[:, None] * directions) - inflate
    high = distance(origins + far[:, None] * directions) - inflate
    for _ in range(6):
        middle = np.clip(far - high * (far - near) / np.where(high == low, 1.0, high - low), near, far)
        value = distance(origins + middle[:, None] * directions) - inflate
        inside = value < 0.0
        low, high = np.where(inside, value, 0.5 * low), np.where(inside, 0.5 * high, value)
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    best = np.where(np.abs(low) < np.abs(high), near, far)
    return origins + best[:, None] * directions


def face_point(x: Floats, z: Floats) -> Floats:
    """Return the points (n, 3) of the face's surface that are seen at x, z (n,) from straight ahead."""
    origins = np.stack([x, np.full_like(x, -3.0), z], -1)
    return cast(origins, np.tile([0.0, -1.0, 0.0], (len(x), 1)), reach=10.0)


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """Return 0 below low, 1 above high, and a smooth transition between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
