"""The small encoder's first lessons: to hear in augmented sound what the large encoder hears in the clean one (L_ae, v2), and the lips in it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from . import losses
from .augment import augment
from .config import ModelConfig, TrainConfig
from .data.prepared import Batch, Prepared, batches
from .diffusion import fit_normal
from .fit import fit
from .model import SmallEncoder, to_face_rate


def train_ear(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a small encoder on prepared takes with cached features; writes out/ear.pt.

    L_ae alone spends the encoder on what Whisper keeps of words. A linear head that reads the lips from its features, dropped afterwards, makes
    sure that they can be read there.
    """
    model = replace(model, features=data.feature_width)
    torch.manual_seed(config.seed)
    ear, lips = SmallEncoder(model), nn.Linear(model.features, len(losses.LOWER_INDEX))
    normal = fit_normal(data.faces("train"))

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        heard = ear(augment(batch.mel, rng))
        seen = normal.apply(batch.faces)[..., losses.LOWER_INDEX]
        read = lips(nn.functional.layer_norm(heard, heard.shape[-1:]))
        return {
            "ae": config.weights.ae * losses.features(heard, batch.features),
            "lip": config.weights.lip * nn.functional.mse_loss(to_face_rate(read, seen.shape[1]), seen),
        }

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    average = fit(nn.ModuleDict({"ear": ear, "lips": lips}), loss, stream, config, out)
    torch.save(average["ear"].state_dict(), out / "ear.pt")
    (out / "ear.json").write_text(json.dumps(asdict(model), indent=1) + "\n")


def load_ear(folder: Path) -> SmallEncoder:
    """Open what train_ear wrote."""
    ear = SmallEncoder(ModelConfig(**json.loads((folder / "ear.json").read_text())))
    ear.load_state_dict(torch.load(folder / "ear.pt", weights_only=True))
    return ear
