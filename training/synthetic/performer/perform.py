"""Animate a face by rules from sound and its phones."""

from collections.abc import Sequence

import numpy as np

from backend.arkit import CHANNELS, HEAD
from backend.curves.base import Curves

from .articulation import Articulation
from .head_motion import gaze_of, head_motion, size_of
from .lips import lower_face
from .phones import Phone, tidy
from .signal import loudness, soft_limit
from .styles import EMOTION_STYLES, Style
from .upper import accents, upper_face

RATE = 16000  # Hz of the sound
FPS = 60.0
_FAINTEST_SPEECH = -45.0  # dB full scale; a take whose speech would be below this holds none
QUIET = -32.0  # dB relative to the speech level; below it counts as silence


def perform(
    samples: np.ndarray,
    phones: Sequence[Phone],
    style: Style,
    emotion: str,
    rng: np.random.Generator,
    intensity: float = 1.0,
    articulation: Articulation | None = None,
) -> Curves:
    """Animate a face to samples (n,), mono at 16 kHz: (frames, 52) at 60 fps, with max(1, round(60 * seconds)) frames, and the head.

    phones: labels with times on the samples' clock; without any, there is silence. emotion: one of BEAT's eight. intensity: 0 is neutral, 1
    the emotion as acted. articulation: the bundled one by default. The upper face and the head are random, by rng; the lower face does not
    depend on it. Raises KeyError for an unknown emotion.
    """
    frames = max(1, round(len(samples) / RATE * FPS))
    level = relative_level(samples, frames, FPS)
    tidied = tidy(phones, frames / FPS, level < QUIET, FPS)
    parts = lower_face(tidied, level, style, EMOTION_STYLES[emotion], intensity, FPS, articulation)
    parts |= upper_face(tidied, level, parts, style, EMOTION_STYLES[emotion], intensity, rng, FPS)
    values = np.stack([parts[name] for name in CHANNELS], axis=1)
    noise = rng.standard_normal((frames, len(HEAD)))
    turns = head_motion(noise, level, accents(tidied, level, FPS), gaze_of(parts), FPS, size_of(style))
    rotations = {name: angles.astype(np.float32) for name, angles in turns.items()}
    return Curves(CHANNELS, soft_limit(values).astype(np.float32), FPS, rotations=rotations)


def relative_level(samples: np.ndarray, frames: int, fps: float) -> np.ndarray:
    """Return the level around each frame in dB relative to the speech level of the take, (frames,)."""
    level = loudness(samples, RATE, frames, fps)
    return level - speech_level(level)


def speech_level(level: np.ndarray) -> float:
    """Return the speech level of a take in dB full scale: the mean power of the frames within 25 dB of its 97th percentile."""
    loud = level[level > np.percentile(level, 97) - 25]
    power = float(np.mean(10 ** (loud / 10))) if len(loud) else 0.0
    return max(10 * np.log10(max(power, 1e-12)), _FAINTEST_SPEECH)
