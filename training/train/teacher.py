"""The teacher: 32 steps, a large frozen audio encoder, personalizer and GRU decoder (v1)."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from backend.arkit import EMOTIONS

from ..data.prepared import Batch, Prepared
from ..model import losses
from ..model.checkpoint import save_model
from ..model.config import ModelConfig, TrainConfig
from ..model.diffusion import (
    NoiseSchedule,
    Standardizer,
    add_noise,
    begin_alike,
    fit_standardizer,
    make_schedule,
    start_of,
)
from ..model.network import Talker
from .augment import rerecord
from .batch_rng import BatchRng
from .loop import fit, start


def truth_losses(predicted: Tensor, truth: Tensor, faces: Tensor, config: TrainConfig) -> dict[str, Tensor]:
    """exp, lip and velocity parts of L_teacher, weighted. predicted, truth: normalised; faces: the truth in 0..1."""
    w = config.weights
    frames = 1 + w.contact * losses.contact(faces)
    return {
        "exp": w.exp * losses.expression(predicted, truth),
        "lip": w.lip * losses.lip(predicted, truth, frames),
        "velocity": w.velocity * losses.velocity(predicted, truth),
    }


def voice_loss(talker: Talker, mel: Tensor, batch: Batch, config: TrainConfig) -> Tensor:
    """Contrast of voices (B, 2 T, BANDS) with both libraries (v2), weighted."""
    if not talker.config.personal:
        return mel.new_zeros(())
    identity_query, emotion_query = talker.voice(mel)
    identity_keys, emotion_keys = talker.personalizer.keys()
    identity = losses.contrast(identity_query, identity_keys, batch.identity)
    emotion = losses.contrast(emotion_query, emotion_keys, batch.emotion)
    return config.weights.contrast * (identity + emotion)


def train_all_used(talker: Talker) -> None:
    """Ask gradients of all weights that a loss reaches: those of voice and libraries only where the model has identities."""
    talker.requires_grad_(True)
    if not talker.config.personal:
        talker.voice.requires_grad_(False)
        talker.personalizer.requires_grad_(False)


class TeacherObjective(nn.Module):
    """L_teacher on clips noised to a level drawn for each. Curves are normalised by `normal`, levels taken from `grid`."""

    def __init__(self, talker: Talker, normal: Standardizer, grid: NoiseSchedule, config: TrainConfig) -> None:
        super().__init__()
        train_all_used(talker)
        self.talker = talker
        self.normal, self.grid, self.config = normal, grid, config
        self.start = torch.from_numpy(start_of(talker.config)).to(normal.mean.device)

    def forward(self, batch: Batch, draws: BatchRng) -> dict[str, Tensor]:
        clean = self.normal.apply(batch.faces)
        index = draws.integers(1, self.talker.config.steps + 1)
        noisy = add_noise(clean, self.grid.at(index), draws.normal(*clean.shape[1:]))
        noisy = begin_alike(noisy, index == self.talker.config.steps, self.start)
        condition = self.talker.hear(batch.features, clean.shape[1])
        person = self.talker.person(batch.identity, batch.emotion)
        predicted = self.talker.denoise(noisy, condition, person, self.grid.log_snr[index])
        return {
            **truth_losses(predicted, clean, batch.faces, self.config),
            "contrast": voice_loss(self.talker, rerecord(batch.mel, draws), batch, self.config),
        }


def train_teacher(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a teacher on prepared takes with cached features, whose width becomes the model's, and write it to `out`."""
    model = replace(model, features=data.feature_width)
    run = start(config, out)
    normal = fit_standardizer(data.faces("train"))
    talker = Talker(model, len(data.identities), len(EMOTIONS))
    grid = make_schedule(model.steps, model.schedule)
    objective = TeacherObjective(talker, normal.to(run.device), grid.to(run.device), config)
    average = fit(run, objective, data, config, out)
    meta = {
        "identities": list(data.identities),
        "descriptions": data.descriptions,
        "emotions": list(EMOTIONS),
        "split": data.scheme,
        "mean": normal.mean.tolist(),
        "deviation": normal.deviation.tolist(),
        "start": start_of(model).tolist(),
        "history": [{"stage": "train", "seed": config.seed, "weights": asdict(config.weights)}],
    }
    if run.is_main_process:
        save_model(out, cast(Talker, average["talker"]), None, 1, meta)
