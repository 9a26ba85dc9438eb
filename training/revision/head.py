"""Give a finished model a head: train its decoder to turn it as the performer's rules do, and to leave the face as it is.

The rules make the head's motion of white noise, the sound and the gaze (synthetic/performer/head_motion.py). So a few-step model can learn them by
plain regression along its own sampling trajectories, where the head's share of the initial noise is that white noise. Diffusion on recorded
heads would need a teacher of many steps, and lose most of the slow motion on the way to two.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from backend.arkit import CHANNELS, EMOTIONS, HEAD
from backend.features import MEL_FPS
from backend.inference.generator import FACE_FPS
from backend.inference.sampler import ddim_step

from ..data.prepared import Batch, Prepared, batches
from ..model.checkpoint import save_model
from ..model.config import TrainConfig
from ..model.network import Talker
from ..synthetic.performer.head_motion import gaze_of, head_motion, loud_accents, size_of
from ..synthetic.performer.signal import smooth
from ..synthetic.performer.styles import STYLES
from ..train.augment import decompress
from ..train.batch_rng import BatchRng, make_batch_rng
from ..train.loop import fit, make_accelerator
from .trajectory import FinishedModel, Step, load_finished, trajectory

_SPEECH_DB = 22.0  # of speech, in the mel power of a sound whose level speech_gain set
_NEUTRAL_SHARE = 0.5  # of the clips
_FIT_BATCHES = 8  # from which the standard deviation of the rotations is measured


def add_head(talker: Talker) -> Talker:
    """Return a copy of a model of the 52 with three more channels, which stay at their mean and which the others don't see yet."""
    grown = Talker(
        replace(talker.config, channels=len(CHANNELS + HEAD)),
        len(talker.personalizer.identities),
        len(talker.personalizer.emotions),
    )
    state = talker.state_dict()
    for name, axis in (("noisy.weight", 1), ("out.weight", 0), ("out.bias", 0)):
        old = state[f"decoder.{name}"]
        shape = list(old.shape)
        shape[axis] = len(HEAD)
        state[f"decoder.{name}"] = torch.cat([old, old.new_zeros(shape)], axis)
    grown.load_state_dict(state)
    return grown


class HeadObjective(nn.Module):
    """L_dis along sampling trajectories: the 52 as the old model predicts them, and the head as the rules turn it."""

    def __init__(
        self, old: FinishedModel, talker: Talker, sizes: tuple[float, ...], std: Tensor, config: TrainConfig
    ) -> None:
        super().__init__()
        talker.requires_grad_(False)
        talker.decoder.requires_grad_(True)
        self.talker = talker
        self.old, self.sizes, self.std, self.config = old, sizes, std, config

    def forward(self, batch: Batch, rng: BatchRng) -> dict[str, Tensor]:
        w, talker = self.config.weights, self.talker
        noise = rng.normal(batch.faces.shape[1], len(CHANNELS + HEAD))
        roles = _draw_roles(self.old, batch, rng)
        steps, angles = _turned_trajectory(self.old, batch, roles, noise, self.sizes)
        head = angles / self.std
        turned = noise[..., len(CHANNELS) :]
        parts = {"distil": head.new_zeros(()), "head": head.new_zeros(())}
        for step in steps:
            predicted = talker.denoise(
                torch.cat([step.noisy, turned], -1),
                roles.condition,
                roles.person,
                self.old.schedule.log_snr[step.index],
            )
            errors = predicted - torch.cat([step.clean, head], -1)
            parts["distil"] = parts["distil"] + w.distil * errors[..., : len(CHANNELS)].square().mean()
            parts["head"] = parts["head"] + w.exp * errors[..., len(CHANNELS) :].square().mean()
            turned = ddim_step(turned, head, step.now, step.then)
        return parts


@dataclass(frozen=True)
class _Roles:
    """Who performs a batch. identity: (B,). condition: the decoder's, (B, N, D). person: the personalized embeddings, (B, P)."""

    identity: Tensor
    condition: Tensor
    person: Tensor


@torch.no_grad()
def _draw_roles(old: FinishedModel, batch: Batch, rng: BatchRng) -> _Roles:
    """Choose identities and emotions at random, so that every one learns to turn its head."""
    identity = rng.integers(0, len(old.meta["identities"]))
    neutral = rng.uniform() < _NEUTRAL_SHARE
    emotion = torch.where(neutral, EMOTIONS.index("neutral"), rng.integers(0, len(EMOTIONS)))
    condition = old.talker.encode_audio(batch.features, batch.faces.shape[1])
    return _Roles(identity, condition, old.talker.personalize(identity, emotion))


@torch.no_grad()
def _turned_trajectory(
    old: FinishedModel, batch: Batch, roles: _Roles, noise: Tensor, sizes: tuple[float, ...]
) -> tuple[list[Step], Tensor]:
    """Sample the old model from noise (B, N, 55).

    Return its steps and the head's rotations (B, N, 3) in radians that belong to the face that was sampled. sizes: of each identity's head
    motion.
    """
    steps, face = trajectory(old, noise[..., : len(CHANNELS)], roles.condition, roles.person)
    values = old.standardizer.undo(face).cpu().numpy().astype(np.float64)
    angles = [
        turn(mel, value, white, sizes[who])
        for mel, value, white, who in zip(
            batch.mel.cpu(), values, noise[..., len(CHANNELS) :].cpu().numpy(), roles.identity.tolist(), strict=True
        )
    ]
    return steps, torch.from_numpy(np.stack(angles)).to(noise)


def turn(mel: Tensor, face: np.ndarray, noise: np.ndarray, size: float) -> np.ndarray:
    """Turn the head to a log-mel (2 T, bands) by the rules, (N, 3) in radians. face: (N, 52). noise: (N, 3)."""
    level = speech_level(mel, len(face))
    channels = dict(zip(CHANNELS, face.T, strict=True))
    turns = head_motion(noise, level, loud_accents(level, FACE_FPS), gaze_of(channels), FACE_FPS, size)
    return np.stack([turns[name] for name in HEAD], axis=1)


def speech_level(mel: Tensor, frames: int) -> np.ndarray:
    """Return the level around each face frame of a log-mel (2 T, bands), (frames,), in dB relative to ordinary speech."""
    power = smooth(decompress(mel.double()).sum(1).numpy(), 0.16, MEL_FPS)
    level = 10 * np.log10(np.maximum(power, 1e-9))
    position = np.arange(frames) * (MEL_FPS / FACE_FPS)
    return np.interp(position, np.arange(len(level)), level) - _SPEECH_DB


def train_head(data: Prepared, folder: Path, out: Path, config: TrainConfig) -> None:
    """Write the model in `folder`, with the head's rotations as three more channels, to `out`.

    `data` needs features that were cached with the model's own encoder, and no faces. Only the decoder is trained. Raises ValueError for a
    model that has a head already.
    """
    accelerator = make_accelerator(config, out)
    old = load_finished(folder, accelerator.device)
    if old.talker.config.channels != len(CHANNELS):
        raise ValueError(f"{folder} has a head already: start from a model of the 52 channels")
    data.expect_width(old.talker.config.features, folder)
    known = {style.name: size_of(style) for style in STYLES}
    sizes = tuple(known.get(name, 1.0) for name in old.meta["identities"])
    std = _measure_std(old, data, sizes, config)
    talker = add_head(old.talker).to(accelerator.device)
    objective = HeadObjective(old, talker, sizes, std.to(accelerator.device), config)
    average = fit(accelerator, objective, data, config, out)
    if accelerator.is_main_process:
        stride, meta = old.meta["stride"], _with_head(old.meta, std, config)
        save_model(out, cast(Talker, average["talker"]), old.encoder, stride, meta)


def _measure_std(old: FinishedModel, data: Prepared, sizes: tuple[float, ...], config: TrainConfig) -> Tensor:
    """Return the standard deviation of the head's rotations, (3,), over some batches."""
    stream = batches(data, "train", config.batch, config.seconds, config.seed, 0, [range(config.batch)])
    angles = []
    for number in range(_FIT_BATCHES):
        batch = next(stream).to(old.initial_std.device)
        rng = make_batch_rng(config.seed, number, range(config.batch), old.initial_std.device)
        noise = rng.normal(batch.faces.shape[1], len(CHANNELS + HEAD))
        angles.append(_turned_trajectory(old, batch, _draw_roles(old, batch, rng), noise, sizes)[1])
    return torch.cat(angles).flatten(0, 1).std(0).cpu()


def _with_head(meta: dict[str, Any], std: Tensor, config: TrainConfig) -> dict[str, Any]:
    return {
        **{key: value for key, value in meta.items() if key not in ("config", "stride")},
        "mean": [*meta["mean"], *[0.0] * len(HEAD)],
        "deviation": [*meta["deviation"], *std.tolist()],
        "start": [*meta["start"], *[1.0] * len(HEAD)],
        "history": [*meta["history"], {"stage": "head", "seed": config.seed, "weights": asdict(config.weights)}],
    }
