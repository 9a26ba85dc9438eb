"""A new identity for a finished model, out of a few minutes of one person's recordings with a face: the library grows by one row, which is
fitted with the diffusion losses, and nothing else changes. (From a voice alone: enroll_voice.)"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import losses
from .checkpoint import load_model, save_model
from .config import LossWeights, TrainConfig
from .data.prepared import MEL, Batch, Prepared, batches
from .diffusion import Normal, add_noise, make_grid
from .distill import NOISIEST
from .enroll_voice import check_new
from .fit import fit
from .model import Talker
from .teacher import truth_losses

ENROLL = TrainConfig(iterations=200, batch=8, learning_rate=1e-2, warmup=10, ema=0.98, weights=LossWeights(contrast=0.1))


@dataclass(frozen=True)
class Enrolled:
    """How a newcomer relates to the library. nearest: the known identity it began from; found: share of its takes matched to it by voice."""

    nearest: str
    found: float


class _Newcomer(nn.Module):
    """The one embedding that is trained, (1, E)."""

    def __init__(self, embedding: Tensor) -> None:
        super().__init__()
        self.embedding = nn.Parameter(embedding.clone())


@torch.inference_mode()
def _voices(talker: Talker, data: Prepared) -> Tensor:
    """What the voice of each take asks the identity library for: (takes, E)."""
    queries = []
    for take in data.takes:
        mel = data.array("mel")[MEL * take.offset : MEL * (take.offset + take.length)].astype(np.float32)
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
    talker, ear, meta = load_model(folder)
    known = list(meta["identities"])
    check_new(name, known, out)
    if len(data.identities) != 1:
        raise ValueError(f"{data.folder} holds {len(data.identities)} identities: prepare the recordings of one person alone")
    if not talker.config.personal:
        raise ValueError(f"{folder} was trained without identities: choose a model that has them")
    if ear is None:
        data.expect_width(talker.config.features, folder)
    else:
        ear.requires_grad_(False)
    torch.manual_seed(config.seed)
    personalizer = talker.requires_grad_(False).personalizer
    normal = Normal(torch.tensor(meta["mean"]), torch.tensor(meta["deviation"]))
    grid = make_grid(talker.config.steps, talker.config.schedule)
    stride = meta["stride"]
    voices = _voices(talker, data)
    nearest = int((voices.mean(0) @ personalizer.keys()[0].T).argmax())
    newcomer = _Newcomer(personalizer.identities[nearest : nearest + 1])

    def keys() -> Tensor:
        library = torch.cat([personalizer.identities, newcomer.embedding])
        return F.normalize(personalizer.identity_key(library), dim=-1)

    def loss(batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        clean = normal.apply(batch.faces)
        index = stride * torch.randint(1, talker.config.steps // stride + 1, (len(clean),), generator=rng)
        index[torch.rand(len(clean), generator=rng) < NOISIEST] = talker.config.steps  # where faces differ by nothing but voice and person
        noisy = add_noise(clean, grid.at(index), torch.randn(clean.shape, generator=rng))
        condition = talker.hear(batch.features if ear is None else ear(batch.mel), clean.shape[1])
        person = personalizer.fuse(newcomer.embedding.expand(len(clean), -1), personalizer.emotions[batch.emotion])
        predicted = talker.denoise(noisy, condition, person, grid.log_snr[index])
        contrast = losses.contrast(talker.voice(batch.mel)[0], keys(), torch.full_like(batch.identity, len(known)))
        return {**truth_losses(predicted, clean, config), "contrast": config.weights.contrast * contrast}

    def stream(first: int) -> Iterator[Batch]:
        return batches(data, "train", config.batch, config.seconds, config.seed, first)

    average = fit(nn.ModuleDict({"newcomer": newcomer}), loss, stream, config, out)
    grown = grow(talker, average.get_parameter("newcomer.embedding"))
    meta = {key: value for key, value in meta.items() if key not in ("config", "stride")}
    meta |= {"identities": [*known, name], "descriptions": {**meta["descriptions"], name: description}}
    save_model(out, grown, ear, stride, meta)
    (out / "run.pt").unlink()  # a few hundred steps: not worth keeping, and another person's must not be resumed from it
    found = (voices @ grown.personalizer.keys()[0].detach().T).argmax(1) == len(known)
    return Enrolled(known[nearest], float(found.float().mean()))
