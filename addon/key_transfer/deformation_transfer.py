"""Deformation transfer (Sumner & Popovic 2004) between two meshes of the same triangles, with lips and lids that meet.

Does not need Blender.
"""

from __future__ import annotations

import numpy as np

from .face_landmarks import PAIRS
from .sparse_solver import Entries, Floats, Ints, factor, gram, plan
from .target_head import Head
from .topology import Bools, Surface, gradients

_CONTACT = 300.0  # weight of a pair of points that shall keep their distance, beside 1 for the shape of a triangle
_STILL = 1e-4  # of the largest movement: what moves less in all keys is held fast
_SLIVER = 0.01  # weight of a triangle without an area, beside 1: it follows its neighbors
_CLOSING = 0.85  # of a gap; a key that closes more of it closes it


def transfer(source: Head, fitted: Floats, rotation: Floats, scale: float) -> dict[str, Floats]:
    """Return the displacements (n, 3) of each key on the fitted mesh.

    fitted (n, 3): the source's points on the target. rotation, scale: from the source's axes and units to the target's.
    """
    shape = Surface(fitted, source.surface.triangles)
    count = len(fitted)
    names = list(source.keys)
    rows, columns, values = gradients(shape)
    sound = _sound(source.surface) & _sound(shape)
    areas = np.repeat(shape.areas * np.where(sound, 1.0, _SLIVER), 3)
    stiffness = gram(count, rows, columns, values * np.sqrt(areas)[rows])
    size = float(max(np.abs(move).max() for move in source.keys.values()))
    still = np.max([np.abs(move).max(-1) for move in source.keys.values()], axis=0) < _STILL * size
    hold = np.where(still | (shape.masses == 0), 1.0, 1e-9)
    everyone = np.arange(count)
    pairs, wanted = _contacts(source, shape, names, rotation, scale)
    matrix = Entries.add(
        count,
        stiffness,
        (everyone, everyone, hold),
        *((gram(count, *pairs[:2], np.sqrt(_CONTACT) * pairs[2]),) if len(pairs[0]) else ()),
    )
    right = np.zeros((count, 3 * len(names)))
    before = _triangle_frames(source.surface.points @ rotation.T, source.surface.triangles)
    back = np.linalg.inv(before + 1e-12 * np.eye(3))
    for number, name in enumerate(names):
        after = _triangle_frames((source.surface.points + source.keys[name]) @ rotation.T, source.surface.triangles)
        change = after @ back - np.eye(3)  # (triangles, 3, 3): component, axis
        change[~sound] = 0.0
        for axis in range(3):
            wish = change[:, axis, :].ravel() * areas
            right[:, 3 * number + axis] = np.bincount(columns, values * wish[rows], minlength=count)
    if len(pairs[0]):
        for column in range(right.shape[1]):
            right[:, column] += _CONTACT * np.bincount(pairs[1], pairs[2] * wanted[pairs[0], column], minlength=count)
    moves = factor(plan(fitted, matrix), matrix)(right)
    return {name: moves[:, 3 * number : 3 * number + 3] for number, name in enumerate(names)}


def _sound(surface: Surface) -> Bools:
    """Return which triangles have an area, so that their deformation says something (m,)."""
    corners = surface.points[surface.triangles]
    longest = (np.diff(corners[:, [0, 1, 2, 0]], axis=1) ** 2).sum(-1).max(-1)
    return surface.areas > 1e-3 * np.maximum(longest, 1e-12)


def _triangle_frames(points: Floats, triangles: Ints) -> Floats:
    """Return two edges and the scaled normal of each triangle as the columns of a matrix (m, 3, 3)."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    normal = cross / np.sqrt(np.maximum(np.linalg.norm(cross, axis=-1, keepdims=True), 1e-12))
    return np.stack([b - a, c - a, normal], -1)


def _contacts(
    source: Head, shape: Surface, names: list[str], rotation: Floats, scale: float
) -> tuple[tuple[Ints, Ints, Floats], Floats]:
    """Return the differences between the two lines of each pair, as entries of a matrix, and what they shall be (rows, 3 x keys)."""
    rows, columns, values, wanted = [], [], [], []
    start = 0
    for upper, lower in PAIRS:
        if upper not in source.lines or lower not in source.lines:
            continue
        above, below = source.lines[upper][1:-1], source.lines[lower]
        at = np.interp(source.lengths(upper)[1:-1], source.lengths(lower), np.arange(len(below)))
        first = np.minimum(at.astype(int), len(below) - 2)
        share = at - first
        count = len(above)
        number = start + np.arange(count)
        rows += [number, number, number]
        columns += [above, below[first], below[first + 1]]
        values += [np.ones(count), share - 1.0, -share]
        start += count

        def apart(field: Floats, above=above, below=below, first=first, share=share) -> Floats:
            return (
                field[above] - (1.0 - share)[:, None] * field[below[first]] - share[:, None] * field[below[first + 1]]
            )

        ends = source.lines[upper][[0, -1]]
        ratio = np.linalg.norm(np.subtract(*shape.points[ends])) / np.linalg.norm(
            np.subtract(*source.surface.points[ends])
        )
        rest, gap = apart(source.surface.points), apart(shape.points)
        lids = upper.startswith("lid")
        if lids:
            ratio = np.median(np.linalg.norm(gap, axis=-1)) / max(np.median(np.linalg.norm(rest, axis=-1)), 1e-12)
        block = {}
        for name in names:
            move = apart(source.keys[name])
            closes = lids and -(move * rest).sum() > _CLOSING * (rest * rest).sum()
            block[name] = -gap if closes else move @ rotation.T * ratio
        if not lids and "jawOpen" in block and "mouthClose" in block:
            block["mouthClose"] = -block["jawOpen"] - gap
        wanted.append(np.concatenate([block[name] for name in names], axis=1))
    if not rows:
        empty = np.empty(0, np.int64)
        return (empty, empty, np.empty(0)), np.empty((0, 3 * len(names)))
    return (np.concatenate(rows), np.concatenate(columns), np.concatenate(values)), np.concatenate(wanted)
