"""Import VOCASET (Cudeiro et al. 2019: 12 people, 40 sentences each, FLAME meshes at 60 fps) as recordings in BEAT's layout.

The meshes have no ARKit weights. They are found by `retarget` on a basis that the user names, so what comes out is as good as that basis
is: `residual.json` says how far the fit is from the mesh, for each person and each sequence. Nobody shows an emotion: all is neutral.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from tqdm import tqdm

from backend.curve_files.npz import BROKEN
from backend.curves.base import Curves

from .basis import read_basis
from .beat_writer import Person, begin_import, end_import, recording_stem, resampled, write_recording
from .pickles import load_pickle
from .retarget import Fit, retarget

FPS = 60.0
_RATES = (1000, 768_000)  # Hz
_REPORT = "residual.json"
_FILES = ("data_verts.npy", "raw_audio_fixed.pkl", "templates.pkl", "subj_seq_to_idx.pkl")


class VocasetError(ValueError):
    """The data set isn't as published. The message says what is wrong."""


@dataclass(frozen=True)
class Residual:
    """How well a sequence, or all of a person's, is explained: mean distances in mm over frames and those vertices that the basis moves.

    motion_mm: from the template, before; residual_mm: from the fit; worst_mm: residual_mm of the worst frame.
    """

    frames: int
    motion_mm: float
    residual_mm: float
    worst_mm: float


@dataclass(frozen=True)
class Import:
    """Result of an import. residuals: {identity: that of all its sequences}. skipped: unusable sequences, with reasons."""

    people: tuple[Person, ...]
    residuals: dict[str, Residual]
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

    Speakers are numbered from 1 in the order of the subjects' names; the papers' test subjects 170731_00024 and 170809_00138 are 3 and 4,
    those of validation, 170811_03275 and 170908_03277, are 6 and 9. Sequences without sound or with frames that aren't there are named
    and left out. Goes on where it was stopped. Raises VocasetError, PickleError or BasisError (all ValueErrors).
    """
    data = open_vocaset(folder)
    basis = read_basis(basis_path, data.vertices.shape[1])
    people = [Person(k, subject, f"VOCASET's {subject}") for k, subject in enumerate(sorted(data.index), start=1)]
    plan = {
        recording_stem(person, "neutral", k): (person, sequence)
        for person in people
        for k, sequence in enumerate(sorted(data.index[person.identity]))
    }
    begin_import(root, {stem: f"{person.identity}/{sequence}" for stem, (person, sequence) in plan.items()})
    stamp = _stamp(folder, basis_path)
    found = _read_residuals(root, stamp)
    skipped: list[str] = []
    for stem, (person, sequence) in tqdm(plan.items(), desc="vocaset", unit="sequence"):
        target = root / str(person.speaker)
        if stem in found and (target / f"{stem}.json").is_file():
            continue
        found.pop(stem, None)
        subject = person.identity
        try:
            template = _template(data, subject)
            meshes, sound = (
                _meshes(data.vertices, data.index[subject][sequence]),
                _sound(data.sounds, subject, sequence),
            )
        except VocasetError as error:
            skipped.append(f"{subject}/{sequence}: {error}")
            tqdm.write(f"left out {skipped[-1]}")
            continue
        fit = retarget(meshes, template, basis.fitted_to(template).deltas)
        write_recording(target, stem, sound, Curves(basis.names, fit.weights.astype(np.float32), FPS))
        found[stem] = _residual(fit)
        _write_residuals(root, stamp, found, {})
    found = {stem: found[stem] for stem in plan if stem in found}
    if not found:
        raise VocasetError(f"none of the {len(plan)} sequences in {folder} could be used: see what was left out above.")
    end_import(root, people, found)
    rows = {person.identity: [found[stem] for stem in found if plan[stem][0] is person] for person in people}
    subjects = {subject: _overall(each) for subject, each in rows.items() if each}
    _write_residuals(root, stamp, found, subjects)
    return Import(tuple(people), subjects, tuple(skipped))


def open_vocaset(folder: Path) -> Vocaset:
    """Open the four files, the vertices as a memory map. Raises VocasetError or PickleError if they aren't what was published."""
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise VocasetError(f"{folder} lacks {', '.join(missing)}: put VOCASET's training data there, unpacked.")
    try:
        vertices = np.load(folder / _FILES[0], mmap_mode="r", allow_pickle=False)
    except BROKEN as error:
        raise VocasetError(f"{_FILES[0]} can't be read ({error}): get the file again.") from error
    if vertices.ndim != 3 or vertices.shape[2] != 3 or vertices.dtype.kind != "f":
        raise VocasetError(f"{_FILES[0]} has shape {vertices.shape}, not (frames, vertices, 3): get the file again.")
    sounds, templates, index = (load_pickle(folder / name) for name in _FILES[1:])
    for name, level, depth in ((_FILES[1], sounds, 3), (_FILES[2], templates, 1), (_FILES[3], index, 3)):
        if not _nested(level, depth):
            raise VocasetError(f"{name} is not the nested dictionary that VOCASET's is: get the file again.")
    return Vocaset(vertices, sounds, templates, index)


def _nested(value: object, depth: int) -> bool:
    """Return True if a value is nested dictionaries of this depth, of which the two outermost have text keys."""
    level = {id(value): value}
    for outer in range(depth):
        for each in level.values():
            if not isinstance(each, dict) or not each or (outer < 2 and not all(isinstance(key, str) for key in each)):
                return False
        level = {id(item): item for each in level.values() for item in cast(dict[str, object], each).values()}
    return True


def _template(data: Vocaset, subject: str) -> np.ndarray:
    template = data.templates.get(subject)
    if (
        not isinstance(template, np.ndarray)
        or template.shape != data.vertices.shape[1:]
        or not np.isfinite(template).all()
    ):
        raise VocasetError(f"{_FILES[2]} holds no template of this subject.")
    return template.astype(np.float64)


def _meshes(vertices: np.ndarray, rows: dict[int, int]) -> np.ndarray:
    """Return a sequence's frames in order, (T, V, 3) float64."""
    order = [rows[frame] for frame in sorted(rows)] if all(isinstance(frame, int) for frame in rows) else []
    if len(order) < 2 or not all(isinstance(row, int) and 0 <= row < len(vertices) for row in order):
        raise VocasetError(f"its {len(order)} frames are not all among the {len(vertices)} of {_FILES[0]}.")
    meshes = vertices[order].astype(np.float64)
    if not np.isfinite(meshes).all():
        raise VocasetError("it has vertices that are no numbers.")
    return meshes


def _sound(sounds: dict[str, dict[str, dict[str, Any]]], subject: str, sequence: str) -> np.ndarray:
    """Return a sequence's sound, (n,) at 16 kHz, -1..1. VOCASET's is int16 at 22 kHz."""
    entry = sounds.get(subject, {}).get(sequence, {})
    samples, rate = entry.get("audio"), entry.get("sample_rate")
    if (
        not isinstance(samples, np.ndarray)
        or not isinstance(rate, int)
        or not samples.size
        or samples.ndim not in (1, 2)
    ):
        raise VocasetError(f"{_FILES[1]} holds no sound of it.")
    if not _RATES[0] <= rate <= _RATES[1]:
        raise VocasetError(f"its sound has a sample rate of {rate} Hz, which can't be.")
    if samples.dtype.kind in "iu":
        samples = samples / float(np.iinfo(samples.dtype).max)
    if not np.isfinite(samples).all():
        raise VocasetError("its sound has samples that are no numbers.")
    return np.clip(resampled(samples, rate), -1.0, 1.0)


def _residual(fit: Fit) -> Residual:
    figures = 1000 * np.array([fit.motion.mean(), fit.residual.mean(), fit.residual.max()])
    return Residual(len(fit.residual), *(round(float(figure), 4) for figure in figures))


def _overall(rows: list[Residual]) -> Residual:
    frames = np.array([row.frames for row in rows])
    motion, residual = (
        float(frames @ np.array(values) / frames.sum())
        for values in zip(*((r.motion_mm, r.residual_mm) for r in rows), strict=True)
    )
    return Residual(int(frames.sum()), round(motion, 4), round(residual, 4), max(row.worst_mm for row in rows))


def _stamp(folder: Path, basis: Path) -> list[list[str | int]]:
    """Return a signature that changes when a file does that the weights depend on."""
    files = [folder / name for name in _FILES] + (sorted(basis.rglob("*.obj")) if basis.is_dir() else [basis])
    return [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]


def _read_residuals(root: Path, stamp: list[list[str | int]]) -> dict[str, Residual]:
    """Return {recording: residual} of an earlier run on the same files."""
    path = root / _REPORT
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return (
        {stem: Residual(**row) for stem, row in report["recordings"].items()} if report.get("made of") == stamp else {}
    )


def _write_residuals(
    root: Path, stamp: list[list[str | int]], found: dict[str, Residual], subjects: dict[str, Residual]
) -> None:
    rows = {
        key: {name: asdict(row) for name, row in each.items()}
        for key, each in (("subjects", subjects), ("recordings", found))
    }
    partial = root / f"{_REPORT}.partial"
    partial.write_text(json.dumps({**rows, "made of": stamp}, indent=1) + "\n", encoding="utf-8")
    partial.replace(root / _REPORT)
