"""BEAT's layout on disk: `ID/ID_NAME_TYPE_START_END.{wav,json,TextGrid}`; performed speech is written in the same one."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS, EMOTIONS

_NAME = re.compile(r"(?P<speaker>\d+)_(?P<name>[A-Za-z]+)_(?P<type>\d)_(?P<first>\d+)_(?P<last>\d+)$")

# BEAT v0.2.1 tells the emotion of a take of English speech by its number: (first, last) of each, in label order.
NUMBERS: dict[str, tuple[int, int]] = dict(
    zip(EMOTIONS, ((1, 64), (65, 72), (73, 80), (81, 86), (87, 94), (95, 102), (103, 110), (111, 118)), strict=True)
)


_LATEST = 1e6  # s
_LARGEST = 512 << 20  # bytes of a text about one take


class BeatError(ValueError):
    """A recording that does not hold what BEAT's layout promises; the message says what."""


@dataclass(frozen=True)
class Recording:
    """One take on disk. `path` is without suffix; type: 0 speech, 1 conversation; number: in BEAT's sentence list."""

    path: Path
    speaker: int
    name: str
    type: int
    number: int
    emotion: str

    @property
    def id(self) -> str:
        return self.path.name


def emotion_of(kind: int, number: int) -> str:
    """BEAT's rule: conversation (type 1) is neutral, speech (type 0) by its sequence number."""
    if kind != 0:
        return "neutral"
    if number < 1:
        raise BeatError(f"sequence number {number} is below BEAT's 1")
    for emotion, (_, last) in NUMBERS.items():
        if number <= last:
            return emotion
    raise BeatError(f"sequence number {number} is beyond BEAT's 118")


@dataclass(frozen=True)
class Track:
    """A face as it was captured. times: (frames,) s, ascending; weights: (frames, 52) float32 in CHANNELS' order."""

    times: np.ndarray
    weights: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """The face at other times, linearly between the frames, held at the ends: (len(times), 52) float32 in 0..1."""
        columns = [np.interp(times, self.times, column) for column in self.weights.T]
        return np.clip(np.stack(columns, axis=1), 0.0, 1.0).astype(np.float32)

    def sampled(self, fps: float) -> np.ndarray:
        """The whole face at fps, frame k at k / fps seconds: (frames, 52) float32."""
        return self.at(np.arange(int(self.times[-1] * fps) + 1) / fps)


def read_bounded(path: Path) -> bytes:
    """A file's content. Raises ValueError when it is larger than a text about one take can be."""
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST >> 20} MB")
    return path.read_bytes()


def survey(root: Path) -> tuple[list[Recording], dict[str, str]]:
    """All takes under a BEAT folder in a stable order, and what looks like one and is none: {name: reason}."""
    found: dict[str, Recording] = {}
    wrong = {}
    files = sorted(
        path for path in root.glob("*/*") if path.suffix in (".json", ".wav") and not path.name.startswith(".")
    )
    for path in dict.fromkeys(file.parent / file.stem for file in files):
        missing = [suffix for suffix in (".wav", ".json") if not path.with_name(path.name + suffix).exists()]
        match = _NAME.match(path.name)
        if match is None:
            wrong[path.name] = "its name is not ID_NAME_TYPE_START_END"
        elif missing:
            wrong[path.name] = f"there is no {path.name}{missing[0]} beside it"
        elif path.name in found:
            wrong[f"{path.parent.name}/{path.name}"] = f"the same name is in {found[path.name].path.parent.name}"
        else:
            kind, number = int(match["type"]), int(match["first"])
            try:
                found[path.name] = Recording(
                    path, int(match["speaker"]), match["name"], kind, number, emotion_of(kind, number)
                )
            except BeatError as error:
                wrong[path.name] = str(error)
    return sorted(found.values(), key=lambda r: (r.speaker, EMOTIONS.index(r.emotion), r.type, r.number, r.id)), wrong


def find_recordings(root: Path) -> list[Recording]:
    """All takes under a BEAT folder that have both sound and face, in a stable order."""
    return survey(root)[0]


def read_track(path: Path) -> Track:
    """A BEAT json; channels by name, those missing (tongueOut) zero. Raises BeatError for what isn't one."""
    try:
        data = json.loads(read_bounded(path))
        names = data["names"]
        times = np.array([frame["time"] for frame in data["frames"]], dtype=np.float64)
        values = np.array([frame["weights"] for frame in data["frames"]], dtype=np.float32)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("its names are no list of texts")
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BeatError(f"{path.name} is not a BEAT face file ({error or type(error).__name__})") from error
    if values.ndim != 2 or values.shape[1] != len(names) or len(times) < 2:
        raise BeatError(f"{path.name} has {values.shape} weights for {len(names)} names")
    if len(set(names)) < len(names) or not set(names) <= set(CHANNELS):
        unknown = sorted(set(names) - set(CHANNELS))
        raise BeatError(
            f"{path.name} has unknown channels {unknown}" if unknown else f"{path.name} names a channel twice"
        )
    if (
        times.ndim != 1
        or not np.isfinite(values).all()
        or not (np.abs(times) <= _LATEST).all()
        or (np.diff(times) < 0).any()
    ):
        raise BeatError(f"{path.name} holds weights or times that are no numbers, or times that go back")
    weights = np.zeros((len(times), len(CHANNELS)), np.float32)
    weights[:, [CHANNELS.index(name) for name in names]] = values
    return Track(times, weights)
