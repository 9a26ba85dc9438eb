"""Read BEAT's layout: `ID/ID_NAME_TYPE_START_END.{wav,json,TextGrid}`. Synthetic data and imports have the same layout."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.arkit import BEAT, CHANNELS, EMOTIONS, HEAD

_NAME = re.compile(r"(?P<speaker>\d+)_(?P<name>[A-Za-z]+)_(?P<type>\d)_(?P<first>\d+)_(?P<last>\d+)$")

# In BEAT v0.2.1, the sequence number of a take of English speech implies its emotion: (first, last) of each, in label order.
NUMBERS: dict[str, tuple[int, int]] = dict(
    zip(EMOTIONS, ((1, 64), (65, 72), (73, 80), (81, 86), (87, 94), (95, 102), (103, 110), (111, 118)), strict=True)
)


_LATEST = 1e6  # s
_LARGEST = 512 << 20  # bytes of a text file of one take


class BeatError(ValueError):
    """A recording does not follow BEAT's layout. The message says why."""


@dataclass(frozen=True)
class Recording:
    """One take on disk. path has no suffix. type: 0 speech, 1 conversation. number: in BEAT's list of sentences."""

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
    """Return the emotion by BEAT's rule: conversation (type 1) is neutral, that of speech (type 0) follows from its sequence number."""
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
    """A captured face. times: (frames,) s, ascending. weights: (frames, 52) float32 in CHANNELS' order, NaN in channels it lacks.

    head: (frames, 3) float32 in HEAD's order, in radians, NaN in a capture without it.
    """

    times: np.ndarray
    weights: np.ndarray
    head: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """Interpolate the face linearly at other times, (len(times), 52) float32 in 0..1. The ends are held."""
        return np.clip(self._interpolate(self.weights, times), 0.0, 1.0)

    def head_at(self, times: np.ndarray) -> np.ndarray:
        """Interpolate the head's rotation linearly at other times, (len(times), 3) float32 in radians. The ends are held."""
        return self._interpolate(self.head, times)

    def _interpolate(self, values: np.ndarray, times: np.ndarray) -> np.ndarray:
        columns = [np.interp(times, self.times, column) for column in values.T]
        return np.stack(columns, axis=1).astype(np.float32)

    def sampled(self, fps: float) -> np.ndarray:
        """Resample the whole face to fps, (frames, 52) float32, with frame k at k / fps seconds."""
        return self.at(np.arange(int(self.times[-1] * fps) + 1) / fps)


def read_bounded(path: Path) -> bytes:
    """Read a file. Raises ValueError if it is too large for a text file of one take."""
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST >> 20} MB")
    return path.read_bytes()


def survey(root: Path) -> tuple[list[Recording], dict[str, str]]:
    """Return all takes under a BEAT folder in a stable order, and those that can't be used, as {name: reason}."""
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
    """Return all takes under a BEAT folder that have both sound and face, in a stable order."""
    return survey(root)[0]


def read_track(path: Path) -> Track:
    """Read a BEAT JSON file. Channels that it lacks are NaN, but tongueOut is 0 in files that have all of BEAT's channels.

    The head's rotations, which BEAT lacks, are read as json_layouts writes them: {"rotations": {"HeadYaw": [...], ...}}.

    Raises BeatError if it is no such file.
    """
    try:
        data = json.loads(read_bounded(path))
        names = data["names"]
        times = np.array([frame["time"] for frame in data["frames"]], dtype=np.float64)
        values = np.array([frame["weights"] for frame in data["frames"]], dtype=np.float32)
        turns = data.get("rotations", {})
        head = np.array([turns.get(name, [np.nan] * len(times)) for name in HEAD], dtype=np.float32).T
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("its names are no list of texts")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BeatError(f"{path.name} is not a BEAT face file ({error or type(error).__name__})") from error
    if values.ndim != 2 or values.shape[1] != len(names) or len(times) < 2:
        raise BeatError(f"{path.name} has {values.shape} weights for {len(names)} names")
    if head.shape != (len(times), len(HEAD)) or np.isinf(head).any():
        raise BeatError(f"{path.name} holds rotations that are not one number for each frame")
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
    weights = np.full((len(times), len(CHANNELS)), np.nan, np.float32)
    if set(BEAT) <= set(names):
        weights[:, CHANNELS.index("tongueOut")] = 0.0
    weights[:, [CHANNELS.index(name) for name in names]] = values
    return Track(times, weights, head)
