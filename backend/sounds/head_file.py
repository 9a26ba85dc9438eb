"""`sounds.npz` of a model folder: its phone head and its identities' mouth poses. A model without it has no sounds.

Like all files of a model it is listed in model.json with its sha256, since the folder may come from an untrusted source.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arkit import LOWER
from ..model_folder import ModelCard, ModelError
from .edits import MouthPoses
from .phone_head import PhoneHead
from .shapes import NAMES, PHONES

NAME = "sounds.npz"
_LARGEST = 32 << 20  # bytes, also unpacked
_ARRAYS = ("hidden", "hidden_bias", "output", "output_bias", "bigram", "offset", "yielding")


@dataclass(frozen=True)
class SoundsPart:
    """What a model knows about sounds."""

    head: PhoneHead
    poses: MouthPoses


def read_sounds_part(folder: Path, card: ModelCard) -> SoundsPart | None:
    """Read a model's sounds.npz; None when its model.json lists none. Raises ModelError if it is missing, altered or broken."""
    if NAME not in card.files:
        return None
    try:
        with open(folder / NAME, "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ModelError(
            "{file} in {folder} can't be read ({reason}): choose another model folder",
            file=NAME,
            folder=folder,
            reason=error.strerror,
        ) from error
    if hashlib.sha256(content).hexdigest() != card.files[NAME]:
        raise ModelError(
            "{file} in {folder} is not the file its model.json describes: reinstall the extension",
            file=NAME,
            folder=folder,
        )
    try:
        return _part(_arrays(content), tuple(identity.name for identity in card.identities))
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(
            "{file} in {folder} is broken ({reason}): reinstall the extension or export the model again",
            file=NAME,
            folder=folder,
            reason=str(error)[:200],
        ) from error


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(info.file_size for info in packed.infolist()) > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST >> 20} MB")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in _ARRAYS}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("it holds values that are no numbers")
    return arrays


def _part(arrays: dict[str, np.ndarray], identities: tuple[str, ...]) -> SoundsPart:
    hidden, units, phones, shapes, channels = (
        arrays["hidden"],
        len(arrays["hidden_bias"]),
        *map(len, (PHONES, NAMES, LOWER)),
    )
    expected = {
        "hidden": (len(hidden), units),
        "hidden_bias": (units,),
        "output": (units, phones),
        "output_bias": (phones,),
        "bigram": (phones, phones),
        "offset": (len(identities), shapes, channels),
        "yielding": (shapes, channels),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has the shape {arrays[name].shape}, not {shape}")
    head = PhoneHead(*(arrays[name] for name in _ARRAYS[:5]))
    return SoundsPart(head, MouthPoses(identities, arrays["offset"], arrays["yielding"]))


def pack(part: SoundsPart) -> bytes:
    """Return the content of sounds.npz, in 16 bits."""
    head, poses = part.head, part.poses
    arrays = (
        *(head.hidden, head.hidden_bias, head.output, head.output_bias, head.bigram),
        *(poses.offset, poses.yielding),
    )
    buffer = io.BytesIO()
    packed: dict[str, Any] = {name: array.astype(np.float16) for name, array in zip(_ARRAYS, arrays, strict=True)}
    np.savez_compressed(buffer, **packed)
    return buffer.getvalue()
