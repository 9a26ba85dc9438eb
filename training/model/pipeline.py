"""Faces from a trained model in torch, at any of its step counts: what evaluation looks at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backend.features import MEL_FPS, RATE, log_mel, speech_gain
from backend.inference.generator import FACE_FPS
from backend.inference.sampler import sample_ddim
from backend.inference.voice_match import NEUTRAL, SURE
from backend.noise_schedule import NoiseLevel

from ..encoders.base import Listen
from .checkpoint import load_model
from .diffusion import Standardizer, make_schedule, standardizer_of
from .losses import TEMPERATURE
from .network import SmallEncoder, Talker


@dataclass(frozen=True)
class TalkerPipeline:
    """A model ready to perform. stride: levels of the teacher's grid that a step takes; start: deviation of the noise that each channel begins from, (C,)."""

    talker: Talker
    ear: SmallEncoder | None
    normal: Standardizer
    stride: int
    start: np.ndarray
    identities: tuple[str, ...]
    emotions: tuple[str, ...]

    @property
    def steps(self) -> int:
        return self.talker.config.steps // self.stride


def load_pipeline(folder: Path) -> TalkerPipeline:
    """Open a folder that train or distill wrote."""
    talker, ear, meta = load_model(folder)
    return TalkerPipeline(
        talker,
        ear,
        standardizer_of(meta),
        meta["stride"],
        np.array(meta["start"], np.float32),
        tuple(meta["identities"]),
        tuple(meta["emotions"]),
    )


@torch.inference_mode()
def hear(performer: TalkerPipeline, features: np.ndarray, mel: np.ndarray, frames: int) -> Tensor:
    """Listen with the model's own ear, large-encoder features (T, F) or log-mel (2 T, bands): what the decoder takes, (1, frames, D)."""
    if performer.ear is None:
        audio = torch.from_numpy(features.astype(np.float32))[None]
    else:
        audio = performer.ear(torch.from_numpy(mel.astype(np.float32))[None])
    return performer.talker.hear(audio, frames)


def mel_of(samples: np.ndarray) -> np.ndarray:
    """Log-mel of the whole tenths of seconds of sound, (n,) at 16 kHz -> (2 T, bands)."""
    tenths = len(samples) * 10 // RATE
    samples = samples[: tenths * RATE // 10]
    return log_mel(samples * np.float32(speech_gain(samples)), 0, tenths * MEL_FPS // 10)


def hear_sound(performer: TalkerPipeline, samples: np.ndarray, encoder: Listen | None) -> Tensor:
    """Listen to the whole tenths of seconds of sound, (n,) at 16 kHz: what the decoder takes, (1, frames, D).

    Raises ValueError for a model that needs a large encoder and gets none.
    """
    tenths = len(samples) * 10 // RATE
    nothing = np.zeros((0, 0), np.float32)
    if performer.ear is not None:
        return hear(performer, nothing, mel_of(samples), tenths * FACE_FPS // 10)
    if encoder is None:
        raise ValueError("this model hears with a large encoder; name the one that it was trained with: --encoder")
    return hear(performer, encoder(samples[: tenths * RATE // 10]), nothing, tenths * FACE_FPS // 10)


@torch.inference_mode()
def match(performer: TalkerPipeline, mel: np.ndarray) -> tuple[int, int]:
    """The library's nearest identity and emotion to a voice, by its log-mel (2 T, bands), chosen as the backend does (Ranking.emotion)."""
    identity_query, emotion_query = performer.talker.voice(torch.from_numpy(mel.astype(np.float32))[None])
    identity_keys, emotion_keys = performer.talker.personalizer.keys()
    identity = int((identity_query @ identity_keys.T).argmax())
    probability, emotion = (emotion_query @ emotion_keys.T / TEMPERATURE).softmax(-1)[0].max(0)
    if probability <= SURE and NEUTRAL in performer.emotions:
        return identity, performer.emotions.index(NEUTRAL)
    return identity, int(emotion)


@torch.inference_mode()
def perform(
    performer: TalkerPipeline, listen: Callable[[], Tensor], identity: int, emotion: int, seeds: list[int]
) -> np.ndarray:
    """One face a seed: (seeds, N, 52) in 0..1.

    listen gives what `hear` gives. It is called once a clip; by a model with hear_each_step once a step, which costs what FaceDiffuser costs and changes no curve.
    """
    talker = performer.talker
    grid = make_schedule(talker.config.steps, talker.config.schedule)
    stops = list(range(talker.config.steps, -1, -performer.stride))
    levels = [NoiseLevel(float(grid.alpha[i]), float(grid.sigma[i])) for i in stops]
    log_snr = {level: grid.log_snr[i] for level, i in zip(levels, stops, strict=True)}
    heard = listen()
    frames = heard.shape[1]
    noise = torch.stack(
        [torch.randn(frames, talker.config.channels, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
    noise = noise * torch.from_numpy(performer.start)
    person = talker.person(torch.full((len(seeds),), identity), torch.full((len(seeds),), emotion))

    def denoise(z: Tensor, level: NoiseLevel) -> Tensor:
        now = listen() if talker.config.hear_each_step and level != levels[0] else heard
        return talker.denoise(z, now.expand(len(seeds), -1, -1), person, log_snr[level].expand(len(seeds)))

    return performer.normal.undo(sample_ddim(denoise, noise, levels)).numpy()
