"""Checkpoints: everything that a run needs to go on exactly where it stopped."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from .config import ModelConfig
from .model import SmallEncoder, Talker


def save_run(path: Path, state: dict[str, Any]) -> None:
    """Write a resumable state; the old file stays until the new one is whole."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load_run(path: Path) -> dict[str, Any] | None:
    """The state that save_run wrote, or None."""
    return torch.load(path, weights_only=True) if path.exists() else None


def save_model(folder: Path, talker: Talker, encoder: SmallEncoder | None, stride: int, meta: dict[str, Any]) -> None:
    """Write averaged weights with all that is needed to rebuild the model. stride: levels of the 32-step grid a step takes."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {"talker": talker.state_dict(), "encoder": None if encoder is None else encoder.state_dict()}
    torch.save(weights, folder / "weights.pt")
    (folder / "model.json").write_text(json.dumps({"config": asdict(talker.config), "stride": stride, **meta}, indent=1) + "\n")


def load_model(folder: Path) -> tuple[Talker, SmallEncoder | None, dict[str, Any]]:
    """Rebuild what save_model wrote: (talker, small encoder or None if it listens with the large one, meta)."""
    meta = json.loads((folder / "model.json").read_text())
    config = ModelConfig(**meta["config"])
    talker = Talker(config, len(meta["identities"]), len(meta["emotions"]))
    weights = torch.load(folder / "weights.pt", weights_only=True)
    talker.load_state_dict(weights["talker"])
    encoder = None
    if weights["encoder"] is not None:
        encoder = SmallEncoder(config)
        encoder.load_state_dict(weights["encoder"])
        encoder.eval()
    return talker.eval(), encoder, meta
