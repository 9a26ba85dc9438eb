"""Enrollment from a voice alone: add an identity to an exported model that mixes the identities it sounds like.

This needs no torch and no training.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backend.audio import read_clip
from backend.features import speech_gain
from backend.inference.generator import AUTO, load_model, voice_queries
from backend.inference.voice_match import rank
from backend.model_folder import check_names, read_card


def check_new(name: str, known: Sequence[str], out: Path) -> None:
    """Raise ValueError if the name is taken or not allowed, or if `out` already holds a model."""
    if name in known or name in ("", AUTO):
        raise ValueError(
            f"the new identity can't be called {name!r}: choose a name other than {', '.join((AUTO, *known))}"
        )
    check_names("identities", [name])
    if (out / "model.json").exists():
        raise ValueError(f"{out} already holds a model: choose another folder")


def read_library(folder: Path) -> dict[str, Any]:
    """Return the model.json of an exported model. Raises ValueError if `folder` holds another kind of model."""
    raw: dict[str, Any] = json.loads((folder / "model.json").read_text())
    if "library" not in raw:
        raise ValueError(
            f"{folder} isn't an exported model, which enrollment from a voice or a film needs: export it first, or give prepared "
            "recordings with a face"
        )
    return raw


def add_row(
    folder: Path, out: Path, raw: dict[str, Any], name: str, description: str, embedding: np.ndarray, key: np.ndarray
) -> None:
    """Write the exported model in `folder` to `out` with one more identity. raw: its model.json. embedding, key: (E,)."""
    shutil.copytree(folder, out, dirs_exist_ok=True)
    library = raw["library"]
    rows = {"identity_embeddings": embedding, "identity_keys": key}
    grown = {**library, **{part: [*library[part], _rounded(row)] for part, row in rows.items()}}
    identities = [*raw["identities"], {"name": name, "description": description}]
    (out / "model.json").write_text(json.dumps({**raw, "identities": identities, "library": grown}, indent=1) + "\n")


def _rounded(row: np.ndarray) -> list[float]:
    return np.round(row.astype(np.float64), 6).tolist()


def enroll_voice(
    folder: Path, sounds: Sequence[Path], out: Path, name: str, description: str
) -> tuple[tuple[str, float], ...]:
    """Write the exported model in `folder` to `out` with a new identity for a voice.

    Its embedding is the mean of the known ones, weighted by the voice match (the softmax of the similarities at the model's temperature).
    Its key is the voice's own query. Returns the known identities with their weights, largest first. Raises ValueError if the name is taken
    or `folder` is not an exported model; AudioError; ModelError.
    """
    raw = read_library(folder)
    card = read_card(folder)
    check_new(name, [entry.name for entry in card.identities], out)
    clips = [read_clip(path).samples for path in sounds]
    samples = np.concatenate([clip * np.float32(speech_gain(clip)) for clip in clips])
    identity, emotion = voice_queries(load_model(folder), samples)
    mixture = rank(card, identity, emotion).identities
    weight_of = dict(mixture)
    weights = np.array([weight_of[entry.name] for entry in card.identities])
    embedding = weights @ card.identity_embeddings.astype(np.float64)
    add_row(folder, out, raw, name, description, embedding, identity)
    return mixture
