"""Tracked faces -> ARKit's channels, on the scale of the person.

The jaw is that of the sample face, fitted to the landmarks. Rounding is the mean of this fit and of the tracker's scores, since each errs
where the other does not. The other channels are the scores. Those of the lips have a scale of their own, so they are brought to that of the
fit. Then the lips are closed or parted until the opening between them is the one that was measured. training/EXPERIMENTS.md, 28, compares these.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.arkit import CHANNELS
from backend.curves.aperture import lip_aperture
from backend.curves.base import Curves

from .landmark_fit import FITTED, TrackedHead, fit_landmarks, lay_on, rest_face
from .tracked_film import measure

_BLENDED = ("mouthPucker", "mouthFunnel")
_LIPS = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
_SCORED = (
    *(name for name in CHANNELS if name.startswith(("eyeBlink", "eyeLook", "eyeWide", "brow"))),
    *("mouthSmileLeft", "mouthSmileRight"),
    *_LIPS,
)
# The channels that a film tells. The rest stay unknown: their scores follow nothing that the face does, or hardly.
KNOWN: tuple[str, ...] = tuple(name for name in CHANNELS if name in (*_SCORED, *_BLENDED, "jawOpen", "mouthClose"))

_PARTED = 0.15  # of a full opening, by each of these channels: see lip_aperture
_REST = 0.1  # quantile of the scores at which a channel counts as at rest
_CLOSED = 0.03  # quantile of the gap between the lips at which they meet
_BLINK = 0.9  # value of a person's closed eyes
_SHUT_SCORE = 0.25  # above the score at rest: less is no blink
_GAINS = (0.25, 4.0)  # of the scores
_STILL = 0.02  # standard deviation below which a channel tells nothing of the scale


@dataclass(frozen=True)
class PersonScale:
    """A person's rest and range. rest, gain: (52,) the scores at rest, and the factor by which they are multiplied. closed: the gap of lips that meet."""

    rest: np.ndarray
    gain: np.ndarray
    closed: float


def estimate_scale(landmarks: Sequence[np.ndarray], scores: Sequence[np.ndarray], head: TrackedHead) -> PersonScale:
    """Estimate a person's scale from all shots of it: landmarks (n, 478, 3) and scores (n, 52) of each, without lost pictures."""
    everything = np.concatenate(scores)
    fitted = np.concatenate([fit_landmarks(shot, rest_face(shot, head), head) for shot in landmarks])
    gaps = np.concatenate([measure(shot).gap for shot in landmarks])
    rest = np.quantile(everything, _REST, axis=0)
    gain = np.ones(len(CHANNELS))
    for name in (*_BLENDED, *_LIPS):
        score, fit = everything[:, CHANNELS.index(name)], fitted[:, FITTED.index(name)]
        if min(score.std(), fit.std()) > _STILL:
            gain[CHANNELS.index(name)] = np.clip(fit.std() / score.std(), *_GAINS)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        column = CHANNELS.index(name)
        rest[column] = np.median(everything[:, column])
        reach = np.quantile(everything[:, column], 0.995) - rest[column]
        if reach > _SHUT_SCORE:
            gain[column] = np.clip(_BLINK / reach, *_GAINS)
    return PersonScale(rest, gain, float(np.quantile(gaps, _CLOSED)))


def face_curves(
    landmarks: np.ndarray, scores: np.ndarray, scale: PersonScale, head: TrackedHead, left: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return the channels KNOWN of one shot, (n, 52) in 0..1 and NaN in the others.

    landmarks: (n, 478, 3). scores: (n, 52). Both without lost pictures. A shot is one camera's picture of one face without a cut.
    left: what shall be left of the gap between the lips, (n,) or for all.
    """
    rest = rest_face(landmarks, head)
    fitted = fit_landmarks(landmarks, rest, head)
    scored = np.clip((scores - scale.rest) * scale.gain, 0.0, 1.0)
    face = np.full((len(landmarks), len(CHANNELS)), np.nan)
    for name in _SCORED:
        face[:, CHANNELS.index(name)] = scored[:, CHANNELS.index(name)]
    face[:, CHANNELS.index("jawOpen")] = fitted[:, FITTED.index("jawOpen")]
    for name in _BLENDED:
        face[:, CHANNELS.index(name)] = (fitted[:, FITTED.index(name)] + scored[:, CHANNELS.index(name)]) / 2
    opening = np.maximum(measure(lay_on(landmarks, rest)).gap - scale.closed, 0.0) / head.gap_of_jaw
    return _close_to(face, opening * left)


def _close_to(face: np.ndarray, opening: np.ndarray) -> np.ndarray:
    """Return the face with lips that are `opening` (n,) apart, in units of jawOpen.

    Lips that are too far apart are brought together by mouthClose, up to the jaw's own opening, then by parting them less. Lips that are too
    close are parted.
    """
    face = face.copy()
    jaw, close = (face[:, CHANNELS.index(name)] for name in ("jawOpen", "mouthClose"))
    lips = [CHANNELS.index(name) for name in _LIPS]
    funnel = CHANNELS.index("mouthFunnel")
    close[:] = 0.0
    apart = _aperture(face) - opening
    close[:] = np.clip(apart, 0.0, jaw)
    left = np.maximum(apart - close, 0.0)
    parted = _PARTED * (face[:, lips].sum(1) + face[:, funnel])
    face[:, [*lips, funnel]] *= (1.0 - np.minimum(left / np.maximum(parted, 1e-9), 1.0))[:, None]
    face[:, lips] = np.clip(face[:, lips] + np.maximum(-apart, 0.0)[:, None] / (_PARTED * len(lips)), 0.0, 1.0)
    return face


def _aperture(face: np.ndarray) -> np.ndarray:
    known = ~np.isnan(face).any(axis=0)
    names = tuple(name for name, here in zip(CHANNELS, known, strict=True) if here)
    return lip_aperture(Curves(names, face[:, known], 30.0))
