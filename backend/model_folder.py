"""A model folder: `model.json`, the ONNX files it names with their sha256, the model card. Reading it loads no runtime."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .sampler import Level

SCHEMA = 2
PARTS = ("encoder", "voice", "personalizer", "decoder")


class ModelError(RuntimeError):
    """A model that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Named:
    """An entry of the identity library."""

    name: str
    description: str


@dataclass(frozen=True)
class Card:
    """What model.json says. Arrays: mean, deviation and start (C,); embeddings and keys (library size, E)."""

    name: str
    version: str
    sha256: str
    identities: tuple[Named, ...]
    emotions: tuple[str, ...]
    levels: tuple[Level, ...]  # noisiest first, clean last
    look: int  # frames of noisy curves the decoder sees on either side
    reach: int  # mel frames the encoder sees on either side
    temperature: float  # of the match between voice and library
    mean: np.ndarray
    deviation: np.ndarray
    start: np.ndarray  # deviation of the noise that each channel begins from: 0 where all takes are to be alike
    identity_embeddings: np.ndarray
    identity_keys: np.ndarray
    emotion_embeddings: np.ndarray
    emotion_keys: np.ndarray
    files: dict[str, str]

    @property
    def steps(self) -> int:
        return len(self.levels) - 1


def read_card(folder: Path) -> Card:
    """Read a folder's model.json. Raises ModelError when it is missing, unreadable, broken or of another schema."""
    path = folder / "model.json"
    try:
        raw = path.read_bytes()
        data = json.loads(raw)
        if data["schema"] != SCHEMA:
            raise ModelError(f"The model in {folder} has schema {data['schema']}, this version reads {SCHEMA}: export it again or update.")
        library = {key: np.asarray(value, np.float32) for key, value in data["library"].items()}
        return Card(
            name=data["name"],
            version=data["version"],
            sha256=hashlib.sha256(raw).hexdigest(),
            identities=tuple(Named(entry["name"], entry["description"]) for entry in data["identities"]),
            emotions=tuple(data["emotions"]),
            levels=tuple(Level(*pair) for pair in data["levels"]),
            look=data["look"],
            reach=data["reach"],
            temperature=data["temperature"],
            mean=np.asarray(data["mean"], np.float32),
            deviation=np.asarray(data["deviation"], np.float32),
            start=np.asarray(data["start"], np.float32),
            identity_embeddings=library["identity_embeddings"],
            identity_keys=library["identity_keys"],
            emotion_embeddings=library["emotion_embeddings"],
            emotion_keys=library["emotion_keys"],
            files=data["files"],
        )
    except FileNotFoundError as error:
        raise ModelError(f"No model.json in {folder}: reinstall the extension or choose another model folder.") from error
    except OSError as error:
        raise ModelError(f"The model in {folder} can't be read ({error.strerror}): choose another model folder.") from error
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The model.json in {folder} is broken ({error}): reinstall the extension or export the model again.") from error


def check_files(folder: Path, card: Card) -> None:
    """Compare every part with its sha256. Raises ModelError naming the part that is missing or altered."""
    for part in PARTS:
        path = folder / f"{part}.onnx"
        if not path.exists():
            raise ModelError(f"The model in {folder} lacks {path.name}: reinstall the extension.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != card.files.get(path.name):
            raise ModelError(f"{path.name} in {folder} is not the file its model.json describes: reinstall the extension.")
