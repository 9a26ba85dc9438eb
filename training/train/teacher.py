"""Train the teacher: 32 steps, a large frozen audio encoder, personalizer and GRU decoder (v1)."""

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
    fit_standardizer,
    initial_noise_std,
    make_schedule,
    scale_initial_noise,
)
from ..model.network import Talker
from .augment import change_microphone
from .batch_rng import BatchRng
from .loop import fit, make_accelerator


def reconstruction_losses(predicted: Tensor, truth: Tensor, faces: Tensor, config: TrainConfig) -> dict[str, Tensor]:
    """Return L_exp, L_lip and L_vel, weighted. predicted and truth (B, N, C) are standardized; faces is the truth in 0..1."""
    w = config.weights
    frame_weight = 1 + w.contact * losses.contact(faces)
    return {
        "exp": w.exp * losses.expression(predicted, truth),
        "lip": w.lip * losses.lip(predicted, truth, frame_weight),
        "velocity": w.velocity * losses.velocity(predicted, truth),
    }


def voice_loss(talker: Talker, mel: Tensor, batch: Batch, config: TrainConfig) -> Tensor:
    """Return L_con of voices, log-mel (B, 2 T, BANDS), with both libraries (v2), weighted. It is 0 in a model without identities."""
    if not talker.config.personal:
        return mel.new_zeros(())
    identity_query, emotion_query = talker.voice(mel)
    identity_keys, emotion_keys = talker.personalizer.keys()
    identity = losses.contrast(identity_query, identity_keys, batch.identity)
    emotion = losses.contrast(emotion_query, emotion_keys, batch.emotion)
    return config.weights.contrast * (identity + emotion)


def require_gradients(talker: Talker) -> None:
    """Turn on gradients of all weights that a loss reaches. In a model without identities, voice head and libraries get none."""
    talker.requires_grad_(True)
    if not talker.config.personal:
        talker.voice.requires_grad_(False)
        talker.personalizer.requires_grad_(False)


class TeacherObjective(nn.Module):
    """L_teacher on clips with noise, each at a random level of the schedule."""

    def __init__(
        self, talker: Talker, standardizer: Standardizer, schedule: NoiseSchedule, config: TrainConfig
    ) -> None:
        super().__init__()
        require_gradients(talker)
        self.talker = talker
        self.standardizer, self.schedule, self.config = standardizer, schedule, config
        self.initial_std = torch.from_numpy(initial_noise_std(talker.config)).to(standardizer.mean.device)

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        clean = self.standardizer.apply(batch.faces)
        index = rng.integers(1, self.talker.config.steps + 1)
        noisy = add_noise(clean.nan_to_num(), self.schedule.at(index), rng.normal(*clean.shape[1:]))
        noisy = scale_initial_noise(noisy, index == self.talker.config.steps, self.initial_std)
        condition = self.talker.encode_audio(batch.features, clean.shape[1])
        person = self.talker.personalize(batch.identity, batch.emotion)
        predicted = self.talker.denoise(noisy, condition, person, self.schedule.log_snr[index])
        return {
            **reconstruction_losses(predicted, clean, batch.faces, self.config),
            "contrast": voice_loss(self.talker, change_microphone(batch.mel, rng), batch, self.config),
        }


def train_teacher(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a teacher on prepared takes with cached features and write it to `out`. The model takes its feature width from the data."""
    model = replace(model, features=data.feature_width)
    accelerator = make_accelerator(config, out)
    standardizer = fit_standardizer(data.faces("train", model.channels))
    talker = Talker(model, len(data.identities), len(EMOTIONS))
    schedule = make_schedule(model.steps, model.schedule)
    device = accelerator.device
    objective = TeacherObjective(talker, standardizer.to(device), schedule.to(device), config)
    average = fit(accelerator, objective, data, config, out)
    meta = {
        "identities": list(data.identities),
        "descriptions": data.descriptions,
        "emotions": list(EMOTIONS),
        "split": data.scheme,
        "mean": standardizer.mean.tolist(),
        "deviation": standardizer.std.tolist(),
        "start": initial_noise_std(model).tolist(),
        "history": [{"stage": "train", "seed": config.seed, "weights": asdict(config.weights)}],
    }
    if accelerator.is_main_process:
        save_model(out, cast(Talker, average["talker"]), None, 1, meta)
