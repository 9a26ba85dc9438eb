"""The resampler on numpy alone: as exact as soxr, and the same in blocks as in one piece."""

import numpy as np
import pytest

from backend.audio.resample import by_numpy, resampled

soxr = pytest.importorskip("soxr")

RATE = 16000


def _resample(samples: np.ndarray, rate: int, pieces: int = 1) -> np.ndarray:
    return np.concatenate(list(by_numpy(np.array_split(samples, pieces), rate, RATE)))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 44101, 48000, 96000, 192000])
def test_tones_are_exact(rate: int) -> None:
    for hertz in (50, 440, 3000, 0.45 * min(rate, RATE)):
        made = _resample(np.sin(2 * np.pi * hertz * np.arange(rate) / rate).astype(np.float32), rate)
        assert len(made) == RATE
        middle = slice(500, -500)
        exact = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)[middle]
        assert np.abs(made[middle] - exact).max() < 1e-5  # -100 dB


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_what_the_new_rate_cannot_hold_is_silenced(rate: int) -> None:
    made = _resample(np.sin(2 * np.pi * 8100 * np.arange(rate) / rate).astype(np.float32), rate)
    assert np.abs(made[500:-500]).max() < 1e-4  # -80 dB just above the band


@pytest.mark.parametrize("rate", [11025, 44100, 48000])
def test_noise_is_resampled_as_by_soxr(rate: int) -> None:
    noise = np.random.default_rng(0).standard_normal(2 * rate).astype(np.float32)
    mine, theirs = _resample(noise, rate), soxr.resample(noise, rate, RATE)
    assert abs(len(mine) - len(theirs)) <= 1
    spectra = [np.fft.rfft((each[500:31500]) * np.hanning(31000)) for each in (mine, theirs)]
    band = np.fft.rfftfreq(31000, 1 / RATE) < 0.88 * min(rate, RATE) / 2
    error = np.abs(spectra[0] - spectra[1])[band]
    assert np.sqrt((error**2).sum() / (np.abs(spectra[1][band]) ** 2).sum()) < 10 ** (-70 / 20)


@pytest.mark.parametrize("rate", [8000, 44100, 44101, 48000])
def test_blocks_leave_no_seam(rate: int) -> None:
    noise = np.random.default_rng(1).standard_normal(rate + 7).astype(np.float32)
    whole = _resample(noise, rate)
    assert len(whole) == round(len(noise) * RATE / rate)
    for pieces in (3, 50):
        np.testing.assert_allclose(_resample(noise, rate, pieces), whole, atol=1e-6)


def test_same_rate_is_passed_on() -> None:
    block = np.ones(5, np.float32)
    assert [*resampled([block], RATE, RATE)] == [block]
