"""A look target: eyes that hold it, breaks, limits, and what stays."""

import numpy as np
import pytest

from backend.arkit import CHANNELS, REGIONS
from backend.curves.adjust import Controls, adjust
from backend.curves.base import Curves
from backend.curves.eye_darts import DEGREES, mean_gaze
from backend.curves.look_target import LIMITS, breaks, hold

FPS = 30.0
FRAMES = 1800
GAZE = [CHANNELS.index(name) for name in REGIONS["gaze"]]
STILL = Curves(CHANNELS, np.zeros((FRAMES, 52), np.float32), FPS)


def _degrees(take: Curves) -> np.ndarray:
    return DEGREES * mean_gaze(take)


def _fixed(left: float, up: float) -> np.ndarray:
    return np.tile(np.array([left, up]), (FRAMES, 1))


@pytest.mark.parametrize("direction", [(0.0, 0.0), (15.0, -8.0), (-20.0, 10.0)])
def test_eyes_hold_the_target_and_glance_away_every_few_seconds(direction: tuple[float, float]) -> None:
    off = np.hypot(*(_degrees(hold(STILL, _fixed(*direction), 3, darts=True)) - direction).T)
    on_target = off < 2  # darts on a face stay within that
    assert 0.7 <= on_target.mean() <= 0.92
    glances = np.flatnonzero(np.diff((off > 4).astype(np.int8)) == 1)
    assert 8 <= len(glances) <= 25  # a minute
    assert np.diff(glances).min() >= 1.8 * FPS
    assert off.max() < 16


def test_eyes_follow_a_target_that_moves() -> None:
    aim = np.stack([20 * np.sin(np.arange(FRAMES) / 90), np.zeros(FRAMES)], axis=1)
    still = ~breaks(5, FRAMES, FPS).any(axis=1)
    np.testing.assert_allclose(_degrees(hold(STILL, aim, 5, darts=False))[still], aim[still], atol=1e-4)


def test_turn_of_the_eyes_is_limited_and_a_target_behind_is_let_go() -> None:
    far = _degrees(hold(STILL, _fixed(45.0, 0.0), 1, darts=False))
    assert far[:, 0].max() == pytest.approx(LIMITS[0], abs=1e-3)
    assert not hold(STILL, _fixed(120.0, 0.0), 1, darts=True).values.any()
    assert not hold(STILL, _fixed(np.nan, np.nan), 1, darts=True).values.any()


def test_seeds_choose_the_breaks() -> None:
    one, other = (hold(STILL, _fixed(5.0, 5.0), seed, darts=True).values for seed in (1, 2))
    assert np.abs(one - other).max() > 0.1
    np.testing.assert_array_equal(one, hold(STILL, _fixed(5.0, 5.0), 1, darts=True).values)


def test_mirrored_take_looks_at_the_same_target() -> None:
    still = ~breaks(5, FRAMES, FPS).any(axis=1)
    mirrored = adjust(STILL, Controls(mirror=True), 5, aim=_fixed(12.0, 3.0))
    np.testing.assert_allclose(_degrees(mirrored)[still], _fixed(12.0, 3.0)[still], atol=1e-4)


def test_locked_gaze_stays() -> None:
    locked = np.zeros((FRAMES, 52), bool)
    locked[100:400, GAZE[2]] = True
    held = hold(STILL, _fixed(15.0, 0.0), 1, True, locked)
    assert not held.values[100:400].any() and held.values[400:, GAZE].any()


def test_short_aim_holds_its_last_direction() -> None:
    held = _degrees(hold(STILL, _fixed(15.0, 0.0)[:10], 1, darts=False))
    assert np.median(held[:, 0]) == pytest.approx(15, abs=1e-3)


def test_few_frames_and_few_channels_are_accepted() -> None:
    for names in (("jawOpen",), REGIONS["gaze"]):
        for frames in (1, 2, 5):
            few = Curves(names, np.zeros((frames, len(names)), np.float32), 24.0)
            assert hold(few, _fixed(5.0, 0.0), 0, darts=True).values.shape == few.values.shape
