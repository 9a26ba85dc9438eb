"""The lag of a face behind its sound: found where it can be, not made up where it can't."""

import numpy as np
import pytest

from backend.arkit import CHANNELS, LOWER
from backend.features import mel_power
from training.data.lag import CONFIDENT, estimate_lag
from training.synthetic.performer.perform import perform
from training.synthetic.performer.phones import Phone
from training.synthetic.performer.styles import STYLES

VOWELS = ("AA1", "IY1", "UW1", "AE1", "OW1", "EH0", "AH0", "IH0")
CONSONANTS = ("P", "B", "M", "F", "S", "T", "K", "W", "L", "N")


def performed(seed: int, seconds: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    """(mel power, (N, 52) face, both at 100 Hz) of a made-up voice saying random syllables."""
    rng = np.random.default_rng(seed)
    phones, clock = [], 0.3
    times = np.arange(int(seconds * 16000)) / 16000
    sound = np.zeros(len(times))
    while clock < seconds - 1:
        for label, length in (
            (rng.choice(CONSONANTS), rng.uniform(0.05, 0.12)),
            (rng.choice(VOWELS), rng.uniform(0.08, 0.25)),
        ):
            phones.append(Phone(str(label), clock, clock + length))
            here = slice(int(clock * 16000), int((clock + length) * 16000))
            size = rng.uniform(0.6, 1.0) if label in VOWELS else 0.1
            colour = VOWELS.index(label) if label in VOWELS else 0
            for k in range(1, 20):
                sound[here] += size * np.sin(2 * np.pi * 120 * k * times[here]) / (1 + abs(k - 2 - 2 * colour))
            clock += length
        clock += rng.uniform(0.3, 1.2) if rng.random() < 0.15 else 0.0
    samples = (0.1 * sound + 1e-4 * rng.standard_normal(len(sound))).astype(np.float32)
    curves = perform(samples, phones, STYLES[0], "neutral", rng)
    grid = np.arange(int(100 * len(curves.values) / 60)) / 100
    return mel_power(samples), np.stack(
        [np.interp(grid, np.arange(len(curves.values)) / 60, column) for column in curves.values.T], axis=1
    )


@pytest.fixture(scope="module")
def pairs() -> list[tuple[np.ndarray, np.ndarray]]:
    return [performed(seed) for seed in range(4)]


def late(face: np.ndarray, frames: int) -> np.ndarray:
    """The face so many hundredths later, its ends held."""
    return face[np.clip(np.arange(len(face)) - frames, 0, len(face) - 1)]


@pytest.mark.parametrize("frames", [-50, -23, 9, 50])
def test_known_lags_are_estimated(pairs, frames: int) -> None:
    for power, face in pairs:
        found = estimate_lag(power, late(face, frames))
        assert found.known
        assert found.seconds == pytest.approx(frames / 100, abs=0.03)
        assert found.shift == found.seconds


@pytest.mark.parametrize("frames", [-2, 0, 2])
def test_small_lags_are_not_corrected(pairs, frames: int) -> None:
    for power, face in pairs:
        found = estimate_lag(power, late(face, frames))
        assert found.known and found.shift == 0.0


def test_scale_does_not_change_lag(pairs) -> None:
    """Only a jaw, of a tenth of the size, as in clips of other rigs."""
    power, face = pairs[0]
    jaw = np.zeros_like(face)
    index = CHANNELS.index("jawOpen")
    jaw[:, index] = 0.1 * face[:, index]
    found = estimate_lag(0.01 * power, late(jaw, 30))
    assert found.known and found.seconds == pytest.approx(0.3, abs=0.03)


def test_unrelated_face_has_unknown_lag(pairs) -> None:
    confidences = [estimate_lag(pairs[k][0], pairs[(k + 1 + j) % 4][1]).confidence for k in range(4) for j in range(3)]
    assert np.mean(np.array(confidences) < CONFIDENT) >= 0.9


def test_still_mouth_has_unknown_lag(pairs) -> None:
    power, face = pairs[0]
    still = face.copy()
    still[:, [CHANNELS.index(name) for name in LOWER]] = 0.2
    assert not estimate_lag(power, still).known
    assert not estimate_lag(power[:400], face[:400]).known


def test_too_long_lag_is_unknown(pairs) -> None:
    assert not any(estimate_lag(power, late(face, 140)).known for power, face in pairs)
