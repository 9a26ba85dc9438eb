"""Read a model folder: `model.json` and the ONNX files it lists with their sha256. No runtime is loaded.

The folder may come from an untrusted source. Every field is checked for type, shape and bounds. The ONNX files are
handed on as the same bytes whose sha256 was checked, and they must not refer to other files.

Runs in Blender, in the backend process and in training.
"""

import hashlib
import json
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .arkit import CHANNELS, HEAD
from .external_data import keeps_data_elsewhere
from .messages import UserError
from .noise_schedule import NoiseLevel

SCHEMA = 2
PARTS = ("encoder", "voice", "personalizer", "decoder")

_MAX_CARD_BYTES = 16 << 20  # enough for thousands of library entries
_MAX_PART_BYTES = 1 << 30
_MAX_NAME_BYTES = 48  # so that it fits into the name of an Action
_MAX_TEXT_LETTERS = 1000
_MAX_STEPS = 100
_MAX_LOOKAHEAD = 150  # frames: no more than are denoised at a time
_MAX_RECEPTIVE_FIELD = 3000  # mel frames on either side: no more than are encoded at a time
_MAX_NUMBER = 1e4  # no array of a card needs larger ones


class ModelError(UserError, RuntimeError):
    """A model can't be used."""


@dataclass(frozen=True)
class Identity:
    """An entry of the identity library."""

    name: str
    description: str


@dataclass(frozen=True)
class ModelCard:
    """The content of model.json.

    Arrays: mean, std and initial_std (C,); embeddings and keys (library size, E).
    """

    name: str
    version: str
    sha256: str
    identities: tuple[Identity, ...]
    emotions: tuple[str, ...]
    channels: tuple[str, ...]  # what the model moves: CHANNELS, and HEAD after them in a model that has it
    levels: tuple[NoiseLevel, ...]  # noisiest first, clean last
    lookahead: int  # frames of noisy curves that the decoder sees on either side
    receptive_field: int  # mel frames that the encoder sees on either side
    temperature: float  # of the softmax over the voice match
    mean: np.ndarray
    std: np.ndarray
    initial_std: np.ndarray  # of each channel's initial noise; 0 makes all takes alike in that channel
    identity_embeddings: np.ndarray
    identity_keys: np.ndarray
    emotion_embeddings: np.ndarray
    emotion_keys: np.ndarray
    files: dict[str, str]

    @property
    def steps(self) -> int:
        return len(self.levels) - 1

    @property
    def rotations(self) -> tuple[str, ...]:
        """Return the rotations among the channels."""
        return self.channels[len(CHANNELS) :]


Parts = dict[str, bytes]  # each of PARTS as the content of its ONNX file


def read_card(folder: Path) -> ModelCard:
    """Read a folder's model.json. Raises ModelError when it is missing, unreadable, broken or of another schema."""
    path = folder / "model.json"
    try:
        raw = _read(path, _MAX_CARD_BYTES)
        data = json.loads(raw)
        if data["schema"] != SCHEMA:
            raise ModelError(
                "The model in {folder} has schema {version}, but this version reads {known}: export the model again or update the extension",
                folder=folder,
                version=str(data["schema"])[:20],
                known=SCHEMA,
            )
        return _card(data, hashlib.sha256(raw).hexdigest())
    except FileNotFoundError as error:
        raise ModelError(
            "No model.json in {folder}: reinstall the extension or choose another model folder", folder=folder
        ) from error
    except OSError as error:
        raise ModelError(
            "The model in {folder} can't be read ({reason}): choose another model folder",
            folder=folder,
            reason=error.strerror,
        ) from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise ModelError(
            "The model.json in {folder} is broken ({reason}): reinstall the extension or export the model again",
            folder=folder,
            reason=reason,
        ) from error


def read_parts(folder: Path, card: ModelCard) -> Parts:
    """Read every part and check its sha256. Raises ModelError if one is missing, altered or refers to other files."""
    return {part: _read_part(folder / f"{part}.onnx", card) for part in PARTS}


def _read_part(path: Path, card: ModelCard) -> bytes:
    try:
        content = _read(path, _MAX_PART_BYTES)
    except FileNotFoundError as error:
        raise ModelError(
            "The model in {folder} lacks {file}: reinstall the extension", folder=path.parent, file=path.name
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(
            "{file} in {folder} can't be read ({reason}): choose another model folder",
            file=path.name,
            folder=path.parent,
            reason=reason,
        ) from error
    if hashlib.sha256(content).hexdigest() != card.files[path.name]:
        raise ModelError(
            "{file} in {folder} is not the file its model.json describes: reinstall the extension",
            file=path.name,
            folder=path.parent,
        )
    try:
        if keeps_data_elsewhere(content):
            raise ModelError(
                "{file} in {folder} keeps its weights in other files, which isn't supported: export it as one file",
                file=path.name,
                folder=path.parent,
            )
    except ValueError as error:
        raise ModelError(
            "{file} in {folder} isn't an ONNX file ({reason}): export the model again",
            file=path.name,
            folder=path.parent,
            reason=error,
        ) from error
    return content


def _read(path: Path, max_bytes: int) -> bytes:
    """Return the content of a regular file. Raises OSError, or ValueError if it is a pipe, a device or too large."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError(f"{path.name} is no file")
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"{path.name} has more than {max_bytes >> 20} MB")
    return content


def _card(data: dict[str, Any], sha256: str) -> ModelCard:
    """Check the content of model.json and translate its keys. Raises KeyError, TypeError or ValueError with the reason."""
    identities = tuple(Identity(entry["name"], _text(entry, "description")) for entry in _list(data, "identities"))
    emotions = tuple(_list(data, "emotions"))
    check_names("identities", [entry.name for entry in identities])
    check_names("emotions", emotions)
    library, files = data["library"], data["files"]
    _check_files(files)
    channels = _channels(data)
    shape = (len(channels),)
    return ModelCard(
        name=_text(data, "name"),
        version=_text(data, "version"),
        sha256=sha256,
        identities=identities,
        emotions=emotions,
        channels=channels,
        levels=_levels(data),
        lookahead=_whole(data, "look", _MAX_LOOKAHEAD),
        receptive_field=_whole(data, "reach", _MAX_RECEPTIVE_FIELD),
        temperature=float(_array(data, "temperature", (), lowest=1e-3)),
        mean=_array(data, "mean", shape),
        std=_array(data, "deviation", shape, lowest=1e-6),
        initial_std=_array(data, "start", shape, lowest=0.0),
        identity_embeddings=_array(library, "identity_embeddings", (len(identities), None)),
        identity_keys=_array(library, "identity_keys", (len(identities), None)),
        emotion_embeddings=_array(library, "emotion_embeddings", (len(emotions), None)),
        emotion_keys=_array(library, "emotion_keys", (len(emotions), None)),
        files=files,
    )


def _channels(data: dict[str, Any]) -> tuple[str, ...]:
    """Return the channels. A model.json that names none is of a model with the 52."""
    names = data.get("channels", CHANNELS)
    for known in (CHANNELS, CHANNELS + HEAD):
        if names == [*known] or names is known:
            return known
    raise ValueError(f"channels are neither the 52 nor these and {', '.join(HEAD)}")


def _list(data: dict[str, Any], key: str) -> list[Any]:
    if not isinstance(data[key], list) or not data[key]:
        raise ValueError(f"{key} are no list, or empty")
    return data[key]


def _text(data: dict[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_TEXT_LETTERS:
        raise ValueError(f"{key} is no text: {str(value)[:40]!r}")
    return value


def _whole(data: dict[str, Any], key: str, highest: int) -> int:
    value = data[key]
    if type(value) is not int or not 0 <= value <= highest:
        raise ValueError(f"{key} is no whole number of 0 to {highest}: {str(value)[:40]}")
    return value


def _array(data: dict[str, Any], key: str, shape: tuple[int | None, ...], lowest: float = -_MAX_NUMBER) -> np.ndarray:
    """Return an array of finite numbers in lowest.._MAX_NUMBER. shape: None for an axis of any size."""
    values = np.asarray(data[key])
    if values.dtype.kind not in "if":
        raise ValueError(f"{key} are no numbers")
    if len(values.shape) != len(shape) or not all(
        size == (expected or size) > 0 for size, expected in zip(values.shape, shape, strict=True)
    ):
        raise ValueError(f"{key} has the shape {values.shape}, not {str(shape).replace('None', 'any')}")
    if not ((values >= lowest) & (values <= _MAX_NUMBER)).all():  # also False for NaN
        raise ValueError(f"{key} holds numbers that are not in {lowest:g} to {_MAX_NUMBER:g}")
    return values.astype(np.float32)


def _levels(data: dict[str, Any]) -> tuple[NoiseLevel, ...]:
    pairs = _array(data, "levels", (None, 2), lowest=0.0)
    levels = tuple(NoiseLevel(*map(float, pair)) for pair in data["levels"])
    descending = all(now.sigma > then.sigma and now.alpha < then.alpha for now, then in pairwise(levels))
    if not 2 <= len(levels) <= _MAX_STEPS + 1 or not descending or levels[-1].sigma != 0 or levels[0].alpha == 0:
        raise ValueError("levels do not go from noise to what is clean")
    if np.abs((pairs**2).sum(1) - 1).max() > 1e-3:
        raise ValueError("levels do not keep the variance")
    return levels


def check_names(what: str, names: Sequence[object]) -> None:
    """Raise ValueError unless the names fit menus and Actions. what: the plural of what they name, for the message."""
    for name in names:
        if (
            not isinstance(name, str)
            or not name.strip()
            or not name.isprintable()
            or len(name.encode()) > _MAX_NAME_BYTES
        ):
            raise ValueError(f"{what} have one whose name is none: {str(name)[:60]!r}")
    if len(set(names)) < len(names) or "auto" in names:  # "auto" leaves the choice to the voice match
        raise ValueError(f"{what} have two of one name, or one named auto")


def _check_files(files: object) -> None:
    if not isinstance(files, dict) or not {f"{part}.onnx" for part in PARTS} <= files.keys():
        raise ValueError(f"files do not name {', '.join(PARTS)}")
    for name, sha256 in files.items():
        if re.fullmatch(r"\w[\w.-]*", name) is None:
            raise ValueError(f"files name one in another folder: {name[:60]!r}")
        if not isinstance(sha256, str) or re.fullmatch("[0-9a-f]{64}", sha256) is None:
            raise ValueError(f"the sha256 of {name[:60]} is none")
