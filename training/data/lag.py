"""How late a face comes after its sound: captured recordings, BEAT's above all, are delayed by an amount that changes from take to take
(PantoMatrix issue 73).

At every lag within reach, how much of the mouth's movement a linear mixture of the sound's bands explains; the right lag is where that is most.
Shifted by up to half a second, 610 performed faces of 10 to 40 s are found within 4 ms (median; 9 ms for 95 %), none is dropped; under noise of
four times the mouth's power within 8 and 22 ms, 2 % dropped. Unshifted they come out at 3 ms, and hand-animated lips at 10 to 19 ms: no offset
needs to be taken off. No weights: what opens a speaker's mouth is found anew in each take, so that faces and rigs of any scale can be asked.
"""

from dataclasses import dataclass

import numpy as np

from backend.arkit import CHANNELS
from backend.features import MEL_FPS

FPS = MEL_FPS  # Hz of the face and the sound here
REACH = 1.0  # s: the longest lag that is looked for
DEAD = 0.05  # s: what is shorter is left alone; lips lead or trail their sound by as much by nature
SHORTEST = 5.0  # s: of shorter pieces one in twelve comes out confidently wrong
CONFIDENT = 1.4  # 98 in 100 faces beside another take's sound stay under this, 5 s long or 20 s

_FIELD = 2.0  # s: lags with which the peak is compared
_ASIDE = 0.3  # s around the peak that belong to it
_BANDS = 8
_FAST, _SLOW = (
    0.02,
    0.4,
)  # s: deviations of the Gaussians between whose smoothings movement is looked at, about .4 to 8 Hz
_RANGE = 1e-4  # of a band's loud power: what is quieter is all the same
_RIDGE = 0.01

_MOUTH = (
    ("jawOpen",),
    ("mouthClose",),
    ("mouthLowerDownLeft", "mouthLowerDownRight"),
    ("mouthUpperUpLeft", "mouthUpperUpRight"),
    ("mouthFunnel", "mouthPucker"),
)


@dataclass(frozen=True)
class Lag:
    """seconds: above 0 the face comes late. confidence: the peak over the highest value elsewhere; 1 and less is chance."""

    seconds: float
    confidence: float

    @property
    def known(self) -> bool:
        return self.confidence >= CONFIDENT

    @property
    def shift(self) -> float:
        """s by which to move the face to an earlier time: nothing within DEAD."""
        return self.seconds if abs(self.seconds) >= DEAD else 0.0


def estimate_lag(power: np.ndarray, face: np.ndarray) -> Lag:
    """power: (T, bands) mel power at FPS, levelled or not; face: (N, 52) at FPS, frame k at k / FPS seconds, as the sound's.

    A mouth that does not move, or less than SHORTEST of both, has confidence 0.
    """
    frames = min(len(power), len(face))
    mouth = np.stack([sum(face[:frames, CHANNELS.index(name)] for name in names) for names in _MOUTH], axis=1).astype(
        np.float64
    )
    if frames < SHORTEST * FPS or mouth.std(axis=0).max() < 1e-3:
        return Lag(0.0, 0.0)
    bands = np.stack(
        [part.mean(axis=1) for part in np.array_split(power[:frames].astype(np.float64), _BANDS, axis=1)], axis=1
    )
    bands = np.log10(np.maximum(bands, np.maximum(np.percentile(bands, 95, axis=0) * _RANGE, 1e-12)))
    field = round(_FIELD * FPS)
    explained = _explained(_movement(bands), _movement(mouth), field)
    lags = np.arange(-field, field + 1)
    within = np.flatnonzero(np.abs(lags) <= REACH * FPS)
    best = int(within[explained[within].argmax()])
    elsewhere = explained[np.abs(lags - lags[best]) > _ASIDE * FPS].max()
    left, peak, right = explained[best - 1 : best + 2]
    bend = left - 2 * peak + right
    between = (
        0.5 * (left - right) / bend if bend < 0 and peak >= max(left, right) else 0.0
    )  # a parabola's top, between the frames
    return Lag(float((lags[best] + between) / FPS), float(peak / max(elsewhere, 1e-12)))


def _movement(signals: np.ndarray) -> np.ndarray:
    """(T, D) -> what lies between the two smoothings, mean 0."""
    change = _smooth(signals, _FAST * FPS) - _smooth(signals, _SLOW * FPS)
    return change - change.mean(axis=0)


def _smooth(signals: np.ndarray, deviation: float) -> np.ndarray:
    reach = int(4 * deviation) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(signals, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=1)


def _whitener(signals: np.ndarray) -> np.ndarray:
    """(D, D) that makes the signals uncorrelated and of one size, hardly raising what hardly moves."""
    scatter = signals.T @ signals
    scatter += np.eye(len(scatter)) * (_RIDGE * np.trace(scatter) / len(scatter) + 1e-12)
    return np.linalg.inv(np.linalg.cholesky(scatter))


def _explained(sound: np.ndarray, mouth: np.ndarray, field: int) -> np.ndarray:
    """Mean squared canonical correlation of mouth(t + lag) with sound(t) for lags -field .. field frames: (2 field + 1,).

    The generalised, whitened cross-correlation of two sets of signals (Hotelling 1936, at every lag).
    """
    sound, mouth = sound @ _whitener(sound).T, mouth @ _whitener(mouth).T
    size = 1 << (len(sound) + field - 1).bit_length()  # room for the largest lag: no wrapping round
    heard, seen = np.fft.rfft(sound, size, axis=0), np.fft.rfft(mouth, size, axis=0)
    total = np.zeros(2 * field + 1)
    for column in seen.T:
        cross = np.fft.irfft(column[:, None] * heard.conj(), size, axis=0)
        total += (np.concatenate([cross[-field:], cross[: field + 1]]) ** 2).sum(axis=1)
    return total / min(sound.shape[1], mouth.shape[1])
