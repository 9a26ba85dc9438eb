"""Where a head is and which way it looks: its frame, found from its symmetry. Needs Blender's mathutils."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .sparse_solver import Floats
from .topology import Surface
from .trees import SurfaceTree

_SPREAD = 40000  # points of the whole surface, body and all
_PROBES = 300
_SYMMETRIC = 0.002  # of the head's height: how far its points may lie from their mirror images
_NARROW = 0.8  # of the head's widest place: what is narrower below it is a neck
_UPS = ((0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, -1))


@dataclass(frozen=True)
class Frame:
    """The head's own axes: +x is its left, -y is where it looks, +z is up. rows: those axes (3, 3). size: the head's height."""

    rows: Floats
    origin: Floats
    size: float
    lopsided: float  # mean distance of the head from its mirror image, as a share of its height

    def inside(self, points: Floats) -> Floats:
        """Return points in the head's axes, with its height as the unit."""
        return (points - self.origin) @ self.rows.T / self.size

    def outside(self, points: Floats) -> Floats:
        return points @ self.rows * self.size + self.origin

    def turned(self) -> Frame:
        """Return the same frame looking the other way."""
        return Frame(self.rows * [[-1.0], [-1.0], [1.0]], self.origin, self.size, self.lopsided)


def find_frames(surface: Surface, upright: bool) -> Iterator[Frame]:
    """Yield the frames that a head with this surface may have, the likeliest first. upright: as seen in the scene, or lying."""
    samples = sample(surface, _SPREAD)
    tree = SurfaceTree(surface)
    for up in _UPS[:1] if upright else _UPS[1:]:
        yield from _upright(tree, samples, np.array(up, float))


def sample(surface: Surface, count: int) -> Floats:
    """Return points (count, 3) spread evenly over a surface, always the same ones."""
    random = np.random.default_rng(0)
    ends = np.cumsum(surface.areas)
    chosen = np.searchsorted(ends, random.random(count) * ends[-1]).clip(max=len(ends) - 1)
    shares = random.dirichlet((1.0, 1.0, 1.0), count)
    return np.einsum("kc,kcx->kx", shares, surface.points[surface.triangles[chosen]])


def _upright(tree: SurfaceTree, samples: Floats, up: Floats) -> list[Frame]:
    side = np.roll(up, 1)
    rows = np.stack([side, np.cross(up, side), up])
    heights = samples @ up
    low, high = _head_span(samples @ rows.T)
    head = samples[heights > low]
    if len(head) < 50:
        return []
    size = high - low
    probes = head[:: max(1, len(head) // _PROBES)]

    def error(angle: float) -> float:
        return _mirrored(tree, probes, np.cos(angle) * rows[0] + np.sin(angle) * rows[1])[0] / size

    angle, step = 0.0, 0.0
    if error(angle) > _SYMMETRIC:  # most heads are modeled straight
        angle, step = min(np.radians(np.arange(0.0, 180.0, 6.0)), key=error), np.radians(3.0)
    while step > np.radians(0.05):
        angle = min((angle, angle - step, angle + step), key=error)
        step *= 0.5
    x = np.cos(angle) * rows[0] + np.sin(angle) * rows[1]
    y = np.cross(up, x)
    lopsided, offset = _mirrored(tree, probes, x)
    middle = 0.5 * (np.percentile(head @ y, 2) + np.percentile(head @ y, 98))
    axes = np.stack([x, y, up])
    frame = Frame(axes, axes.T @ np.array([offset, middle, 0.5 * (low + high)]), size, lopsided / size)
    # Faces mostly look along -y, so that comes first where both fit.
    return sorted([frame, frame.turned()], key=lambda frame: frame.rows[1] @ (0.0, -1.0, 0.0))


def _mirrored(tree: SurfaceTree, probes: Floats, normal: Floats) -> tuple[float, float]:
    """Return how far the mirror images of probes lie from the surface, and where the plane with that normal is that fits best."""
    along = probes @ normal
    offset = 0.5 * float(np.percentile(along, 1) + np.percentile(along, 99))
    error = np.inf
    for _ in range(4):
        image = probes - 2.0 * (along - offset)[:, None] * normal
        places = tree.nearest(image)
        near = places.distances <= np.percentile(places.distances, 80)  # hair or a hat may be lopsided
        error = float(places.distances[near].mean())
        away = (places.mix(tree.surface, tree.surface.points) - image)[near] @ normal
        slant = away / np.maximum(places.distances[near], 1e-12)
        offset += 0.5 * float(away.sum() / max((slant**2).sum(), 1e-9))
    return error, offset


def _head_span(local: Floats) -> tuple[float, float]:
    """Return the lowest and the highest place of the head, where z is up: down to the narrowest place of the neck, if it has one."""
    top, bottom = local[:, 2].max(), local[:, 2].min()
    count = 240
    level = np.clip(((top - local[:, 2]) / max(top - bottom, 1e-30) * count).astype(int), 0, count - 1)
    widths = np.zeros(count)
    order = np.argsort(level, kind="stable")
    edges = np.searchsorted(level[order], np.arange(count + 1))
    for row in range(count):
        part = local[order[edges[row] : edges[row + 1]], :2]
        if len(part) >= 3:
            widths[row] = np.sqrt(np.prod(np.maximum(np.ptp(part, axis=0), 1e-9)))
    known = np.flatnonzero(widths)
    widths = np.interp(np.arange(count), known, widths[known])
    widths = np.convolve(np.pad(widths, 2, "edge"), np.full(5, 0.2), "valid")
    widest = widths[0]
    neck = None
    for row, width in enumerate(widths):
        if neck is None:
            if row > 4 and width < _NARROW * widest:
                neck = row
            widest = max(widest, width)
        elif width < widths[neck]:
            neck = row
        elif width > 1.25 * widths[neck]:
            break
    return (bottom if neck is None else top - (neck + 0.5) / count * (top - bottom)), top
