"""Every number that shapes a model or a run. The papers' baselines and ablations differ from the default in one key each."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ModelConfig:
    """Shapes. `features` is shared by the large and the small audio encoder, so that one can replace the other (v2)."""

    channels: int = 52
    features: int = 384  # D of the audio features at 50 Hz: Whisper tiny's
    condition: int = 128  # D of what the decoder gets of the audio
    embedding: int = 32  # of one identity or emotion in the library (v1)
    person: int = 64  # of the fused, personalized embedding
    step: int = 32  # of the noise level's encoding
    hidden: int = 256  # GRU units a layer (v1)
    layers: int = 2
    noisy: int = 128  # D of the noisy curves after their look-ahead convolution
    look: int = 6  # frames of noisy curves seen on either side
    encoder_width: int = 192
    encoder_blocks: int = 8
    steps: int = 32  # noise levels of the teacher (v1)
    schedule: str = "linear"  # of the noise levels: linear (v1) | cosine (FaceDiffuser)
    personal: bool = True  # identity and emotion (v1, v2); without: FaceDiffuser, and the papers' ablation
    hear_each_step: bool = False  # run the audio encoder in every denoising step (FaceDiffuser): slower, the same curves


def is_facediffuser(config: ModelConfig) -> bool:
    """Whether this is the papers' baseline: FaceDiffuser's schedule, and nothing of who speaks."""
    return config.schedule == "cosine" and not config.personal


@dataclass(frozen=True)
class LossWeights:
    """L = exp L_exp + lip L_lip + velocity L_vel + contrast L_con (v1), + distil L_dis (v1) + ae L_ae + pc L_pc (v2, weights ours)."""

    exp: float = 1.0
    lip: float = 1.0
    velocity: float = 0.5
    contrast: float = 0.1
    distil: float = 0.0
    distil_cap: float = 5.0
    ae: float = 0.0
    pc: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """One run of a teacher or of one round of distillation."""

    iterations: int = 3000
    batch: int = 32
    seconds: float = 4.0
    learning_rate: float = 1e-3
    warmup: int = 100
    ema: float = 0.998
    precision: str = "no"  # mixed precision: no | bf16 | fp16
    seed: int = 1
    save_every: int = 250
    weights: LossWeights = field(default_factory=LossWeights)


@dataclass(frozen=True)
class Plan:
    """What a stage is asked for."""

    model: ModelConfig
    train: TrainConfig


def train_config(raw: dict, default: TrainConfig) -> TrainConfig:
    """A TrainConfig from JSON, as far as it differs from the default."""
    fields = {**asdict(default), **raw}
    return TrainConfig(**{**fields, "weights": LossWeights(**{**asdict(default.weights), **raw.get("weights", {})})})


def read_plan(path: Path | None, default: TrainConfig) -> Plan:
    """A JSON file {"model": {...}, "train": {...}}; what it leaves out is the default's. Raises ValueError on keys that there aren't."""
    raw = {} if path is None else json.loads(path.read_text())
    try:
        return Plan(ModelConfig(**raw.pop("model", {})), train_config(raw.pop("train", {}), default))
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error
    finally:
        if raw:
            raise ValueError(f"{path}: unknown {', '.join(raw)}; it may hold model and train")
