"""A moving mesh as blendshape weights: rigid motion taken out, then one quadratic program a sequence.

The program is SAiD's (Park & Cho 2023, arXiv 2401.08655, pseudo-ground truth of BlendVOCA):

    min_w  1/2 sum_t |A w_t - x_t|^2   with   0 <= w <= 1   and   |w_t - w_(t-1)| <= step

with x the vertices' offsets from the subject's own template and A the basis. It is solved by ADMM (Boyd et al. 2011, section 5.2, with
over-relaxation), which needs A'A and A'x alone. Its linear system couples channels through A'A and frames through the differences'
Laplacian; the eigenvectors of the one and a cosine transform (those of the other) make it diagonal, so that a step costs two small
products and two transforms, however long the sequence is.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import dct, idct

STEP = 0.1  # largest change of a weight in a frame at 60 fps (SAiD)
_ROUNDS = 2  # of aligning and solving
_PENALTY = 0.1  # of ADMM, for columns of unit length
_RELAXATION = 1.7
_TOLERANCE = 1e-4  # weights
_ITERATIONS = 2000
_MOVED = 5e-4  # m: vertices that some blendshape moves further are the face, on which residuals are measured


@dataclass(frozen=True)
class Fit:
    """A fitted sequence. weights: (T, K). motion, residual: mean distance of the face's vertices to template and fit, (T,) in m."""

    weights: np.ndarray
    motion: np.ndarray
    residual: np.ndarray


def retarget(vertices: np.ndarray, template: np.ndarray, deltas: np.ndarray) -> Fit:
    """Explain (T, V, 3) vertices by a template (V, 3) that deltas (K, V, 3) move, and a rigid motion a frame. All in m.

    Each frame is laid on the template over all vertices (Kabsch 1976). Since an open jaw alone turns that a little, what a small rigid
    motion could explain is left out of the fit, and frames are then laid on the face that was found, and fitted again.
    """
    shapes = deltas.reshape(len(deltas), -1)
    rigid = _rigid_directions(template)
    free = shapes - (shapes @ rigid.T) @ rigid
    gram = free @ free.T
    face = np.sqrt((deltas**2).sum(2)).max(0) > _MOVED
    found = np.broadcast_to(template, vertices.shape)
    aligned = align(vertices, found)
    motion = _distance(aligned - template, face)
    for _ in range(_ROUNDS):
        weights = solve_weights(gram, (aligned - template).reshape(len(vertices), -1) @ free.T, STEP)
        found = template + (weights @ shapes).reshape(vertices.shape)
        aligned = align(vertices, found)
    return Fit(weights, motion, _distance(aligned - found, face))


def align(moving: np.ndarray, still: np.ndarray) -> np.ndarray:
    """Rotate and shift vertices (T, V, 3) in each frame to fit others (T, V, 3) in the least-squares sense (Kabsch 1976)."""
    centre = still.mean(1, keepdims=True)
    moving = moving - moving.mean(1, keepdims=True)
    u, _, vt = np.linalg.svd(np.matmul(moving.transpose(0, 2, 1), still - centre))
    u[:, :, 2] *= np.sign(np.linalg.det(np.matmul(u, vt)))[:, None]  # no mirroring
    return np.matmul(moving, np.matmul(u, vt)) + centre


def solve_weights(gram: np.ndarray, products: np.ndarray, step: float) -> np.ndarray:
    """Weights (T, K) of the program above. gram: A'A (K, K); products: (T, K), rows A'x_t. The result keeps all bounds exactly.

    Blendshapes that move nothing get zero.
    """
    size = np.sqrt(np.diag(gram))
    live = size > 1e-9 * max(size.max(), 1e-300)
    weights = np.zeros(products.shape)
    if live.any():
        scale = size[live]  # columns of unit length: weights then run to `scale`
        found = _admm(gram[np.ix_(live, live)] / np.outer(scale, scale), products[:, live] / scale, scale, step)
        weights[:, live] = np.clip(found / scale, 0.0, 1.0)
    for frame in range(1, len(weights)):  # what ADMM's tolerance left over; stays in 0..1
        weights[frame] = np.clip(weights[frame], weights[frame - 1] - step, weights[frame - 1] + step)
    return weights


def _admm(gram: np.ndarray, products: np.ndarray, upper: np.ndarray, step: float) -> np.ndarray:
    """Return weights (T, K) in 0..upper that change by at most step * upper."""
    values, vectors = np.linalg.eigh(gram)
    frames = len(products)
    laplacian = 2.0 - 2.0 * np.cos(np.pi * np.arange(frames) / frames)  # of differences, in cosine space
    divisor = np.maximum(values, 0.0) + _PENALTY * (1.0 + laplacian[:, None])
    level = np.zeros_like(products)  # copy of the weights that keeps 0..upper
    slope = np.zeros_like(products[1:])  # copy of their differences that keeps the step
    level_dual, slope_dual = np.zeros_like(level), np.zeros_like(slope)
    for _ in range(_ITERATIONS):
        change = slope - slope_dual
        pull = level - level_dual
        pull[:-1] -= change
        pull[1:] += change
        right = dct((products + _PENALTY * pull) @ vectors, axis=0, norm="ortho")
        weights = idct(right / divisor, axis=0, norm="ortho") @ vectors.T
        difference = np.diff(weights, axis=0)
        relaxed = _RELAXATION * weights + (1 - _RELAXATION) * level
        relaxed_difference = _RELAXATION * difference + (1 - _RELAXATION) * slope
        before = level
        level = np.clip(relaxed + level_dual, 0.0, upper)
        slope = np.clip(relaxed_difference + slope_dual, -step * upper, step * upper)
        level_dual += relaxed - level
        slope_dual += relaxed_difference - slope
        gaps = (weights - level, difference - slope, level - before)
        if max(float(np.abs(gap / upper).max(initial=0.0)) for gap in gaps) < _TOLERANCE:
            break
    return level


def _rigid_directions(template: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis (6, 3 V) of how vertices move when the head shifts and turns a little."""
    arms = template - template.mean(0)
    axes = np.eye(3)
    moves = [np.broadcast_to(axis, template.shape) for axis in axes] + [np.cross(axis, arms) for axis in axes]
    return np.linalg.qr(np.stack([move.ravel() for move in moves]).T)[0].T


def _distance(offsets: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.sqrt((offsets[:, where] ** 2).sum(2)).mean(1)
