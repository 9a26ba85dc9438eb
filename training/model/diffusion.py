"""The forward diffusion process on tensors: the teacher's noise schedule, the initial noise, and standardized curves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backend.arkit import CHANNELS, LOWER
from backend.noise_schedule import NoiseLevel, linear_schedule

from .config import ModelConfig, channel_names, is_facediffuser

_SMALLEST_STD = 0.02  # keeps channels that hardly move from being amplified


@dataclass(frozen=True)
class NoiseSchedule:
    """The teacher's noise levels from 0 (clean) to `steps`, each field (steps + 1,). A student uses a subset of the levels."""

    alpha: Tensor
    sigma: Tensor
    log_snr: Tensor

    def to(self, device: torch.device) -> "NoiseSchedule":
        return NoiseSchedule(*(tensor.to(device) for tensor in vars(self).values()))

    def at(self, index: Tensor) -> NoiseLevel:
        """Return the levels of a batch, index (B,), shaped (B, 1, 1) to broadcast over (B, N, C)."""
        return NoiseLevel(self.alpha[index][:, None, None], self.sigma[index][:, None, None])


def make_schedule(steps: int, schedule: str = "linear") -> NoiseSchedule:
    """Make a noise schedule of `steps` + 1 levels.

    `linear` follows Ho et al. 2020, as in v1. `cosine` follows Nichol & Dhariwal 2021, eq. 17, as in FaceDiffuser. Raises ValueError for
    any other name.
    """
    if schedule == "linear":
        levels = linear_schedule(steps)
        alpha = torch.tensor([level.alpha for level in levels])
        sigma = torch.tensor([level.sigma for level in levels])
    elif schedule == "cosine":
        phase = (torch.arange(steps + 1, dtype=torch.float64) / steps + 0.008) / 1.008
        alpha_bar = torch.cos(phase * torch.pi / 2).square()
        # The paper clips beta at 0.999, so that the last level is not pure noise.
        one_minus_beta = 1 - (1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=0.999)
        alpha_bar = torch.cat([torch.ones(1, dtype=torch.float64), one_minus_beta.cumprod(0)])
        alpha, sigma = alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()
    else:
        raise ValueError(f"unknown schedule {schedule!r}: linear or cosine")
    return NoiseSchedule(alpha, sigma, 2 * (alpha.log() - sigma.clamp(min=1e-4).log()))


def add_noise(clean: Tensor, level: NoiseLevel, noise: Tensor) -> Tensor:
    """Return z = alpha x + sigma eps."""
    return level.alpha * clean + level.sigma * noise


def initial_noise_std(config: ModelConfig) -> np.ndarray:
    """Return the standard deviation of the initial noise of each channel, (C,).

    It is 1 in the upper face and for the head, where the sound leaves a choice, and 0 in the lower face. With noise in the lower face, two seeds disagreed
    wherever the encoder was unsure of a sound (EXPERIMENTS.md, 5); starting from the mean makes all seeds agree and is as accurate.
    FaceDiffuser uses 1 everywhere.
    """
    return (~np.isin(channel_names(config), LOWER) | is_facediffuser(config)).astype(np.float32)


def scale_initial_noise(noisy: Tensor, first: Tensor, initial_std: Tensor) -> Tensor:
    """Scale noisy curves (B, N, C) by initial_std (C,) in the clips that are at the first sampling step, first (B,).

    Where initial_std is 0, no trace of the truth is left, as when sampling starts.
    """
    return torch.where(first[:, None, None], noisy * initial_std, noisy)


@dataclass(frozen=True)
class Standardizer:
    """Maps weights in 0..1, and rotations after them, to curves of mean 0 and standard deviation 1, and back. mean, std: (C,)."""

    mean: Tensor
    std: Tensor

    def to(self, device: torch.device) -> "Standardizer":
        return Standardizer(self.mean.to(device), self.std.to(device))

    def apply(self, faces: Tensor) -> Tensor:
        """Standardize faces (..., C or more): a model without the head's rotations leaves those of a recording out."""
        return (faces[..., : len(self.mean)] - self.mean) / self.std

    def undo(self, curves: Tensor) -> Tensor:
        values = curves * self.std + self.mean
        count = len(CHANNELS)
        return torch.cat([values[..., :count].clamp(0, 1), values[..., count:]], -1)


def read_standardizer(meta: dict[str, Any]) -> Standardizer:
    """Return the standardizer that a model was trained with, from the content of its model.json."""
    return Standardizer(torch.tensor(meta["mean"]), torch.tensor(meta["deviation"]))


def fit_standardizer(takes: Iterable[np.ndarray]) -> Standardizer:
    """Compute mean and standard deviation of every channel over takes (frames, C), with one take in memory at a time.

    NaN, a value that a take does not know, is left out. A channel that no take knows has mean 0.
    """
    count, total, square = np.zeros(()), np.zeros(()), np.zeros(())
    for take in takes:
        faces = take.astype(np.float64)
        count, total = count + (~np.isnan(faces)).sum(0), total + np.nansum(faces, 0)
        square = square + np.nansum(faces * faces, 0)
    count = np.maximum(count, 1)
    mean = total / count
    std = np.maximum(np.sqrt(np.maximum(square / count - mean**2, 0)), _SMALLEST_STD)
    return Standardizer(torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(std.astype(np.float32)))
