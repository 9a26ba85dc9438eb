"""Classify models for the tables: teacher, student, the papers' baseline, or an ablation."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.config import LossWeights, ModelConfig, is_facediffuser

# Distillation avoids training with so few noise levels, so such a model counts as trained directly.
FEW_STEPS = 16

FACEDIFFUSER, TEACHER, STUDENT, DIRECT = "FaceDiffuser", "teacher", "student", "trained directly"


@dataclass(frozen=True)
class ModelKind:
    """Description of a model in the tables. `without` names the parts of the method that an ablation leaves out."""

    label: str
    kind: str  # FACEDIFFUSER | TEACHER | STUDENT | DIRECT
    without: tuple[str, ...]
    steps: int
    small: bool  # has a student encoder
    personal: bool
    split: str
    seeds: tuple[int, ...]  # of its stages of training

    @property
    def encoder(self) -> str:
        return "small" if self.small else "large"

    @property
    def role(self) -> str:
        """Describe the kind in words, such as `student without L_lip`."""
        return f"{self.kind} without {' and '.join(self.without)}" if self.without else self.kind


def _left_out(config: ModelConfig, history: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the parts of the method that no stage used. A student's round may omit L_vel, since its teacher had it."""
    weights = [LossWeights(**stage["weights"]) for stage in history]
    absent = {
        "L_lip": all(w.lip == 0 for w in weights),
        "L_vel": all(w.velocity == 0 for w in weights),
        "identity": not config.personal and not is_facediffuser(config),
    }
    return tuple(name for name, is_absent in absent.items() if is_absent)


def describe_model(folder: Path, small: bool) -> ModelKind:
    """Describe a model from its model.json. small: True if it has a student encoder. Its label is the folder's name."""
    meta = json.loads((folder / "model.json").read_text())
    config = ModelConfig(**meta["config"])
    history = meta["history"]
    if is_facediffuser(config):
        kind = FACEDIFFUSER
    elif meta["stride"] > 1 or small or len(history) > 1:
        kind = STUDENT
    else:
        kind = DIRECT if config.steps <= FEW_STEPS else TEACHER
    return ModelKind(
        label=folder.name,
        kind=kind,
        without=_left_out(config, history),
        steps=config.steps // meta["stride"],
        small=small,
        personal=config.personal,
        split=meta["split"],
        seeds=tuple(stage["seed"] for stage in history),
    )
