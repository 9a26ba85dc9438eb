"""Blender's trees over whole arrays: nearest points, nearest places on a surface, and rays. Needs Blender's mathutils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from mathutils.kdtree import KDTree

from .sparse_solver import Floats, Ints
from .topology import Bools, Surface


@dataclass(frozen=True)
class Places:
    """Places on a surface, k of them: the triangle each is on, the shares (k, 3) of its corners, and how far it was from the query (k,)."""

    triangles: Ints
    shares: Floats
    distances: Floats

    def mix(self, surface: Surface, values: Floats) -> Floats:
        """Return what values at the surface's points (n, ...) are at the places (k, ...)."""
        corners = values[surface.triangles[self.triangles]]
        return np.einsum("kc,kc...->k...", self.shares, corners)


def nearest_points(points: Floats, queries: Floats) -> tuple[Ints, Floats]:
    """Return the nearest of points (n, 3) to each query (k, 3), and how far away it is (k,)."""
    tree = KDTree(len(points))
    for number, point in enumerate(points):
        tree.insert(point, number)
    tree.balance()
    found = [tree.find(query) for query in queries]
    return np.array([hit[1] for hit in found], np.int64), np.array([hit[2] for hit in found], float)


class SurfaceTree:
    """Finds places on some of a surface's triangles."""

    def __init__(self, surface: Surface, chosen: Bools | np.bool_ | None = None) -> None:
        self.surface = surface
        self.numbers = np.arange(len(surface.triangles)) if chosen is None else np.flatnonzero(chosen)
        self._tree = BVHTree.FromPolygons(surface.points.tolist(), surface.triangles[self.numbers].tolist())

    def __bool__(self) -> bool:
        return bool(len(self.numbers))

    def nearest(self, queries: Floats) -> Places:
        """Return the nearest places to queries (k, 3)."""
        find = self._tree.find_nearest
        found = [find(Vector(query)) for query in queries.tolist()]
        triangles = self.numbers[np.array([hit[2] for hit in found], np.int64)]
        points = np.array([hit[0] for hit in found], float).reshape(-1, 3)
        return Places(triangles, _shares(self.surface, triangles, points), np.array([hit[3] for hit in found], float))

    def blocked(self, origins: Floats, direction: Floats, reach: float) -> Bools:
        """Return whether rays from origins (k, 3) in one direction hit anything within reach (k,)."""
        cast, aim = self._tree.ray_cast, Vector(direction)
        return np.array([cast(Vector(origin), aim, reach)[2] is not None for origin in origins.tolist()], bool)

    def first_hits(self, origins: Floats, direction: Floats) -> Floats:
        """Return where rays from origins (k, 3) hit first (k, 3); NaN where they miss."""
        cast, aim = self._tree.ray_cast, Vector(direction)
        hits = [cast(Vector(origin), aim)[0] for origin in origins.tolist()]
        return np.array([(np.nan,) * 3 if hit is None else tuple(hit) for hit in hits], float).reshape(-1, 3)


def _shares(surface: Surface, triangles: Ints, points: Floats) -> Floats:
    """Return the barycentric coordinates (k, 3) of points on triangles."""
    a, b, c = (surface.points[surface.triangles[triangles, i]] for i in range(3))
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    shares = np.clip(np.stack([1.0 - v - w, v, w], -1), 0.0, 1.0)
    return shares / np.maximum(shares.sum(-1, keepdims=True), 1e-30)
