"""The schedule and the sampler against their definitions."""

from itertools import pairwise

import numpy as np
import pytest

from backend.inference.sampler import ddim_step, sample_ddim
from backend.noise_schedule import NoiseLevel, linear_schedule


def test_levels_preserve_variance_and_lose_signal() -> None:
    levels = linear_schedule(32)
    assert len(levels) == 33 and levels[0] == NoiseLevel(1.0, 0.0)
    assert all(level.alpha**2 + level.sigma**2 == pytest.approx(1.0) for level in levels)
    ratios = [level.log_snr for level in levels[1:]]
    assert all(a > b for a, b in pairwise(ratios)) and ratios[-1] < -10


def test_schedule_with_too_few_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 20 steps"):
        linear_schedule(8)


def test_ddim_step_keeps_the_noise_it_was_given() -> None:
    """Song et al. 2021: the step re-noises the prediction with the very noise that the old signal implies."""
    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal((2, 5))
    now, then = linear_schedule(32)[20], linear_schedule(32)[10]
    np.testing.assert_allclose(
        ddim_step(now.alpha * clean + now.sigma * noise, clean, now, then), then.alpha * clean + then.sigma * noise
    )


def test_sampling_a_gaussian_tends_to_its_spread() -> None:
    """For data of N(0, s^2) the best prediction of the clean signal is linear; the more steps, the nearer samples come to that spread."""
    spread = 0.5

    def denoise(z: np.ndarray, level: NoiseLevel) -> np.ndarray:
        return z * level.alpha * spread**2 / (level.alpha**2 * spread**2 + level.sigma**2)

    noise = np.random.default_rng(1).standard_normal(20000)
    errors = [
        abs(sample_ddim(denoise, noise, linear_schedule(steps)[::-1]).std() - spread * noise.std())
        for steps in (32, 128, 512)
    ]
    assert errors[0] < 0.06 and errors[1] < errors[0] / 2 and errors[2] < errors[1] / 2


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
