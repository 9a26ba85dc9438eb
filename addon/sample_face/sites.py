"""Sites: where vertices lie around the mouth and on the lids, which is what the expressions depend on. Does not need Blender."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from .surface import EYE, Floats, face_point, smoothstep

MOUTH_HALF = 2.3  # cm, from the middle of the mouth to a corner


@dataclass(frozen=True)
class Sites:
    """Vertices at rest, n of them. Every shape key is a smooth function of the fields."""

    points: Floats  # (n, 3) cm
    up: Floats  # (n,) 1 on the upper lip's side, -1 on the lower lip's, smooth around the corners
    reach: Floats  # (n,) 0 on the lips' inside, growing away from them: the elliptic distance
    lid: Floats  # (n, 2) how much a vertex belongs to the edge of the left and of the right eye's lids, 0..1
    edge: Floats  # (n, 2) on a lid: along it (1 outer corner, -1 inner), and across (1 upper lid, -1 lower)

    @staticmethod
    def at(points: Floats, **given: Floats) -> Sites:
        """Return the sites of points (n, 3) on no lid, computed from their positions. `given` overrides any field."""
        points = np.asarray(points, float)
        up, reach = mouth_coordinates(points[:, 0], points[:, 2])
        reach = reach + 4.0 * smoothstep(-6.0, -1.0, points[:, 1])  # the back of the head is far from the mouth
        blank = np.zeros((len(points), 2))
        return Sites(**{"points": points, "up": up, "reach": reach, "lid": blank, "edge": blank} | given)

    @staticmethod
    def join(parts: list[Sites]) -> Sites:
        return Sites(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Sites)))

    def mirrored(self) -> Sites:
        return Sites(self.points * (-1.0, 1.0, 1.0), self.up, self.reach, self.lid[:, ::-1], self.edge)


def mouth_line(x: Floats) -> Floats:
    """Return the height z (cm) at which the lips meet, at x. It is constant beyond the corners."""
    x = np.clip(x / MOUTH_HALF, -1.0, 1.0)
    return 7.75 + 0.2 * x**2 - 0.06 * np.exp(-((x / 0.25) ** 2))


LIP_NODES = 40  # steps from one corner of the mouth to the other


@cache
def _lip_nodes() -> Floats:
    x = MOUTH_HALF * np.cos(np.pi * np.arange(LIP_NODES, -1, -1) / LIP_NODES)
    points = face_point(x, mouth_line(x))
    return points + np.array([0.0, 0.1, 0.0])


def lip_line(x: Floats) -> Floats:
    """Return the points (n, 3) where the lips meet, at x (n,). They are exact at the mesh's vertices and linear between them."""
    nodes = _lip_nodes()
    return np.stack([x, np.interp(x, nodes[:, 0], nodes[:, 1]), np.interp(x, nodes[:, 0], nodes[:, 2])], -1)


def mouth_coordinates(x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Return (up, reach) of points: elliptic coordinates whose slit is the line where the lips meet.

    Up is the sine of the angle, so on the slit itself it falls from 1 in the middle to 0 in the corners (on its upper side; the lower is the
    negative): what makes an open mouth an oval, and all else smooth.
    """
    plane = x / MOUTH_HALF + 1j * ((z - mouth_line(x)) / MOUTH_HALF)
    plane = np.where(np.abs(plane.imag) < 1e-9, plane.real + 1e-9j, plane)
    ellipse = np.arccosh(plane)
    return np.sin(ellipse.imag), np.abs(ellipse.real)


def eye_angles(points: Floats) -> tuple[Floats, Floats, Floats]:
    """Return (outward angle, upward angle, radius) of points (n, 3) seen from the left eye's center, in radians and cm."""
    offset = points - EYE
    radius = np.linalg.norm(offset, axis=-1)
    return np.arctan2(offset[:, 0], -offset[:, 1]), np.arcsin(np.clip(offset[:, 2] / radius, -1.0, 1.0)), radius


def eye_point(outward: Floats, upward: Floats, radius: Floats | float) -> Floats:
    """Return points (n, 3): the inverse of `eye_angles`."""
    direction = np.stack([np.sin(outward) * np.cos(upward), -np.cos(outward) * np.cos(upward), np.sin(upward)], -1)
    return EYE + np.asarray(radius)[..., None] * direction


def lid_edges(along: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the upward angles (radians) of the upper lid's edge, of the lower lid's, and where they meet when shut.

    along: 1 at the outer corner, -1 at the inner one.
    """
    corner = -1.0 + 3.0 * along
    arch = np.clip(1.0 - along**2, 0.0, None)
    upper = corner + 18.5 * arch**0.6 * (1.0 - 0.06 * along)
    lower = corner - 18.0 * arch**0.8 * (1.0 + 0.12 * along)
    shut = corner - 12.5 * arch**0.8
    return np.radians(upper), np.radians(lower), np.radians(shut)
