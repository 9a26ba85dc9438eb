"""Few-step sampling of a diffusion model that predicts the clean signal. Works on numpy arrays and torch tensors alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray or torch.Tensor


@dataclass(frozen=True)
class Level:
    """One noise level of the forward process z = alpha x + sigma eps, alpha^2 + sigma^2 = 1; or, as arrays, those of a batch."""

    alpha: Array
    sigma: Array

    @property
    def log_snr(self) -> float:
        """log(alpha^2 / sigma^2): what the model is told of the step. Infinite at sigma = 0."""
        return float(2.0 * (np.log(self.alpha) - np.log(self.sigma)))


def linear_levels(steps: int, beta_first: float = 0.1, beta_last: float = 20.0) -> list[Level]:
    """Levels 0 (clean) .. steps (noise) of the linear schedule of Ho et al. 2020, its betas scaled by 1 / steps.

    Returns steps + 1 levels. A student of N steps takes every (steps / N)-th of its teacher's levels: a schedule of its own at few
    steps would have betas above 1. Raises ValueError for such.
    """
    if steps <= beta_last:
        raise ValueError(f"the linear schedule needs more than {beta_last:g} steps, not {steps}")
    betas = np.linspace(beta_first / steps, beta_last / steps, steps)
    alpha_bar = np.concatenate([[1.0], np.cumprod(1.0 - betas)])
    return [Level(float(np.sqrt(bar)), float(np.sqrt(1.0 - bar))) for bar in alpha_bar]


def ddim_step(noisy: Array, clean: Array, now: Level, then: Level) -> Array:
    """One deterministic step from level `now` to the less noisy `then` (Song et al. 2021, eq. 12 with eta = 0), given the predicted clean signal."""
    return then.alpha * clean + (then.sigma / now.sigma) * (noisy - now.alpha * clean)


def sample_ddim(
    denoise: Callable[[Array, Level], Array],
    noise: Array,
    levels: Sequence[Level],
    callback: Callable[[int, int], None] | None = None,
) -> Array:
    """Walk from noise to a clean signal, all of it at once; the backend goes in windows, see relay.py.

    denoise(z, level) predicts the clean signal; levels run from noisiest to clean; callback(step, steps) is called before each step
    and may raise to cancel.
    """
    z = noise
    steps = len(levels) - 1
    for step, (now, then) in enumerate(pairwise(levels)):
        if callback is not None:
            callback(step, steps)
        z = ddim_step(z, denoise(z, now), now, then)
    return z
