"""Lip readability: which mouth shapes a small recognizer reads from a face alone.

It is trained on performed lips only and never on a model's, and it sees jaw, gap and rounding, each in units of its own clip. So it reads takes
of any model, and filmed people, by the same measure. After the lip-reading intelligibility of Wang et al. 2023 ("Seeing What You Said").
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.audio import read_clip
from backend.features import RATE
from backend.inference.generator import FACE_FPS
from backend.inference.voice_match import NEUTRAL
from backend.sounds.phone_head import FPS, PhoneHead, score, sounds_of

from ..evaluation import metrics
from ..evaluation.phone_errors import PhoneErrors, measure
from ..evaluation.real_lips import open_jaw
from ..evaluation.recordings import read_lips, read_phones
from ..evaluation.tables import Table
from ..model.pipeline import TalkerPipeline, compute_log_mel, encode_sound, match_voice, sample_takes
from ..synthetic.performer.perform import perform
from ..synthetic.performer.phones import Phone
from ..synthetic.performer.styles import STYLES
from .phone_training import Utterance, fit_head, labels_of, true_sounds

Performer = Callable[["Line"], np.ndarray]  # a line -> a face (N, 52) at 30 fps


@dataclass(frozen=True)
class Line:
    """A clip with phone times. samples: (n,) at 16 kHz. number: its place among others."""

    samples: np.ndarray
    phones: tuple[Phone, ...]
    number: int


def read_lines(utterances: Iterable[Utterance]) -> list[Line]:
    return [Line(read_clip(each.file).samples, each.phones, number) for number, each in enumerate(utterances)]


def lips_of(face: np.ndarray) -> np.ndarray:
    """Return jaw, gap and rounding of a face (N, 52) at the recognizer's rate, (T, 3), each in standard deviations of the clip."""
    curves = np.stack([metrics.jaw_opening(face), metrics.lip_gap(face), metrics.rounding(face)], 1).astype(np.float64)
    curves = (curves - curves.mean(0)) / (curves.std(0) + 1e-6)
    times = np.arange(len(face) * FPS // int(FACE_FPS)) * (FACE_FPS / FPS)
    return np.stack([np.interp(times, np.arange(len(face)), column) for column in curves.T], 1).astype(np.float32)


def performed(line: Line) -> np.ndarray:
    """Perform a line by the rules: (N, 52). The identities take turns."""
    style = STYLES[line.number % len(STYLES)]
    rng = np.random.default_rng(line.number)
    return perform(line.samples, line.phones, style, NEUTRAL, rng).values[::2]  # from 60 fps


def by_loudness(line: Line) -> np.ndarray:
    """Open the jaw with the sound: what any lip sync must beat."""
    return open_jaw(metrics.loudness(line.samples, len(line.samples) * int(FACE_FPS) // RATE))


def by_model(pipeline: TalkerPipeline) -> Performer:
    """Return a performer that samples a model, with identity and emotion on Auto."""

    def sample(line: Line) -> np.ndarray:
        condition = encode_sound(pipeline, line.samples, None)
        voice = match_voice(pipeline, compute_log_mel(line.samples))
        return sample_takes(pipeline, lambda: condition, *voice, [0])[0]

    return sample


def train_reader(lines: Sequence[Line], epochs: int, seed: int) -> PhoneHead:
    """Train the recognizer on lines that the rules perform."""
    data = []
    for line in lines:
        lips = lips_of(performed(line))
        data.append((lips, labels_of(line.samples, line.phones, len(lips))))
    return fit_head(data, epochs, seed)


def read_back(reader: PhoneHead, lines: Sequence[Line], performer: Performer) -> PhoneErrors:
    """Measure what the recognizer reads from the lips with which a performer speaks some lines."""
    pairs = []
    for line in lines:
        lips = lips_of(performer(line))
        pairs.append(
            (sounds_of(score(reader, lips), reader, len(line.samples) / RATE), true_sounds(line.samples, line.phones))
        )
    return measure(pairs)


def read_filmed(folder: Path) -> tuple[list[Line], list[np.ndarray]]:
    """Read sounds that have both a face (.csv) and phones (.json or .TextGrid) beside them: lines, and a face (N, 52) of each."""
    lines: list[Line] = []
    faces: list[np.ndarray] = []
    for sound in sorted([*folder.glob("*.ogg"), *folder.glob("*.wav")]):
        phones = read_phones(sound)
        if phones and sound.with_suffix(".csv").exists():
            lines.append(Line(read_clip(sound).samples, tuple(phones), len(lines)))
            faces.append(read_lips(sound.with_suffix(".csv")))
    return lines, faces


def readability(
    reader: PhoneHead,
    held_out: Sequence[Line],
    models: Sequence[tuple[str, TalkerPipeline]],
    filmed: tuple[Sequence[Line], Sequence[np.ndarray]] = ((), ()),
) -> Table:
    """Build the table: loudness, performer and models on synthetic voices, and, on filmed people, the films in the performer's place."""
    performers: list[tuple[str, Performer]] = [("loudness", by_loudness), ("performer", performed)]
    performers += [(label, by_model(pipeline)) for label, pipeline in models]
    rows: list[tuple[str, ...]] = [
        ("synthetic voices", label, *_cells(read_back(reader, held_out, each))) for label, each in performers
    ]
    lines, faces = filmed
    if lines:
        performers[1] = ("the films", lambda line: faces[line.number])
        rows += [("filmed people", label, *_cells(read_back(reader, lines, each))) for label, each in performers]
    note = "Edits per phone and per mouth shape: a shape may stand for several phones that look alike."
    return Table("Lip readability", ("speech", "lips", "phone error", "shape error", "phones"), rows, note)


def _cells(errors: PhoneErrors) -> tuple[str, str, str]:
    return f"{errors.phones:.1%}", f"{errors.shapes:.1%}", str(errors.count)
