"""Pockets: where skin turns inward, at the mouth and between the lids. Needs Blender's mathutils.

A head has no names on it, but every head that can speak is cut open at the mouth, and mostly at the eyes. What lies behind a cut is seen
from few directions or ends in a border. So a pocket is a connected patch of hidden or border points, and its rim is where the skin
starts: the line of the lips or the edge of the lids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .sparse_solver import Floats, Ints
from .topology import Bools, Surface, components
from .trees import SurfaceTree

_HIDDEN = 0.14  # share of the directions above a point from which it is seen


@dataclass(frozen=True)
class Pocket:
    """points: numbers of what is hidden or at a border. rim: of the outermost points, where the skin starts."""

    points: Ints
    rim: Ints


def directions() -> Floats:
    """Return directions (k, 3) all over the sphere, evenly, but for those from behind (+y)."""
    count = 42
    z = 1.0 - (2.0 * np.arange(count) + 1.0) / count
    turn = np.pi * (1.0 + 5.0**0.5) * np.arange(count)
    all_round = np.stack([np.sqrt(1.0 - z * z) * np.cos(turn), np.sqrt(1.0 - z * z) * np.sin(turn), z], -1)
    return all_round[all_round[:, 1] < 0.25]


def exposure(surface: Surface, tree: SurfaceTree, chosen: Ints, size: float) -> Floats:
    """Return from how much of the space before them the chosen points are seen, 0..1, by rays of length `size`.

    tree: all that can hide them.
    """
    normals = surface.normals[chosen]
    origins = surface.points[chosen] + normals * (2e-4 * size)
    seen, total = np.zeros(len(chosen)), np.full(len(chosen), 1e-9)
    for direction in directions():
        facing = normals @ direction
        ahead = np.flatnonzero(facing > 0.1)
        total[ahead] += facing[ahead]
        free = ~tree.blocked(origins[ahead], direction, size)
        seen[ahead[free]] += facing[ahead[free]]
    return seen / total


def find_pockets(surface: Surface, hidden: Bools) -> list[Pocket]:
    """Return the pockets of a surface. hidden (n,): whether a point is seen from hardly anywhere."""
    on_border = np.zeros(len(surface.points), bool)
    on_border[surface.border.ravel()] = True
    core = hidden | on_border
    edges = surface.edges
    inner = edges[core[edges].all(1)]
    label = components(len(surface.points), inner)
    crossing = np.concatenate(
        [edges[core[edges[:, 0]] & ~core[edges[:, 1]]], edges[core[edges[:, 1]] & ~core[edges[:, 0]]][:, ::-1]]
    )
    numbers = np.flatnonzero(core)
    order = numbers[np.argsort(label[numbers], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []
    by_label = crossing[np.argsort(label[crossing[:, 0]], kind="stable")]
    marks = label[by_label[:, 0]]
    pockets = []
    for points in groups:
        if len(points) < 4:
            continue
        mine = label[points[0]]
        outside = np.unique(by_label[np.searchsorted(marks, mine) : np.searchsorted(marks, mine, "right"), 1])
        bare = points[on_border[points] & ~hidden[points]]
        pockets.append(Pocket(points, bare if 2 * len(bare) > len(points) else outside))
    return _merged([pocket for pocket in pockets if len(pocket.rim) >= 4])


def _merged(pockets: list[Pocket]) -> list[Pocket]:
    """Return pockets in which those that share points of their rims are one: light may fall in between lid and eyeball."""
    result: list[Pocket] = []
    for pocket in pockets:
        touching = [other for other in result if np.intersect1d(pocket.rim, other.rim).size]
        result = [other for other in result if all(other is not each for each in touching)]
        points = np.unique(np.concatenate([pocket.points, *(other.points for other in touching)]))
        rim = np.unique(np.concatenate([pocket.rim, *(other.rim for other in touching)]))
        result.append(Pocket(points, np.setdiff1d(rim, points) if touching else pocket.rim))
    return result


def is_hidden(exposed: Floats) -> Bools:
    return exposed < _HIDDEN
