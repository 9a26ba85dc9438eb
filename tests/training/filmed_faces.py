"""Films of the sample face as the tracker would see them: its landmarks, moved by known channels."""

import numpy as np

from backend.arkit import CHANNELS
from training.video.landmark_fit import FITTED, sample_head
from training.video.tracked_film import TrackedFilm

EYES = 80.0  # pixels


def speech(seconds: float, fps: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Times and the channels FITTED of a face that opens and rounds, with closed lips in between."""
    times = np.arange(round(seconds * fps)) / fps
    rng = np.random.default_rng(seed)
    face = np.zeros((len(times), len(FITTED)))
    for start in np.arange(0.4, seconds - 0.4, 0.45):
        bump = np.clip(1 - np.abs(times - start - rng.uniform(0, 0.1)) / 0.15, 0, 1)
        face[:, FITTED.index("jawOpen")] += rng.uniform(0.2, 0.7) * bump
        face[:, FITTED.index("mouthPucker")] += rng.uniform(0, 0.6) * bump
    return times, face


def landmarks_of(face: np.ndarray, turn: float = 0.0, noise: float = 0.0) -> np.ndarray:
    """The sample face's landmarks with these channels, in pixels, turned by some degrees about the vertical."""
    head = sample_head()
    points = head.neutral + np.tensordot(face, head.deltas, axes=1)
    angle = np.radians(turn)
    about = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    return EYES * (points @ about) + (180, 144, 0) + np.random.default_rng(1).normal(0, noise, points.shape)


def scores_of(face: np.ndarray, scale: float = 0.6, rest: float = 0.1) -> np.ndarray:
    """Scores as a tracker gives them: on a scale of their own, with an offset, 0 where it sees nothing."""
    scores = np.zeros((len(face), len(CHANNELS)))
    scores[:, [CHANNELS.index(name) for name in FITTED]] = rest + scale * face
    scores[::40, [CHANNELS.index("eyeBlinkLeft"), CHANNELS.index("eyeBlinkRight")]] = 0.6
    return scores


def filmed(seconds: float = 8.0, fps: float = 25.0, seed: int = 0) -> tuple[TrackedFilm, np.ndarray]:
    """A tracked film, and the channels FITTED of its face."""
    times, face = speech(seconds, fps, seed)
    turns = np.tile(np.array([0.1, -0.05, 0.02], np.float32), (len(times), 1))
    change = np.full(len(times), 2.0, np.float32)
    landmarks, scores = landmarks_of(face).astype(np.float32), scores_of(face).astype(np.float32)
    return TrackedFilm(times, landmarks, scores, turns, change, np.array([360, 288])), face
