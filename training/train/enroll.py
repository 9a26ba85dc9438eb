"""A new identity for a finished model, out of a few minutes of one person's recordings with a face: the library grows by one row, which is
fitted with the diffusion losses, and nothing else changes. (From a voice alone: enroll_voice.)"""

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
from ..model.diffusion import NoiseSchedule, Standardizer, add_noise, make_schedule, standardizer_of
from ..model.network import SmallEncoder, Talker
from .batch_rng import BatchRng
from .enroll_voice import check_new
from .loop import fit, start
from .teacher import truth_losses

ENROLL = TrainConfig(
    iterations=200, batch=8, learning_rate=1e-2, warmup=10, ema=0.98, weights=LossWeights(contrast=0.1)
)


@dataclass(frozen=True)
class Enrolled:
    """How a newcomer relates to the library. nearest: the known identity it began from; found: share of its takes matched to it by voice."""

    nearest: str
    found: float


@dataclass(frozen=True)
class _Model:
    """The frozen model that a newcomer joins. No module, so that nothing trains, averages or saves it."""

    talker: Talker
    ear: SmallEncoder | None
    grid: NoiseSchedule
    stride: int


class _Newcomer(nn.Module):
    """The one embedding that is trained, (1, E)."""

    def __init__(self, embedding: Tensor) -> None:
        super().__init__()
        self.embedding = nn.Parameter(embedding.clone())


class EnrollObjective(nn.Module):
    """L_teacher on the newcomer's recordings, and L_con, which brings the new key to where this voice looks."""

    def __init__(self, newcomer: _Newcomer, model: _Model, normal: Standardizer, config: TrainConfig) -> None:
        super().__init__()
        self.newcomer = newcomer
        self.model, self.normal, self.config = model, normal, config

    def forward(self, batch: Batch, draws: BatchRng) -> dict[str, Tensor]:
        talker, grid = self.model.talker, self.model.grid
        personalizer, stride = talker.personalizer, self.model.stride
        clean = self.normal.apply(batch.faces)
        index = stride * draws.integers(1, talker.config.steps // stride + 1)
        noisy = add_noise(clean, grid.at(index), draws.normal(*clean.shape[1:]))
        condition = talker.hear(batch.features if self.model.ear is None else self.model.ear(batch.mel), clean.shape[1])
        person = personalizer.fuse(self.newcomer.embedding.expand(len(clean), -1), personalizer.emotions[batch.emotion])
        predicted = talker.denoise(noisy, condition, person, grid.log_snr[index])
        keys = F.normalize(
            personalizer.identity_key(torch.cat([personalizer.identities, self.newcomer.embedding])), dim=-1
        )
        contrast = losses.contrast(talker.voice(batch.mel)[0], keys, torch.full_like(batch.identity, len(keys) - 1))
        return {
            **truth_losses(predicted, clean, batch.faces, self.config),
            "contrast": self.config.weights.contrast * contrast,
        }


@torch.inference_mode()
def _voices(talker: Talker, data: Prepared) -> Tensor:
    """What the voice of each take asks the identity library for: (takes, E)."""
    queries = []
    for take in data.takes:
        mel = data.stretch("mel", take).astype(np.float32)
        queries.append(talker.voice(torch.from_numpy(mel)[None])[0])
    return torch.cat(queries)


def grow(talker: Talker, embedding: Tensor) -> Talker:
    """The same model with this embedding (1, E) as a further identity."""
    state = talker.state_dict()
    state["personalizer.identities"] = torch.cat([talker.personalizer.identities.detach(), embedding])
    grown = Talker(talker.config, len(state["personalizer.identities"]), len(talker.personalizer.emotions))
    grown.load_state_dict(state)
    return grown.eval()


def enroll(folder: Path, data: Prepared, out: Path, name: str, description: str, config: TrainConfig) -> Enrolled:
    """Fit a new identity to one person's prepared recordings and write the model in `folder` with it to `out`.

    Only its embedding learns, from the known identity nearest by voice: by the face's losses, and by L_con, which brings its key to where
    this voice looks. Raises ValueError if the name is taken, the recordings show several people, or the model knows no identities.
    """
    run = start(config, out)
    talker, ear, meta = load_model(folder)
    known = list(meta["identities"])
    check_new(name, known, out)
    if len(data.identities) != 1:
        raise ValueError(
            f"{data.folder} holds {len(data.identities)} identities: prepare the recordings of one person alone"
        )
    if not talker.config.personal:
        raise ValueError(f"{folder} was trained without identities: choose a model that has them")
    if ear is None:
        data.expect_width(talker.config.features, folder)
    else:
        ear.requires_grad_(False)
    talker.requires_grad_(False)
    voices = _voices(talker, data)
    nearest = int((voices.mean(0) @ talker.personalizer.keys()[0].T).argmax())
    newcomer = _Newcomer(talker.personalizer.identities[nearest : nearest + 1])
    normal = standardizer_of(meta).to(run.device)
    grid = make_schedule(talker.config.steps, talker.config.schedule).to(run.device)
    model = _Model(talker.to(run.device), None if ear is None else ear.to(run.device), grid, meta["stride"])
    average = fit(run, EnrollObjective(newcomer, model, normal, config), data, config, out)
    talker, ear = talker.cpu(), None if ear is None else ear.cpu()
    grown = grow(talker, average.get_parameter("newcomer.embedding").cpu())
    stride = meta["stride"]
    meta = {key: value for key, value in meta.items() if key not in ("config", "stride")}
    meta |= {"identities": [*known, name], "descriptions": {**meta["descriptions"], name: description}}
    save_model(out, grown, ear, stride, meta)
    (
        out / "run.pt"
    ).unlink()  # a few hundred steps: not worth keeping, and another person's must not be resumed from it
    found = (voices @ grown.personalizer.keys()[0].detach().T).argmax(1) == len(known)
    return Enrolled(known[nearest], float(found.float().mean()))
