"""Checkpoints: everything that a run needs to go on exactly where it stopped, and models as others open them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from .config import ModelConfig
from .network import SmallEncoder, Talker


def save_run(path: Path, state: dict[str, Any]) -> None:
    """Write a resumable state; the old file stays until the new one is whole."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load_run(path: Path) -> dict[str, Any] | None:
    """The state that save_run wrote, on the CPU, or None."""
    return torch.load(path, weights_only=True, map_location="cpu") if path.exists() else None


def save_weights(path: Path, module: nn.Module) -> None:
    """Write a module's weights as safetensors, from whatever device they are on."""
    # copies: on a GPU a GRU's weights are views of one array, and safetensors takes no such
    save_file({name: value.cpu().clone().contiguous() for name, value in module.state_dict().items()}, path)


def save_model(folder: Path, talker: Talker, encoder: SmallEncoder | None, stride: int, meta: dict[str, Any]) -> None:
    """Write averaged weights with all that is needed to rebuild the model. stride: levels of the 32-step grid a step takes."""
    folder.mkdir(parents=True, exist_ok=True)
    modules = nn.ModuleDict({"talker": talker} if encoder is None else {"talker": talker, "encoder": encoder})
    save_weights(folder / "weights.safetensors", modules)
    (folder / "model.json").write_text(
        json.dumps({"config": asdict(talker.config), "stride": stride, **meta}, indent=1) + "\n"
    )


def read_steps(folder: Path) -> int:
    """How many denoising steps the model in a folder takes."""
    meta = json.loads((folder / "model.json").read_text())
    return ModelConfig(**meta["config"]).steps // meta["stride"]


def load_model(folder: Path) -> tuple[Talker, SmallEncoder | None, dict[str, Any]]:
    """Rebuild what save_model wrote: (talker, small encoder or None if it listens with the large one, meta), both for use, not training."""
    meta = json.loads((folder / "model.json").read_text())
    config = ModelConfig(**meta["config"])
    weights = load_file(folder / "weights.safetensors")
    talker = Talker(config, len(meta["identities"]), len(meta["emotions"]))
    encoder = SmallEncoder(config) if any(name.startswith("encoder.") for name in weights) else None
    modules = nn.ModuleDict({"talker": talker} if encoder is None else {"talker": talker, "encoder": encoder}).eval()
    modules.load_state_dict(weights)
    return talker, encoder, meta
