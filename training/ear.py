"""The small encoder's first lessons: to hear in augmented sound what the large encoder hears in the clean one (L_ae, v2). Needs no faces."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from . import losses
from .augment import augment
from .config import ModelConfig, TrainConfig
from .data.prepared import Batch, Prepared, batches
from .fit import fit
from .model import SmallEncoder


def train_ear(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a small encoder on prepared takes with cached features; writes out/ear.pt."""
    torch.manual_seed(config.seed)

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        return {"ae": losses.features(ear(augment(batch.mel, rng)), batch.features)}

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    ear = SmallEncoder(model)
    average = fit(nn.ModuleDict({"ear": ear}), loss, stream, config, out)
    torch.save(average["ear"].state_dict(), out / "ear.pt")


def load_ear(folder: Path, model: ModelConfig) -> SmallEncoder:
    """Open what train_ear wrote."""
    ear = SmallEncoder(model)
    ear.load_state_dict(torch.load(folder / "ear.pt", weights_only=True))
    return ear
