"""The teacher: 32 steps, a large frozen audio encoder, personalizer and GRU decoder (v1)."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from backend.arkit import EMOTIONS

from . import losses
from .augment import rerecord
from .checkpoint import save_model
from .config import ModelConfig, TrainConfig
from .data.prepared import Batch, Prepared, batches
from .diffusion import add_noise, fit_normal, make_grid
from .fit import fit
from .model import Talker


def truth_losses(predicted: Tensor, truth: Tensor, config: TrainConfig) -> dict[str, Tensor]:
    """exp, lip and velocity parts of L_teacher, weighted."""
    w = config.weights
    return {
        "exp": w.exp * losses.expression(predicted, truth),
        "lip": w.lip * losses.lip(predicted, truth),
        "velocity": w.velocity * losses.velocity(predicted, truth),
    }


def voice_loss(talker: Talker, mel: Tensor, batch: Batch, config: TrainConfig) -> Tensor:
    """Contrast of voices (B, 2 T, BANDS) with both libraries (v2), weighted."""
    if not talker.config.personal:
        return torch.zeros(())
    identity_query, emotion_query = talker.voice(mel)
    identity_keys, emotion_keys = talker.personalizer.keys()
    identity = losses.contrast(identity_query, identity_keys, batch.identity)
    emotion = losses.contrast(emotion_query, emotion_keys, batch.emotion)
    return config.weights.contrast * (identity + emotion)


def train_teacher(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a teacher on prepared takes with cached features, whose width becomes the model's, and write it to `out`."""
    model = replace(model, features=data.feature_width)
    torch.manual_seed(config.seed)
    normal = fit_normal(data.faces("train"))
    grid = make_grid(model.steps, model.schedule)
    talker = Talker(model, len(data.identities), len(EMOTIONS))

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        clean = normal.apply(batch.faces)
        index = torch.randint(1, model.steps + 1, (len(clean),), generator=rng)
        noisy = add_noise(clean, grid.at(index), torch.randn(clean.shape, generator=rng))
        condition = talker.hear(batch.features, clean.shape[1])
        person = talker.person(batch.identity, batch.emotion)
        predicted = talker.denoise(noisy, condition, person, grid.log_snr[index])
        return {**truth_losses(predicted, clean, config), "contrast": voice_loss(talker, rerecord(batch.mel, rng), batch, config)}

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    average = fit(nn.ModuleDict({"talker": talker}), loss, stream, config, out)
    meta = {
        "identities": list(data.identities),
        "descriptions": data.descriptions,
        "emotions": list(EMOTIONS),
        "split": data.scheme,
        "mean": normal.mean.tolist(),
        "deviation": normal.deviation.tolist(),
        "history": [{"stage": "train", "seed": config.seed, "weights": asdict(config.weights)}],
    }
    save_model(out, cast(Talker, average["talker"]), None, 1, meta)
