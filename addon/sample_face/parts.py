"""Everything but the skin: brows, lashes and ears on the head; eyes, teeth, tongue and hair as meshes. Does not need Blender."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .expressions import JAW_ANGLE, turned
from .mesh import Builder, Part, strip
from .sites import Sites, eye_point, lid_edges, lip_line
from .skin import DARK, NOSTRIL, SKIN
from .surface import EYE, EYE_RADIUS, LID_RADIUS, Floats, cast, face_point, smoothstep

Shape = Callable[[Floats], Floats]

TOOTH_WIDTHS = (0.86, 0.7, 0.76, 0.7, 0.7, 0.95)  # from the middle outward, as are the others
TOOTH_HEIGHTS = (1.05, 0.95, 1.05, 0.85, 0.8, 0.75)
TOOTH_LIFTS = (0.0, 0.07, 0.0, 0.07, 0.09, 0.1)
ARCH_HALF = 3.0  # cm, from the middle of a row of teeth to its last ones
# Degrees away from the middle of the face, and how far up the hair begins there.
HAIRLINE = (
    (0, 20, 40, 55, 66, 74, 80, 88, 100, 112, 120, 150, 180),
    (27, 28, 26, 17, 3, -12, -12, 3, 3, -8, -30, -44, -46),
)
LOOKS = {
    "eyeLookDown": (-24.0, 0.0),
    "eyeLookUp": (22.0, 0.0),
    "eyeLookIn": (0.0, -28.0),
    "eyeLookOut": (0.0, 30.0),
}  # degrees up, outward


def _ball(builder: Builder, shape: Shape, columns: int, angles: Floats, materials: list[int]) -> None:
    """Add a unit sphere with its pole toward -y, after bending its points (n, 3).

    angles: degrees of its rings, seen from the pole. materials: of the cap within the first ring, of each band, and of the last cap.
    """
    turn = 2.0 * np.pi * np.arange(columns) / columns
    tilt = np.radians(np.asarray(angles, float))[:, None]
    rings = np.stack(np.broadcast_arrays(np.sin(tilt) * np.cos(turn), -np.cos(tilt), np.sin(tilt) * np.sin(turn)), -1)
    ends = builder.add(shape(np.array([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]])))
    previous = builder.add(shape(rings[0]))
    builder.fan(previous, int(ends[0]), materials[0])
    for ring, material in zip(rings[1:], materials[1:-1], strict=True):
        previous = builder.ring(previous, shape(ring), material, flip=True)
    builder.fan(previous[::-1], int(ends[1]), materials[-1])


def add_brows(builder: Builder) -> None:
    """Add two rounded strips on the brow ridges, tapering outward."""
    t = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, 18))
    x = 1.35 + 4.15 * t
    z = 16.5 + 0.62 * np.sin(np.pi * t**1.2 * 0.85) - 0.2 * t**2
    width = (
        0.34 * np.sqrt(1.0 - (1.0 - np.clip(t / 0.15, 0.0, 1.0)) ** 2) * (1.0 - t**3) ** 0.8 * (1.0 - 0.3 * t) + 0.02
    )
    across = np.array([-1.0, -0.6, 0.0, 0.6, 1.0])
    height = np.array([-0.08, 0.09, 0.13, 0.09, -0.08])
    flat_x = np.broadcast_to(x[:, None], (18, 5))
    points = face_point(flat_x.ravel(), (z[:, None] + width[:, None] * across).ravel())
    points[:, 1] -= np.broadcast_to(height, (18, 5)).ravel()
    for side in (1.0, -1.0):
        number = builder.add(points * (side, 1.0, 1.0)).reshape(18, 5)
        quads = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]], -1).reshape(-1, 4)
        builder.fill(quads if side > 0 else quads[:, ::-1], DARK)


def add_lashes(builder: Builder) -> None:
    """Add a thin dark fringe on the edge of each upper lid, which moves with the edge."""
    turn = np.pi * np.linspace(0.02, 0.93, 20)
    along = np.cos(turn)
    upper, _, _ = lid_edges(along)
    outward = np.radians(2.0 + 53.0 * along)
    longest = np.sin(turn) ** 0.6 * (0.13 + 0.14 * smoothstep(-0.6, 1.0, along))
    root = eye_point(outward, upper, LID_RADIUS - 0.03)
    tip = eye_point(outward + np.radians(4.0) * along, upper + np.radians(2.5), LID_RADIUS + longest)
    edge = np.stack([along, np.sin(turn)], -1)
    for side in (0, 1):
        lid = np.zeros((20, 2))
        lid[:, side] = 1.0
        rows = []
        for points in (root, tip, root + (0.0, 0.0, 0.09)):
            points = points * (1.0 - 2.0 * side, 1.0, 1.0)
            rows.append(builder.add(points, Sites.at(points, lid=lid, edge=edge)))
        for first, second in pairwise(rows):
            quads = np.stack([first[:-1], first[1:], second[1:], second[:-1]], -1)
            builder.fill(quads if side else quads[:, ::-1], DARK)


def add_nostrils(builder: Builder) -> None:
    """Add two dark ovals on the underside of the nose."""
    turn = 2.0 * np.pi * np.arange(12) / 12
    for side in (1.0, -1.0):
        rings = []
        for radius in (1.0, 0.5, 0.0):
            spread = radius * np.stack([0.27 * np.cos(turn), -0.24 * np.sin(turn)], -1)
            aim = np.stack([0.5 + spread[:, 0] + 0.4 * spread[:, 1], -0.62 + spread[:, 1], np.full(12, -1.0)], -1)
            points = cast(np.tile([0.0, -8.9, 11.2], (12, 1)), aim, reach=4.0, inflate=0.035)
            rings.append(builder.add(points[:1] * (side, 1.0, 1.0) if radius == 0.0 else points * (side, 1.0, 1.0)))
        builder.fill(strip(rings[0], rings[1])[:, :: int(side)], NOSTRIL)
        builder.fan(rings[1][:: int(side)], int(rings[2][0]), NOSTRIL)


def add_ears(builder: Builder) -> None:
    """Add two flattened balls with a hollow, leaning away from the head."""
    for side in (1.0, -1.0):

        def shape(p: Floats, side: float = side) -> Floats:
            z = 2.05 * p[:, 2]
            y = 1.3 * side * p[:, 0] * (1.0 + 0.22 * p[:, 2])
            out = -p[:, 1]
            bowl = 0.6 * np.exp(-(((y + 0.15) / 0.75) ** 2) - ((z - 0.2) / 1.15) ** 2) * (out > 0)
            x = 0.5 * np.sign(out) * np.abs(out) ** 0.6 - bowl + 0.42 * y
            return np.stack([side * (7.25 + x), 1.3 + y + 0.2 * z, 12.7 + z], -1)

        _ball(builder, shape, 24, np.linspace(8, 172, 14), [SKIN] * 15)


def eye(side: float) -> Part:
    """Return an eyeball (side: 1 left, -1 right) with iris, pupil and a glint that follows the gaze halfway."""
    builder = Builder()
    center = EYE * (side, 1.0, 1.0)
    rings = np.array([5, 11, 17, 23.5, 25, 34, 50, 70, 90, 115, 140, 165.0])
    _ball(builder, lambda p: center + EYE_RADIUS * p, 36, rings, [2, 2, 1, 1, 2] + [0] * 8)
    ball = builder.count
    turn = 2.0 * np.pi * np.arange(10) / 10
    glint = np.stack([0.13 + 0.05 * np.cos(turn), np.full(10, -1.0), 0.2 + 0.05 * np.sin(turn)], -1)
    glint = center + EYE_RADIUS * 1.01 * glint / np.linalg.norm(glint, axis=-1, keepdims=True)
    ring = builder.add(glint)
    builder.fan(ring, int(builder.add(glint.mean(0, keepdims=True))[0]), 3)
    points = builder.sites().points - center
    follows = np.where(np.arange(builder.count) < ball, 1.0, 0.4)
    keys = {}
    for name, (up, outward) in LOOKS.items():
        a, b = np.radians(up), np.radians(outward * side)
        pitch = np.array([[1, 0, 0], [0, np.cos(a), np.sin(a)], [0, -np.sin(a), np.cos(a)]])
        yaw = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
        keys[name + ("Left" if side > 0 else "Right")] = (points @ (yaw @ pitch).T - points) * follows[:, None]
    return Part(builder, keys)


def teeth() -> Part:
    """Return both rows of teeth in their gums. The upper row stays; the lower one moves with the jaw."""
    builder = Builder()
    front = float(lip_line(np.zeros(1))[0, 1])
    _arch(builder, front + 0.95, 7.45, 1.0, 1.0)
    upper = builder.count
    _arch(builder, front + 1.1, 7.45, -1.0, 1.0)
    points = builder.sites().points
    carried = (np.arange(builder.count) >= upper)[:, None]
    return Part(builder, {name: move * carried for name, move in _jaw_moves(points).items()})


def _arch(builder: Builder, front: float, bite: float, up: float, size: float) -> None:
    """Add one row of teeth along a curve, and a roll of gum. up: 1 for the upper row, -1 for the lower."""
    fine = ARCH_HALF * np.sin(np.linspace(0.0, np.pi / 2, 400))  # closer together where the row turns back
    curve = np.stack([fine * size, front + _depth(fine)], -1)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    at = 0.0
    for width, tall, lift in zip(TOOTH_WIDTHS, TOOTH_HEIGHTS, TOOTH_LIFTS, strict=True):
        width, tall = width * size, tall * (1.0 if up > 0 else 0.85)
        along = at + width * np.array([0.0, 0.5, 1.0])
        flat = np.stack([np.interp(along, length, curve[:, axis]) for axis in (0, 1)], -1)
        ahead = (flat[2] - flat[0]) / np.linalg.norm(flat[2] - flat[0])
        center = np.array([*flat[1], bite + up * (lift + tall * 0.5)])
        sides = np.array([[*ahead, 0.0], [-ahead[1], ahead[0], 0.0], [0.0, 0.0, 1.0]]) * [
            [width * 0.5],
            [0.3],
            [tall * 0.5],
        ]
        for side in (1.0, -1.0):

            def shape(p: Floats, side: float = side, center: Floats = center, sides: Floats = sides) -> Floats:
                box = np.sign(p) * np.abs(p) ** 0.55
                box = np.stack([side * box[:, 0] * (0.9 - 0.1 * up * box[:, 2]), box[:, 1], box[:, 2]], -1)
                return (center + box @ sides) * (side, 1.0, 1.0)

            _ball(builder, shape, 16, np.array([20, 45, 65, 85, 105, 130.0]), [0] * 7)
        at += width

    def gum(p: Floats) -> Floats:
        along = 2.65 * p[:, 2]
        return np.stack(
            [along * size, front + 0.1 + _depth(along) + 0.34 * p[:, 0], bite + up * 1.12 - 0.42 * p[:, 1]], -1
        )

    _ball(builder, gum, 40, np.linspace(10, 170, 9), [1] * 10)


def _depth(x: Floats) -> Floats:
    """Return how far back (cm) a row of teeth lies at x: flat in front, near the corners of the mouth, then straight back.

    Were it rounder, a mouth seen from one side would look gap-toothed on the other.
    """
    return 4.6 * (1.0 - (1.0 - (np.abs(x) / ARCH_HALF) ** 2.5) ** 0.4)


def tongue() -> Part:
    """Return a tongue that fills the lower row of teeth, moves with the jaw, and comes out."""
    builder = Builder()
    front = float(lip_line(np.zeros(1))[0, 1])

    def shape(p: Floats) -> Floats:
        y = -p[:, 1]
        back = 0.5 * (1.0 - y)  # 0 at the tip, 1 at the root
        middle = 6.65 + 0.35 * np.sin(np.pi * np.clip(back, 0, 1)) - 0.5 * back**2
        thick = 0.32 + 0.35 * back
        groove = -0.1 * np.exp(-((p[:, 0] / 0.25) ** 2)) * (p[:, 2] > 0)
        return np.stack(
            [p[:, 0] * (2.15 + 0.35 * back), front + 1.65 + 5.0 * back, middle + thick * p[:, 2] + groove], -1
        )

    _ball(builder, shape, 24, np.linspace(9, 171, 16), [0] * 17)
    points = builder.sites().points
    keys = _jaw_moves(points)
    tip = smoothstep(front + 6.0, front + 1.6, points[:, 1])[:, None]
    keys["tongueOut"] = np.concatenate(
        [-0.1 * points[:, :1] * tip, -3.6 * tip, 0.5 * smoothstep(0.0, 0.5, tip) - 1.0 * tip**4], -1
    )
    return Part(builder, keys)


def _jaw_moves(points: Floats) -> dict[str, Floats]:
    still = np.zeros_like(points)
    return {
        "jawForward": still + (0.0, -0.9, -0.12),
        "jawLeft": still + (0.9, 0.0, 0.0),
        "jawRight": still - (0.9, 0.0, 0.0),
        "jawOpen": turned(points, JAW_ANGLE),
    }


def hair() -> Part:
    """Return short hair: a shell over the skull from the crown to the hairline, swept over from a part on the left."""
    builder = Builder()
    columns, rows = 120, 26
    turn = 2.0 * np.pi * np.arange(columns) / columns
    signed = np.degrees((turn + np.pi) % (2.0 * np.pi) - np.pi)
    line = np.interp(np.abs(signed), HAIRLINE[0], HAIRLINE[1])
    line = line + 7.0 * np.exp(-(((signed - 24.0) / 13.0) ** 2)) - 4.0 * np.exp(-(((signed + 30.0) / 18.0) ** 2))
    for _ in range(2):
        line = 0.25 * np.roll(line, 1) + 0.5 * line + 0.25 * np.roll(line, -1)
    volume = 0.75 + 0.5 * np.exp(-((signed / 50.0) ** 2)) + 0.25 * np.exp(-(((signed + 25.0) / 25.0) ** 2))
    previous = None
    for row in range(rows):
        t = 1.0 - (1.0 - row / (rows - 1)) ** 1.4  # closer together at the hairline
        elevation = np.radians(86.0 + (line - 86.0) * t)
        direction = np.stack(
            [np.sin(turn) * np.cos(elevation), -np.cos(turn) * np.cos(elevation), np.sin(elevation)], -1
        )
        phase = turn * 16 + 3.5 * t + 1.5 * np.sin(turn * 3 + 1.0)
        locks = 0.09 * (np.abs(np.cos(phase)) ** 0.7 - 0.5) * np.sin(np.pi * min(t, 0.98)) ** 0.4
        thick = (0.85 + (volume - 0.85) * t) * np.sqrt(1.0 - t**8) - 0.12 * t**8 + locks
        points = cast(np.tile([0.0, 1.2, 15.5], (columns, 1)), direction) + direction * thick[:, None]
        if previous is None:
            previous = builder.add(points)
            builder.fan(previous, int(builder.add(points.mean(0, keepdims=True))[0]), 0)
        else:
            previous = builder.ring(previous, points, 0, flip=True)
    return Part(builder, {})
