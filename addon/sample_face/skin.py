"""The skin: a grid around the head, with rings of vertices into the mouth and to the edges of the lids. Does not need Blender.

The grid has three rectangular holes. Each is filled with as many rings as it takes to reach the lips or lids, every ring with one vertex
for each vertex of the rectangle, so edges follow what moves.
"""

from __future__ import annotations

import numpy as np

from .lids import add_lids
from .mesh import LIPS, MOUTH, SKIN, Builder, Ints, strip
from .sites import MOUTH_HALF, Sites, lip_line, mouth_coordinates, mouth_line
from .surface import Floats, cast, face_point, smoothstep

COLUMNS = 112
# Rows from the neck up to the brow: how many steps from the entry before, and where their rays start and how steep they go, at the back (z)
# and at the front (y, z, degrees): rays fan out under the chin.
ROWS: tuple[tuple[int, float, float, float, float], ...] = (
    (1, 0.0, 0.0, 0.0, 0.0),
    (4, 2.6, 0.0, 2.4, 0.0),
    (4, 4.2, -4.8, 6.2, -75.0),
    (4, 5.4, -4.4, 6.3, -35.0),
    (4, 6.6, -1.5, 6.2, -5.0),
    (6, 8.0, 0.0, 7.8, 0.0),
    (36, 17.0, 0.0, 17.0, 0.0),
)
CROWN_ROWS = 14
MOUTH_HOLE = (-14, 14, 16, 28)  # columns and rows of the grid, first and last
EYE_HOLE = (5, 23, 37, 55)

LIP_STEPS = (0.0, 0.1, 0.24, 0.42, 0.6, 0.8, 1.0)  # from the edge of the lips to where they meet


def add_skin(builder: Builder) -> None:
    """Add the head's skin, lips, lids and the inside of the mouth. Marks the rings lip_border,
    lip_seam, lip_upper, lip_lower, lid_left and lid_right, and all of its vertices as skin.
    """
    points = _grid()
    rows = len(points)
    keep = np.ones((rows - 1, COLUMNS), bool)
    left, right, low, high = EYE_HOLE
    holes = (MOUTH_HOLE, EYE_HOLE, (-right, -left, low, high))
    for first, last, bottom, top in holes:
        keep[bottom:top, np.arange(first, last) % COLUMNS] = False
    used = np.pad(keep, ((0, 1), (0, 0))) | np.pad(keep, ((1, 0), (0, 0)))  # none is left loose in the holes
    used |= np.roll(used, 1, axis=1)
    number = np.full((rows, COLUMNS), -1)
    number[used] = builder.add(points[used])
    quads = np.stack([strip(number[row], number[row + 1]) for row in range(rows - 1)])
    builder.fill(quads[keep], SKIN)
    crown = builder.add(cast(np.array([[0.0, 1.5, 17.0]]), np.array([[0.0, 0.0, 1.0]])))
    builder.fan(number[-1], int(crown[0]), SKIN)
    _add_mouth(builder, _loop(number, MOUTH_HOLE))
    add_lids(builder, _loop(number, EYE_HOLE), "left")
    right_loop = _loop(number, holes[2])
    add_lids(builder, np.roll(right_loop[::-1], 1 + len(right_loop) // 2), "right")
    builder.marks["skin"] = np.arange(builder.count)


def _grid() -> Floats:
    """Return the grid's points, (rows, COLUMNS, 3), closed around the head. Column 0 is the middle of the face, 1 the next to the left."""
    steps = np.array([row[0] for row in ROWS])
    at = np.cumsum(steps) - 1
    back_z, front_y, front_z, tilt = (
        np.interp(np.arange(at[-1] + 1), at, [row[i] for row in ROWS]) for i in range(1, 5)
    )
    face = at[-2]  # the first row that looks straight ahead; those above fan out a little, to see under the nose
    fan = 0.35 * (front_z[face:] - 11.5) * smoothstep(7.8, 9.0, front_z[face:])
    front_z[face:] -= fan
    tilt[face:] += np.degrees(np.arctan(fan / 9.0))
    crown = (np.arange(CROWN_ROWS) + 1) / CROWN_ROWS
    back_z, front_y, front_z = (np.concatenate([a, np.full(CROWN_ROWS, a[-1])]) for a in (back_z, front_y, front_z))
    over = np.concatenate([np.zeros(len(tilt)), 86.0 * crown])
    tilt = np.concatenate([tilt, np.linspace(tilt[-1], 0.0, CROWN_ROWS)])
    turn = 2.0 * np.pi * np.arange(COLUMNS) / COLUMNS
    turn = turn - 0.5 * np.sin(turn)  # closer together in the face
    front = (0.5 + 0.5 * np.cos(turn)) ** 1.5
    elevation = np.radians(tilt[:, None] * front + over[:, None])
    origin_y = 1.2 * (1.0 - front) + front_y[:, None] * front
    origin_z = back_z[:, None] * (1.0 - front) + front_z[:, None] * front
    origin = np.stack(np.broadcast_arrays(0.0, origin_y, origin_z), -1)
    direction = np.stack([np.sin(turn) * np.cos(elevation), -np.cos(turn) * np.cos(elevation), np.sin(elevation)], -1)
    return cast(origin.reshape(-1, 3), direction.reshape(-1, 3)).reshape(*direction.shape)


def _loop(number: Ints, hole: tuple[int, int, int, int]) -> Ints:
    """Return the vertices around a hole, from the middle of its left side over the top and back below."""
    first, last, low, high = hole
    columns, rows = np.arange(last, first, -1), np.arange(low, high)
    middle = (high - low) // 2
    left, right = number[rows, last % COLUMNS], number[rows + 1, first % COLUMNS]
    top, bottom = number[high, columns % COLUMNS], number[low, (columns - 1) % COLUMNS]
    return np.concatenate([left[middle:], top, right[::-1], bottom[::-1], left[:middle]])


def _add_mouth(builder: Builder, loop: Ints) -> None:
    """Add rings from a rectangle of the grid to the lips' edge, over the lips to where they meet, and on into the mouth."""
    half = len(loop) // 2
    turn = np.pi * np.arange(len(loop)) / half
    x = MOUTH_HALF * np.cos(turn)
    over = np.where(np.arange(len(loop)) <= half, 1.0, -1.0)
    meet = lip_line(x)
    line, line_y = meet[:, [0, 2]], meet[:, 1]
    arch = np.clip(1.0 - np.cos(turn) ** 2, 0.0, None)
    s = np.abs(np.cos(turn))
    upper = 0.76 * (1.0 - s) ** 0.85 - 0.22 * np.exp(-((s / 0.13) ** 2)) + 0.03 * arch**0.4
    lower = 0.84 * (1.0 - s**2) ** 0.85 + 0.02 * arch**0.4
    edge = line + np.stack([0.1 * np.cos(turn), np.where(over > 0, upper, -lower)], -1)
    outside = builder.points(loop)[:, [0, 2]]

    previous = loop
    for t in (0.2, 0.4, 0.58, 0.74, 0.88):
        flat = outside + (edge - outside) * t
        previous = builder.ring(previous, face_point(flat[:, 0], flat[:, 1]), SKIN)
    edge_y = face_point(edge[:, 0], edge[:, 1])[:, 1]
    up = over * mouth_coordinates(line[:, 0], line[:, 1])[0]
    swell = np.where(over > 0, 0.30, 0.40) * arch**0.7
    for t in LIP_STEPS:
        flat = edge + (line - edge) * np.stack(
            [np.full(len(loop), t), np.full(len(loop), np.sin(t * np.pi / 2) ** 1.2)], -1
        )
        y = edge_y + (line_y - edge_y) * t**3 - swell * np.sin(np.pi * t**0.8) ** 0.9
        points = np.stack([flat[:, 0], y, flat[:, 1]], -1)
        sites = Sites.at(points, up=up, reach=np.zeros(len(loop))) if t == 1.0 else None
        previous = builder.ring(previous, points, SKIN if t == 0.0 else LIPS, sites)
        if t == 0.0:
            builder.marks["lip_border"] = previous
    builder.marks["lip_seam"] = previous
    builder.marks["lip_upper"], builder.marks["lip_lower"] = previous[1:half], previous[:half:-1]

    # Behind the lips: out of sight when the mouth is shut, dark when it is open. Width, height, y, reach.
    inside: list[tuple[float, float, Floats | float, float]]
    inside = [(0.99, 0.0, line_y + 0.4, 0.0), (1.02, 0.4, line_y + 0.75, 0.3), (1.12, 1.2, line_y + 0.85, 0.6)]
    inside += [(1.3, 1.7, 0.5 * line_y - 3.4, 1.2), (1.4, 1.9, -4.6, 2.0), (1.3, 1.7, -3.0, 3.0), (0.5, 0.9, -2.2, 3.0)]
    for place, (wide, tall, y, reach) in enumerate(inside):
        points = np.stack(np.broadcast_arrays(x * wide, y, mouth_line(x) + tall * np.sin(turn)), -1)
        previous = builder.ring(
            previous, points, LIPS if place == 0 else MOUTH, Sites.at(points, up=up, reach=np.full(len(loop), reach))
        )
    end = np.array([[0.0, -2.0, float(mouth_line(np.zeros(1))[0])]])
    builder.fan(previous, int(builder.add(end, Sites.at(end, up=np.zeros(1), reach=np.zeros(1)))[0]), MOUTH)
