"""What a model folder is among those that are compared: teacher, student, the papers' baseline, or a model that goes without something."""

import json
from dataclasses import dataclass
from pathlib import Path

from ..model.config import LossWeights, ModelConfig, is_facediffuser

# A schedule of its own with this many steps or fewer is what distillation is there to avoid: trained directly.
FEW = 16

FACEDIFFUSER, TEACHER, STUDENT, DIRECT = "FaceDiffuser", "teacher", "student", "trained directly"


@dataclass(frozen=True)
class ModelKind:
    """A model in a table. `without` names what it leaves out of the method, whatever its kind."""

    label: str
    kind: str  # FACEDIFFUSER | TEACHER | STUDENT | DIRECT
    without: tuple[str, ...]
    steps: int
    small: bool  # listens with a small encoder of its own
    personal: bool
    split: str
    seeds: tuple[int, ...]  # of its stages of training

    @property
    def encoder(self) -> str:
        return "small" if self.small else "large"

    @property
    def role(self) -> str:
        """In words: `student without L_lip`."""
        return f"{self.kind} without {' and '.join(self.without)}" if self.without else self.kind


def _left_out(config: ModelConfig, history: list[dict]) -> tuple[str, ...]:
    """Losses count as left out if no stage used them: a student's round may go without L_vel since its teacher had it."""
    weights = [LossWeights(**stage["weights"]) for stage in history]
    gone = {
        "L_lip": all(w.lip == 0 for w in weights),
        "L_vel": all(w.velocity == 0 for w in weights),
        "identity": not config.personal and not is_facediffuser(config),
    }
    return tuple(name for name, left_out in gone.items() if left_out)


def describe(folder: Path, small: bool) -> ModelKind:
    """Tell a model's role from its model.json; small: whether it has an encoder of its own. Its label is the folder's name."""
    meta = json.loads((folder / "model.json").read_text())
    config = ModelConfig(**meta["config"])
    history = meta["history"]
    if is_facediffuser(config):
        kind = FACEDIFFUSER
    elif meta["stride"] > 1 or small or len(history) > 1:
        kind = STUDENT
    else:
        kind = DIRECT if config.steps <= FEW else TEACHER
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
