"""The shape of the head: a smooth union of a few round solids, and rays that find its surface. Does not need Blender.

Everything in this package is in centimeters until the meshes are made: +X is the character's left, -Y is where it looks, Z is up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EYE = np.array([3.15, -6.15, 14.1])  # the left eye's center; the right one mirrors it
EYE_RADIUS = 1.72
LID_RADIUS = EYE_RADIUS * 1.085  # a shape key moves a lid along a chord, so it needs room to clear the ball halfway


@dataclass(frozen=True)
class Solid:
    """An ellipsoid that is added to the previous solids or, with `carve`, cut out of them, rounded over `blend` cm."""

    center: tuple[float, float, float]
    radii: tuple[float, float, float]
    blend: float
    carve: bool = False
    mirrored: bool = False  # there is another one at -x


HEAD: tuple[Solid, ...] = (
    Solid((0, 1.0, 16.4), (7.6, 8.9, 7.9), 0),  # cranium
    Solid((0, -0.9, 11.4), (6.5, 7.4, 7.0), 3.0),  # face
    Solid((2.9, -2.2, 8.1), (2.7, 4.6, 2.9), 2.5, mirrored=True),  # jaw
    Solid((0, -6.0, 5.9), (1.9, 2.4, 1.7), 2.4),  # chin
    Solid((0, -6.2, 8.2), (3.1, 2.7, 2.2), 2.2),  # muzzle
    Solid((3.9, -5.2, 10.6), (2.4, 2.5, 2.2), 2.0, mirrored=True),  # cheek
    Solid(
        (0, -1.6, 16.2), (6.3, 6.4, 2.2), 2.4
    ),  # brow: follows the skull around, so that it ends flush with the temples
    Solid(
        (4.4, -3.6, 14.0), (1.9, 2.4, 2.2), 2.4, mirrored=True
    ),  # outer rim of the eye socket: no dent between lids and temple
    Solid((3.0, -8.9, 14.0), (1.8, 1.1, 1.3), 2.2, carve=True, mirrored=True),  # eye socket
    Solid((EYE[0], EYE[1], EYE[2]), (LID_RADIUS,) * 3, 0.9, mirrored=True),  # what the lids lie on
    Solid((0, -7.9, 13.0), (0.62, 1.2, 2.8), 1.3),  # bridge of the nose
    Solid((0, -9.15, 11.15), (0.78, 1.25, 0.72), 0.8),  # tip of the nose
    Solid((0.85, -8.7, 10.85), (0.58, 0.8, 0.5), 0.45, mirrored=True),  # wing of the nose
)
NECK = (0.8, 3.7, 2.6)  # y of its axis, radius, blend


def distance(points: Floats) -> Floats:
    """Return about how far (cm) each point (..., 3) lies outside the head; negative inside."""
    mirror = np.stack([np.abs(points[..., 0]), points[..., 1], points[..., 2]], -1)
    result: Floats | None = None
    for solid in HEAD:
        offset = (mirror if solid.mirrored else points) - solid.center
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
    foot = 0.25 * np.clip(3.0 - points[..., 2], 0.0, None) ** 1.5 / 3.0
    neck = np.hypot(points[..., 0], points[..., 1] - y - 0.16 * (6.0 - points[..., 2])) - radius - foot
    neck = -_union(-neck, 10.0 - points[..., 2], 3.0)  # ends inside the head
    return _union(result, neck, blend)


def _union(a: Floats, b: Floats, blend: float) -> Floats:
    """Return the smooth minimum of two distances: the polynomial one, which is exact outside the blend."""
    overlap = np.maximum(blend - np.abs(a - b), 0.0)
    return np.minimum(a, b) - overlap**2 / (4.0 * blend)


def cast(origins: Floats, directions: Floats, reach: float = 26.0, inflate: Floats | float = 0.0) -> Floats:
    """Return where rays from inside the head leave it: points (n, 3) for origins and directions (n, 3).

    `inflate` (cm) grows the head first. Bisection, because the distance is only approximate away from the surface.
    """
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    near, far = np.zeros(len(directions)), np.full(len(directions), reach)
    for _ in range(18):
        middle = 0.5 * (near + far)
        inside = distance(origins + middle[:, None] * directions) < inflate
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return origins + (0.5 * (near + far))[:, None] * directions


def face_point(x: Floats, z: Floats) -> Floats:
    """Return the points (n, 3) of the face's surface that are seen at x, z (n,) from straight ahead."""
    origins = np.stack([x, np.full_like(x, -3.0), z], -1)
    return cast(origins, np.tile([0.0, -1.0, 0.0], (len(x), 1)), reach=10.0)


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """Return 0 below low, 1 above high, and a smooth transition between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
