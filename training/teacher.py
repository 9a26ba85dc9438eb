"""The teacher: 32 steps, a large frozen audio encoder, personalizer and GRU decoder (v1)."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from backend.arkit import EMOTIONS

from . import losses
from .checkpoint import save_model
from .config import ModelConfig, TrainConfig
from .data.prepared import Batch, Prepared, batches
from .diffusion import add_noise, fit_normal, make_grid
from .fit import fit
from .model import Heard, Talker


def truth_losses(predicted: Tensor, truth: Tensor, config: TrainConfig) -> dict[str, Tensor]:
    """exp, lip and velocity parts of L_teacher, weighted."""
    w = config.weights
    return {
        "exp": w.exp * losses.expression(predicted, truth),
        "lip": w.lip * losses.lip(predicted, truth),
        "velocity": w.velocity * losses.velocity(predicted, truth),
    }


def voice_loss(talker: Talker, heard: Heard, batch: Batch, config: TrainConfig, rows: Tensor | None = None) -> Tensor:
    """Contrast of the voices of these rows (B,), or of all, with both libraries (v2), weighted."""
    rows = torch.ones(len(batch.identity), dtype=torch.bool) if rows is None else rows
    if not (talker.config.personal and rows.any()):
        return torch.zeros(())
    identity_keys, emotion_keys = talker.personalizer.keys()
    identity = losses.contrast(heard.identity_query[rows], identity_keys, batch.identity[rows])
    emotion = losses.contrast(heard.emotion_query[rows], emotion_keys, batch.emotion[rows])
    return config.weights.contrast * (identity + emotion)


def train_teacher(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a teacher on prepared takes with cached features and write it to `out`."""
    torch.manual_seed(config.seed)
    normal = fit_normal(data.faces("train"))
    grid = make_grid(model.steps, model.schedule)
    talker = Talker(model, len(data.identities), len(EMOTIONS))

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        clean = normal.apply(batch.faces)
        index = torch.randint(1, model.steps + 1, (len(clean),), generator=rng)
        noisy = add_noise(clean, grid.at(index), torch.randn(clean.shape, generator=rng))
        heard = talker.hear(batch.features, clean.shape[1])
        person = talker.person(batch.identity, batch.emotion)
        predicted = talker.denoise(noisy, heard.condition, person, grid.log_snr[index])
        return {**truth_losses(predicted, clean, config), "contrast": voice_loss(talker, heard, batch, config)}

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    average = fit(nn.ModuleDict({"talker": talker}), loss, stream, config, out)
    meta = {
        "identities": list(data.identities),
        "descriptions": data.descriptions,
        "emotions": list(EMOTIONS),
        "mean": normal.mean.tolist(),
        "deviation": normal.deviation.tolist(),
        "history": [{"stage": "train", "seed": config.seed, "weights": asdict(config.weights)}],
    }
    save_model(out, cast(Talker, average["talker"]), None, 1, meta)
