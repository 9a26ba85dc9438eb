"""Pre-train the student encoder: from augmented sound, predict the large encoder's features of the clean sound (L_ae, v2), and the lips."""

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
from ..model.network import StudentEncoder, to_face_rate
from .augment import augment
from .batch_rng import BatchRng
from .loop import fit, make_accelerator


class StudentEncoderObjective(nn.Module):
    """L_ae, and the error of the lips that a linear head predicts from the features.

    With L_ae alone, the encoder's capacity goes into what Whisper encodes of words. The head, which is dropped afterwards, makes the
    features predict the lips too.
    """

    def __init__(self, student_encoder: StudentEncoder, standardizer: Standardizer, config: TrainConfig) -> None:
        super().__init__()
        self.student_encoder = student_encoder
        self.lips = nn.Linear(student_encoder.config.features, len(losses.LOWER_INDEX))
        self.standardizer, self.config = standardizer, config

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        w = self.config.weights
        features = self.student_encoder(augment(batch.mel, rng))
        truth = self.standardizer.apply(batch.faces)[..., losses.LOWER_INDEX]
        predicted = to_face_rate(self.lips(nn.functional.layer_norm(features, features.shape[-1:])), truth.shape[1])
        frame_weight = 1 + w.contact * losses.contact(batch.faces)
        return {
            "ae": w.ae * losses.feature_matching(features, batch.features),
            "lip": w.lip * (frame_weight[..., None] * losses.squared_error(predicted, truth)).mean(),
        }


def shorten(encoder: StudentEncoder, blocks: int) -> StudentEncoder:
    """Return a copy of an encoder that keeps only its first and last blocks.

    The middle ones of a residual network change the least. Raises ValueError for a number of blocks that would shift the dilations.
    """
    had, cycle = encoder.config.encoder_blocks, len(StudentEncoder.DILATIONS)
    if not 0 < blocks <= had or (had - blocks) % cycle:
        raise ValueError(f"an encoder of {had} blocks can only be shortened by {cycle} blocks at a time")
    short = StudentEncoder(replace(encoder.config, encoder_blocks=blocks))
    kept = [i if i < blocks // 2 else i + had - blocks for i in range(blocks)]
    other = {name: value for name, value in encoder.state_dict().items() if not name.startswith("blocks.")}
    short.load_state_dict(other, strict=False)
    for block, old in zip(short.blocks, kept, strict=True):
        block.load_state_dict(encoder.blocks[old].state_dict())
    return short


def train_student_encoder(
    data: Prepared, out: Path, model: ModelConfig, config: TrainConfig, start: Path | None = None
) -> None:
    """Train a student encoder on prepared takes with cached features. Writes ear.safetensors and ear.json to `out`.

    It starts from random weights, or from the student encoder in the folder `start`, shortened to the blocks of `model`.
    """
    accelerator = make_accelerator(config, out)
    standardizer = fit_standardizer(data.faces("train")).to(accelerator.device)
    if start is None:
        encoder = StudentEncoder(replace(model, features=data.feature_width))
    else:
        encoder = shorten(load_student_encoder(start), model.encoder_blocks)
        data.expect_width(encoder.config.features, start)
    objective = StudentEncoderObjective(encoder, standardizer, config)
    average = fit(accelerator, objective, data, config, out)
    if accelerator.is_main_process:
        save_weights(out / "ear.safetensors", average["student_encoder"])
        (out / "ear.json").write_text(json.dumps(asdict(encoder.config), indent=1) + "\n")


def load_student_encoder(folder: Path) -> StudentEncoder:
    """Load the encoder that train_student_encoder wrote, or that of a student. Raises ValueError for a model without one."""
    if (folder / "model.json").exists():
        student_encoder = load_model(folder)[1]
        if student_encoder is None:
            raise ValueError(
                f"{folder} has no student encoder: name a student that has one, or a folder that the stage `ear` wrote"
            )
        return student_encoder
    student_encoder = StudentEncoder(ModelConfig(**json.loads((folder / "ear.json").read_text())))
    student_encoder.load_state_dict(load_file(folder / "ear.safetensors"))
    return student_encoder
