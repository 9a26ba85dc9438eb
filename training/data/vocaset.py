"""VOCASET (Cudeiro et al. 2019: 12 people, 40 sentences each, as FLAME meshes at 60 fps) as recordings in BEAT's layout.

The meshes have no ARKit weights. They are found by `retarget` on a basis that the user names, so what comes out is as good as that basis
is: `residual.json` says, person by person, how far the fit is from the mesh. Nobody shows an emotion: all takes are neutral.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from backend.curves import Curves

from .basis import Basis, read_basis
from .pickles import load_pickle
from .retarget import retarget
from .writing import Person, begin_import, end_import, recording_stem, resampled, write_recording

FPS = 60.0
_FILES = ("data_verts.npy", "raw_audio_fixed.pkl", "templates.pkl", "subj_seq_to_idx.pkl")


class VocasetError(ValueError):
    """The data set isn't as published; the text says what is wrong."""


@dataclass(frozen=True)
class Residual:
    """How well a person's meshes are explained: mean distances in mm over frames and those vertices that the basis moves.

    motion_mm: from the template, before; residual_mm and residual_95_mm: from the fit, the mean and the 95th percentile of frames.
    """

    subject: str
    speaker: int
    sequences: int
    frames: int
    motion_mm: float
    residual_mm: float
    residual_95_mm: float


@dataclass(frozen=True)
class Import:
    """What an import wrote. skipped: sequences that could not be used, each with its reason."""

    people: tuple[Person, ...]
    residuals: tuple[Residual, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class Vocaset:
    """The data set's four files. vertices: memory map, (N, V, 3) in m; index: {subject: {sequence: {frame: row of vertices}}}."""

    vertices: np.ndarray
    sounds: dict[str, dict[str, dict[str, Any]]]
    templates: dict[str, np.ndarray]
    index: dict[str, dict[str, dict[int, int]]]


def import_vocaset(folder: Path, basis_path: Path, root: Path) -> Import:
    """Turn every sequence into a recording under root, with root/identities.json, sources.json and residual.json.

    Speakers are numbered from 1 in the order of the subjects' names; the papers' test subjects 170731_00024 and 170809_00138 are 3 and 4 then,
    those of validation, 170811_03275 and 170908_03277, are 6 and 9. Sequences without sound or with frames that aren't there are named
    and left out. Raises VocasetError, PickleError or BasisError (all ValueErrors).
    """
    data = open_vocaset(folder)
    basis = read_basis(basis_path, data.vertices.shape[1])
    people = [Person(k, subject, f"VOCASET's {subject}") for k, subject in enumerate(sorted(data.index), start=1)]
    stems = {
        (person.identity, sequence): recording_stem(person, "neutral", k)
        for person in people
        for k, sequence in enumerate(sorted(data.index[person.identity]))
    }
    begin_import(root, {stem: "/".join(key) for key, stem in stems.items()})
    written: list[str] = []
    skipped: list[str] = []
    residuals: list[Residual] = []
    with tqdm(total=len(stems), desc="vocaset", unit="sequence") as progress:
        for person in people:
            subject = person.identity
            motion, residual = [], []
            for sequence, rows in sorted(data.index[subject].items()):
                progress.update()
                try:
                    fitted = _fitted(basis, data.templates, subject)
                    meshes, sound = _meshes(data.vertices, rows), _sound(data.sounds, subject, sequence)
                except VocasetError as error:
                    skipped.append(f"{subject}/{sequence}: {error}")
                    tqdm.write(f"left out {skipped[-1]}")
                    continue
                fit = retarget(meshes, data.templates[subject], fitted.deltas)
                stem = stems[subject, sequence]
                write_recording(root / str(person.speaker), stem, sound, Curves(basis.names, fit.weights.astype(np.float32), FPS))
                written.append(stem)
                motion.append(fit.motion)
                residual.append(fit.residual)
            if residual:
                residuals.append(_summary(person, np.concatenate(motion), np.concatenate(residual), len(residual)))
    if not written:
        raise VocasetError(f"none of the {len(stems)} sequences in {folder} could be used: see what was left out above.")
    end_import(root, people, written)
    report = {"basis": basis_path.name, "channels": basis.names, "subjects": [asdict(row) for row in residuals], "left out": skipped}
    (root / "residual.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return Import(tuple(people), tuple(residuals), tuple(skipped))


def open_vocaset(folder: Path) -> Vocaset:
    """Open the four files, the vertices as a memory map. Raises VocasetError or PickleError if they aren't what was published."""
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise VocasetError(f"{folder} lacks {', '.join(missing)}: put VOCASET's training data there, unpacked.")
    try:
        vertices = np.load(folder / _FILES[0], mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise VocasetError(f"{_FILES[0]} can't be read ({error}): get the file again.") from error
    if vertices.ndim != 3 or vertices.shape[2] != 3:
        raise VocasetError(f"{_FILES[0]} has shape {vertices.shape}, not (frames, vertices, 3): get the file again.")
    sounds, templates, index = (load_pickle(folder / name) for name in _FILES[1:])
    for name, level, depth in ((_FILES[1], sounds, 3), (_FILES[2], templates, 1), (_FILES[3], index, 3)):
        if not _nested(level, depth):
            raise VocasetError(f"{name} is not the nested dictionary that VOCASET's is: get the file again.")
    return Vocaset(vertices, sounds, templates, index)


def _nested(value: object, depth: int) -> bool:
    return depth == 0 or (isinstance(value, dict) and len(value) > 0 and all(_nested(item, depth - 1) for item in value.values()))


def _fitted(basis: Basis, templates: dict[str, np.ndarray], subject: str) -> Basis:
    template = templates.get(subject)
    if not isinstance(template, np.ndarray) or template.shape != basis.deltas.shape[1:]:
        raise VocasetError("there is no template of this subject.")
    return basis.fitted_to(template)


def _meshes(vertices: np.ndarray, rows: dict[int, int]) -> np.ndarray:
    """A sequence's frames in order, (T, V, 3) float64."""
    order = [rows[frame] for frame in sorted(rows)]
    if len(order) < 2 or not all(isinstance(row, int) and 0 <= row < len(vertices) for row in order):
        raise VocasetError(f"its {len(order)} frames are not all among the {len(vertices)} of {_FILES[0]}.")
    meshes = vertices[order].astype(np.float64)
    if not np.isfinite(meshes).all():
        raise VocasetError("it has vertices that are no numbers.")
    return meshes


def _sound(sounds: dict[str, dict[str, dict[str, Any]]], subject: str, sequence: str) -> np.ndarray:
    """A sequence's sound, (n,) at 16 kHz, -1..1. VOCASET's is int16 at 22 kHz."""
    entry = sounds.get(subject, {}).get(sequence, {})
    samples, rate = entry.get("audio"), entry.get("sample_rate")
    if not isinstance(samples, np.ndarray) or not isinstance(rate, int) or rate <= 0 or not samples.size or samples.ndim > 2:
        raise VocasetError(f"{_FILES[1]} holds no sound of it.")
    if samples.dtype.kind in "iu":
        samples = samples / float(np.iinfo(samples.dtype).max)
    if not np.isfinite(samples).all():
        raise VocasetError("its sound has samples that are no numbers.")
    return np.clip(resampled(samples, rate), -1.0, 1.0)


def _summary(person: Person, motion: np.ndarray, residual: np.ndarray, sequences: int) -> Residual:
    figures = 1000 * np.array([motion.mean(), residual.mean(), np.percentile(residual, 95)])
    return Residual(person.identity, person.speaker, sequences, len(motion), *(round(float(figure), 3) for figure in figures))
