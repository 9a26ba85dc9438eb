"""Plans: what a JSON file says of a model and a run, on top of the defaults."""

import json
from pathlib import Path

import pytest

from training.model.baselines import BASELINES
from training.model.config import STAGES, LossWeights, ModelConfig, TrainConfig, read_plan

DEFAULT = TrainConfig(iterations=7, weights=LossWeights(lip=3.0))


def _write(path: Path, content: dict) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_plan_overrides_defaults(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "plan.json", {"model": {"steps": 64}, "ear": {"batch": 3}, "train": {"weights": {"exp": 0.5}}}
    )
    plan = read_plan(path, "train", DEFAULT)
    assert plan.model == ModelConfig(steps=64)
    assert plan.train == TrainConfig(iterations=7, weights=LossWeights(exp=0.5, lip=3.0))
    assert read_plan(path, "ear", DEFAULT).train == TrainConfig(iterations=7, batch=3, weights=LossWeights(lip=3.0))
    assert read_plan(None, "ear", DEFAULT).train == DEFAULT
    over = read_plan(path, "train", DEFAULT, {"model": {"personal": False}, "train": {"weights": {"lip": 0.0}}})
    assert over.model == ModelConfig(steps=64, personal=False) and over.train.weights == LossWeights(exp=0.5, lip=0.0)


@pytest.mark.parametrize(
    "wrong", [{"teacher": {}}, {"model": {"layer": 2}}, {"train": {"weights": {"lips": 1}}}, {"train": {"epochs": 1}}]
)
def test_unknown_keys_are_reported(tmp_path: Path, wrong: dict) -> None:
    section, inner = next(iter(wrong.items()))
    name = next(iter(inner), section)
    with pytest.raises(ValueError, match="lips" if name == "weights" else name):
        read_plan(_write(tmp_path / "plan.json", wrong), "train", DEFAULT)


def test_packaged_configurations_load() -> None:
    plan = Path(__file__).parents[2] / "training" / "performed.json"
    assert all(read_plan(plan, stage, DEFAULT).train.iterations for stage in STAGES)
    changed = {name: read_plan(None, "train", DEFAULT, changes) for name, changes in BASELINES.items()}
    assert changed["facediffuser-1000"].model.steps == 1000 and not changed["facediffuser-8"].model.personal
    assert changed["no-lip"].train.weights.lip == 0 and changed["no-velocity"].train.weights.velocity == 0
    assert changed["full"].model == ModelConfig() and changed["full"].train == DEFAULT


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"voice": {"epochs": 1}}, "epochs"),
        ({"distill": {"weights": {"lips": 1}}}, "lips"),
        ({"enroll": {"batch": "many"}}, "enroll.batch"),
        ({"ear": []}, "ear"),
        ({"model": {"steps": 2.5}}, "model.steps"),
    ],
)
def test_a_config_is_checked_as_a_whole(tmp_path: Path, wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_plan(_write(tmp_path / "plan.json", wrong), "train", DEFAULT)
