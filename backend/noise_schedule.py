"""Noise levels of the forward diffusion process, and the linear schedule of Ho et al. 2020.

Runs in the backend process and in training.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray or torch.Tensor


@dataclass(frozen=True)
class NoiseLevel:
    """A noise level of the forward process z = alpha x + sigma eps, with alpha^2 + sigma^2 = 1.

    alpha, sigma: numbers, or arrays for a batch.
    """

    alpha: Array
    sigma: Array

    @property
    def log_snr(self) -> float:
        """Return log(alpha^2 / sigma^2), which conditions the denoiser on the level. Infinite at sigma = 0."""
        return float(2.0 * (np.log(self.alpha) - np.log(self.sigma)))


def linear_schedule(steps: int, beta_first: float = 0.1, beta_last: float = 20.0) -> list[NoiseLevel]:
    """Return levels 0 (clean) .. steps (noise) of Ho et al. 2020's linear schedule, with betas scaled by 1 / steps.

    A student of N steps uses every (steps / N)-th level of its teacher, because a linear schedule of few steps would
    need betas above 1. Raises ValueError for so few steps.
    """
    if steps <= beta_last:
        raise ValueError(f"the linear schedule needs more than {beta_last:g} steps, not {steps}")
    betas = np.linspace(beta_first / steps, beta_last / steps, steps)
    alpha_bar = np.concatenate([[1.0], np.cumprod(1.0 - betas)])
    return [NoiseLevel(float(np.sqrt(bar)), float(np.sqrt(1.0 - bar))) for bar in alpha_bar]
