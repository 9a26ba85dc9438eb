"""Figures on recordings with phones, on faces whose lips are known to be right, late or still."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

import torch

from backend.arkit import EMOTIONS
from backend.curves.base import resample
from tests.training.tiny import TINY
from training.evaluation import recordings
from training.model.diffusion import Standardizer, initial_noise_std
from training.model.network import StudentEncoder, Talker
from training.model.pipeline import TalkerPipeline
from training.synthetic.performer.perform import perform
from training.synthetic.performer.performed_takes import text_grid
from training.synthetic.performer.phones import Phone
from training.synthetic.performer.styles import STYLES

RATE = 16000
LABELS = [
    "SIL",
    "M",
    "AA1",
    "P",
    "AH0",
    "B",
    "IY1",
    "M",
    "UW1",
    "F",
    "AO1",
    "P",
    "EH1",
    "SIL",
    "V",
    "IY1",
    "B",
    "AA1",
    "W",
    "UW1",
    "M",
    "IY1",
    "F",
    "AE1",
    "P",
    "AH1",
    "M",
    "AA1",
    "SIL",
]


@pytest.fixture(scope="module")
def spoken() -> tuple[np.ndarray, list[Phone]]:
    """A hum, and what it is said to say: all phones as long, so that only the labels tell lips what to do."""
    phones = [Phone(label, 0.12 * k, 0.12 * (k + 1)) for k, label in enumerate(LABELS)]
    times = np.arange(round(0.12 * len(LABELS) * RATE)) / RATE
    return (0.2 * np.sin(2 * np.pi * 150 * times)).astype(np.float32), phones


def test_performer_lips_match_their_phones(spoken: tuple[np.ndarray, list[Phone]]) -> None:
    samples, phones = spoken
    curves = perform(samples, phones, STYLES[0], "neutral", np.random.default_rng(0))
    face = resample(curves, 30.0, round(len(samples) / RATE * 30)).values
    right = recordings._measure_contacts(face, phones)
    assert right["p b m in lowest 15 %"] == right["f v tuck in highest 25 %"] == 1.0
    assert abs(right["closures late by ms"]) < 1000 / 30, "within a frame"
    late = recordings._measure_contacts(np.roll(face, 2, axis=0), phones)
    assert late["closures late by ms"] - right["closures late by ms"] == pytest.approx(2000 / 30, abs=5)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_sounds_are_measured_by_companion_files(spoken: tuple[np.ndarray, list[Phone]], tmp_path: Path) -> None:
    samples, phones = spoken
    for name in ("a", "b", "c", "bare"):
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE)
    (tmp_path / "a.TextGrid").write_text(text_grid(phones, len(samples) / RATE))
    (tmp_path / "a.json").write_text('{"names": [], "frames": []}')  # a face, in BEAT's layout: not what is looked for
    (tmp_path / "b.json").write_text(json.dumps({"phones": [[p.label, p.start, p.end] for p in phones]}))
    (tmp_path / "c.csv").write_text(
        "time,jawOpen,mouthFunnel\n" + "".join(f"{k / 30},{k % 2},{k % 3}\n" for k in range(90))
    )
    torch.manual_seed(0)
    standardizer = Standardizer(torch.full((52,), 0.3), torch.full((52,), 0.1))
    model = TalkerPipeline(
        Talker(TINY, 2, len(EMOTIONS)).eval(),
        StudentEncoder(TINY).eval(),
        standardizer,
        8,
        initial_noise_std(TINY),
        ("x", "y"),
        EMOTIONS,
    )
    found = recordings.measure_recordings(model, tmp_path, None)
    assert set(found) == {"silence", "phones known, mean of 2", "hand-animated, mean of 1"}
    assert 0 <= found["phones known, mean of 2"]["p b m in lowest 15 %"] <= 1
    assert found["silence"]["largest of jaw and lips"] > 0.1, "this model's mean face is not at rest"
