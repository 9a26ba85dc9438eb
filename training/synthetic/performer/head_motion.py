"""The head: nods on accents, turns with the gaze, and a slow drift that stops in silence.

A take's head is a function of white noise, so that a model can learn it in one step from its own initial noise (revision/head.py). Sizes follow
talkers of GRID, who read to a camera: 0.5 to 1 degree of pitch and 0.2 to 0.35 of yaw and roll within 3 s, half of it below 0.7 Hz, and 1 to
2 degrees between sentences. Nods are larger, as in conversation.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.signal import lfilter

from backend.arkit import HEAD

from .signal import smooth
from .styles import Style

# One column each for yaw, pitch and roll.
_DRIFT = np.radians([2.0, 1.5, 1.0])  # standard deviation
_DRIFT_SECONDS = (3.0, 0.5)  # time constants of two filters, one after the other
_SWAY = np.radians([0.3, 0.4, 0.25])  # a faster drift
_SWAY_SECONDS = (0.25, 0.1)
_NOD = np.radians([0.8, 2.6, 0.7])  # at a full accent
_NOD_VARIES_SECONDS = (0.6, 0.2)
_NOD_WIDTH = 0.45  # s
_TURN = np.radians([7.0, 5.0, 0.0])  # with a gaze at its limit
_TURN_LAG = 0.15  # s
_STILL = 0.12  # share of the drift that is left in silence
_QUIET = -25.0  # dB below the level of speech: where motion fades


def head_motion(
    noise: np.ndarray,
    level: np.ndarray,
    accents: Sequence[tuple[float, float]],
    gaze: tuple[np.ndarray, np.ndarray],
    fps: float,
    size: float = 1.0,
) -> dict[str, np.ndarray]:
    """Compute the rotations of HEAD, (frames,) each in radians; the head starts at rest.

    noise: (frames, 3), white. level: (frames,) in dB relative to the speech level. accents: (time s, strength 0..1) of syllables. gaze:
    (frames,) to the face's own left and up, 1 at its limit. size: factor of nods and drift.
    """
    active = _STILL + (1 - _STILL) * smooth((level > _QUIET).astype(float), 0.6, fps)[:, None]
    drift = _wander(noise * active, _DRIFT_SECONDS, fps)
    sway = _wander(noise * active, _SWAY_SECONDS, fps)
    varied = _wander(noise, _NOD_VARIES_SECONDS, fps)
    # A nod always goes down. To which side the head turns and tilts with it is chance.
    direction = np.stack([varied[:, 0], np.maximum(1 + 0.6 * varied[:, 1], 0.2), varied[:, 2]], axis=1)
    nods = _nods(len(noise), accents, fps)[:, None] * direction
    left, up = (_low_pass(_low_pass(each, _TURN_LAG, fps), _TURN_LAG, fps) for each in gaze)
    turn = np.stack([-left, -up, np.zeros_like(up)], axis=1)
    angles = size * (_DRIFT * drift + _SWAY * sway + _NOD * nods) + _TURN * turn
    return dict(zip(HEAD, angles.T, strict=True))


def loud_accents(level: np.ndarray, fps: float) -> list[tuple[float, float]]:
    """Return (time s, strength 0..1) of the syllables that stand out by loudness, for speech without known phones.

    level: (frames,) in dB relative to the speech level. Compare upper.accents.
    """
    near, around = round(0.3 * fps), round(0.75 * fps)
    found = []
    for k in range(1, len(level) - 1):
        if level[k] < _QUIET / 2 or level[k] < level[max(k - near, 0) : k + near + 1].max():
            continue
        rise = level[k] - np.median(level[max(k - around, 0) : k + around + 1])
        if rise > 0.5:
            found.append((k / fps, float(np.clip(rise / 16 + 0.2, 0, 1))))
    return found


def gaze_of(face: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return where eyes look, to the face's own left and up, (frames,) each, from a face's channels."""
    return (
        face["eyeLookOutLeft"] - face["eyeLookOutRight"],
        face["eyeLookUpLeft"] - face["eyeLookDownLeft"],
    )


def size_of(style: Style) -> float:
    """Return an identity's factor of nods and drift. Lively brows come with a lively head."""
    return 0.5 + 0.5 * style.brow


def _low_pass(values: np.ndarray, seconds: float, fps: float) -> np.ndarray:
    """Filter values (frames, ...) by a leaky integrator of this time constant, which starts at 0."""
    keep = float(np.exp(-1 / (seconds * fps)))
    return np.asarray(lfilter([1 - keep], [1, -keep], values, axis=0))


def _wander(noise: np.ndarray, seconds: tuple[float, float], fps: float) -> np.ndarray:
    """Filter white noise (frames, n) by two leaky integrators. The result has the noise's variance once it has swung in."""
    slow, fast = seconds
    gain = np.sqrt(2 * (slow + fast) * fps)
    return gain * _low_pass(_low_pass(noise, slow, fps), fast, fps)


def _nods(frames: int, accents: Sequence[tuple[float, float]], fps: float) -> np.ndarray:
    """Return a bump for each accent, (frames,), deepest a little after it."""
    times = np.arange(frames) / fps
    bumps = np.zeros(frames)
    for when, strength in accents:
        phase = np.clip((times - when + 0.45 * _NOD_WIDTH) / _NOD_WIDTH, 0, 1)
        bumps = np.maximum(bumps, strength * np.sin(np.pi * phase) ** 2)
    return bumps
