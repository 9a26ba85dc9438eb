"""Metrics that allow for shifts in time, against curves shifted by a known time."""

import numpy as np
import pytest

from backend.arkit import CHANNELS, LOWER
from training.evaluation.alignment import (
    intensity_correlation,
    lip_speed,
    soft_aligned_error,
    temporal_misalignment,
    third_difference,
    warping_path,
)
from training.evaluation.metrics import blendshape_error

JAW = CHANNELS.index("jawOpen")


def _talk(frames: int = 150, shift: int = 0) -> np.ndarray:
    """A smooth gap curve with uneven openings, `shift` frames late."""
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(8, 16, 30))
    sizes = rng.uniform(0.3, 1.0, 30)
    frame = np.arange(frames)[:, None] - shift
    return (sizes * np.exp(-0.5 * ((frame - times) / 3) ** 2)).sum(1)


@pytest.mark.parametrize("shift", [0, 2, 4])
def test_misalignment_is_the_shift_in_ms(shift: int) -> None:
    # within half a frame: the extrema of a sampled curve lie on frames
    assert temporal_misalignment(_talk(shift=shift), _talk()) == pytest.approx(shift * 1000 / 30, abs=17)


def test_still_curve_has_no_misalignment() -> None:
    assert np.isnan(temporal_misalignment(np.zeros(90), _talk(90)))


def test_soft_error_forgives_a_shift_that_the_frame_wise_one_counts() -> None:
    truth, late, wrong = (np.zeros((90, 52), np.float32) for _ in range(3))
    truth[:, JAW], late[:, JAW], wrong[:, JAW] = _talk(90), _talk(90, 2), 0.7 - _talk(90)
    assert soft_aligned_error(truth, truth, LOWER) <= 0.0
    assert soft_aligned_error(late, truth, LOWER) < 0.3 * blendshape_error(late, truth, LOWER)
    assert soft_aligned_error(wrong, truth, LOWER) > 2 * soft_aligned_error(late, truth, LOWER)
    assert soft_aligned_error(late, truth, LOWER, gamma=1e-6) <= blendshape_error(late, truth, LOWER)


def test_warping_path_follows_the_cheapest_cells() -> None:
    cost = np.ones((4, 4))
    for cell in ((0, 0), (1, 0), (2, 1), (3, 2), (3, 3)):
        cost[cell] = 0.0
    assert warping_path(cost, 4) == [(0, 0), (1, 0), (2, 1), (3, 2), (3, 3)]


def test_third_difference_of_a_parabola_is_nothing() -> None:
    face = np.zeros((20, 52))
    face[:, JAW] = 0.001 * np.arange(20) ** 2
    assert third_difference(face, ("jawOpen",)) == pytest.approx(0.0, abs=1e-9)
    face[:, JAW] = np.arange(20) ** 3
    assert third_difference(face, ("jawOpen",)) == pytest.approx(6.0)


def test_intensity_correlation_of_louder_and_faster_is_one() -> None:
    speeds = np.array([lip_speed(size * _talk()) for size in (0.5, 1.0, 2.0)])
    assert speeds[2] == pytest.approx(4 * speeds[0])
    assert intensity_correlation(np.array([0.1, 0.2, 0.4]), speeds) == pytest.approx(1.0)
