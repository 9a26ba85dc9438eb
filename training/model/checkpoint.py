"""Save and load checkpoints of runs, which resume exactly, and finished models."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from .config import ModelConfig
from .network import StudentEncoder, Talker


def save_run(path: Path, state: dict[str, Any]) -> None:
    """Write a resumable state. The old file stays until the new one is complete."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load_run(path: Path) -> dict[str, Any] | None:
    """Return the state that save_run wrote, on the CPU, or None if there is no file."""
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True, map_location="cpu")
    for key in ("modules", "average"):
        state[key] = {_current_name(name): value for name, value in state[key].items()}
    return state


def _current_name(name: str) -> str:
    """Translate a parameter's name from runs that called the student encoder `ear`."""
    return name.replace("ear.", "student_encoder.", 1) if name.startswith("ear.") else name


def save_weights(path: Path, module: nn.Module) -> None:
    """Write a module's weights as safetensors, from whatever device they are on."""
    # Copy, because a GRU's weights on a GPU are views of one array, which safetensors refuses.
    save_file({name: value.cpu().clone().contiguous() for name, value in module.state_dict().items()}, path)


def save_model(
    folder: Path, talker: Talker, encoder: StudentEncoder | None, levels_per_step: int, meta: dict[str, Any]
) -> None:
    """Write weights and model.json, which hold all that load_model needs to rebuild the model.

    levels_per_step: levels of the teacher's noise schedule that one step takes. model.json calls it "stride".
    """
    folder.mkdir(parents=True, exist_ok=True)
    modules = nn.ModuleDict({"talker": talker} if encoder is None else {"talker": talker, "encoder": encoder})
    save_weights(folder / "weights.safetensors", modules)
    (folder / "model.json").write_text(
        json.dumps({"config": asdict(talker.config), "stride": levels_per_step, **meta}, indent=1) + "\n"
    )


def read_steps(folder: Path) -> int:
    """Return the number of denoising steps of the model in a folder."""
    meta = json.loads((folder / "model.json").read_text())
    return ModelConfig(**meta["config"]).steps // meta["stride"]


def load_model(folder: Path) -> tuple[Talker, StudentEncoder | None, dict[str, Any]]:
    """Rebuild what save_model wrote, in evaluation mode: the talker, its student encoder if it has one, and the content of model.json."""
    meta = json.loads((folder / "model.json").read_text())
    config = ModelConfig(**meta["config"])
    weights = load_file(folder / "weights.safetensors")
    talker = Talker(config, len(meta["identities"]), len(meta["emotions"]))
    encoder = StudentEncoder(config) if any(name.startswith("encoder.") for name in weights) else None
    modules = nn.ModuleDict({"talker": talker} if encoder is None else {"talker": talker, "encoder": encoder}).eval()
    modules.load_state_dict(weights)
    return talker, encoder, meta
