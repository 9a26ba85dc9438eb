"""Sampling in windows gives what sampling in one go gives, whatever the windows, and whether or not steps run at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from backend.inference.inpainting import CONTEXT, inpaint
from backend.inference.sampler import sample_ddim
from backend.inference.windowed_sampler import SamplingTask, sample_in_windows
from backend.noise_schedule import NoiseLevel, linear_schedule

LOOK, FRAMES = 3, 400
LEVELS = linear_schedule(32)[::-8]


def _predict(noisy: np.ndarray, level: NoiseLevel, state: float) -> tuple[np.ndarray, float]:
    """A model that looks around, and remembers: (1, LOOK + n + LOOK, C) -> (1, n, C)."""
    around = np.lib.stride_tricks.sliding_window_view(noisy[0], 2 * LOOK + 1, axis=0).mean(axis=-1)
    clean = np.empty_like(around)
    for frame, seen in enumerate(around):
        state = 0.9 * state + 0.1 * float(seen.mean())
        clean[frame] = level.alpha * seen + state
    return clean[None], state


def _denoise(noisy: np.ndarray, level: NoiseLevel, first: int, state: Any) -> tuple[np.ndarray, Any]:
    return _predict(noisy, level, state or 0.0)


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    """Locks with gaps of all lengths between them, at every place in a window; and channels with none, and with nothing else."""
    rng = np.random.default_rng(2)
    known = rng.standard_normal((FRAMES, 5))
    known[:, 0] = np.nan
    for channel in (2, 3, 4):
        edges = np.cumsum(rng.integers(1, 30, 60))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            known[start:stop, channel] = np.nan
    return known


@pytest.mark.parametrize("window", [18, 25, 60, 133, FRAMES, 1000])
@pytest.mark.parametrize("threads", [0, 3])
def test_windows_change_nothing(known: np.ndarray, window: int, threads: int) -> None:
    noise = np.random.default_rng(1).standard_normal((FRAMES, 5))

    def whole(z: np.ndarray, level: NoiseLevel) -> np.ndarray:
        clean, _ = _predict(np.pad(z, ((LOOK, LOOK), (0, 0)))[None], level, 0.0)
        return inpaint(clean[0], known, 30.0)

    expected = sample_ddim(whole, noise, LEVELS)
    task = SamplingTask(
        window,
        LOOK,
        round(30 * CONTEXT),
        _denoise,
        lambda clean, first: inpaint(clean, known[first : first + len(clean)], 30.0),
    )
    fractions: list[float] = []
    if threads:
        with ThreadPoolExecutor(threads) as workers:
            sample_in_windows(task, noise, LEVELS, workers, fractions.append)
    else:
        sample_in_windows(task, noise, LEVELS, None, fractions.append)
    np.testing.assert_allclose(noise, expected, atol=1e-12)
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] < 1
    np.testing.assert_array_equal(noise[:, 1], known[:, 1])


def test_the_callback_may_give_up() -> None:
    def give_up(fraction: float) -> None:
        if fraction > 0.5:
            raise InterruptedError

    with ThreadPoolExecutor(2) as workers, pytest.raises(InterruptedError):
        sample_in_windows(
            SamplingTask(20, LOOK, 18, _denoise, lambda clean, _: clean),
            np.zeros((FRAMES, 5)),
            LEVELS,
            workers,
            give_up,
        )
