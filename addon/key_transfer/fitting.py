"""Fit one head's mesh to another head: by landmarks first, then by lines and nearest places. Needs Blender's mathutils."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .face_landmarks import LINES
from .sparse_solver import Entries, Floats, Ints, factor, gram, plan
from .target_head import Head
from .topology import Bools, Surface, gradients
from .trees import SurfaceTree, nearest_points

# Over how much of the head's height bumps are smoothed away, and how far off the surface may be, step by step.
_STEPS = ((0.12, 0.12), (0.07, 0.09), (0.045, 0.06), (0.03, 0.04), (0.022, 0.03), (0.018, 0.025))
_LINE, _LANDMARK = 200.0, 20.0  # weights, beside 1 for a place on the surface; that of landmarks fades step by step
_FACING = 0.4  # cosine between normals of places that may correspond

Progress = Callable[[float], None]


def similarity(source: Floats, target: Floats) -> tuple[float, Floats, Floats]:
    """Return the scale, rotation (3, 3) and shift that take points (k, 3) nearest to others (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, sizes, v = np.linalg.svd(b.T @ a)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    rotation = (u * flip) @ v
    scale = float((sizes * flip).sum() / (a * a).sum())
    return scale, rotation, target.mean(0) - scale * rotation @ source.mean(0)


def bend(points: Floats, controls: Floats, targets: Floats) -> Floats:
    """Return points (n, 3) after the smoothest deformation of space that takes controls (k, 3) to targets: biharmonic, with kernel r."""

    def basis(at: Floats) -> Floats:
        return np.linalg.norm(at[:, None] - controls, axis=-1)

    count = len(controls)
    affine = np.concatenate([np.ones((count, 1)), controls], 1)
    system = np.zeros((count + 4, count + 4))
    system[:count, :count] = basis(controls) - 1e-3 * np.ptp(controls) * np.eye(count)
    system[:count, count:], system[count:, :count] = affine, affine.T
    weights = np.linalg.solve(system, np.concatenate([targets - controls, np.zeros((4, 3))]))
    moved = points.copy()
    for start in range(0, len(points), 4096):
        part = points[start : start + 4096]
        moved[start : start + 4096] += basis(part) @ weights[:count] + weights[count] + part @ weights[count + 1 :]
    return moved


def fit(source: Head, target: Head) -> tuple[Floats, Floats, float]:
    """Return the source's points (n, 3) laid over the target, the rotation (3, 3) between the heads, and their ratio of sizes."""
    names = [name for name in source.landmarks if name in target.landmarks]
    here, there = (np.array([head.at(name) for name in names]) for head in (source, target))
    scale, rotation, shift = similarity(here, there)
    posed = scale * source.surface.points @ rotation.T + shift
    height = scale * float(np.ptp(source.surface.points[:, 2]))
    controls, targets = _controls(source, target, posed)
    start = bend(posed, controls, targets)
    return _drape(source, target, start, height), rotation, scale


def _controls(source: Head, target: Head, posed: Floats) -> tuple[Floats, Floats]:
    """Return where the landmarks lie on both heads; those that touch, as the middles of closed lips do, are taken as one."""
    names = [name for name in source.landmarks if name in target.landmarks]
    together = {"lip_upper": "lip_lower"}
    controls, targets = [], []
    for name in names:
        if name in together.values():
            continue
        pair = [name, *([together[name]] if name in together else [])]
        controls.append(np.mean([posed[source.landmarks[each]] for each in pair], axis=0))
        targets.append(np.mean([target.at(each) for each in pair], axis=0))
    return np.array(controls), np.array(targets)


def _drape(source: Head, target: Head, start: Floats, height: float) -> Floats:
    """Return the points (n, 3) of a source bent to the target, drawn onto the target's surface in ever smaller detail."""
    count = len(start)
    shape = Surface(start, source.surface.triangles)
    masses = np.maximum(shape.masses, 1e-12)
    used = shape.masses > 0
    stiffness = _bending(shape)
    everyone = np.arange(count)
    lines, spots = np.zeros(count), np.zeros(count)
    goal = start.copy()
    for name, number in source.landmarks.items():
        if name in target.landmarks and not any(name in ends for ends in LINES.values()):
            goal[number], spots[number] = target.at(name), _LANDMARK
    for name, line in source.lines.items():
        if name in target.lines:
            known = target.lengths(name)
            ours = source.lengths(name)
            points = target.surface.points[target.lines[name]]
            goal[line] = np.stack([np.interp(ours, known, points[:, axis]) for axis in range(3)], -1)
            lines[line] = _LINE
    skin = used & ~source.hidden & (lines == 0) & ~_near_border(shape, height)
    trees = _trees(target)
    order = None
    now = start
    for step, (smooth, far) in enumerate(_STEPS):
        weights, aims = np.zeros(count), now.copy()
        if step:
            aims, weights = _nearest(source, target, now, skin, trees, far * height)
        pins = np.maximum(lines, spots * 0.3**step)
        pinned = pins > weights
        weights = np.where(pinned, pins, weights) * masses
        aims = np.where(pinned[:, None], goal, aims)
        rest = np.where(used, 1e-6, 1.0) * masses.mean()
        matrix = Entries.add(
            count,
            (stiffness[0], stiffness[1], stiffness[2] * (smooth * height) ** 4),
            (everyone, everyone, weights + rest),
        )
        order = order or plan(start, matrix)
        now = start + factor(order, matrix)(weights[:, None] * (aims - start))
    return now


def _near_border(shape: Surface, height: float) -> Bools:
    """Return which points lie at the foot of the neck, where the source ends and the target may not."""
    low = shape.points[shape.border.ravel()] if len(shape.border) else shape.points[:0]
    if not len(low):
        return np.zeros(len(shape.points), bool)
    return nearest_points(low, shape.points)[1] < 0.05 * height


def _bending(shape: Surface) -> tuple[Ints, Ints, Floats]:
    """Return the terms of the energy of bending (Botsch & Kobbelt 2004): L^T M^-1 L."""
    count = len(shape.points)
    rows, columns, values = gradients(shape)
    laplacian = gram(count, rows, columns, values * np.sqrt(shape.areas)[rows // 3])
    return gram(
        count,
        laplacian[0],
        laplacian[1],
        laplacian[2] / np.sqrt(np.maximum(shape.masses, 1e-3 * shape.masses.mean()))[laplacian[0]],
    )


def _trees(target: Head) -> dict[int, SurfaceTree]:
    """Return trees of what can be seen of the target, by side: each without the triangles of the other side."""
    triangles = target.surface.triangles
    shown = ~target.hidden[triangles].all(1)
    sides = target.sides[triangles]
    return {
        side: SurfaceTree(target.surface, shown & ~(sides == -side).any(1) if side else shown) for side in range(-3, 4)
    }


def _nearest(
    source: Head, target: Head, now: Floats, skin: Bools, trees: dict[int, SurfaceTree], far: float
) -> tuple[Floats, Floats]:
    """Return where each point should go (n, 3), along the target's normal only, and with what weight (n,)."""
    normals = Surface(now, source.surface.triangles).normals
    aims, weights = now.copy(), np.zeros(len(now))
    for side, tree in trees.items():
        mine = np.flatnonzero(skin & (source.sides == side))
        if not len(mine) or not tree:
            continue
        places = tree.nearest(now[mine])
        theirs = places.mix(target.surface, target.surface.normals)
        theirs /= np.maximum(np.linalg.norm(theirs, axis=-1, keepdims=True), 1e-9)
        found = places.mix(target.surface, target.surface.points)
        good = ((theirs * normals[mine]).sum(-1) > _FACING) & (places.distances < far)
        aims[mine] += ((found - now[mine]) * theirs).sum(-1)[:, None] * theirs
        weights[mine] = good
    return aims, weights
