"""Meshes under construction: vertices with their sites, faces with their materials. Does not need Blender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .sites import Sites
from .surface import Floats

Ints = NDArray[np.int64]

SKIN, LIPS, MOUTH, DARK, NOSTRIL = range(5)  # materials of the head's mesh


@dataclass
class Builder:
    """A mesh that is built piece by piece. Faces are rows of four vertices; the last one of a triangle is -1."""

    parts: list[Sites] = field(default_factory=list)
    quads: list[Ints] = field(default_factory=list)
    materials: list[Ints] = field(default_factory=list)
    marks: dict[str, Ints] = field(default_factory=dict)  # vertices worth finding again, by name
    count: int = 0

    def add(self, points: Floats, sites: Sites | None = None) -> Ints:
        """Add points (n, 3). Returns their numbers (n,)."""
        self.parts.append(Sites.at(points) if sites is None else sites)
        numbers = np.arange(self.count, self.count + len(points))
        self.count += len(points)
        return numbers

    def fill(self, quads: Ints, material: int | Ints) -> None:
        """Add faces (m, 4). The material is one number for all, or one for each (m,)."""
        self.quads.append(quads)
        self.materials.append(np.broadcast_to(np.asarray(material, np.int64), (len(quads),)))

    def ring(
        self, previous: Ints, points: Floats, material: int | Ints, sites: Sites | None = None, flip: bool = False
    ) -> Ints:
        """Add a closed ring of points (k, 3) inside the previous one, and the faces between. Returns its numbers (k,)."""
        numbers = self.add(points, sites)
        quads = strip(previous, numbers)
        self.fill(quads[:, ::-1] if flip else quads, material)
        return numbers

    def fan(self, ring: Ints, tip: int, material: int) -> None:
        """Close a ring with triangles that meet in one vertex."""
        self.fill(np.stack([ring, np.roll(ring, -1), np.full(len(ring), tip), np.full(len(ring), -1)], -1), material)

    def points(self, numbers: Ints) -> Floats:
        return np.concatenate([part.points for part in self.parts])[numbers]

    def sites(self) -> Sites:
        return Sites.join(self.parts)


def strip(first: Ints, second: Ints) -> Ints:
    """Return quads (k, 4) between two closed rows of vertices (k,)."""
    return np.stack([first, np.roll(first, -1), np.roll(second, -1), second], -1)


def ball(
    builder: Builder, shape: Callable[[Floats], Floats], columns: int, angles: Floats, materials: Sequence[int]
) -> None:
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


def grid(builder: Builder, points: Floats, material: int, flip: bool = False) -> Ints:
    """Add an open sheet of points (rows, columns, 3). Returns its numbers (rows, columns)."""
    rows, columns, _ = points.shape
    number = builder.add(points.reshape(-1, 3)).reshape(rows, columns)
    quads = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]], -1).reshape(-1, 4)
    builder.fill(quads[:, ::-1] if flip else quads, material)
    return number


@dataclass(frozen=True)
class Part:
    """A mesh of the face with the displacements (n, 3) of each of its shape keys, in cm."""

    name: str
    builder: Builder
    materials: tuple[str, ...]
    keys: dict[str, Floats]
    tint: Floats | None = None  # (n, 3) factors of the color
