"""Short hair, parted on the left: locks laid over a cap on the skull. Does not need Blender.

Directions are (azimuth, elevation) in degrees seen from the middle of the skull: 0 is ahead, 90 the character's left, 180 behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .mesh import Builder, Part
from .surface import Floats, cast

MIDDLE = np.array([0.0, 1.2, 15.5])
# Degrees away from the middle of the face, and how far up the hair begins there.
HAIRLINE = (
    (0, 20, 40, 52, 62, 70, 77, 86, 100, 110, 120, 150, 180),
    (33, 33, 30, 22, 8, -8, -14, 1, 1, -10, -26, -38, -40),
)


@dataclass(frozen=True)
class Lock:
    """A lock from its root to its tip. bow: degrees that its middle swerves to the left seen from the root; lengths in cm."""

    root: tuple[float, float]
    tip: tuple[float, float]
    bow: float = 0.0
    width: float = 1.2
    height: float = 0.75  # of its middle over the skull
    lift: float = 0.1  # of its tip


def hair() -> Part:
    """Return the hair's mesh."""
    builder = Builder()
    _add_cap(builder)
    for lock in _locks():
        _add_lock(builder, lock)
    return Part("Hair", builder, ("Hair",), {})


def _locks() -> Iterator[Lock]:
    # The fringe, swept from the part to the right.
    for k, (azimuth, elevation) in enumerate(
        ((-62, 14), (-50, 22), (-38, 27), (-25, 29), (-11, 30), (3, 31), (14, 33))
    ):
        yield Lock((30 - 3 * k, 74 - 4.5 * k), (azimuth, elevation), 10 - k, 1.75 - 0.06 * k, 1.45 - 0.04 * k, 0.3)
    # Left of the part.
    for k, (azimuth, elevation) in enumerate(((32, 33), (45, 26), (56, 15), (66, 4), (75, -9))):
        yield Lock((30 + 9 * k, 64 + 2 * k), (azimuth, elevation), -7, 1.5, 0.95, 0.12)
    # The right side.
    for azimuth, elevation in ((-74, 2), (-76, -10)):
        yield Lock((azimuth + 12, 60), (azimuth, elevation), 5, 1.45, 0.9, 0.1)
    # From the crown over the sides and the back, in two layers.
    for side in (1, -1):
        for azimuth, elevation in ((88, 3), (101, 2), (113, -11)):
            yield Lock((side * (azimuth + 6), 62), (side * azimuth, elevation), side * -4, 1.5, 0.85, 0.05)
        for azimuth in (126, 142, 158, 172):
            yield Lock((side * azimuth, 42), (side * (azimuth - 3), -38), side * -3, 1.5, 0.7, -0.05)
    for azimuth in range(120, 250, 20):
        yield Lock((azimuth * 0.4 + 108, 80), (azimuth, 9 * (azimuth % 3) - 14), -6, 1.8, 1.0, 0.15)
    # Over the top, from the part and from the other side, to the crown.
    for k, azimuth in enumerate((-118, -98, -78)):
        yield Lock((40, 80 - 3 * k), (azimuth, 22 + 5 * (k % 2)), 14, 1.8, 1.2, 0.15)
    for azimuth in (78, 98, 118):
        yield Lock((60, 74), (azimuth, 24), -10, 1.6, 1.0, 0.12)


def _toward(azimuth: Floats, elevation: Floats) -> Floats:
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)], -1)


def _add_lock(builder: Builder, lock: Lock) -> None:
    steps, sides = 15, 10
    t = np.linspace(0.0, 1.0, steps)[:, None]
    root, tip = _toward(*np.array(lock.root, float)), _toward(*np.array(lock.tip, float))
    between = np.arccos(np.clip(root @ tip, -1.0, 1.0))
    way = (np.sin((1.0 - t) * between) * root + np.sin(t * between) * tip) / np.sin(between)
    swerve = np.cross(root, tip) / np.linalg.norm(np.cross(root, tip))
    way = way + np.tan(np.radians(lock.bow)) * np.sin(np.pi * t) * swerve
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    over = 0.25 + (lock.height - 0.25) * np.sin(np.pi * t**0.8) ** 0.8 + (lock.lift - 0.25) * t**3
    line = cast(np.tile(MIDDLE, (steps, 1)), way) + over * way
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=-1, keepdims=True)
    across = np.cross(along, way)
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    outward = np.cross(across, along)
    wide = lock.width * (np.sin(np.pi * np.clip(0.12 + 0.88 * t, 0.0, 1.0) ** 0.75) ** 0.75 + 0.02)
    turn = 2.0 * np.pi * np.arange(sides) / sides
    ridge = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 1.3
    rings = line[:, None] + wide[:, None] * (
        across[:, None] * np.cos(turn)[:, None] + 0.36 * outward[:, None] * ridge[:, None]
    )
    previous = builder.add(rings[0])
    builder.fan(previous[::-1], int(builder.add(line[:1])[0]), 0)
    for ring in rings[1:]:
        previous = builder.ring(previous, ring, 0)
    builder.fan(previous, int(builder.add(line[-1:] + 0.1 * along[-1:])[0]), 0)


def _add_cap(builder: Builder) -> None:
    """Add a shell over the skull, from the crown to the hairline, on which the locks lie."""
    columns, rows = 96, 18
    turn = 2.0 * np.pi * np.arange(columns) / columns
    signed = np.degrees((turn + np.pi) % (2.0 * np.pi) - np.pi)
    line = np.interp(np.abs(signed), *HAIRLINE)
    for _ in range(2):
        line = 0.25 * np.roll(line, 1) + 0.5 * line + 0.25 * np.roll(line, -1)
    previous = None
    for row in range(rows):
        t = 1.0 - (1.0 - row / (rows - 1)) ** 1.4  # closer together at the hairline
        direction = _toward(np.degrees(turn), 86.0 + (line - 86.0) * t)
        thick = 0.62 * np.sqrt(1.0 - t**6) - 0.12 * t**8
        points = cast(np.tile(MIDDLE, (columns, 1)), direction) + direction * thick
        if previous is None:
            previous = builder.add(points)
            builder.fan(previous, int(builder.add(points.mean(0, keepdims=True))[0]), 0)
        else:
            previous = builder.ring(previous, points, 0, flip=True)
