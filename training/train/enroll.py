"""Enrollment: add an identity to a finished model from a few minutes of one person's recordings with a face.

The identity library gets one more row, which is trained with the diffusion losses. Nothing else changes. For enrollment from a voice alone,
see enroll_voice.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data.prepared import Batch, Prepared
from ..model import losses
from ..model.checkpoint import load_model, save_model
from ..model.config import LossWeights, TrainConfig
from ..model.diffusion import NoiseSchedule, Standardizer, add_noise, make_schedule, read_standardizer
from ..model.network import StudentEncoder, Talker
from .batch_rng import BatchRng
from .enroll_voice import check_new
from .loop import fit, make_accelerator
from .teacher import reconstruction_losses

ENROLL = TrainConfig(
    iterations=200, batch=8, learning_rate=1e-2, warmup=10, ema=0.98, weights=LossWeights(contrast=0.1)
)


@dataclass(frozen=True)
class Enrolled:
    """An enrolled identity. nearest: the identity it started from. match_rate: share of its takes whose voice matches it, 0..1."""

    nearest: str
    match_rate: float


@dataclass(frozen=True)
class _Model:
    """The frozen model that gets the new identity. It is no nn.Module, so that it is not trained, averaged or saved."""

    talker: Talker
    student_encoder: StudentEncoder | None
    schedule: NoiseSchedule
    levels_per_step: int


class _Newcomer(nn.Module):
    """The new identity's embedding, (1, E): the only parameter that is trained."""

    def __init__(self, embedding: Tensor) -> None:
        super().__init__()
        self.embedding = nn.Parameter(embedding.clone())


class EnrollObjective(nn.Module):
    """L_teacher on the newcomer's recordings, and L_con, which moves the new key toward the queries of this voice."""

    def __init__(self, newcomer: _Newcomer, model: _Model, standardizer: Standardizer, config: TrainConfig) -> None:
        super().__init__()
        self.newcomer = newcomer
        self.model, self.standardizer, self.config = model, standardizer, config

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        talker, schedule = self.model.talker, self.model.schedule
        personalizer, levels_per_step = talker.personalizer, self.model.levels_per_step
        student_encoder = self.model.student_encoder
        clean = self.standardizer.apply(batch.faces)
        index = levels_per_step * rng.integers(1, talker.config.steps // levels_per_step + 1)
        noisy = add_noise(clean.nan_to_num(), schedule.at(index), rng.normal(*clean.shape[1:]))
        features = batch.features if student_encoder is None else student_encoder(batch.mel)
        condition = talker.encode_audio(features, clean.shape[1])
        person = personalizer.fuse(self.newcomer.embedding.expand(len(clean), -1), personalizer.emotions[batch.emotion])
        predicted = talker.denoise(noisy, condition, person, schedule.log_snr[index])
        library = torch.cat([personalizer.identities, self.newcomer.embedding])
        keys = F.normalize(personalizer.identity_key(library), dim=-1)
        contrast = losses.contrast(talker.voice(batch.mel)[0], keys, torch.full_like(batch.identity, len(keys) - 1))
        return {
            **reconstruction_losses(predicted, clean, batch.faces, self.config),
            "contrast": self.config.weights.contrast * contrast,
        }


@torch.inference_mode()
def _identity_queries(talker: Talker, data: Prepared) -> Tensor:
    """Return the identity query of each take's voice, (takes, E)."""
    queries = []
    for take in data.takes:
        mel = data.stretch("mel", take).astype(np.float32)
        queries.append(talker.voice(torch.from_numpy(mel)[None])[0])
    return torch.cat(queries)


def add_identity(talker: Talker, embedding: Tensor) -> Talker:
    """Return a copy of the model with this embedding (1, E) as its last identity."""
    state = talker.state_dict()
    state["personalizer.identities"] = torch.cat([talker.personalizer.identities.detach(), embedding])
    grown = Talker(talker.config, len(state["personalizer.identities"]), len(talker.personalizer.emotions))
    grown.load_state_dict(state)
    return grown.eval()


def enroll(folder: Path, data: Prepared, out: Path, name: str, description: str, config: TrainConfig) -> Enrolled:
    """Fit a new identity to one person's prepared recordings, and write the model in `folder` with it to `out`.

    Only the identity's embedding is trained, starting from the known identity nearest by voice. Raises ValueError if the name is taken, the
    recordings show several people, or the model has no identities.
    """
    accelerator = make_accelerator(config, out)
    talker, student_encoder, meta = load_model(folder)
    known = list(meta["identities"])
    check_new(name, known, out)
    if len(data.identities) != 1:
        raise ValueError(
            f"{data.folder} holds {len(data.identities)} identities: prepare the recordings of one person alone"
        )
    if not talker.config.personal:
        raise ValueError(f"{folder} was trained without identities: choose a model that has them")
    if student_encoder is None:
        data.expect_width(talker.config.features, folder)
    else:
        student_encoder.requires_grad_(False)
    talker.requires_grad_(False)
    queries = _identity_queries(talker, data)
    nearest = int((queries.mean(0) @ talker.personalizer.keys()[0].T).argmax())
    newcomer = _Newcomer(talker.personalizer.identities[nearest : nearest + 1])
    device = accelerator.device
    standardizer = read_standardizer(meta).to(device)
    model = _Model(
        talker.to(device),
        None if student_encoder is None else student_encoder.to(device),
        make_schedule(talker.config.steps, talker.config.schedule).to(device),
        meta["stride"],
    )
    average = fit(accelerator, EnrollObjective(newcomer, model, standardizer, config), data, config, out)
    talker, student_encoder = talker.cpu(), None if student_encoder is None else student_encoder.cpu()
    enrolled = add_identity(talker, average.get_parameter("newcomer.embedding").cpu())
    levels_per_step = meta["stride"]
    meta = {key: value for key, value in meta.items() if key not in ("config", "stride")}
    meta |= {"identities": [*known, name], "descriptions": {**meta["descriptions"], name: description}}
    save_model(out, enrolled, student_encoder, levels_per_step, meta)
    # A few hundred steps are not worth keeping, and the next person must not resume from them.
    (out / "run.pt").unlink()
    matches = (queries @ enrolled.personalizer.keys()[0].detach().T).argmax(1) == len(known)
    return Enrolled(known[nearest], float(matches.float().mean()))
