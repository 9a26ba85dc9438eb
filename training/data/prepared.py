"""Prepared recordings: one flat file for each array, read through memory maps, so that memory does not grow with the data.

Times are in tenths of a second: a recording of offset o and length d has faces[3o:3(o+d)], features[5o:5(o+d)] and mel[10o:10(o+d)].
index.json lists the recordings. They are split into training and test parts when they are loaded (splits.py).
"""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from backend.arkit import CHANNELS, EMOTIONS, HEAD
from backend.features import BANDS

from .beat import BeatError, Recording, survey
from .convert import Outcome, convert_into, read_part, stamp
from .splits import Recorded, Take, cut, split_by

TENTH = 1600  # samples at 16 kHz
FACES, FEATURES, MEL = 3, 5, 10  # frames in a tenth of a second
PER_TENTH = {"faces": FACES, "head": FACES, "features": FEATURES, "mel": MEL}

SCHEMA = 2  # of index.json


@dataclass(frozen=True)
class LeftOut:
    """A recording that is not in the arrays. kind: broken (its files can't be used) | lag (its lag is unknown)."""

    id: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Prepared:
    """A prepared folder, split by a scheme."""

    folder: Path
    scheme: str
    recordings: tuple[Recorded, ...]
    takes: tuple[Take, ...]
    held_out: frozenset[int]
    left_out: tuple[LeftOut, ...]
    notes: dict[str, str]  # problems of recordings that are in the arrays
    identities: tuple[str, ...]
    descriptions: dict[str, str]

    @property
    def speakers(self) -> list[int]:
        """Return all speaker numbers, ascending."""
        return sorted({each.speaker for each in self.recordings})

    def part(self, split: str) -> list[Take]:
        """Return the takes of a part: train, val, test or voice."""
        return [take for take in self.takes if take.split == split]

    def sequences(self, split: str, seconds: float = 10.0) -> list[Take]:
        """Cut a part into sequences, as in the papers. Remainders of at least 2 s count too."""
        return [sequence for take in self.part(split) for sequence in cut(take, round(10 * seconds))]

    def array(self, kind: str) -> np.ndarray:
        """Return the memory map of `faces`, `head`, `mel` or `features`, (frames, D) float16. Without cached features, D is 0.

        The head is NaN in folders of older versions, which didn't keep it.
        """
        width = {"faces": len(CHANNELS), "head": len(HEAD), "mel": BANDS, "features": None}[kind]
        total = sum(each.length for each in self.recordings) * PER_TENTH[kind]
        if kind == "features" and not (self.folder / "features.f16").exists():
            return np.zeros((total, 0), np.float16)
        if kind == "head" and not (self.folder / "head.f16").exists():
            return np.broadcast_to(np.float16(np.nan), (total, len(HEAD)))
        flat = np.memmap(self.folder / f"{kind}.f16", dtype=np.float16, mode="r")
        return flat.reshape(total, width or len(flat) // total)

    def stretch(self, kind: str, take: Take) -> np.ndarray:
        """Return a view of a take's part of an array, (frames, D) float16."""
        per = PER_TENTH[kind]
        return self.array(kind)[per * take.offset : per * (take.offset + take.length)]

    def start_in_sound(self, take: Take) -> int:
        """Return where a take begins in the sound of its recording, in tenths of a second."""
        recorded = next(each for each in self.recordings if each.id == take.id)
        return recorded.start + take.offset - recorded.offset

    @property
    def feature_width(self) -> int:
        """Return the width F of the cached features. Raises FileNotFoundError if there are none."""
        if width := self.array("features").shape[1]:
            return width
        raise FileNotFoundError(f"{self.folder} holds no features: run the stage `features` on it first")

    def expect_width(self, width: int, model: Path) -> None:
        """Raise ValueError if the cached features are not as wide as those of the model in this folder."""
        if self.feature_width != width:
            raise ValueError(
                f"{model} needs features of width {width}, those in {self.folder} have {self.feature_width}: cache them with the encoder it was trained on"
            )

    def faces(self, split: str, channels: int = len(CHANNELS)) -> Iterator[np.ndarray]:
        """Yield the face of each take of a part, (frames, channels) float16. Raises BeatError if there are none.

        The 52 are views of the memory map. Of more channels, the rest are the head's.
        """
        part = self.part(split)
        if not part:
            raise BeatError(f"the {split!r} part of the split {self.scheme!r} is empty")
        for take in part:
            face = self.stretch("faces", take)
            yield np.hstack([face, self.stretch("head", take)]) if channels > len(CHANNELS) else face


def load_prepared(folder: Path, split: str = "takes") -> Prepared:
    """Open a folder that `prepare` wrote, split by a scheme (splits.SCHEMES).

    Raises FileNotFoundError if nothing was prepared there, ValueError if another version prepared it or the scheme does not fit.
    """
    path = folder / "index.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{folder} holds no index.json, so nothing was prepared there or not to the end: run `prepare` on it"
        )
    index = json.loads(path.read_text())
    if index.get("schema") != SCHEMA:
        raise ValueError(
            f"{folder} was prepared by another version (schema {index.get('schema', 1)}, not {SCHEMA}): run `prepare` again"
        )
    recordings = tuple(Recorded(**each) for each in index["recordings"])
    held_out = frozenset(index["held_out"])
    return Prepared(
        folder,
        split,
        recordings,
        tuple(split_by(split, recordings, held_out)),
        held_out,
        tuple(LeftOut(**each) for each in index["left_out"]),
        index["notes"],
        tuple(index["identities"]),
        index["descriptions"],
    )


def prepare(
    root: Path, out: Path, held_out: Iterable[int] = (), workers: int | None = None, align: bool = True
) -> Prepared:
    """Convert recordings in BEAT's layout to faces at 30 fps and log-mel at 100 Hz in `out`, with `workers` processes (default: one a core).

    An interrupted run resumes. Broken recordings and those of unknown lag are left out and reported. align=False: sound and face are in sync,
    so no lag is estimated. Raises BeatError if no recording can be used.
    """
    recordings, wrong = survey(root)
    if not recordings:
        raise BeatError(f"no recordings in BEAT's layout (ID/ID_NAME_TYPE_START_END.wav and .json) under {root}")
    who = _identities(root)
    parts = out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    outcomes = _convert_all(recordings, parts, workers or os.cpu_count() or 1, align)
    left_out = [LeftOut(name, "broken", reason) for name, reason in wrong.items()]
    left_out += [
        LeftOut(each.id, "broken" if each.broken else "lag", each.broken or each.dropped)
        for each in outcomes
        if not each.kept
    ]
    for each in left_out:
        tqdm.write(f"left out {each.id}: {each.reason}")
    kept: list[Recorded] = []
    for recording, outcome in zip(recordings, outcomes, strict=True):
        if outcome.kept:
            offset = kept[-1].offset + kept[-1].length if kept else 0
            kept.append(
                _recorded(recording, outcome, who.get(recording.speaker, {}).get("identity", recording.name), offset)
            )
    if not kept:
        raise BeatError(
            f"none of the {len(recordings)} recordings under {root} can be used; the first: {left_out[0].reason}"
        )
    index = {
        "schema": SCHEMA,
        "root": root.name,
        "recordings": [asdict(each) for each in kept],
        "held_out": sorted(held_out),
        "left_out": [asdict(each) for each in left_out],
        "notes": {each.id: each.note for each in outcomes if each.kept and each.note},
        "identities": sorted({each.identity for each in kept}),
        "descriptions": {entry["identity"]: entry["description"] for entry in who.values()},
    }
    _assemble(out, parts, index)
    return load_prepared(out)


def _identities(root: Path) -> dict[int, dict[str, str]]:
    """Read identities.json, if there is one, as {speaker: {"identity", "description"}}."""
    path = root / "identities.json"
    if not path.exists():
        return {}
    try:
        return {
            entry["id"]: {key: entry[key] for key in ("identity", "description")}
            for entry in json.loads(path.read_text())
        }
    except (ValueError, KeyError, TypeError) as error:
        raise BeatError(
            f"{path} is not a list of id, identity and description ({error!r}): repair or remove it"
        ) from error


def _convert_all(recordings: list[Recording], parts: Path, workers: int, align: bool) -> list[Outcome]:
    """Return every recording's outcome, read from an earlier run's file or converted now."""
    done: dict[str, Outcome] = {}
    for recording in recordings:
        if (earlier := read_part(_part(parts, recording.id), stamp(recording, align))) is not None:
            done[recording.id] = earlier
    todo = [recording for recording in recordings if recording.id not in done]
    with tqdm(total=len(recordings), initial=len(done), desc="prepare", unit="take") as progress:
        if workers == 1:
            for recording in todo:
                done[recording.id] = convert_into(recording, align, _part(parts, recording.id))
                progress.update()
        elif todo:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the workers: one process a core is enough
            # Spawn, because a fork would copy the locks of torch's threads.
            with ProcessPoolExecutor(min(workers, len(todo)), multiprocessing.get_context("spawn")) as pool:
                waiting = [
                    pool.submit(convert_into, recording, align, _part(parts, recording.id)) for recording in todo
                ]
                try:
                    for future in as_completed(waiting):
                        outcome = future.result()
                        done[outcome.id] = outcome
                        progress.update()
                except BrokenProcessPool as error:
                    raise BeatError(
                        "a worker process was killed, most likely for memory: run it again with fewer --workers, and it resumes"
                    ) from error
                finally:
                    pool.shutdown(cancel_futures=True)
    return [done[recording.id] for recording in recordings]


def _part(parts: Path, name: str) -> Path:
    return parts / f"{name}.npz"


def _recorded(recording: Recording, outcome: Outcome, identity: str, offset: int) -> Recorded:
    return Recorded(
        recording.id,
        recording.speaker,
        identity,
        recording.emotion,
        recording.type,
        recording.number,
        outcome.start,
        offset,
        outcome.length,
        outcome.voiced,
        outcome.spoken,
        outcome.lag,
        outcome.confidence,
        outcome.shift,
    )


def _assemble(out: Path, parts: Path, index: dict[str, Any]) -> None:
    """Join the parts into the arrays. The index is written last, so a folder that has one is complete.

    Cached features are removed if the recordings changed.
    """
    kinds = ("faces", "head", "mel")
    with ExitStack() as stack:
        files = {kind: stack.enter_context(open(out / f"{kind}.part", "wb")) for kind in kinds}
        for each in index["recordings"]:
            with np.load(_part(parts, each["id"])) as arrays:
                for kind, file in files.items():
                    file.write(arrays[kind].tobytes())
    path = out / "index.json"
    earlier = json.loads(path.read_text()) if path.exists() else {}
    if earlier.get("schema") != SCHEMA or _places(earlier) != _places(index):
        for stale in ("features.f16", "features.part", "features.done"):
            (out / stale).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    for kind in kinds:
        (out / f"{kind}.part").replace(out / f"{kind}.f16")
    partial = out / "index.part"
    partial.write_text(json.dumps(index))
    partial.replace(path)
    shutil.rmtree(parts)


def _places(index: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what cached features depend on: the place of every recording's sound."""
    return [(each["id"], each["start"], each["offset"], each["length"]) for each in index["recordings"]]


@dataclass(frozen=True)
class Batch:
    """Random windows of takes: faces (B, N, 55), features (B, T, F), mel (B, 2 T, BANDS), and the indices identity, emotion and speaker (B,).

    faces are the 52 and the head's rotations, NaN where unknown. speaker is an index into Prepared.speakers.
    """

    faces: Tensor
    features: Tensor
    mel: Tensor
    identity: Tensor
    emotion: Tensor
    speaker: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in vars(self).values()))


def _gather(array: np.ndarray, starts: np.ndarray, per: int, length: int) -> Tensor:
    return torch.from_numpy(np.stack([array[s * per : (s + length) * per] for s in starts]).astype(np.float32))


def batches(
    data: Prepared, split: str, size: int, seconds: float, seed: int, first: int, parts: Sequence[range]
) -> Iterator[Batch]:
    """Yield batches of random windows forever, from batch `first` on; a take's chance grows with its length.

    Of each batch of `size` rows, the row ranges `parts` are yielded one after another. Batch i depends on (seed, i) and size only, so resumed
    runs and many processes get the same rows. Raises BeatError if no take is as long as a window.
    """
    length = round(seconds * 10)
    takes = [take for take in data.part(split) if take.length >= length]
    if not takes:
        raise BeatError(f"no take of the {split!r} part of the split {data.scheme!r} is as long as {seconds} s")
    faces, head, features, mel = (data.array(kind) for kind in ("faces", "head", "features", "mel"))
    rooms = np.array([take.length - length + 1 for take in takes])
    speakers = data.speakers
    index = first
    while True:
        rng = np.random.default_rng((seed, index))
        chosen = rng.choice(len(takes), size, p=rooms / rooms.sum())
        starts = np.array([takes[c].offset + rng.integers(rooms[c]) for c in chosen])
        for part in parts:
            begins, picked = starts[part], [takes[c] for c in chosen[part]]
            yield Batch(
                torch.cat([_gather(faces, begins, FACES, length), _gather(head, begins, FACES, length)], -1),
                _gather(features, begins, FEATURES, length),
                _gather(mel, begins, MEL, length),
                torch.tensor([data.identities.index(take.identity) for take in picked]),
                torch.tensor([EMOTIONS.index(take.emotion) for take in picked]),
                torch.tensor([speakers.index(take.speaker) for take in picked]),
            )
        index += 1
