"""A new identity for an exported model, out of a voice alone: a mixture of the identities that it resembles. No torch, no training."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backend.audio import read_clip
from backend.features import speech_gain
from backend.inference.generator import AUTO, load_model, voice_queries
from backend.inference.voice_match import rank
from backend.model_folder import check_names, read_card


def check_new(name: str, known: Sequence[str], out: Path) -> None:
    """Raise ValueError unless the library can get an identity of this name, and `out` a model."""
    if name in known or name in ("", AUTO):
        raise ValueError(
            f"the new identity can't be called {name!r}: choose a name other than {', '.join((AUTO, *known))}"
        )
    check_names("identities", [name])
    if (out / "model.json").exists():
        raise ValueError(f"{out} already holds a model: choose another folder")


def enroll_voice(
    folder: Path, sounds: Sequence[Path], out: Path, name: str, description: str
) -> tuple[tuple[str, float], ...]:
    """Write the exported model in `folder` with a new identity made for a voice to `out`; returns what it is mixed of, most first.

    Its embedding is the mean of the known ones, weighted as the personalizer matches the voice with them (softmax of the similarities at its
    temperature); its key is what the voice itself asks for. All else stays as it was. Raises ValueError if the name is taken or `folder` was
    not exported, AudioError, ModelError.
    """
    raw = json.loads((folder / "model.json").read_text())
    if "library" not in raw:
        raise ValueError(
            f"{folder} isn't an exported model, and a voice alone joins only such: export it first, or give recordings with a face"
        )
    card = read_card(folder)
    check_new(name, [entry.name for entry in card.identities], out)
    clips = [read_clip(path).samples for path in sounds]
    samples = np.concatenate([clip * np.float32(speech_gain(clip)) for clip in clips])
    identity, emotion = voice_queries(load_model(folder), samples)
    mixture = rank(card, identity, emotion).identities
    weight = dict(mixture)
    embedding = np.array([weight[entry.name] for entry in card.identities]) @ card.identity_embeddings.astype(
        np.float64
    )
    shutil.copytree(folder, out, dirs_exist_ok=True)
    raw["identities"].append({"name": name, "description": description})
    raw["library"]["identity_embeddings"].append(np.round(embedding, 6).tolist())
    raw["library"]["identity_keys"].append(np.round(identity.astype(np.float64), 6).tolist())
    (out / "model.json").write_text(json.dumps(raw, indent=1) + "\n")
    return mixture
