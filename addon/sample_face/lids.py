"""The lids with their lashes: rings from the skin to the edges of the lids. Does not need Blender."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .mesh import DARK, SKIN, Builder, Ints
from .sites import Sites, eye_point, lid_edges
from .surface import EYE_RADIUS, LID_RADIUS, Floats, face_point, smoothstep

LID_STEPS = (0.0, 0.15, 0.35, 0.55, 0.75, 0.9, 1.0)  # from the fold of a lid to its edge


def add_lids(builder: Builder, loop: Ints, side: str) -> None:
    """Add rings from a rectangle of the grid to the fold of the lids, over the lids to their edge, and a little way behind it."""
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    turn = 2.0 * np.pi * np.arange(len(loop)) / len(loop)
    edge = np.stack([np.cos(turn), np.sign(np.round(np.sin(turn), 9)) * np.abs(np.sin(turn))], -1)
    along = edge[:, 0]
    upper, lower, _ = lid_edges(along)
    upward = np.where(edge[:, 1] >= 0, upper, lower)
    outward = np.radians(2.0 + 53.0 * along)
    rise = np.clip(edge[:, 1], 0.0, 1.0)
    fold_up = upward + np.radians(np.where(edge[:, 1] >= 0, 15.0 * rise**0.7, -13.0 * np.abs(edge[:, 1]) ** 0.7))
    fold_out = outward + np.radians(10.0) * along
    fold = eye_point(fold_out, fold_up, LID_RADIUS)
    outside = (builder.points(loop) * mirror)[:, [0, 2]]

    def ring(previous: Ints, points: Floats, belongs: float, material: int | NDArray[np.int64] = SKIN) -> Ints:
        lid = np.zeros((len(loop), 2))
        lid[:, 0 if side == "left" else 1] = belongs
        points = points * mirror
        return builder.ring(previous, points, material, Sites.at(points, lid=lid, edge=edge), flip=side == "right")

    previous = loop
    for t, belongs in ((0.2, 0.0), (0.4, 0.01), (0.6, 0.03), (0.78, 0.06), (0.92, 0.1)):
        flat = outside + (fold[:, [0, 2]] - outside) * t
        plump = 0.07 * rise * (t > 0.7)  # the skin hangs over the fold
        previous = ring(previous, face_point(flat[:, 0], flat[:, 1]) - np.outer(plump, (0.0, 1.0, 0.0)), belongs)
    surface = face_point(fold[:, 0], fold[:, 2])
    for t in LID_STEPS:
        points = eye_point(fold_out + (outward - fold_out) * t, fold_up + (upward - fold_up) * t, LID_RADIUS)
        if t == 0.0:
            points = surface + np.array([0.0, 0.16, 0.0]) * rise[:, None]
        previous = ring(previous, points, 0.12 + 0.88 * t)
    builder.marks["lid_" + side] = previous
    dark = np.where((edge[:, 1] >= -1e-6) & (np.roll(edge[:, 1], -1) >= -1e-6), DARK, SKIN)
    previous = ring(previous, eye_point(outward, upward, EYE_RADIUS * 1.015), 1.0, dark)
    behind = upward + np.radians(9.0) * np.sign(edge[:, 1])
    ring(previous, eye_point(outward + np.radians(5.0) * along, behind, EYE_RADIUS * 1.012), 0.95)


def add_lashes(builder: Builder) -> None:
    """Add dark fringes on the edges of the lids, which move with the edges: a thick one above, a thin one below."""
    for upper in (True, False):
        turn = np.pi * np.linspace(0.04 if upper else 0.08, 0.95 if upper else 0.5, 34)
        along = np.cos(turn)
        edges = lid_edges(along)
        height = edges[0] if upper else edges[1]
        outward = np.radians(2.0 + 53.0 * along)
        tufts = 0.72 + 0.28 * np.abs(np.cos(np.pi * np.linspace(0.0, 8.0, 34))) if upper else 1.0
        ends = np.sin(np.pi * np.linspace(0.0, 1.0, 34)) ** 0.5
        longest = (0.14 + 0.2 * smoothstep(-0.7, 0.9, along)) * tufts if upper else 0.05 * ends
        rise = np.radians(5.0 if upper else -3.0) * ends
        root = eye_point(outward, height, LID_RADIUS - 0.05)
        tip = eye_point(outward + np.radians(4.5) * along, height + rise, LID_RADIUS + longest * ends)
        back = eye_point(outward, height + np.radians(3.2 if upper else -0.5) * ends, LID_RADIUS + 0.01)
        edge = np.stack([along, np.sin(turn) * (1.0 if upper else -1.0)], -1)
        for side in (0, 1):
            lid = np.zeros((len(turn), 2))
            lid[:, side] = 1.0
            rows = []
            for points in (root, tip, back):
                points = points * (1.0 - 2.0 * side, 1.0, 1.0)
                rows.append(builder.add(points, Sites.at(points, lid=lid, edge=edge)))
            for first, second in pairwise(rows):
                quads = np.stack([first[:-1], first[1:], second[1:], second[:-1]], -1)
                builder.fill(quads if bool(side) == upper else quads[:, ::-1], DARK)
