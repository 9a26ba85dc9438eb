"""The noise schedule and the DDIM step against their definitions."""

from itertools import pairwise

import numpy as np
import pytest

from backend.inference.sampler import ddim_step, sample_ddim
from backend.noise_schedule import NoiseLevel, linear_schedule


def test_levels_preserve_variance_and_lose_signal() -> None:
    levels = linear_schedule(32)
    assert len(levels) == 33
    assert levels[0] == NoiseLevel(1.0, 0.0)
    assert all(level.alpha**2 + level.sigma**2 == pytest.approx(1.0) for level in levels)
    ratios = [level.log_snr for level in levels[1:]]
    assert all(a > b for a, b in pairwise(ratios))
    assert ratios[-1] < -10


def test_schedule_rejects_too_few_steps() -> None:
    with pytest.raises(ValueError, match="more than 20 steps"):
        linear_schedule(8)


def test_ddim_step_reuses_the_implied_noise() -> None:
    """Song et al. 2021: the step adds the noise that the noisy signal implies back to the prediction."""
    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal((2, 5))
    now, then = linear_schedule(32)[20], linear_schedule(32)[10]
    np.testing.assert_allclose(
        ddim_step(now.alpha * clean + now.sigma * noise, clean, now, then), then.alpha * clean + then.sigma * noise
    )


def test_sampled_gaussian_converges_to_its_std() -> None:
    """For data of N(0, s^2), the optimal denoiser is linear, and more steps bring the samples closer to s."""
    std = 0.5

    def denoise(z: np.ndarray, level: NoiseLevel) -> np.ndarray:
        return z * level.alpha * std**2 / (level.alpha**2 * std**2 + level.sigma**2)

    noise = np.random.default_rng(1).standard_normal(20000)
    errors = [
        abs(sample_ddim(denoise, noise, linear_schedule(steps)[::-1]).std() - std * noise.std())
        for steps in (32, 128, 512)
    ]
    assert errors[0] < 0.06
    assert errors[1] < errors[0] / 2
    assert errors[2] < errors[1] / 2


def test_callback_counts_steps_and_cancels() -> None:
    seen = []

    class Cancelled(Exception):
        pass

    def stop_at_two(step: int, steps: int) -> None:
        seen.append((step, steps))
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        sample_ddim(lambda z, level: z, np.zeros(3), linear_schedule(32)[::-1], stop_at_two)
    assert seen == [(0, 32), (1, 32), (2, 32)]
