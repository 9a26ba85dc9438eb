"""Meshes under construction: vertices with their sites, faces with their materials. Does not need Blender."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .sites import Sites
from .surface import Floats

Ints = NDArray[np.int64]


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


@dataclass(frozen=True)
class Part:
    """A separate mesh, with the displacements (n, 3) of each of its shape keys."""

    builder: Builder
    keys: dict[str, Floats]
