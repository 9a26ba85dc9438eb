"""The direct solver, against dense matrices."""

from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from tests.addon_source import source

solver = source("key_transfer.sparse_solver")


def _grid(side: int) -> "tuple[np.ndarray, np.ndarray]":
    """Return the points of a square grid and its edges."""
    number = np.arange(side * side).reshape(side, side)
    edges = np.concatenate(
        [
            np.stack([number[:-1], number[1:]], -1),
            np.stack([number[:, :-1], number[:, 1:]], -1).reshape(side - 1, side, 2),
        ]
    )
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    return np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], -1).astype(float), edges.reshape(-1, 2)


def _laplacian(size: int, edges: np.ndarray) -> "Any":
    a, b = edges.T
    one, everyone = np.ones(len(edges)), np.arange(size)
    return solver.Entries.add(
        size, (a, b, -one), (b, a, -one), (a, a, one), (b, b, one), (everyone, everyone, np.full(size, 0.1))
    )


def _dense(matrix: "Any") -> np.ndarray:
    dense = np.zeros((matrix.size, matrix.size))
    np.add.at(dense, (matrix.rows, matrix.columns), matrix.values)
    return dense


@pytest.mark.parametrize("side", [1, 2, 9, 23])
def test_it_solves_as_a_dense_solver_does(side: int) -> None:
    points, edges = _grid(side) if side > 1 else (np.zeros((1, 3)), np.zeros((0, 2), np.int64))
    matrix = _laplacian(len(points), edges)
    right = np.random.default_rng(0).normal(size=(len(points), 5))
    found = solver.factor(solver.plan(points, matrix), matrix)(right)
    # A hundred times the rounding of a system with a condition of about 100.
    assert found == pytest.approx(np.linalg.solve(_dense(matrix), right), rel=1e-10, abs=1e-10)


def test_it_solves_parts_that_have_nothing_to_do_with_each_other() -> None:
    points, edges = _grid(12)
    away = edges[~((edges < 72).any(1) & (edges >= 72).any(1))]
    matrix = _laplacian(len(points), away)
    right = np.ones((len(points), 1))
    found = solver.factor(solver.plan(points, matrix), matrix)(right)
    assert matrix.times(found) == pytest.approx(right, abs=1e-10)  # rounding


def test_the_order_holds_for_other_values() -> None:
    points, edges = _grid(15)
    matrix = _laplacian(len(points), edges)
    order = solver.plan(points, matrix)
    other = solver.Entries(
        matrix.size, matrix.rows, matrix.columns, matrix.values * np.where(matrix.rows == matrix.columns, 2.0, 1.0)
    )
    right = np.ones((len(points), 1))
    assert other.times(solver.factor(order, other)(right)) == pytest.approx(right, abs=1e-10)  # rounding


def test_gram_is_the_transpose_times_the_matrix() -> None:
    random = np.random.default_rng(1)
    dense = np.where(random.random((40, 12)) < 0.3, random.normal(size=(40, 12)), 0.0)
    rows, columns = np.nonzero(dense)
    product = solver.Entries(12, *solver.gram(12, rows, columns, dense[rows, columns]))
    assert _dense(product) == pytest.approx(dense.T @ dense, abs=1e-12)  # rounding
