"""Faces from a trained model in torch, at any of its step counts: what evaluation looks at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backend.generator import NOISY
from backend.sampler import Level, sample_ddim

from .checkpoint import load_model
from .diffusion import Normal, make_grid
from .model import SmallEncoder, Talker


@dataclass(frozen=True)
class Performer:
    """A model ready to perform. stride: levels of the teacher's grid that a step takes."""

    talker: Talker
    ear: SmallEncoder | None
    normal: Normal
    stride: int
    identities: tuple[str, ...]
    emotions: tuple[str, ...]

    @property
    def steps(self) -> int:
        return self.talker.config.steps // self.stride


def load_performer(folder: Path) -> Performer:
    """Open a folder that train or distill wrote."""
    talker, ear, meta = load_model(folder)
    normal = Normal(torch.tensor(meta["mean"]), torch.tensor(meta["deviation"]))
    return Performer(talker, ear, normal, meta["stride"], tuple(meta["identities"]), tuple(meta["emotions"]))


@torch.inference_mode()
def hear(performer: Performer, features: np.ndarray, mel: np.ndarray, frames: int) -> Tensor:
    """Listen with the model's own ear, large-encoder features (T, F) or log-mel (2 T, bands): what the decoder takes, (1, frames, D)."""
    if performer.ear is None:
        audio = torch.from_numpy(features.astype(np.float32))[None]
    else:
        audio = performer.ear(torch.from_numpy(mel.astype(np.float32))[None])
    return performer.talker.hear(audio, frames)


@torch.inference_mode()
def match(performer: Performer, mel: np.ndarray) -> tuple[int, int]:
    """The library's nearest identity and emotion to a voice, by its log-mel (2 T, bands)."""
    identity_query, emotion_query = performer.talker.voice(torch.from_numpy(mel.astype(np.float32))[None])
    identity_keys, emotion_keys = performer.talker.personalizer.keys()
    return int((identity_query @ identity_keys.T).argmax()), int((emotion_query @ emotion_keys.T).argmax())


@torch.inference_mode()
def perform(performer: Performer, condition: Tensor, identity: int, emotion: int, seeds: list[int]) -> np.ndarray:
    """One face a seed: (seeds, N, 52) in 0..1."""
    talker = performer.talker
    grid = make_grid(talker.config.steps, talker.config.schedule)
    stops = list(range(talker.config.steps, -1, -performer.stride))
    levels = [Level(float(grid.alpha[i]), float(grid.sigma[i])) for i in stops]
    log_snr = {levels[k].alpha: grid.log_snr[i] for k, i in enumerate(stops)}
    frames = condition.shape[1]
    noise = torch.stack([torch.randn(frames, talker.config.channels, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    noise = noise * torch.from_numpy(NOISY)
    person = talker.person(torch.full((len(seeds),), identity), torch.full((len(seeds),), emotion))
    condition = condition.expand(len(seeds), -1, -1)

    def denoise(z: Tensor, level: Level) -> Tensor:
        return talker.denoise(z, condition, person, log_snr[level.alpha].expand(len(seeds)))

    return performer.normal.undo(sample_ddim(denoise, noise, levels)).numpy()
