"""Noise levels of the forward diffusion process, and the linear schedule of Ho et al. 2020."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray or torch.Tensor


@dataclass(frozen=True)
class NoiseLevel:
    """One noise level of the forward process z = alpha x + sigma eps, alpha^2 + sigma^2 = 1; or, as arrays, those of a batch."""

    alpha: Array
    sigma: Array

    @property
    def log_snr(self) -> float:
        """log(alpha^2 / sigma^2): what the model is told of the step. Infinite at sigma = 0."""
        return float(2.0 * (np.log(self.alpha) - np.log(self.sigma)))


def linear_schedule(steps: int, beta_first: float = 0.1, beta_last: float = 20.0) -> list[NoiseLevel]:
    """Levels 0 (clean) .. steps (noise) of the linear schedule of Ho et al. 2020, its betas scaled by 1 / steps.

    Returns steps + 1 levels. A student of N steps takes every (steps / N)-th of its teacher's levels: a schedule of its own at few
    steps would have betas above 1. Raises ValueError for such.
    """
    if steps <= beta_last:
        raise ValueError(f"the linear schedule needs more than {beta_last:g} steps, not {steps}")
    betas = np.linspace(beta_first / steps, beta_last / steps, steps)
    alpha_bar = np.concatenate([[1.0], np.cumprod(1.0 - betas)])
    return [NoiseLevel(float(np.sqrt(bar)), float(np.sqrt(1.0 - bar))) for bar in alpha_bar]
