"""Every number that shapes a model or a run. The papers' baselines and ablations differ from the default in one key each."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ModelConfig:
    """Shapes. `features` is shared by the large and the small audio encoder, so that one can replace the other (v2)."""

    channels: int = 52
    features: int = (
        384  # D of the audio features at 50 Hz; training takes it from the data: 384 Whisper tiny, 768 HuBERT base
    )
    condition: int = 128  # D of what the decoder gets of the audio
    embedding: int = 32  # of one identity or emotion in the library (v1)
    person: int = 64  # of the fused, personalized embedding
    step: int = 32  # of the noise level's encoding
    hidden: int = 256  # GRU units a layer (v1)
    layers: int = 2
    noisy: int = 128  # D of the noisy curves after their look-ahead convolution
    look: int = 6  # frames of noisy curves seen on either side
    voice: int = 128  # width of the voice head
    encoder_width: int = 256
    encoder_blocks: int = 8
    steps: int = 32  # noise levels of the teacher (v1)
    schedule: str = "linear"  # of the noise levels: linear (v1) | cosine (FaceDiffuser)
    personal: bool = True  # identity and emotion (v1, v2); without: FaceDiffuser, and the papers' ablation
    hear_each_step: bool = (
        False  # run the audio encoder in every denoising step (FaceDiffuser): slower, the same curves
    )


def is_facediffuser(config: ModelConfig) -> bool:
    """Whether this is the papers' baseline: FaceDiffuser's schedule, and nothing of who speaks."""
    return config.schedule == "cosine" and not config.personal


@dataclass(frozen=True)
class LossWeights:
    """L = exp L_exp + lip L_lip + velocity L_vel + contrast L_con (v1), + distil L_dis (v1) + ae L_ae + pc L_pc (v2, weights ours)."""

    exp: float = 1.0
    lip: float = 1.0
    contact: float = 3.0  # how much more a frame counts in L_lip in which lips meet or tuck
    velocity: float = 0.5
    contrast: float = 0.3
    distil: float = 0.0
    distil_cap: float = 5.0
    ae: float = 0.0
    pc: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """One run of a teacher or of one round of distillation."""

    iterations: int = 3000
    batch: int = (
        32  # clips that one process handles at a time; the optimizer steps after batch x accumulate x processes
    )
    accumulate: int = 1
    seconds: float = 4.0
    learning_rate: float = 1e-3
    warmup: int = 100
    ema: float = 0.998
    precision: str = "no"  # mixed precision: no | bf16 | fp16 (GPUs only)
    seed: int = 1
    save_every: int = 250
    weights: LossWeights = field(default_factory=LossWeights)


@dataclass(frozen=True)
class Plan:
    """What a stage is asked for."""

    model: ModelConfig
    train: TrainConfig


def train_config(raw: dict[str, Any], default: TrainConfig) -> TrainConfig:
    """A TrainConfig from JSON, as far as it differs from the default."""
    fields = {**asdict(default), **raw}
    return TrainConfig(**{**fields, "weights": LossWeights(**{**asdict(default.weights), **raw.get("weights", {})})})


STAGES = ("ear", "train", "distill", "voice", "enroll")


def read_plan(path: Path | None, stage: str, default: TrainConfig, changes: dict[str, Any] | None = None) -> Plan:
    """A stage's part of a JSON file {"model": {...}, "ear": {...}, "train": {...}, "distill": {...}, "voice": {...}, "enroll": {...}}.

    What the file leaves out is the default's; `changes`, of the same form, come on top. Raises ValueError on keys that there aren't.
    """
    raw: dict[str, Any] = {} if path is None else json.loads(path.read_text())
    if strange := [key for key in raw if key not in ("model", *STAGES)]:
        raise ValueError(f"{path}: unknown {', '.join(strange)}; it may hold model, {', '.join(STAGES)}")
    model, train = ModelConfig(), default
    try:
        for part in (raw, changes or {}):
            model = replace(model, **part.get("model", {}))
            train = train_config(part.get(stage, {}), train)
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error
    return Plan(model, train)
