"""The forward process on tensors: the teacher's grid of noise levels, and normalised curves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backend.arkit import CHANNELS, UPPER
from backend.noise_schedule import NoiseLevel, linear_schedule

from .config import ModelConfig, is_facediffuser


@dataclass(frozen=True)
class NoiseSchedule:
    """The teacher's noise levels 0 (clean) .. steps; students use a subset. Each (steps + 1,)."""

    alpha: Tensor
    sigma: Tensor
    log_snr: Tensor

    def to(self, device: torch.device) -> "NoiseSchedule":
        return NoiseSchedule(*(tensor.to(device) for tensor in vars(self).values()))

    def at(self, index: Tensor) -> NoiseLevel:
        """The levels of a batch, to be broadcast over (B, N, C)."""
        return NoiseLevel(self.alpha[index][:, None, None], self.sigma[index][:, None, None])


def make_schedule(steps: int, schedule: str = "linear") -> NoiseSchedule:
    """A schedule on `steps` levels: `linear` (Ho et al. 2020, as in v1) or `cosine` (Nichol & Dhariwal 2021, eq. 17, as in FaceDiffuser)."""
    if schedule == "linear":
        levels = linear_schedule(steps)
        alpha = torch.tensor([level.alpha for level in levels])
        sigma = torch.tensor([level.sigma for level in levels])
    elif schedule == "cosine":
        phase = (torch.arange(steps + 1, dtype=torch.float64) / steps + 0.008) / 1.008
        bar = torch.cos(phase * torch.pi / 2).square()
        kept = 1 - (1 - bar[1:] / bar[:-1]).clamp(
            max=0.999
        )  # 1 - beta, cut as there, so that the last level is not pure noise
        bar = torch.cat([torch.ones(1, dtype=torch.float64), kept.cumprod(0)])
        alpha, sigma = bar.sqrt().float(), (1 - bar).sqrt().float()
    else:
        raise ValueError(f"unknown schedule {schedule!r}: linear or cosine")
    return NoiseSchedule(alpha, sigma, 2 * (alpha.log() - sigma.clamp(min=1e-4).log()))


def add_noise(clean: Tensor, level: NoiseLevel, noise: Tensor) -> Tensor:
    """z = alpha x + sigma eps."""
    return level.alpha * clean + level.sigma * noise


def start_of(config: ModelConfig) -> np.ndarray:
    """Deviation of the noise that sampling begins from, (C,): 1 where the sound leaves a choice, in the upper face. FaceDiffuser's is 1 everywhere.

    Begun from its mean, the lower face is the same for every seed and no less right; begun from noise, two seeds disagreed where the encoder
    was unsure of a sound (EXPERIMENTS.md, 5).
    """
    return (np.isin(CHANNELS, UPPER) | is_facediffuser(config)).astype(np.float32)


def begin_alike(noisy: Tensor, first: Tensor, start: Tensor) -> Tensor:
    """Noisy curves (B, N, C) as sampling begins from them where `first` (B,) is true: with noise of deviation start (C,), and where that is 0
    without a trace of the truth."""
    return torch.where(first[:, None, None], noisy * start, noisy)


@dataclass(frozen=True)
class Standardizer:
    """Maps weights in 0..1 to unit-deviation curves and back. mean, deviation: (C,)."""

    mean: Tensor
    deviation: Tensor

    def to(self, device: torch.device) -> "Standardizer":
        return Standardizer(self.mean.to(device), self.deviation.to(device))

    def apply(self, faces: Tensor) -> Tensor:
        return (faces - self.mean) / self.deviation

    def undo(self, curves: Tensor) -> Tensor:
        return (curves * self.deviation + self.mean).clamp(0, 1)


def standardizer_of(meta: dict[str, Any]) -> Standardizer:
    """The one that a model was trained with, from its model.json."""
    return Standardizer(torch.tensor(meta["mean"]), torch.tensor(meta["deviation"]))


def fit_standardizer(takes: Iterable[np.ndarray]) -> Standardizer:
    """Mean and deviation of every channel over takes (frames, C), one take in memory at a time; channels that hardly move are not blown up."""
    count, total, square = 0, np.zeros(()), np.zeros(())
    for take in takes:
        faces = take.astype(np.float64)
        count, total, square = count + len(faces), total + faces.sum(0), square + (faces * faces).sum(0)
    mean = total / count
    deviation = np.sqrt(np.maximum(square / count - mean**2, 0))
    return Standardizer(
        torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(np.maximum(deviation, 0.02).astype(np.float32))
    )
