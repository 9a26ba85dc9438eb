"""Triangle meshes as arrays: normals, islands, borders, paths and distances along edges. Does not need Blender."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .sparse_solver import Floats, Ints

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Surface:
    """A mesh of triangles (m, 3) between points (n, 3). Points may belong to no triangle."""

    points: Floats
    triangles: Ints

    @cached_property
    def edges(self) -> Ints:
        """Every edge once (e, 2), lower number first."""
        return self._edges_and_counts[0]

    @cached_property
    def _edges_and_counts(self) -> tuple[Ints, Ints]:
        ends = np.sort(np.concatenate([self.triangles[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), axis=1)
        codes, counts = np.unique(ends[:, 0] * len(self.points) + ends[:, 1], return_counts=True)
        return np.stack([codes // len(self.points), codes % len(self.points)], -1), counts

    @cached_property
    def border(self) -> Ints:
        """The edges (b, 2) with a triangle on one side only."""
        edges, counts = self._edges_and_counts
        return edges[counts == 1]

    @cached_property
    def crowded(self) -> Ints:
        """The edges (c, 2) with more than two triangles."""
        edges, counts = self._edges_and_counts
        return edges[counts > 2]

    @cached_property
    def areas(self) -> Floats:
        return 0.5 * np.linalg.norm(self._crosses, axis=-1)

    @cached_property
    def _crosses(self) -> Floats:
        a, b, c = (self.points[self.triangles[:, i]] for i in range(3))
        return np.cross(b - a, c - a)

    @cached_property
    def normals(self) -> Floats:
        """The unit normals of the points (n, 3), zero where there is no triangle."""
        sums = np.zeros_like(self.points)
        for i in range(3):
            np.add.at(sums, self.triangles[:, i], self._crosses)
        return sums / np.maximum(np.linalg.norm(sums, axis=-1, keepdims=True), 1e-30)

    @cached_property
    def masses(self) -> Floats:
        """The area that belongs to each point (n,)."""
        return np.bincount(self.triangles.ravel(), np.repeat(self.areas / 3.0, 3), minlength=len(self.points)).astype(
            float
        )

    @cached_property
    def neighbors(self) -> list[list[int]]:
        starts, ends = self._adjacency
        flat = ends.tolist()
        return [flat[a:b] for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]

    @cached_property
    def _adjacency(self) -> tuple[Ints, Ints]:
        edges = self.edges
        both = np.concatenate([edges, edges[:, ::-1]])
        both = both[np.argsort(both[:, 0], kind="stable")]
        return np.searchsorted(both[:, 0], np.arange(len(self.points) + 1)), both[:, 1]

    @cached_property
    def islands(self) -> Ints:
        """The number of the connected piece that each point belongs to (n,), counted from 0."""
        return components(len(self.points), self.edges)


def components(size: int, edges: Ints) -> Ints:
    """Return the number of the connected component of each of `size` points (size,), counted from 0."""
    label = np.arange(size)
    while len(edges):
        low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
        before = label.copy()
        np.minimum.at(label, label[edges[:, 0]], low)
        np.minimum.at(label, label[edges[:, 1]], low)
        label = label[label]
        if np.array_equal(before, label):
            break
    return np.unique(label, return_inverse=True)[1].ravel()


def spread(
    surface: Surface, starts: Iterable[int], within: Bools, cost: Floats | None = None, end: int | None = None
) -> tuple[Floats, Ints]:
    """Return each point's distance (n,) along edges from the nearest start, and the point before it on the way (n,), -1 if none.

    within (n,): the points that may be passed. cost (n,): factor on the length of the edges that lead to a point. end: where to stop.
    """
    allowed = np.flatnonzero(within)
    local = np.full(len(surface.points), -1)
    local[allowed] = np.arange(len(allowed))
    edges = local[surface.edges[within[surface.edges].all(1)]]
    lengths = np.linalg.norm(np.subtract(*surface.points[allowed[edges]].swapaxes(0, 1)), axis=-1)
    both, lengths = np.concatenate([edges, edges[:, ::-1]]), np.tile(lengths, 2)
    if cost is not None:
        lengths = lengths * cost[allowed[both[:, 1]]]
    order = np.argsort(both[:, 0], kind="stable")
    bounds = np.searchsorted(both[order, 0], np.arange(len(allowed) + 1)).tolist()
    ends, steps = both[order, 1].tolist(), lengths[order].tolist()
    far = [np.inf] * len(allowed)
    before = [-1] * len(allowed)
    queue = [(0.0, int(local[start])) for start in starts if within[start]]
    for _, start in queue:
        far[start] = 0.0
    last = -1 if end is None else int(local[end])
    while queue:
        distance, here = heapq.heappop(queue)
        if distance > far[here]:
            continue
        if here == last:
            break
        for place in range(bounds[here], bounds[here + 1]):
            there, reached = ends[place], distance + steps[place]
            if reached < far[there]:
                far[there], before[there] = reached, here
                heapq.heappush(queue, (reached, there))
    distances, previous = np.full(len(surface.points), np.inf), np.full(len(surface.points), -1)
    distances[allowed] = far
    came = np.array(before, np.int64)
    previous[allowed] = np.where(came >= 0, allowed[came], -1)
    return distances, previous


def path(surface: Surface, start: int, end: int, within: Bools, cost: Floats | None = None) -> Ints:
    """Return the shortest way along edges from one point to another, both included; empty if there is none."""
    distance, before = spread(surface, [start], within, cost, end)
    if not np.isfinite(distance[end]):
        return np.empty(0, np.int64)
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return np.array(way[::-1])


def arc_lengths(points: Floats) -> Floats:
    """Return how far along a line of points (n, 3) each of them lies (n,), from 0 to 1."""
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=-1))])
    return steps / max(float(steps[-1]), 1e-30)


def at_lengths(points: Floats, lengths: Floats) -> Floats:
    """Return the points (k, 3) at some shares (k,) of a line's length."""
    known = arc_lengths(points)
    return np.stack([np.interp(lengths, known, points[:, axis]) for axis in range(points.shape[1])], -1)


def gradients(surface: Surface) -> tuple[Ints, Ints, Floats]:
    """Return the operator that takes values at the points to their gradients on the triangles, as entries (rows, columns, values).

    Row 3 t + axis is that component of the gradient on triangle t.
    """
    a, b, c = (surface.points[surface.triangles[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    square = np.maximum((cross**2).sum(-1, keepdims=True), 1e-24)
    each = np.stack([np.cross(cross, c - b), np.cross(cross, a - c), np.cross(cross, b - a)], 1) / square[:, None]
    count = len(surface.triangles)
    rows = np.broadcast_to(3 * np.arange(count)[:, None, None] + np.arange(3), (count, 3, 3))
    columns = np.broadcast_to(surface.triangles[:, :, None], (count, 3, 3))
    return rows.ravel(), columns.ravel(), each.ravel()
