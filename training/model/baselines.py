"""What the papers compare with: FaceDiffuser, and their own model without one of its parts. Each is the default with a few keys changed."""

from typing import Any

_FACEDIFFUSER = {"schedule": "cosine", "personal": False, "hear_each_step": True}

BASELINES: dict[str, dict[str, Any]] = {
    "facediffuser-1000": {"model": {**_FACEDIFFUSER, "steps": 1000}},
    "facediffuser-8": {"model": {**_FACEDIFFUSER, "steps": 8}},
    "no-distillation": {"model": {"schedule": "cosine", "steps": 8}},
    "full": {},  # the teacher again, as long as these
    "no-identity": {"model": {"personal": False}},
    "no-lip": {"train": {"weights": {"lip": 0.0}}},
    "no-velocity": {"train": {"weights": {"velocity": 0.0}}},
}
