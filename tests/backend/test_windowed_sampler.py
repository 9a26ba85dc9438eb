"""Windowed sampling gives the result of plain sampling for any window, with and without threads."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from backend.inference.inpainting import CONTEXT, inpaint
from backend.inference.sampler import sample_ddim
from backend.inference.windowed_sampler import SamplingTask, sample_in_windows
from backend.noise_schedule import NoiseLevel, linear_schedule

LOOKAHEAD, FRAMES = 3, 400
LEVELS = linear_schedule(32)[::-8]


def _predict(noisy: np.ndarray, level: NoiseLevel, state: float) -> tuple[np.ndarray, float]:
    """Predict like a model with lookahead and a recurrent state: (1, LOOKAHEAD + n + LOOKAHEAD, C) -> (1, n, C)."""
    around = np.lib.stride_tricks.sliding_window_view(noisy[0], 2 * LOOKAHEAD + 1, axis=0).mean(axis=-1)
    clean = np.empty_like(around)
    for frame, seen in enumerate(around):
        state = 0.9 * state + 0.1 * float(seen.mean())
        clean[frame] = level.alpha * seen + state
    return clean[None], state


def _denoise(noisy: np.ndarray, level: NoiseLevel, first: int, state: Any) -> tuple[np.ndarray, Any]:
    return _predict(noisy, level, state or 0.0)


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    """Make locks with gaps of all lengths at any place in a window; channel 0 is free and channel 1 fully locked."""
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
def test_windowed_result_equals_plain_sampling(known: np.ndarray, window: int, threads: int) -> None:
    noise = np.random.default_rng(1).standard_normal((FRAMES, 5))

    def denoise_all(z: np.ndarray, level: NoiseLevel) -> np.ndarray:
        clean, _ = _predict(np.pad(z, ((LOOKAHEAD, LOOKAHEAD), (0, 0)))[None], level, 0.0)
        return inpaint(clean[0], known, 30.0)

    expected = sample_ddim(denoise_all, noise, LEVELS)
    task = SamplingTask(
        window,
        LOOKAHEAD,
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
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] < 1
    np.testing.assert_array_equal(noise[:, 1], known[:, 1])


def test_callback_can_cancel_sampling() -> None:
    def cancel_halfway(fraction: float) -> None:
        if fraction > 0.5:
            raise InterruptedError

    with ThreadPoolExecutor(2) as workers, pytest.raises(InterruptedError):
        sample_in_windows(
            SamplingTask(20, LOOKAHEAD, 18, _denoise, lambda clean, _: clean),
            np.zeros((FRAMES, 5)),
            LEVELS,
            workers,
            cancel_halfway,
        )
