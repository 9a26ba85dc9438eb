"""Prepared takes: one flat file an array, read through memory maps, so that memory does not grow with the data.

All arrays share a grid of .1 s: a take at offset o and of length d (tenths) has faces[3o:3(o+d)], features[5o:5(o+d)], mel[10o:10(o+d)].
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from backend.arkit import CHANNELS, EMOTIONS
from backend.features import BANDS, log_mel, speech_gain

from .beat import BeatError, Recording, find_recordings, read_face, read_sound

TENTH = 1600  # samples at 16 kHz
FACES, FEATURES, MEL = 3, 5, 10  # frames in a tenth of a second


@dataclass(frozen=True)
class Take:
    """Where a recording lies in the arrays, and what it is."""

    id: str
    speaker: int
    identity: str
    emotion: str
    split: str  # train | clip (a known voice's held-out take) | voice (a held-out speaker)
    offset: int
    length: int


@dataclass(frozen=True)
class Prepared:
    """A prepared folder."""

    folder: Path
    takes: tuple[Take, ...]
    identities: tuple[str, ...]
    descriptions: dict[str, str]

    def part(self, split: str) -> list[Take]:
        return [take for take in self.takes if take.split == split]

    def array(self, kind: str) -> np.ndarray:
        """The memory map of `faces`, `mel` or `features`: (frames, D) float16."""
        width, per = {"faces": (len(CHANNELS), FACES), "mel": (BANDS, MEL), "features": (None, FEATURES)}[kind]
        flat = np.memmap(self.folder / f"{kind}.f16", dtype=np.float16, mode="r")
        total = sum(take.length for take in self.takes) * per
        return flat.reshape(total, width or len(flat) // total)

    def faces(self, split: str) -> np.ndarray:
        """All faces of a split, one after another: (frames, 52) float16."""
        array = self.array("faces")
        return np.concatenate([array[FACES * take.offset : FACES * (take.offset + take.length)] for take in self.part(split)])


def load_prepared(folder: Path) -> Prepared:
    """Open what `prepare` wrote."""
    index = json.loads((folder / "index.json").read_text())
    takes = tuple(Take(**take) for take in index["takes"])
    return Prepared(folder, takes, tuple(index["identities"]), index["descriptions"])


def split_of(recordings: list[Recording], held_out: set[int]) -> dict[str, str]:
    """Held-out speakers whole; of the others the last neutral take, and of every fourth emotion its last: {id: split}."""
    splits = {}
    groups: dict[tuple[int, str], list[Recording]] = {}
    for recording in recordings:
        groups.setdefault((recording.speaker, recording.emotion), []).append(recording)
    for (speaker, emotion), group in groups.items():
        rotating = emotion == "neutral" or (EMOTIONS.index(emotion) + speaker) % 4 == 0
        for recording in group:
            last = recording is group[-1] and len(group) > 1 and rotating
            splits[recording.id] = "voice" if speaker in held_out else "clip" if last else "train"
    return splits


def prepare(root: Path, out: Path, held_out: set[int]) -> Prepared:
    """BEAT-layout recordings -> faces at 30 fps and log-mel at 100 Hz in `out`. Broken recordings are named and left out."""
    recordings = find_recordings(root)
    if not recordings:
        raise BeatError(f"no recordings in BEAT's layout (ID/ID_NAME_TYPE_START_END.wav and .json) under {root}")
    who = {}
    if (root / "identities.json").exists():
        who = {entry["id"]: entry for entry in json.loads((root / "identities.json").read_text())}
    splits = split_of(recordings, held_out)
    out.mkdir(parents=True, exist_ok=True)
    takes: list[Take] = []
    offset = 0
    with open(out / "faces.f16", "wb") as faces, open(out / "mel.f16", "wb") as mels:
        for recording in tqdm(recordings, desc="prepare", unit="take"):
            try:
                face = read_face(recording.path.with_suffix(".json"), 30.0)
                sound = read_sound(recording.path.with_suffix(".wav"))
            except (BeatError, RuntimeError, OSError) as error:
                tqdm.write(f"left out {recording.id}: {error}")
                continue
            length = min(len(face) // FACES, len(sound) // TENTH)
            sound = sound[: length * TENTH] * speech_gain(sound)
            faces.write(face[: length * FACES].astype(np.float16).tobytes())
            mels.write(log_mel(sound, 0, length * MEL).astype(np.float16).tobytes())
            identity = who.get(recording.speaker, {}).get("identity", recording.name)
            takes.append(Take(recording.id, recording.speaker, identity, recording.emotion, splits[recording.id], offset, length))
            offset += length
    identities = sorted({take.identity for take in takes})
    descriptions = {entry["identity"]: entry["description"] for entry in who.values()}
    index = {"takes": [asdict(t) for t in takes], "identities": identities, "descriptions": descriptions, "root": root.name}
    (out / "index.json").write_text(json.dumps(index))
    return load_prepared(out)


@dataclass(frozen=True)
class Batch:
    """Random windows of takes: faces (B, N, 52), features (B, T, F), mel (B, 2 T, BANDS), identity (B,), emotion (B,)."""

    faces: Tensor
    features: Tensor
    mel: Tensor
    identity: Tensor
    emotion: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in vars(self).values()))


def _gather(array: np.ndarray, starts: np.ndarray, per: int, length: int) -> Tensor:
    return torch.from_numpy(np.stack([array[s * per : (s + length) * per] for s in starts]).astype(np.float32))


def batches(data: Prepared, split: str, size: int, seconds: float, seed: int, first: int, parts: Sequence[range]) -> Iterator[Batch]:
    """Endless batches of windows, drawn by how long each take is; of each batch its `parts`, ranges of its rows, one after another.

    Batch i depends on (seed, i) and size alone: a resumed run sees the same, and so do many processes with a part each.
    """
    length = round(seconds * 10)
    takes = [take for take in data.part(split) if take.length >= length]
    if not takes:
        raise BeatError(f"no take of the {split!r} split is as long as {seconds} s")
    faces, features, mel = data.array("faces"), data.array("features"), data.array("mel")
    rooms = np.array([take.length - length + 1 for take in takes])
    index = first
    while True:
        rng = np.random.default_rng((seed, index))
        chosen = rng.choice(len(takes), size, p=rooms / rooms.sum())
        starts = np.array([takes[c].offset + rng.integers(rooms[c]) for c in chosen])
        for part in parts:
            begins, picked = starts[part], [takes[c] for c in chosen[part]]
            yield Batch(
                _gather(faces, begins, FACES, length),
                _gather(features, begins, FEATURES, length),
                _gather(mel, begins, MEL, length),
                torch.tensor([data.identities.index(take.identity) for take in picked]),
                torch.tensor([EMOTIONS.index(take.emotion) for take in picked]),
            )
        index += 1
