"""Checkpoints of earlier versions still load."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from training.model.checkpoint import load_run
from training.model.config import ModelConfig
from training.model.network import StudentEncoder

TINY = ModelConfig(features=8, encoder_width=8, encoder_blocks=1)


def test_earlier_run_resumes(tmp_path: Path) -> None:
    """Runs used to call the student encoder `ear`."""
    weights = nn.ModuleDict({"ear": StudentEncoder(TINY), "lips": nn.Linear(8, 2)}).state_dict()
    torch.save({"modules": weights, "average": weights, "iteration": 7}, tmp_path / "run.pt")
    state = load_run(tmp_path / "run.pt")
    assert state is not None
    assert state["iteration"] == 7
    modules = nn.ModuleDict({"student_encoder": StudentEncoder(TINY), "lips": nn.Linear(8, 2)})
    for key in ("modules", "average"):
        modules.load_state_dict(state[key])
        assert all((modules.state_dict()[name] == state[key][name]).all() for name in modules.state_dict())


def test_missing_run_is_none(tmp_path: Path) -> None:
    assert load_run(tmp_path / "run.pt") is None
