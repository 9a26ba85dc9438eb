"""The forward process on tensors: the teacher's grid of noise levels, and normalised curves."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from backend.sampler import Level, linear_levels


@dataclass(frozen=True)
class Grid:
    """The teacher's noise levels 0 (clean) .. steps; students use a subset. Each (steps + 1,)."""

    alpha: Tensor
    sigma: Tensor
    log_snr: Tensor

    def at(self, index: Tensor) -> Level:
        """The levels of a batch, to be broadcast over (B, N, C)."""
        return Level(self.alpha[index][:, None, None], self.sigma[index][:, None, None])


def make_grid(steps: int) -> Grid:
    """The linear schedule of Ho et al. 2020 on `steps` levels."""
    levels = linear_levels(steps)
    alpha = torch.tensor([level.alpha for level in levels])
    sigma = torch.tensor([level.sigma for level in levels])
    return Grid(alpha, sigma, 2 * (alpha.log() - sigma.clamp(min=1e-4).log()))


def add_noise(clean: Tensor, level: Level, noise: Tensor) -> Tensor:
    """z = alpha x + sigma eps."""
    return level.alpha * clean + level.sigma * noise


@dataclass(frozen=True)
class Normal:
    """Maps weights in 0..1 to unit-deviation curves and back. mean, deviation: (C,)."""

    mean: Tensor
    deviation: Tensor

    def apply(self, faces: Tensor) -> Tensor:
        return (faces - self.mean) / self.deviation

    def undo(self, curves: Tensor) -> Tensor:
        return (curves * self.deviation + self.mean).clamp(0, 1)


def fit_normal(faces: np.ndarray) -> Normal:
    """Mean and deviation of every channel of (frames, C); channels that hardly move are not blown up."""
    sample = faces[:: max(1, len(faces) // 200_000)].astype(np.float32)
    return Normal(torch.from_numpy(sample.mean(0)), torch.from_numpy(np.maximum(sample.std(0), 0.02)))
