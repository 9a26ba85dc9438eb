"""One function: sound and its phones in, a performed face out."""

from collections.abc import Sequence

import numpy as np

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from training.synthetic.performer.lips import lower_face
from training.synthetic.performer.phones import Phone, tidy
from training.synthetic.performer.signal import loudness, soft_limit
from training.synthetic.performer.styles import FEELINGS, Style
from training.synthetic.performer.upper import upper_face

RATE = 16000  # Hz of the sound
FPS = 60.0
_FAINTEST_SPEECH = -45.0  # dB full scale; a take whose speech would be below this holds none
_QUIET = -32.0  # dB relative to the speech level: below, nobody is heard


def perform(
    samples: np.ndarray,
    phones: Sequence[Phone],
    style: Style,
    emotion: str,
    rng: np.random.Generator,
    intensity: float = 1.0,
) -> Curves:
    """A face that says these samples: (frames, 52) at 60 fps, frame k at k / 60 s, max(1, round(60 * seconds)) frames.

    samples: (n,) mono at 16 kHz; phones: labels with times in the same clock (none means silence); emotion: one of BEAT's eight;
    intensity: 1 is the emotion as acted, 0 none. The lower face follows from everything but rng, the upper face is drawn from rng.
    Raises KeyError for an unknown emotion.
    """
    feeling = FEELINGS[emotion]
    frames = max(1, round(len(samples) / RATE * FPS))
    absolute = loudness(samples, RATE, frames, FPS)
    level = absolute - speech_level(absolute)
    tidied = tidy(phones, frames / FPS, level < _QUIET, FPS)
    parts = lower_face(tidied, level, style, feeling, intensity, FPS)
    parts |= upper_face(tidied, level, parts, style, feeling, intensity, rng, FPS)
    values = np.stack([parts[name] for name in CHANNELS], axis=1)
    return Curves(CHANNELS, soft_limit(values).astype(np.float32), FPS)


def speech_level(level: np.ndarray) -> float:
    """dB full scale of the speech in a take: the mean power of what lies within 25 dB of its loudest half second or so."""
    loud = level[level > np.percentile(level, 97) - 25]
    power = float(np.mean(10 ** (loud / 10))) if len(loud) else 0.0
    return max(10 * np.log10(max(power, 1e-12)), _FAINTEST_SPEECH)
