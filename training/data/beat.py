"""BEAT's layout on disk: `ID/ID_NAME_TYPE_START_END.{wav,json}`; performed speech is written in the same one."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from backend.arkit import CHANNELS, EMOTIONS
from backend.features import RATE

_NAME = re.compile(r"(?P<speaker>\d+)_(?P<name>[A-Za-z]+)_(?P<type>\d)_(?P<first>\d+)_(?P<last>\d+)$")

# Speech takes of one sentence list carry their emotion in their number: last number of each emotion's range (BEAT v0.2.1).
_LAST_OF_EMOTION = (("neutral", 64), ("happiness", 72), ("anger", 80), ("sadness", 86), ("contempt", 94), ("surprise", 102), ("fear", 110), ("disgust", 118))


class BeatError(ValueError):
    """A recording that does not hold what BEAT's layout promises; the message says what."""


@dataclass(frozen=True)
class Recording:
    """One take on disk. `path` is without suffix."""

    path: Path
    speaker: int
    name: str
    number: int
    emotion: str

    @property
    def id(self) -> str:
        return self.path.name


def emotion_of(kind: int, number: int) -> str:
    """BEAT's rule: conversation (type 1) is neutral, speech (type 0) by its sequence number."""
    if kind != 0:
        return "neutral"
    for emotion, last in _LAST_OF_EMOTION:
        if number <= last:
            return emotion
    raise BeatError(f"sequence number {number} is beyond BEAT's 118")


def find_recordings(root: Path) -> list[Recording]:
    """All takes under a BEAT folder that have both sound and face, in a stable order."""
    found = []
    for face in sorted(root.glob("*/*.json")):
        match = _NAME.match(face.stem)
        if match is None or not face.with_suffix(".wav").exists():
            continue
        number = int(match["first"])
        found.append(
            Recording(face.with_suffix(""), int(match["speaker"]), match["name"], number, emotion_of(int(match["type"]), number))
        )
    return sorted(found, key=lambda r: (r.speaker, r.emotion != "neutral", EMOTIONS.index(r.emotion), r.number))


def read_face(path: Path, fps: float) -> np.ndarray:
    """A BEAT json -> (frames, 52) float32 at fps, frame k at k / fps seconds; channels by name, those missing (tongueOut) zero."""
    try:
        data = json.loads(path.read_text())
        names = data["names"]
        times = np.array([frame["time"] for frame in data["frames"]], dtype=np.float64)
        weights = np.array([frame["weights"] for frame in data["frames"]], dtype=np.float32)
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise BeatError(f"{path.name} is not a BEAT face file ({error})") from error
    if weights.ndim != 2 or weights.shape[1] != len(names) or len(times) < 2:
        raise BeatError(f"{path.name} has {weights.shape} weights for {len(names)} names")
    if not set(names) <= set(CHANNELS):
        raise BeatError(f"{path.name} has unknown channels {sorted(set(names) - set(CHANNELS))}")
    grid = np.arange(int(times[-1] * fps) + 1) / fps
    face = np.zeros((len(grid), len(CHANNELS)), np.float32)
    for column, name in enumerate(names):
        face[:, CHANNELS.index(name)] = np.interp(grid, times, weights[:, column])
    return np.clip(face, 0.0, 1.0)


def read_sound(path: Path) -> np.ndarray:
    """A BEAT wav (16 kHz, PCM or float) -> (n,) float32 mono."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE:
        raise BeatError(f"{path.name} is at {rate} Hz, BEAT's sound is at {RATE}")
    return samples.mean(axis=1)
