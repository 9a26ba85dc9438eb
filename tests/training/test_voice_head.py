"""The matching of voices learned anew, and faces that a model gives to sound without any."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

import torch

from backend.arkit import CHANNELS, EMOTIONS
from backend.audio import read_clip
from tests.training.tiny import TINY
from training.__main__ import main
from training.data.prepared import Prepared, prepare
from training.evaluation.sequences import match_voices
from training.model.checkpoint import load_model, save_model
from training.model.config import LossWeights, TrainConfig
from training.model.diffusion import fit_standardizer, initial_noise_std
from training.model.network import StudentEncoder, Talker
from training.model.pipeline import encode_sound, load_pipeline, sample_takes
from training.synthetic.pseudo_label import write_pseudo_labels
from training.train.voice_head import train_voice


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, make_take: Callable[..., None]) -> Prepared:
    """Wayne at 110 Hz, Scott at 170 Hz: make_take's pitch follows from the seed."""
    root = tmp_path_factory.mktemp("two")
    for take in range(3):
        make_take(root / "1", f"1_wayne_0_{take + 1}_{take + 1}", seed=4 * take)
        make_take(root / "2", f"2_scott_0_{take + 1}_{take + 1}", seed=4 * take + 3)
    return prepare(root, tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def model(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small student that knows nothing yet. Its library is in another order than the data's."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    standardizer = fit_standardizer(data.faces("train"))
    meta = {
        "identities": ["scott", "zoe", "wayne"],
        "descriptions": {},
        "emotions": list(EMOTIONS),
        "split": "takes",
        "history": [],
    }
    meta |= {
        "mean": standardizer.mean.tolist(),
        "deviation": standardizer.std.tolist(),
        "start": initial_noise_std(TINY).tolist(),
    }
    save_model(folder, Talker(TINY, 3, len(EMOTIONS)), StudentEncoder(TINY), 16, meta)
    return folder


def test_voice_training_changes_only_matching(data: Prepared, model: Path, tmp_path: Path) -> None:
    train_voice(
        data,
        model,
        tmp_path / "out",
        TrainConfig(iterations=150, batch=8, seconds=2.0, learning_rate=3e-3, weights=LossWeights(contrast=1.0)),
    )
    found = match_voices(load_pipeline(tmp_path / "out"), data, data.sequences("train")).identity
    assert np.diag(found).sum() == found.sum() > 0
    (before, student_encoder, old), (after, new_ear, new) = (load_model(folder) for folder in (model, tmp_path / "out"))
    assert old == new and student_encoder is not None and new_ear is not None
    changed = {key for key, value in after.state_dict().items() if not torch.equal(value, before.state_dict()[key])}
    assert changed and all(key.startswith("voice.") or "_key" in key for key in changed)
    assert all(torch.equal(a, b) for a, b in zip(student_encoder.parameters(), new_ear.parameters(), strict=True))


def test_unknown_identities_are_refused(
    beat_folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "beat" / "3").mkdir(parents=True)
    for path in (beat_folder / "1").iterdir():
        (tmp_path / "beat" / "3" / path.name.replace("1_wayne", "3_ann")).write_bytes(path.read_bytes())
    prepare(tmp_path / "beat", tmp_path / "prepared")
    assert main(["voice", str(tmp_path / "prepared"), str(model), str(tmp_path / "out")]) == 1
    assert "does not know ann" in capsys.readouterr().err


def test_sound_gets_pseudo_labels(beat_folder: Path, model: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    sound = next((beat_folder / "1").glob("*.wav"))
    (sounds / "a.wav").write_bytes(sound.read_bytes())
    (sounds / "b.wav").write_text("no sound")
    soundfile.write(sounds / "c.flac", np.tile(read_clip(sound).samples, 7), 16000)  # 35 s: in two pieces
    made = write_pseudo_labels(model, sounds, tmp_path / "faces", None, 4, 901)
    assert made.written == 12 and len(made.skipped) == 1 and made.skipped[0].startswith("b.wav")
    assert made.seconds == pytest.approx(4 * 40, abs=0.1)
    people = json.loads((tmp_path / "faces" / "identities.json").read_text())
    assert [(row["id"], row["identity"]) for row in people] == [(901, "scott"), (902, "zoe"), (903, "wayne")]
    takes = sorted(path.relative_to(tmp_path / "faces").as_posix() for path in (tmp_path / "faces").rglob("*.wav"))
    assert takes == [
        f"{901 + who}/{901 + who}_{name}_0_{n}_{n}.wav"
        for who, name in enumerate(("scott", "zoe", "wayne"))
        for n in (1, 2, 3, 4)
    ]
    face = json.loads((tmp_path / "faces" / "902" / "902_zoe_0_1_1.json").read_text())
    pipeline = load_pipeline(model)
    samples = read_clip(sounds / "a.wav").samples
    expected = sample_takes(pipeline, lambda: encode_sound(pipeline, samples, None), 1, 0, [1])[0]
    columns = [face["names"].index(name) for name in ("jawOpen", "browInnerUp")]
    written = np.array([frame["weights"] for frame in face["frames"]])[:, columns]
    np.testing.assert_allclose(
        written, expected[1:, [CHANNELS.index("jawOpen"), CHANNELS.index("browInnerUp")]], atol=6e-5
    )


def test_empty_folder_is_refused(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sounds").mkdir()
    assert main(["imitate", str(model), str(tmp_path / "sounds"), str(tmp_path / "faces")]) == 1
    assert "holds no sounds" in capsys.readouterr().err
