"""What lies on the skin: brows, nostrils and ears. Does not need Blender."""

from __future__ import annotations

import numpy as np

from .mesh import DARK, NOSTRIL, SKIN, Builder, ball, grid, strip
from .surface import Floats, cast, face_point

BROW = (1.35, 5.55)  # cm, where a brow begins and ends, sideways


def brow_line(t: Floats) -> tuple[Floats, Floats]:
    """Return x and z (cm) of the middle of the left brow, from its inner end (t = 0) to its outer one (t = 1)."""
    return BROW[0] + (BROW[1] - BROW[0]) * t, 16.12 + 0.28 * np.sin(np.pi * t**1.2 * 0.9) - 0.14 * t**2


def add_brows(builder: Builder) -> None:
    """Add two rounded strips on the brow ridges, tapering outward. Marks their middle lines, brow_left and brow_right."""
    columns, rows = 26, 7
    t = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, columns))
    x, z = brow_line(t)
    width = 0.34 * np.sqrt(1.0 - (1.0 - np.clip(t / 0.12, 0.0, 1.0)) ** 2) * (1.0 - t**2.6) ** 0.75 + 0.012
    across = np.linspace(-1.0, 1.0, rows)
    height = (0.17 * np.sqrt(np.clip(1.0 - across**2, 0.0, 1.0)))[None, :] * (width[:, None] / 0.34) ** 0.6 - 0.05
    flat_x = np.broadcast_to(x[:, None], (columns, rows)) + 0.18 * across * (1.0 - t[:, None])
    flat_z = z[:, None] + width[:, None] * across
    points = face_point(flat_x.ravel(), flat_z.ravel()).reshape(columns, rows, 3)
    points[..., 1] -= height
    for side, name in ((1.0, "brow_left"), (-1.0, "brow_right")):
        number = grid(builder, points * (side, 1.0, 1.0), DARK, flip=side < 0)
        builder.marks[name] = number[:, rows // 2]


def add_nostrils(builder: Builder) -> None:
    """Add two dark ovals on the underside of the nose."""
    turn = 2.0 * np.pi * np.arange(14) / 14
    aim = np.array([0.12, -0.5, -0.86])
    for side in (1.0, -1.0):
        rings = []
        for radius in (1.0, 0.5, 0.0):
            wide, deep = 0.26 * radius * np.cos(turn), 0.15 * radius * np.sin(turn)
            spread = np.stack([wide, 0.86 * deep + 0.25 * wide, -0.5 * deep - 0.15 * wide], -1)
            origin = np.array([0.42, -9.2, 10.45]) + spread
            points = cast(origin, np.tile(aim, (14, 1)), reach=1.5, inflate=0.03)
            rings.append(builder.add(points[:1] * (side, 1.0, 1.0) if radius == 0.0 else points * (side, 1.0, 1.0)))
        builder.fill(strip(rings[0], rings[1])[:, :: -int(side)], NOSTRIL)
        builder.fan(rings[1][:: -int(side)], int(rings[2][0]), NOSTRIL)


def add_ears(builder: Builder) -> None:
    """Add two ears: a rim, an inner ridge around a hollow, and a lobe. Marks ear_left and ear_right."""
    for side in (1.0, -1.0):

        def shape(p: Floats, side: float = side) -> Floats:
            ahead, up = -p[:, 0] * side, p[:, 2]  # p's x runs toward the back on the left ear
            front = p[:, 1] < 0
            radius = np.where(front, np.hypot(ahead, up), 1.0)
            angle = np.arctan2(up, -ahead)  # 0 at the back, 90 degrees at the top

            def bump(at: float, width: float, height: float) -> Floats:
                return height * np.exp(-(((radius - at) / width) ** 2))

            around = np.clip(1.6 * np.cos(0.5 * (angle - 0.5)) ** 2, 0.0, 1.0)
            relief = bump(0.9, 0.11, 0.2) * around - bump(0.72, 0.1, 0.1) * around
            relief += bump(0.52, 0.14, 0.16) * np.clip(np.cos(angle - 0.1), 0.0, 1.0)
            hollow = np.hypot(ahead - 0.2, (up + 0.12) * 0.85)
            relief -= 0.5 * np.exp(-((hollow / 0.36) ** 2))
            relief += 0.3 * np.exp(-(((ahead - 0.72) / 0.2) ** 2) - ((up + 0.12) / 0.22) ** 2)
            relief += 0.16 * np.exp(-((ahead / 0.4) ** 2) - ((up + 0.78) / 0.2) ** 2)
            thick = np.where(front, 0.16 + relief, -0.1 - 0.35 * np.abs(p[:, 1]) ** 0.8)
            wide = 1.22 * (1.0 + 0.24 * up - 0.12 * (up < -0.5) * (-up - 0.5))
            back = -ahead * wide
            z = 2.0 * up
            lean = 0.36 * back + 0.05 * back**2
            return np.stack([side * (6.95 + thick + lean), 1.35 + back + 0.22 * z, 12.9 + z], -1)

        start = builder.count
        ball(builder, shape, 32, np.concatenate([np.linspace(6, 86, 20), np.linspace(96, 172, 6)]), [SKIN] * 27)
        builder.marks["ear_left" if side > 0 else "ear_right"] = np.arange(start, builder.count)
