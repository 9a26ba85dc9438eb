"""The papers' baselines: FaceDiffuser, and ablations of their own model. Each changes a few keys of the default configuration."""

from typing import Any

_FACEDIFFUSER = {"schedule": "cosine", "personal": False, "hear_each_step": True}

BASELINES: dict[str, dict[str, Any]] = {
    "facediffuser-1000": {"model": {**_FACEDIFFUSER, "steps": 1000}},
    "facediffuser-8": {"model": {**_FACEDIFFUSER, "steps": 8}},
    "no-distillation": {"model": {"schedule": "cosine", "steps": 8}},
    "full": {},  # the teacher itself, trained for as long as the others
    "no-identity": {"model": {"personal": False}},
    "no-lip": {"train": {"weights": {"lip": 0.0}}},
    "no-velocity": {"train": {"weights": {"velocity": 0.0}}},
}
