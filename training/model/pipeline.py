"""Sample faces from a trained model in torch, at any number of steps. Evaluation, calibration and pseudo-labeling use it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backend.arkit import CHANNELS
from backend.curves.aperture import stop_at_contact
from backend.features import MEL_FPS, RATE, log_mel, speech_gain
from backend.inference.generator import FACE_FPS
from backend.inference.sampler import sample_ddim
from backend.inference.voice_match import MIN_EMOTION_PROBABILITY, NEUTRAL
from backend.noise_schedule import NoiseLevel

from .checkpoint import load_model
from .diffusion import Standardizer, make_schedule, read_standardizer
from .losses import TEMPERATURE
from .network import StudentEncoder, Talker

# A large encoder: samples (n,) float32, mono at 16 kHz -> features (n // 320, F).
Encode = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class TalkerPipeline:
    """A model with all that sampling needs.

    student_encoder: None if the model needs a large encoder's features. levels_per_step: levels of the teacher's noise schedule that one
    step takes. initial_std: standard deviation of each channel's initial noise, (C,).
    """

    talker: Talker
    student_encoder: StudentEncoder | None
    standardizer: Standardizer
    levels_per_step: int
    initial_std: np.ndarray
    identities: tuple[str, ...]
    emotions: tuple[str, ...]

    @property
    def steps(self) -> int:
        return self.talker.config.steps // self.levels_per_step


def load_pipeline(folder: Path) -> TalkerPipeline:
    """Open a folder that train or distill wrote."""
    talker, student_encoder, meta = load_model(folder)
    return TalkerPipeline(
        talker,
        student_encoder,
        read_standardizer(meta),
        meta["stride"],
        np.array(meta["start"], np.float32),
        tuple(meta["identities"]),
        tuple(meta["emotions"]),
    )


@torch.inference_mode()
def encode_features(pipeline: TalkerPipeline, features: np.ndarray, mel: np.ndarray, frames: int) -> Tensor:
    """Return the decoder's condition (1, frames, D) for a clip.

    It comes from the log-mel (2 T, bands) if the model has a student encoder, else from the large encoder's features (T, F).
    """
    if pipeline.student_encoder is None:
        audio = torch.from_numpy(features.astype(np.float32))[None]
    else:
        audio = pipeline.student_encoder(torch.from_numpy(mel.astype(np.float32))[None])
    return pipeline.talker.encode_audio(audio, frames)


def compute_log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the log-mel (2 T, bands) of samples (n,) at 16 kHz, cut to whole tenths of a second."""
    tenths = len(samples) * 10 // RATE
    samples = samples[: tenths * RATE // 10]
    return log_mel(samples * np.float32(speech_gain(samples)), 0, tenths * MEL_FPS // 10)


def encode_sound(pipeline: TalkerPipeline, samples: np.ndarray, encoder: Encode | None) -> Tensor:
    """Return the decoder's condition (1, frames, D) for samples (n,) at 16 kHz, cut to whole tenths of a second.

    encoder: the large encoder. Raises ValueError if the model needs one and it is None.
    """
    tenths = len(samples) * 10 // RATE
    empty = np.zeros((0, 0), np.float32)
    if pipeline.student_encoder is not None:
        return encode_features(pipeline, empty, compute_log_mel(samples), tenths * FACE_FPS // 10)
    if encoder is None:
        raise ValueError("this model needs a large audio encoder; name the one it was trained with: --encoder")
    return encode_features(pipeline, encoder(samples[: tenths * RATE // 10]), empty, tenths * FACE_FPS // 10)


@torch.inference_mode()
def match_voice(pipeline: TalkerPipeline, mel: np.ndarray) -> tuple[int, int]:
    """Return the identity and emotion in the library nearest to a voice, given as log-mel (2 T, bands).

    The choice is the same as the backend's (Ranking.emotion): an emotion that is not probable enough counts as neutral.
    """
    identity_query, emotion_query = pipeline.talker.voice(torch.from_numpy(mel.astype(np.float32))[None])
    identity_keys, emotion_keys = pipeline.talker.personalizer.keys()
    identity = int((identity_query @ identity_keys.T).argmax())
    probability, emotion = (emotion_query @ emotion_keys.T / TEMPERATURE).softmax(-1)[0].max(0)
    if probability <= MIN_EMOTION_PROBABILITY and NEUTRAL in pipeline.emotions:
        return identity, pipeline.emotions.index(NEUTRAL)
    return identity, int(emotion)


def sample_takes(
    pipeline: TalkerPipeline, encode: Callable[[], Tensor], identity: int, emotion: int, seeds: list[int]
) -> np.ndarray:
    """Sample one face for each seed: (seeds, N, 52) in 0..1. See sample_curves."""
    return sample_curves(pipeline, encode, identity, emotion, seeds)[..., : len(CHANNELS)]


@torch.inference_mode()
def sample_curves(
    pipeline: TalkerPipeline, encode: Callable[[], Tensor], identity: int, emotion: int, seeds: list[int]
) -> np.ndarray:
    """Sample one take for each seed: (seeds, N, C), the 52 in 0..1 and the head's rotations, if the model has them, in radians.

    encode returns the decoder's condition (1, N, D). It is called once a clip. With hear_each_step it is called once a step, which costs
    what FaceDiffuser costs and changes no curve.
    """
    talker = pipeline.talker
    schedule = make_schedule(talker.config.steps, talker.config.schedule)
    stops = list(range(talker.config.steps, -1, -pipeline.levels_per_step))
    levels = [NoiseLevel(float(schedule.alpha[i]), float(schedule.sigma[i])) for i in stops]
    log_snr = {level: schedule.log_snr[i] for level, i in zip(levels, stops, strict=True)}
    condition = encode()
    frames = condition.shape[1]
    noise = torch.stack(
        [torch.randn(frames, talker.config.channels, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
    noise = noise * torch.from_numpy(pipeline.initial_std)
    person = talker.personalize(torch.full((len(seeds),), identity), torch.full((len(seeds),), emotion))

    def denoise(z: Tensor, level: NoiseLevel) -> Tensor:
        encode_again = talker.config.hear_each_step and level != levels[0]
        current = encode() if encode_again else condition
        return talker.denoise(z, current.expand(len(seeds), -1, -1), person, log_snr[level].expand(len(seeds)))

    curves = pipeline.standardizer.undo(sample_ddim(denoise, noise, levels)).numpy()
    stop_at_contact(curves)
    return curves
