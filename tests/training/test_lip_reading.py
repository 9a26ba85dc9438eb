"""Lip readability: performed lips can be read, and those of loudness or of another line can't."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend.arkit import CHANNELS
from backend.features import RATE
from training.synthetic.performer.phones import Phone
from training.train.lip_reading import (
    Line,
    by_loudness,
    lips_of,
    performed,
    read_back,
    read_filmed,
    readability,
    train_reader,
)

SPOKEN = ("M", "AA", "W", "IY", "P", "OW", "S", "AE", "F", "UW")
SPEECH = Path(__file__).resolve().parents[1] / "data" / "speech.ogg"
LENGTH = 0.2  # s of each


def _line(seed: int, count: int = 30) -> Line:
    """Make a line of random phones in noise that is as loud as mouths are open, so that loudness tells something."""
    rng = np.random.default_rng(seed)
    labels = [str(label) for label in rng.choice(SPOKEN, count)]
    phones = tuple(Phone(label, k * LENGTH, (k + 1) * LENGTH) for k, label in enumerate(labels))
    loud = np.repeat([0.02 if label in "MPFS" else 0.2 for label in labels], int(LENGTH * RATE))
    return Line((loud * rng.standard_normal(len(loud))).astype(np.float32), phones, seed)


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return [_line(seed) for seed in range(40)]


def test_performed_lips_are_read_better_than_loudness(lines: list[Line]) -> None:
    reader = train_reader(lines[:36], epochs=12, seed=0)
    filmed = [Line(line.samples, line.phones, number) for number, line in enumerate(lines[36:])]
    table = readability(reader, lines[36:], [], (filmed, [performed(line) for line in lines[36:]]))
    shown = {row[:2]: float(row[3].rstrip("%")) for row in table.rows}
    assert shown["synthetic voices", "performer"] == shown["filmed people", "the films"]
    assert shown["synthetic voices", "performer"] < 0.8 * shown["synthetic voices", "loudness"]
    another = read_back(reader, lines[36:], lambda line: performed(_line(line.number + 100)))
    assert another.shapes > 1.5 * shown["synthetic voices", "performer"] / 100


def test_scale_of_a_face_does_not_matter(lines: list[Line]) -> None:
    face = by_loudness(lines[0])
    np.testing.assert_allclose(lips_of(0.5 * face), lips_of(face), atol=1e-3)  # the guard against division by 0
    assert len(lips_of(face)) == len(face) * 50 // 30


def test_films_need_a_face_and_phones(tmp_path: Path) -> None:
    for name in ("both", "sound_only", "no_face"):
        shutil.copy(SPEECH, tmp_path / f"{name}.ogg")
    for name in ("both", "no_face"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"phones": [["AA", 0, 0.3]]}))
    (tmp_path / "both.csv").write_text("time,jawOpen\n0,0.25\n0.0333,0.5\n")
    lines, faces = read_filmed(tmp_path)
    assert [line.phones for line in lines] == [(Phone("AA", 0, 0.3),)]
    assert faces[0].shape == (2, 52) and faces[0][1, CHANNELS.index("jawOpen")] == 0.5
