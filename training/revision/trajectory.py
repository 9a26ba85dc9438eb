"""A finished model's own way from noise to curves. What changes a model is trained along it, so that few steps stay enough."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from backend.inference.sampler import ddim_step
from backend.noise_schedule import NoiseLevel

from ..model.checkpoint import load_model
from ..model.diffusion import NoiseSchedule, Standardizer, make_schedule, read_standardizer
from ..model.network import StudentEncoder, Talker


@dataclass(frozen=True)
class FinishedModel:
    """A frozen model with all that sampling needs. It is no nn.Module, so that it is not trained.

    stops: the levels of the schedule that sampling visits, the noisiest first.
    """

    talker: Talker
    encoder: StudentEncoder | None
    schedule: NoiseSchedule
    stops: tuple[int, ...]
    initial_std: Tensor
    standardizer: Standardizer
    meta: dict[str, Any]

    def steps(self, rows: Tensor) -> Iterator[tuple[Tensor, NoiseLevel, NoiseLevel]]:
        """Yield each step's index of the level, (B,), that level and the next one, for a batch like `rows` (B,)."""
        for here, there in pairwise(self.stops):
            index = torch.full_like(rows, here)
            yield index, self.schedule.at(index), self.schedule.at(torch.full_like(rows, there))


@dataclass(frozen=True)
class Step:
    """One denoising step of a batch: the level's index (B,), this level and the next, noisy curves (B, N, C), and the clean ones predicted."""

    index: Tensor
    now: NoiseLevel
    then: NoiseLevel
    noisy: Tensor
    clean: Tensor


def load_finished(folder: Path, device: torch.device) -> FinishedModel:
    """Open a folder that train, distill or import wrote."""
    talker, encoder, meta = load_model(folder)
    return FinishedModel(
        talker.to(device).requires_grad_(False),
        None if encoder is None else encoder.to(device).requires_grad_(False),
        make_schedule(talker.config.steps, talker.config.schedule).to(device),
        tuple(range(talker.config.steps, -1, -meta["stride"])),
        torch.tensor(meta["start"], device=device),
        read_standardizer(meta).to(device),
        meta,
    )


@torch.no_grad()
def trajectory(model: FinishedModel, noise: Tensor, condition: Tensor, person: Tensor) -> tuple[list[Step], Tensor]:
    """Sample a batch: its steps, and the standardized curves (B, N, C). noise: (B, N, C), of standard deviation 1."""
    curves = noise * model.initial_std
    steps: list[Step] = []
    for index, now, then in model.steps(torch.zeros(len(noise), dtype=torch.long, device=noise.device)):
        clean = model.talker.denoise(curves, condition, person, model.schedule.log_snr[index])
        steps.append(Step(index, now, then, curves, clean))
        curves = ddim_step(curves, clean, now, then)
    return steps, curves
