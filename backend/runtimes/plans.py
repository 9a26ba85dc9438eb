"""TensorRT's plans, engines on disk: what they are built for, what their files are called, where they are kept. Needs neither TensorRT nor a GPU.

A plan runs on the TensorRT, the GPU and the driver that it was built with, so its name carries them.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ..model_folder import ModelCard
from ..platforms import cache_folder, is_private
from . import RuntimeUnusable
from .onnx import open_part

LONGEST = 30  # s: no less than the backend has encoded or denoised at a time
MOST_TAKES = 8  # at once
_RECIPE = 1  # counts changes of how plans are built

Shape = tuple[int, ...]
Range = tuple[int, int, int]  # smallest, usual and largest size
Profile = dict[str, tuple[Shape, Shape, Shape]]  # input -> smallest, usual and largest shape


@dataclass(frozen=True)
class Machine:
    """What a plan is tied to, beside the model."""

    tensorrt: str
    gpu: str
    capability: str
    driver: str


def axes(card: ModelCard) -> dict[str, Range]:
    """The open axes of the model's graphs, and how long the backend may have them."""
    frames = (1, 10 * 30, LONGEST * 30)
    low, usual, high = (n + 2 * card.lookahead for n in frames)
    return {
        "takes": (1, 1, MOST_TAKES),
        "frames": frames,
        "noisy_frames": (low, usual, high),
        "mel_frames": (2, 10 * 100, LONGEST * 100 + 2 * (card.receptive_field + card.receptive_field % 2)),
    }


def profile_of(part: str, content: bytes, ranges: dict[str, Range]) -> Profile:
    """The shapes of an ONNX file's inputs, by the names of their open axes. Raises RuntimeUnusable if an axis has no range."""
    profile = {}
    for value in open_part(part, content).get_inputs():
        if unknown := [axis for axis in value.shape if not isinstance(axis, int) and axis not in ranges]:
            raise RuntimeUnusable(
                "The length of the axis {axis} of {input} in {part}.onnx isn't known: use the onnx runtime for this model",
                part=part,
                axis=unknown[0],
                input=value.name,
            )
        sizes = [(axis,) * 3 if isinstance(axis, int) else ranges[axis] for axis in value.shape]
        low, usual, high = (tuple(size[k] for size in sizes) for k in range(3))
        profile[value.name] = (low, usual, high)
    return profile


def plan_name(part: str, card: ModelCard, machine: Machine) -> str:
    """PART.KEY.plan; the key changes with the ONNX file, the lengths it is run with, and whatever a plan is tied to."""
    told = [_RECIPE, card.files[f"{part}.onnx"], axes(card), asdict(machine)]
    return f"{part}.{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}.plan"


def folder() -> Path:
    """Where this user's plans are kept; it may not exist yet. Whatever is in it may be deleted: it is built again."""
    return cache_folder() / "diffusion_talker" / "tensorrt"


def read(path: Path) -> bytes | None:
    """A plan that was kept, None when there is none. Raises OSError, also when somebody else could have written it: a plan is run as it is."""
    if not os.path.lexists(path):
        return None
    for place in (path.parent, path):
        if not is_private(place):
            raise PermissionError(f"{place} is not this user's alone")
    return path.read_bytes()


def keep(path: Path, plan: bytes) -> None:
    """Write a plan, all of it or nothing, for this user's eyes only. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)  # it may have been there
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".unfinished")  # with mode 600
    try:
        with open(handle, "wb") as file:
            file.write(plan)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
