"""Sparse symmetric systems, solved directly by nested dissection. Does not need Blender.

Blender's numpy comes without scipy, and often without a fast BLAS. A mesh splits into halves along short lines of vertices, so elimination
in that order (George 1973) only needs small dense blocks: a system of 8000 unknowns is factored in well under a second, and then serves
any number of right-hand sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAF = 48  # unknowns in the smallest blocks


@dataclass(frozen=True)
class Entries:
    """A symmetric matrix (n, n): all its entries, both halves, each place at most once."""

    size: int
    rows: Ints
    columns: Ints
    values: Floats

    @staticmethod
    def add(size: int, *terms: tuple[Ints, Ints, Floats]) -> Entries:
        """Sum up terms (rows, columns, values) in which places may repeat."""
        rows, columns, values = (np.concatenate([term[i] for term in terms]) for i in range(3))
        places, at = np.unique(rows.astype(np.int64) * size + columns, return_inverse=True)
        sums = np.bincount(at.ravel(), weights=values, minlength=len(places)).astype(float)
        return Entries(size, places // size, places % size, sums)

    @property
    def terms(self) -> tuple[Ints, Ints, Floats]:
        return self.rows, self.columns, self.values

    def times(self, x: Floats) -> Floats:
        """Return the product with x (n, k)."""
        result = np.empty_like(x, dtype=float)
        for k in range(x.shape[1]):
            result[:, k] = np.bincount(self.rows, weights=self.values * x[self.columns, k], minlength=self.size)
        return result


def gram(size: int, rows: Ints, columns: Ints, values: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the terms of A^T A for a matrix A given by its entries; rows may be of any number."""
    order = np.argsort(rows, kind="stable")
    rows, columns, values = rows[order], columns[order], values[order]
    counts = np.bincount(rows)
    counts = counts[counts > 0]
    starts = np.cumsum(counts) - counts
    parts: list[tuple[Ints, Ints, Floats]] = []
    for count in np.unique(counts):
        block = starts[counts == count][:, None] + np.arange(count)
        left, right = np.repeat(block, count, axis=1).ravel(), np.tile(block, (1, count)).ravel()
        parts.append((columns[left], columns[right], values[left] * values[right]))
    return Entries.add(size, *parts).terms


@dataclass(frozen=True)
class _Block:
    """One step of the elimination: its own unknowns, and those that come later and are tied to it."""

    own: Ints
    later: Ints
    places: Ints  # where the matrix's entries go in the dense block, flat
    entries: Ints
    children: tuple[tuple[int, Ints], ...]  # number of an earlier block, and where its later unknowns are here


def plan(points: Floats, matrix: Entries) -> list[_Block]:
    """Choose the order of elimination for a matrix whose unknowns lie at points (n, 3). It holds for all values of its entries."""
    size = matrix.size
    inner = matrix.rows != matrix.columns
    groups = _split(points, np.arange(size), matrix.rows[inner], matrix.columns[inner], np.zeros(size, np.int8))
    rank = np.empty(size, np.int64)
    rank[np.concatenate([own for own, _ in groups])] = np.arange(size)
    group_of = np.empty(size, np.int64)
    for number, (own, _) in enumerate(groups):
        group_of[own] = number
    # An entry belongs to the block that eliminates the first of its two unknowns.
    owner = np.minimum(group_of[matrix.rows], group_of[matrix.columns])
    by_owner = np.argsort(owner, kind="stable")
    ends = np.searchsorted(owner[by_owner], np.arange(len(groups) + 1))
    local = np.zeros(size, np.int64)
    blocks: list[_Block] = []
    for number, (own, children) in enumerate(groups):
        entries = by_owner[ends[number] : ends[number + 1]]
        tied = [matrix.rows[entries], matrix.columns[entries], *(blocks[child].later for child in children)]
        others = np.unique(np.concatenate(tied))
        later = others[group_of[others] > number]
        later = later[np.argsort(rank[later])]
        local[own], local[later] = np.arange(len(own)), len(own) + np.arange(len(later))
        width = len(own) + len(later)
        places = local[matrix.rows[entries]] * width + local[matrix.columns[entries]]
        blocks.append(
            _Block(own, later, places, entries, tuple((child, local[blocks[child].later]) for child in children))
        )
    return blocks


def _split(
    points: Floats, members: Ints, rows: Ints, columns: Ints, mark: NDArray[np.int8]
) -> list[tuple[Ints, list[int]]]:
    """Return groups of unknowns in order of elimination, each with the numbers of its children."""
    if len(members) <= _LEAF:
        return [(members, [])]
    at = points[members]
    axis = int(np.argmax(np.ptp(at, axis=0)))
    half = np.zeros(len(members), bool)
    half[np.argsort(at[:, axis], kind="stable")[: len(members) // 2]] = True
    mark[members] = np.where(half, 1, 2)
    border = np.unique(rows[(mark[rows] == 1) & (mark[columns] == 2)])
    mark[border] = 3
    groups: list[tuple[Ints, list[int]]] = []
    children = []
    for side in (1, 2):
        part = members[mark[members] == side]
        if not len(part):
            continue
        inside = (mark[rows] == side) & (mark[columns] == side)
        mark_before = mark[members].copy()
        below = _split(points, part, rows[inside], columns[inside], mark)
        mark[members] = mark_before
        offset = len(groups)
        groups += [(own, [child + offset for child in kids]) for own, kids in below]
        children.append(len(groups) - 1)
    return [*groups, (border, children)]


def factor(blocks: list[_Block], matrix: Entries) -> Callable[[Floats], Floats]:
    """Factor a positive definite matrix. Returns a function that solves it for right-hand sides (n, k)."""
    rests: dict[int, Floats] = {}
    factored: list[tuple[Ints, Ints, Floats, Floats]] = []
    for number, block in enumerate(blocks):
        count, width = len(block.own), len(block.own) + len(block.later)
        dense = np.zeros((width, width))
        dense.flat[block.places] = matrix.values[block.entries]
        for child, at in block.children:
            if len(at):
                dense[at[:, None], at] += rests.pop(child)
        inverse: Floats = np.linalg.inv(dense[:count, :count]).astype(float, copy=False)
        across = inverse @ dense[:count, count:]
        if len(block.later):
            rests[number] = dense[count:, count:] - dense[count:, :count] @ across
        factored.append((block.own, block.later, inverse, across))

    def solve(right: Floats) -> Floats:
        x = np.array(right, dtype=float)
        for own, later, _, across in factored:
            if len(later) and len(own):
                x[later] -= across.T @ x[own]
        for own, later, inverse, across in reversed(factored):
            if len(own):
                x[own] = inverse @ x[own] - (across @ x[later] if len(later) else 0.0)
        return x

    return solve
