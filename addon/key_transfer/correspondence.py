"""Carry displacements from a fitted mesh over to the target's own points. Needs Blender's mathutils."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .sparse_solver import Entries, Floats, factor, gram, plan
from .target_head import Head
from .topology import Surface, gradients
from .trees import SurfaceTree

_SMOOTH = 0.004  # of the head's height: over how much what is sure is smoothed
_UNSURE = 0.002  # weight of a point that has no clear counterpart, beside 1
_FAR = 0.03  # of the head's height: how far a counterpart may be
_SURE = 1000.0  # weight of the points where lips and lids meet


def carry(source: Head, fitted: Floats, moves: Mapping[str, Floats], target: Head, height: float) -> dict[str, Floats]:
    """Return the displacements of each key at the target's points.

    fitted (n, 3), moves (n, 3): the source's points on the target, and their displacements there.
    """
    shape = Surface(fitted, source.surface.triangles)
    names = list(moves)
    stacked = np.concatenate([moves[name] for name in names], axis=1)
    wish, sure = _counterparts(source, shape, stacked, target, height)
    surface = target.surface
    count = len(surface.points)
    masses = surface.masses
    loose = masses <= 0
    floor = 1e-4 * masses[~loose].mean()
    rows, columns, values = gradients(surface)
    kept = np.repeat(surface.areas > 1e-3 * floor, 3)[rows]
    smooth = gram(
        count, rows[kept], columns[kept], (values * np.sqrt(surface.areas)[rows // 3])[kept] * _SMOOTH * height
    )
    weights = np.where(loose, 1.0, sure * np.maximum(masses, floor))
    everyone = np.arange(count)
    matrix = Entries.add(count, smooth, (everyone, everyone, weights))
    result = factor(plan(surface.points, matrix), matrix)(weights[:, None] * wish)
    return {name: result[:, 3 * number : 3 * number + 3] for number, name in enumerate(names)}


def _counterparts(source: Head, shape: Surface, moves: Floats, target: Head, height: float) -> tuple[Floats, Floats]:
    """Return what each of the target's points should do (n, k), and how sure that is (n,)."""
    points, normals = target.surface.points, target.surface.normals
    wish, sure = np.zeros((len(points), moves.shape[1])), np.zeros(len(points))
    sides = source.sides[shape.triangles]
    hidden = source.hidden[shape.triangles].all(1)
    shape_normals = shape.normals
    for side in range(-3, 4):
        allowed = ~(sides == -side).any(1) if side else np.ones(len(sides), bool)
        for inside in (False, True):
            mine = np.flatnonzero((target.sides == side) & (target.hidden == inside))
            tree = SurfaceTree(shape, allowed if inside else allowed & ~hidden)
            if not len(mine) or not tree:
                continue
            places = tree.nearest(points[mine])
            wish[mine] = places.mix(shape, moves)
            facing = (places.mix(shape, shape_normals) * normals[mine]).sum(-1)
            near = np.exp(-((places.distances / (_FAR * height)) ** 2))
            sure[mine] = _UNSURE + near * np.clip(facing, 0.0, 1.0) * (0.1 if inside else 1.0)
    for name, line in target.lines.items():
        if name in source.lines:
            known = source.lengths(name)
            along = target.lengths(name)
            values = moves[source.lines[name]]
            wish[line] = np.stack([np.interp(along, known, values[:, column]) for column in range(values.shape[1])], -1)
            sure[line] = _SURE
    return wish, sure
