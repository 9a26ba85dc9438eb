"""Fit blendshapes to landmarks: the tracked points of a face, explained by how the tracker sees a known head move.

The head is the sample face of version 0.1.0, which fits people better than its successor. tests/training/drawn_face.py drew it with each
channel at 0.5 and 1, tracked the drawings, and wrote how far each landmark moves. So the basis holds what the tracker makes of a channel, with its errors, instead of where vertices go.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .tracked_film import EYE_CORNERS, RIGID, measure

# Channels that landmarks show. Both sides of a pair are fitted as one: apart, noise tears them from each other.
_SHAPES: tuple[tuple[str, ...], ...] = (
    ("jawOpen",),
    ("mouthPucker",),
    ("mouthFunnel",),
    ("mouthSmileLeft", "mouthSmileRight"),
    ("mouthFrownLeft", "mouthFrownRight"),
    ("mouthLowerDownLeft", "mouthLowerDownRight"),
    ("mouthUpperUpLeft", "mouthUpperUpRight"),
)
FITTED: tuple[str, ...] = tuple(name for shape in _SHAPES for name in shape)
_RIDGE = 0.03  # of the mean squared size of the channels: without it, similar channels cancel each other
_SWEEPS, _TOLERANCE = 500, 1e-4
_MOVED = 0.015  # in distances of the eyes: landmarks that a fitted channel moves further than this are used


@dataclass(frozen=True)
class TrackedHead:
    """How the tracker sees a head. neutral: (478, 3). deltas: (len(FITTED), 478, 3), how far each of these channels at 1 moves them.

    It looks into the camera, x to the right of the picture, y down, in units of the distance between the outer corners of the eyes.
    """

    neutral: np.ndarray
    deltas: np.ndarray

    @property
    def gap_of_jaw(self) -> float:
        """Return how far the inner lips part when the jaw opens fully (see `measure`)."""
        faces = np.stack([self.neutral, self.neutral + self.deltas[FITTED.index("jawOpen")]])
        return float(np.diff(measure(faces).gap)[0])


@cache
def sample_head() -> TrackedHead:
    """Return how the tracker sees the sample face."""
    with np.load(Path(__file__).with_name("sample_face_landmarks.npz")) as arrays:
        return TrackedHead(arrays["neutral"].astype(np.float64), arrays["deltas"].astype(np.float64))


def lay_on(landmarks: np.ndarray, still: np.ndarray) -> np.ndarray:
    """Turn, shift and scale landmarks (n, 478, 3) so that their rigid points lie best on those of `still` (478, 3) (Umeyama 1991)."""
    points, target = landmarks[:, RIGID].astype(np.float64), still[list(RIGID)]
    center, target_center = points.mean(1, keepdims=True), target.mean(0)
    points, target = points - center, target - target_center
    u, values, vt = np.linalg.svd(np.einsum("nvi,vj->nij", points, target))
    mirrored = np.sign(np.linalg.det(u @ vt))
    u[:, :, 2] *= mirrored[:, None]
    values[:, 2] *= mirrored
    scale = values.sum(1) / (points**2).sum((1, 2))
    return scale[:, None, None] * ((landmarks - center) @ (u @ vt)) + target_center


def rest_face(landmarks: np.ndarray, head: TrackedHead) -> np.ndarray:
    """Return the face at rest, (478, 3) laid on the head: the median of pictures with lips that nearly meet, of usual width, and open eyes.

    landmarks: (n, 478, 3) of one film without NaN.
    """
    laid = lay_on(landmarks, head.neutral)
    measures = measure(laid)
    lids, usual = measures.lids.mean(1), np.abs(measures.width - np.median(measures.width))
    resting = (measures.gap <= np.quantile(measures.gap, 0.3)) & (lids >= np.quantile(lids, 0.3))
    if resting.any():
        resting &= usual <= np.median(usual[resting])
    return np.median(laid[resting if resting.any() else slice(None)], axis=0)


def fit_landmarks(landmarks: np.ndarray, rest: np.ndarray, head: TrackedHead) -> np.ndarray:
    """Return the weights 0..1 of FITTED that explain landmarks (n, 478, 3) best as a movement from a face at rest, (n, len(FITTED)).

    Depth is left out, because the tracker guesses it.
    """
    used = np.linalg.norm(head.deltas, axis=2).max(0) > _MOVED
    pairs = np.array([[name in shape for name in FITTED] for shape in _SHAPES], float)
    shapes = pairs @ head.deltas[:, used, :2].reshape(len(FITTED), -1)
    moved = (lay_on(landmarks, rest) - rest)[:, used, :2].reshape(len(landmarks), -1)
    gram = shapes @ shapes.T
    gram += _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return _bounded(gram, moved @ shapes.T) @ pairs


def _bounded(gram: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return the weights (n, K) in 0..1 of a least-squares fit, by coordinate descent. gram: A'A (K, K). products: (n, K), rows A'x.

    In contrast to retarget.solve_weights, frames don't depend on each other, so any number of shots costs little.
    """
    weights = np.zeros_like(products)
    for _ in range(_SWEEPS):
        before = weights.copy()
        for k in range(len(gram)):
            rest = products[:, k] - weights @ gram[:, k] + weights[:, k] * gram[k, k]
            weights[:, k] = np.clip(rest / gram[k, k], 0.0, 1.0)
        if np.abs(weights - before).max(initial=0.0) < _TOLERANCE:
            break
    return weights


def eye_distance(landmarks: np.ndarray) -> np.ndarray:
    """Return the distance between the outer corners of the eyes in each picture, (n,), in the landmarks' unit."""
    return np.linalg.norm(landmarks[:, EYE_CORNERS[0]] - landmarks[:, EYE_CORNERS[1]], axis=1)
