"""TensorRT plans, the files of engines: their shapes, names and folder. Needs neither TensorRT nor a GPU.

A plan runs only with the TensorRT, the GPU and the driver that it was built with, so its name depends on them.
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

MAX_SECONDS = 30  # no less than the windows of encoding and denoising
MAX_TAKES = 8  # at once
_BUILD_VERSION = 1  # increase it when plans are built differently

Shape = tuple[int, ...]
Range = tuple[int, int, int]  # smallest, usual and largest size
Profile = dict[str, tuple[Shape, Shape, Shape]]  # input -> smallest, usual and largest shape


@dataclass(frozen=True)
class Machine:
    """What a plan depends on besides the model."""

    tensorrt: str
    gpu: str
    capability: str
    driver: str


def axes(card: ModelCard) -> dict[str, Range]:
    """Return the dynamic axes of the model's graphs with their ranges."""
    frames = (1, 10 * 30, MAX_SECONDS * 30)
    low, usual, high = (n + 2 * card.lookahead for n in frames)
    return {
        "takes": (1, 1, MAX_TAKES),
        "frames": frames,
        "noisy_frames": (low, usual, high),
        "mel_frames": (2, 10 * 100, MAX_SECONDS * 100 + 2 * (card.receptive_field + card.receptive_field % 2)),
    }


def profile_of(part: str, content: bytes, ranges: dict[str, Range]) -> Profile:
    """Return the range of shapes of an ONNX file's inputs. Raises RuntimeUnusable if a dynamic axis has no range."""
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
    """Return PART.KEY.plan. The key depends on the ONNX file, the ranges of its axes and the machine."""
    key = [_BUILD_VERSION, card.files[f"{part}.onnx"], axes(card), asdict(machine)]
    return f"{part}.{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]}.plan"


def folder() -> Path:
    """Return the user's folder of plans, which may not exist yet. Deleted plans are built again."""
    return cache_folder() / "diffusion_talker" / "tensorrt"


def read(path: Path) -> bytes | None:
    """Read a stored plan; None if there is none.

    Raises OSError, also if another user could have written it, because a plan is executed without checks.
    """
    if not os.path.lexists(path):
        return None
    for place in (path.parent, path):
        if not is_private(place):
            raise PermissionError(f"{place} is not this user's alone")
    return path.read_bytes()


def store(path: Path, plan: bytes) -> None:
    """Write a plan atomically, readable for this user only. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)  # in case the folder existed
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".unfinished")  # created with mode 600
    try:
        with open(handle, "wb") as file:
            file.write(plan)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
