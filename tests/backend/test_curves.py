"""Curves at other frame rates."""

import numpy as np
import pytest

from backend.arkit import CHANNELS
from backend.curves.base import Curves, resample

NTSC = 30000 / 1001


def _take(frames: int = 95) -> Curves:
    values = np.random.default_rng(1).random((frames, len(CHANNELS)), dtype=np.float32)
    return Curves(CHANNELS, values, 30.0)


def test_same_rate_keeps_the_values() -> None:
    take = _take()
    np.testing.assert_array_equal(resample(take, take.fps, len(take.values)).values, take.values)
    longer = resample(take, take.fps, len(take.values) + 5).values
    np.testing.assert_array_equal(longer[-6:], np.repeat(take.values[-1:], 6, axis=0))


@pytest.mark.parametrize("fps", [12, 24, 25, NTSC, 60, 240])
def test_other_rates_follow_the_same_curve(fps: float) -> None:
    def curve(fps: float, count: int) -> np.ndarray:
        time = np.arange(count) / fps
        return np.stack([0.5 + 0.4 * np.sin(2 * np.pi * time), np.clip(time, 0, 1)], axis=1).astype(np.float32)

    made = resample(Curves(("jawOpen", "tongueOut"), curve(30, 91), 30.0, 1.5), fps, round(3 * fps))
    assert made.values.shape == (round(3 * fps), 2)
    assert made.values.dtype == np.float32
    assert (made.fps, made.start, made.names) == (fps, 1.5, ("jawOpen", "tongueOut"))
    np.testing.assert_allclose(made.values, curve(fps, round(3 * fps)), atol=0.01)


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_resampling_in_chunks_changes_nothing(fps: float, monkeypatch: pytest.MonkeyPatch) -> None:
    take = _take(500)
    whole = resample(take, fps, round(500 / 30 * fps) + 3).values
    monkeypatch.setattr("backend.curves.base._CHUNK_FRAMES", 7)
    np.testing.assert_array_equal(resample(take, fps, len(whole)).values, whole)


def test_interpolation_never_overshoots_neighboring_frames() -> None:
    values = np.array([[0], [0], [1], [0], [0], [0.3], [0.3]], np.float32)
    made = resample(Curves(("jawOpen",), values, 30.0), 300.0, 61).values[:, 0]
    assert made[:11].max() == 0
    assert made[30:41].max() == 0
    assert np.ptp(made[50:]) == 0
    assert made.min() == 0
    assert made.max() == 1


@pytest.mark.parametrize("frames", [1, 2])
def test_shortest_takes_are_resampled(frames: int) -> None:
    made = resample(_take(frames), 60.0, 4).values
    assert made.shape == (4, 52)
    assert np.isfinite(made).all()
