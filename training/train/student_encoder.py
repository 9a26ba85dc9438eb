"""The small encoder's first lessons: to hear in augmented sound what the large encoder hears in the clean one (L_ae, v2), and the lips in it."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from ..data.prepared import Batch, Prepared
from ..model import losses
from ..model.checkpoint import load_model, save_weights
from ..model.config import ModelConfig, TrainConfig
from ..model.diffusion import Standardizer, fit_standardizer
from ..model.network import SmallEncoder, to_face_rate
from .augment import augment
from .batch_rng import BatchRng
from .loop import fit, start


class StudentEncoderObjective(nn.Module):
    """L_ae, and what a linear head reads of the lips in the features.

    L_ae alone spends the encoder on what Whisper keeps of words. The head, dropped afterwards, makes sure that the lips can be read there.
    """

    def __init__(self, ear: SmallEncoder, normal: Standardizer, config: TrainConfig) -> None:
        super().__init__()
        self.ear, self.lips = ear, nn.Linear(ear.config.features, len(losses.LOWER_INDEX))
        self.normal, self.config = normal, config

    def forward(self, batch: Batch, draws: BatchRng) -> dict[str, Tensor]:
        heard = self.ear(augment(batch.mel, draws))
        seen = self.normal.apply(batch.faces)[..., losses.LOWER_INDEX]
        frames = 1 + self.config.weights.contact * losses.contact(batch.faces)
        read = self.lips(nn.functional.layer_norm(heard, heard.shape[-1:]))
        return {
            "ae": self.config.weights.ae * losses.features(heard, batch.features),
            "lip": self.config.weights.lip
            * (frames[..., None] * (to_face_rate(read, seen.shape[1]) - seen).square()).mean(),
        }


def train_student_encoder(data: Prepared, out: Path, model: ModelConfig, config: TrainConfig) -> None:
    """Train a small encoder on prepared takes with cached features; writes ear.safetensors and ear.json to `out`."""
    model = replace(model, features=data.feature_width)
    run = start(config, out)
    normal = fit_standardizer(data.faces("train")).to(run.device)
    average = fit(run, StudentEncoderObjective(SmallEncoder(model), normal, config), data, config, out)
    if run.is_main_process:
        save_weights(out / "ear.safetensors", average["ear"])
        (out / "ear.json").write_text(json.dumps(asdict(model), indent=1) + "\n")


def load_student_encoder(folder: Path) -> SmallEncoder:
    """The encoder that train_ear wrote, or that of a student. Raises ValueError for a model that has none."""
    if (folder / "model.json").exists():
        ear = load_model(folder)[1]
        if ear is None:
            raise ValueError(
                f"{folder} listens with a large encoder: name a student that has a small one, or what `ear` wrote"
            )
        return ear
    ear = SmallEncoder(ModelConfig(**json.loads((folder / "ear.json").read_text())))
    ear.load_state_dict(load_file(folder / "ear.safetensors"))
    return ear
