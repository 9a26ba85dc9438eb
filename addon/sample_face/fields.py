"""Smooth weights over the face, of which expressions are made. Does not need Blender.

Weights are (n, 1), so that they scale displacements (n, 3).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .sites import Sites, eye_angles, eye_point, lid_edges
from .surface import Floats, smoothstep

Field = Callable[[Sites], Floats]


def blob(s: Sites, center: tuple[float, float, float], size: float | tuple[float, float, float]) -> Floats:
    """Return a bump of height 1 around a point."""
    return np.exp(-0.5 * (((s.points - center) / np.broadcast_to(size, 3)) ** 2).sum(-1))[:, None]


def near(s: Sites, reach: float) -> Floats:
    """Return 1 on the lips, fading over the skin around them."""
    return np.exp(-((s.reach / reach) ** 2))[:, None]


def half(s: Sites, width: float = 1.2) -> Floats:
    """Return 1 on the left half of the face and 0 on the right."""
    return smoothstep(-width, width, s.points[:, 0])[:, None]


def bump(s: Sites, middle: float, width: float) -> Floats:
    """Return 1 along a vertical line at x = middle, fading sideways."""
    return np.exp(-(((s.points[:, 0] - middle) / width) ** 2))[:, None]


def upper(s: Sites) -> Floats:
    """Return 1 in the middle of the upper lip and above it, 0 at the corners and below."""
    return np.clip(s.up, 0.0, 1.0)[:, None]


def lower(s: Sites) -> Floats:
    """Return 1 in the middle of the lower lip and below it, 0 at the corners and above."""
    return np.clip(-s.up, 0.0, 1.0)[:, None]


def over_lips(s: Sites) -> Floats:
    """Return 0 where the lips meet, rising over them, so that what it scales doesn't part them."""
    return smoothstep(0.0, 0.3, s.reach)[:, None] * (s.points[:, 1:2] < -7.3)


def off_lids(s: Sites) -> Floats:
    """Return 1 off the lids, 0 at their edges."""
    return (1.0 - s.lid.max(-1))[:, None]


def crease(s: Sites, line: tuple[tuple[float, float], ...], width: float, deep: float) -> Floats:
    """Return the displacement of a fold of the front of the face along a line of (x, z), which fades toward both ends.

    What lies left of the line, seen along it, comes forward; what lies right of it goes back.
    """
    nodes = np.array(line)
    flat = s.points[:, [0, 2]]
    best, side, along = np.full(len(flat), np.inf), np.zeros(len(flat)), np.zeros(len(flat))
    for k, (a, b) in enumerate(pairwise(nodes)):
        t = np.clip((flat - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
        away = flat - a - t[:, None] * (b - a)
        distance = np.hypot(*away.T)
        nearer = distance < best
        cross = (b - a)[0] * (flat - a)[:, 1] - (b - a)[1] * (flat - a)[:, 0]
        best = np.where(nearer, distance, best)
        side = np.where(nearer, np.sign(cross), side)
        along = np.where(nearer, (k + t) / (len(nodes) - 1), along)
    signed = side * best / width
    fade = np.sin(np.pi * np.clip(along, 0.0, 1.0)) ** 0.7
    deep_y = -deep * 1.65 * signed * np.exp(-0.5 * signed**2) * fade * smoothstep(-3.0, -6.0, s.points[:, 1])
    return np.stack([np.zeros_like(deep_y), deep_y, np.zeros_like(deep_y)], -1) * off_lids(s)


def lids(s: Sites, upper: float, lower: float, outward: float = 0.0) -> Floats:
    """Return the displacement of the left eye's lids. upper, lower: share of the way from rest to where they meet. outward: degrees."""
    rest_upper, rest_lower, shut = lid_edges(s.edge[:, 0])
    above = s.edge[:, 1] > 0
    belongs = s.lid[:, 0]
    way = np.where(above, (shut - rest_upper) * upper, (shut - rest_lower) * lower)
    along, height, radius = eye_angles(s.points)
    # A shut upper lid must lie over the lower one, not inside it.
    radius = radius + belongs * np.where(above, 0.02 * max(upper, 0.0), -0.04 * max(lower, 0.0))
    moved = eye_point(along + belongs * np.radians(outward) * (1.0 - s.edge[:, 0] ** 2), height + belongs * way, radius)
    return np.where(belongs[:, None] > 0, moved - s.points, 0.0)
