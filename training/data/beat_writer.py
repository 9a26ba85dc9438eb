"""Write recordings in BEAT's layout, ID/ID_NAME_TYPE_START_END.{wav,json}, for synthetic data and imports of other captures."""

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from backend.arkit import BEAT
from backend.curves.base import Curves
from backend.features import RATE

from .beat import NUMBERS

# BEAT's channels, and the tongue, which BEAT's capture lacks, after them. Readers find channels by name.
NAMES: tuple[str, ...] = (*BEAT, "tongueOut")

_SOURCES = "sources.json"


@dataclass(frozen=True)
class Person:
    """A speaker: its number in file names, the identity that a model learns, and a sentence that describes it."""

    speaker: int
    identity: str
    description: str


def recording_stem(person: Person, emotion: str, index: int) -> str:
    """Return the file name without suffix of a person's index-th take (from 0) of an emotion, such as 7_mira_0_65_65.

    START lies in the emotion's range of numbers. END - START counts how often the range was used up, so that any number of takes has names:
    0_65_65 ... 0_72_72 are followed by 0_65_66 ... 0_72_73.
    """
    first, last = NUMBERS[emotion]
    turn, step = divmod(index, last - first + 1)
    plain = unicodedata.normalize("NFKD", person.identity)
    name = "".join(letter for letter in plain if letter.isascii() and letter.isalpha()) or "speaker"
    return f"{person.speaker}_{name}_0_{first + step}_{first + step + turn}"


def write_recording(folder: Path, stem: str, samples: np.ndarray, curves: Curves) -> None:
    """Write folder/stem.wav and .json. samples: (n,) mono at 16 kHz, -1..1. curves start at the same time.

    The .json is written last and by renaming, so a recording that has one is complete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    face = folder / f"{stem}.json"
    face.unlink(missing_ok=True)
    soundfile.write(face.with_suffix(".wav"), samples, RATE, subtype="PCM_16")
    partial = face.with_suffix(".partial")
    partial.write_text(beat_json(curves), encoding="utf-8")
    partial.replace(face)


def beat_json(curves: Curves) -> str:
    """Format curves as BEAT's JSON. It names the channels that they have. The head's rotations, which BEAT lacks, follow the frames.

    As in BEAT, the first frame is at 1 / fps. The frame at 0 s is left out.
    """
    names = [name for name in NAMES if name in curves.names]
    full = curves.values[:, [curves.names.index(name) for name in names]]
    rows = (
        f'{{"weights":{json.dumps(row, separators=(",", ":"))},"time":{k / curves.fps:.6f},"rotation":[0,0,0,0]}}'
        for k, row in enumerate(full.astype(np.float64).round(4).tolist())
        if k
    )
    turns = {name: angles[1:].astype(np.float64).round(5).tolist() for name, angles in curves.rotations.items()}
    rotations = f',"rotations":{json.dumps(turns, separators=(",", ":"))}' if turns else ""
    return f'{{"names":{json.dumps(names)},"frames":[{",".join(rows)}]{rotations}}}'


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """Resample samples (n,) or (n, channels) at any rate to mono at 16 kHz, with a polyphase filter."""
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    common = gcd(rate, RATE)
    return resample_poly(mono, RATE // common, rate // common)


def write_identities(root: Path, people: Sequence[Person]) -> None:
    """Write the speakers to root/identities.json. Others that it lists already stay."""
    path = root / "identities.json"
    rows = {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))} if path.is_file() else {}
    rows |= {
        person.speaker: {"id": person.speaker, "identity": person.identity, "description": person.description}
        for person in people
    }
    path.write_text(json.dumps([rows[speaker] for speaker in sorted(rows)], indent=1) + "\n", encoding="utf-8")


def begin_import(root: Path, planned: Mapping[str, str]) -> None:
    """Prepare root for imported recordings. planned: recording -> the source it is made of.

    root/sources.json lists what an import wrote, so that the next one can remove recordings whose source is gone. Raises ValueError if the
    folder holds recordings that no import wrote, with which these would mix.
    """
    made = _sources(root)
    if not made and any(root.glob("*/*.json")):
        raise ValueError(
            f"{root} already holds recordings of another origin, with which these would mix: choose another folder to write to."
        )
    root.mkdir(parents=True, exist_ok=True)
    _write_sources(root, {**made, **planned})


def end_import(root: Path, people: Sequence[Person], written: Collection[str]) -> None:
    """Write identities.json, and remove recordings of an earlier import that were not written this time."""
    made = _sources(root)
    for stem in set(made) - set(written):
        for file in (root / stem.split("_")[0]).glob(f"{stem}.*"):
            file.unlink()
    write_identities(root, people)
    _write_sources(root, {stem: source for stem, source in made.items() if stem in written})


def _sources(root: Path) -> dict[str, str]:
    path = root / _SOURCES
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _write_sources(root: Path, sources: Mapping[str, str]) -> None:
    partial = root / f"{_SOURCES}.partial"
    partial.write_text(json.dumps(sources, indent=1) + "\n", encoding="utf-8")
    partial.replace(root / _SOURCES)
