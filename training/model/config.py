"""Hyperparameters of models and runs. Field names are the keys of configuration files and of saved models."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from backend.arkit import CHANNELS, HEAD


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a model. Large and student encoder have the same `features`, so that one can replace the other (v2)."""

    channels: int = 52  # 55 with the head's rotations, see channel_names
    features: int = 384  # width of the audio features, set from the data: 384 Whisper tiny, 768 HuBERT base
    condition: int = 128  # width of the decoder's audio condition
    embedding: int = 32  # width of an identity or emotion embedding in the library (v1)
    person: int = 64  # width of the personalized embedding
    step: int = 32  # width of the noise level's encoding
    hidden: int = 256  # GRU units per layer (v1)
    layers: int = 2  # GRU layers
    noisy: int = 128  # width of the noisy curves after the lookahead convolution
    look: int = 6  # lookahead: frames of noisy curves that the decoder sees on either side
    voice: int = 128  # width of the voice head
    encoder_width: int = 256  # of the student encoder
    encoder_blocks: int = 8
    steps: int = 32  # noise levels of the teacher (v1)
    schedule: str = "linear"  # noise schedule: linear (v1) | cosine (FaceDiffuser)
    personal: bool = True  # condition on identity and emotion (v1, v2); False in FaceDiffuser and the papers' ablation
    hear_each_step: bool = False  # run the audio encoder in every step, as FaceDiffuser does: slower, the same curves


def channel_names(config: ModelConfig) -> tuple[str, ...]:
    """Return the names of a model's channels: the first of CHANNELS + HEAD."""
    return (CHANNELS + HEAD)[: config.channels]


def is_facediffuser(config: ModelConfig) -> bool:
    """Return True for the papers' FaceDiffuser baseline: cosine schedule, no identity or emotion."""
    return config.schedule == "cosine" and not config.personal


@dataclass(frozen=True)
class LossWeights:
    """L = exp L_exp + lip L_lip + velocity L_vel + contrast L_con (v1), + distil L_dis (v1) + ae L_ae + pc L_pc (v2, weights ours)."""

    exp: float = 1.0
    lip: float = 1.0
    contact: float = 3.0  # extra weight in L_lip of frames in which the lips meet or the lower lip is tucked in
    velocity: float = 0.5
    contrast: float = 0.3
    distil: float = 0.0
    distil_cap: float = 5.0  # largest SNR weight in L_dis
    ae: float = 0.0
    pc: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """Hyperparameters of one run. The optimizer steps once every batch x accumulate x processes clips."""

    iterations: int = 3000  # optimizer steps
    batch: int = 32  # clips that one process handles at a time
    accumulate: int = 1  # micro-batches per optimizer step
    seconds: float = 4.0  # length of a clip
    learning_rate: float = 1e-3  # peak
    warmup: int = 100  # iterations
    ema: float = 0.998  # decay of the averaged weights
    precision: str = "no"  # mixed precision: no | bf16 | fp16 (GPUs only)
    seed: int = 1
    save_every: int = 250  # iterations
    weights: LossWeights = field(default_factory=LossWeights)


@dataclass(frozen=True)
class Plan:
    """Configuration of a stage."""

    model: ModelConfig
    train: TrainConfig


def train_config(raw: dict[str, Any], default: TrainConfig) -> TrainConfig:
    """Return `default` with the fields replaced that `raw`, a JSON object, gives."""
    fields = {**asdict(default), **raw}
    return TrainConfig(**{**fields, "weights": LossWeights(**{**asdict(default.weights), **raw.get("weights", {})})})


def _check_values(section: str, given: dict[str, Any], known: dict[str, Any]) -> None:
    """Raise TypeError for values of another type than the defaults."""
    if not isinstance(given, dict):
        raise TypeError(f"{section} must be an object of settings")
    for key, value in given.items():
        default = known.get(key, value)
        if isinstance(default, dict):
            _check_values(f"{section}.{key}", value, default)
        elif type(value) is not type(default) and not (type(default) is float and type(value) is int):
            raise TypeError(f"{section}.{key} can't be {value!r}: give a {type(default).__name__}")


STAGES = ("ear", "train", "distill", "revise", "head", "voice", "enroll")


def read_plan(path: Path | None, stage: str, default: TrainConfig, changes: dict[str, Any] | None = None) -> Plan:
    """Read a stage's configuration from a JSON file with the sections "model" and those of STAGES.

    Missing keys keep their defaults. `changes` has the same form and takes precedence. Raises ValueError for unknown keys.
    """
    raw: dict[str, Any] = {} if path is None else json.loads(path.read_text())
    if unknown := [key for key in raw if key not in ("model", *STAGES)]:
        raise ValueError(f"{path}: unknown {', '.join(unknown)}; it may hold model, {', '.join(STAGES)}")
    model, train = ModelConfig(), default
    try:
        for section in STAGES:  # the whole file, or the last stage of many would be the first to tell
            _check_values(section, raw.get(section, {}), asdict(default))
            train_config(raw.get(section, {}), default)
        _check_values("model", raw.get("model", {}), asdict(model))
        for part in (raw, changes or {}):
            model = replace(model, **part.get("model", {}))
            train = train_config(part.get(stage, {}), train)
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error
    if model.channels not in (len(CHANNELS), len(CHANNELS + HEAD)):
        raise ValueError(f"{path}: model.channels can't be {model.channels}: give 52, or 55 for the head's rotations")
    return Plan(model, train)
