"""An exported model folder -> a model to train on: the inverse of `export`, so that fine-tuning can begin from the bundled model.

The ONNX files hold every weight but two: of the layers that make the library's keys, only the keys are stored. Their place is taken by the
smallest linear maps that give those keys.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from backend.model_folder import ModelCard, read_card, read_parts
from backend.runtimes.weights import read_weights

from .export import parity
from .model.checkpoint import save_model
from .model.config import ModelConfig
from .model.diffusion import make_schedule
from .model.network import StudentEncoder, Talker

_KEYS = ("personalizer.identity_key", "personalizer.emotion_key")


def import_exported(source: Path, out: Path, tolerance: float = 1e-3) -> float:
    """Write the model that `export` wrote to `source` to `out`, as the stages of training write theirs.

    Returns the largest difference between the two on made-up inputs. Raises ModelError for a folder that can't be read, and ValueError
    for a model that isn't of this package's design or that differs by more than `tolerance`.
    """
    card = read_card(source)
    weights = {name: torch.from_numpy(value) for name, value in read_weights(read_parts(source, card)).items()}
    config, stride = _config(weights, card)
    talker, encoder = Talker(config, len(card.identities), len(card.emotions)), StudentEncoder(config)
    weights |= _library(card)
    modules = nn.ModuleDict({"talker": talker, "encoder": encoder}).eval()
    try:
        modules.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"{source} is not a model that `export` wrote ({error})") from error
    with torch.no_grad():
        worst = max(parity(talker, encoder, source), _key_error(talker, card))
    if worst > tolerance:
        raise ValueError(f"the imported model differs from the exported one by {worst:.2g}, more than {tolerance:.2g}")
    meta = {
        "identities": [each.name for each in card.identities],
        "descriptions": {each.name: each.description for each in card.identities},
        "emotions": list(card.emotions),
        "split": "unknown",
        "mean": card.mean.tolist(),
        "deviation": card.std.tolist(),
        "start": card.initial_std.tolist(),
        "history": [{"stage": "import", "seed": 0, "weights": {}, "model": f"{card.name} {card.version}"}],
    }
    save_model(out, talker, encoder, stride, meta)
    return worst


def _config(weights: dict[str, Tensor], card: ModelCard) -> tuple[ModelConfig, int]:
    """The shapes, read off the weights, and how many levels of the teacher's schedule a step takes."""
    try:
        config = ModelConfig(
            channels=weights["talker.decoder.out.bias"].shape[0],
            features=weights["encoder.out.bias"].shape[0],
            condition=weights["talker.condition.bias"].shape[0],
            embedding=card.identity_embeddings.shape[1],
            person=weights["talker.personalizer.out.1.bias"].shape[0],
            step=weights["talker.decoder.step.0.bias"].shape[0],
            hidden=weights["talker.decoder.gru.weight_hh_l0"].shape[1],
            layers=sum(name.startswith("talker.decoder.gru.weight_hh_l") for name in weights),
            noisy=weights["talker.decoder.noisy.bias"].shape[0],
            look=card.lookahead,
            voice=weights["talker.voice.stem.bias"].shape[0],
            encoder_width=weights["encoder.stem.bias"].shape[0],
            encoder_blocks=sum(name.endswith("depthwise.bias") and name.startswith("encoder.") for name in weights),
        )
    except KeyError as error:
        raise ValueError(f"the model {card.name} is not of this package's design: it lacks {error}") from error
    alpha = np.array([level.alpha for level in card.levels])
    for schedule in ("linear", "cosine"):
        stride = config.steps // card.steps
        grid = make_schedule(config.steps, schedule).alpha.numpy()[::-stride]
        if len(grid) == len(alpha) and np.allclose(grid, alpha, atol=1e-5):
            return replace(config, schedule=schedule), stride
    raise ValueError(f"the noise levels of {card.name} are none of a teacher of {config.steps} steps")


def _library(card: ModelCard) -> dict[str, Tensor]:
    """The libraries, and for each the smallest map from its embeddings to its keys."""
    found = {}
    for name, embeddings, keys in (
        ("identities", card.identity_embeddings, card.identity_keys),
        ("emotions", card.emotion_embeddings, card.emotion_keys),
    ):
        found[f"talker.personalizer.{name}"] = torch.from_numpy(embeddings.astype(np.float32))
        given = np.concatenate([embeddings, np.ones((len(embeddings), 1))], 1)
        solved = np.linalg.lstsq(given, keys, rcond=None)[0].T.astype(np.float32)
        layer = {"identities": _KEYS[0], "emotions": _KEYS[1]}[name]
        found[f"talker.{layer}.weight"] = torch.from_numpy(solved[:, :-1].copy())
        found[f"talker.{layer}.bias"] = torch.from_numpy(solved[:, -1].copy())
    return found


def _key_error(talker: Talker, card: ModelCard) -> float:
    """How far the keys are from the stored ones: more than nothing only in a library larger than its embeddings are wide."""
    keys = (card.identity_keys, card.emotion_keys)
    return max(
        float(np.abs(mine.numpy() - stored).max())
        for mine, stored in zip(talker.personalizer.keys(), keys, strict=True)
    )
