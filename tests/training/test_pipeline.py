"""From recordings in BEAT's layout to curves out of the exported student, on a tiny model and a few seconds of data."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("torch")

from backend.arkit import CHANNELS, EMOTIONS
from backend.inference.generator import generate, load_model
from backend.performance import Performance
from tests.training.tiny import TINY
from training.__main__ import main
from training.data.prepared import FEATURES, Prepared, load_prepared, prepare
from training.evaluation.model_kind import describe_model
from training.evaluation.sequences import match_voices, measure_takes
from training.export import export
from training.model.config import LossWeights, TrainConfig
from training.model.pipeline import encode_features, load_pipeline, sample_takes
from training.train.distill import distill_round
from training.train.student_encoder import train_student_encoder
from training.train.teacher import train_teacher

FEW = TrainConfig(iterations=6, batch=4, seconds=2.0, save_every=3, weights=LossWeights(distil=1.0, ae=0.3, pc=0.01))


@pytest.fixture(scope="module")
def data(beat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    prepared = prepare(beat_folder, folder, held_out={2})
    tenths = sum(take.length for take in prepared.recordings)
    np.random.default_rng(0).standard_normal((tenths * FEATURES, TINY.features)).astype(np.float16).tofile(
        folder / "features.f16"
    )
    return load_prepared(folder)


@pytest.fixture(scope="module")
def models(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """teacher, ear, and students: sixteen, with a small encoder, exported to onnx, and eight."""
    out = tmp_path_factory.mktemp("models")
    train_teacher(data, out / "teacher", TINY, FEW)
    train_student_encoder(data, out / "ear", TINY, FEW)
    distill_round(data, out / "teacher", out / "sixteen", FEW, out / "ear")
    distill_round(data, out / "sixteen", out / "eight", FEW)
    assert export(out / "sixteen", out / "onnx", "tiny", "0.0.1") < 1e-4
    return out


def test_each_round_halves_the_steps(data: Prepared, models: Path) -> None:
    student = load_pipeline(models / "eight")
    assert student.steps == 8
    assert load_pipeline(models / "sixteen").steps == 16
    assert describe_model(models / "eight", True).role == "student" and describe_model(
        models / "eight", True
    ).seeds == (1, 1, 1)
    figures = measure_takes(student, data, data.sequences("voice"))
    assert 0 < figures["MBE"].value < 7.2
    assert match_voices(student, data, data.sequences("voice")).emotion.sum() == 4


def test_student_encoder_can_be_reused(data: Prepared, models: Path, tmp_path: Path) -> None:
    still = replace(FEW, iterations=1, learning_rate=0.0)
    distill_round(data, models / "teacher", tmp_path / "again", still, models / "sixteen")
    before, after = (load_pipeline(folder).student_encoder for folder in (models / "sixteen", tmp_path / "again"))
    assert before is not None and after is not None
    assert all((after.state_dict()[key] == value).all() for key, value in before.state_dict().items())
    with pytest.raises(ValueError, match="has no student encoder"):
        distill_round(data, models / "teacher", tmp_path / "none", still, models / "teacher")


def test_distill_command_chains_rounds(
    data: Prepared, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "few.json"
    config.write_text(json.dumps({"distill": {"iterations": 1, "batch": 2, "seconds": 2.0}}))
    command = [
        "distill",
        str(data.folder),
        str(models / "eight"),
        str(tmp_path / "out"),
        "--config",
        str(config),
        "--to",
    ]
    assert main([*command, "2"]) == 0
    assert (
        sorted(path.name for path in (tmp_path / "out").iterdir()) == ["2", "4"]
        and load_pipeline(tmp_path / "out" / "2").steps == 2
    )
    written = (tmp_path / "out" / "4" / "weights.safetensors").stat().st_mtime_ns
    assert main([*command, "1"]) == 0  # goes on from what is there
    assert load_pipeline(tmp_path / "out" / "1").steps == 1
    assert (tmp_path / "out" / "4" / "weights.safetensors").stat().st_mtime_ns == written
    assert (
        main([*command, "3"]) == 1 and "8 steps can't be halved to 3: choose one of 4, 2, 1" in capsys.readouterr().err
    )


def test_backend_generates_with_exported_student(data: Prepared, models: Path) -> None:
    assert not [
        part for part in (models / "onnx").iterdir() if str(Path(__file__).parents[2]).encode() in part.read_bytes()
    ]
    outputs = {
        part: onnxruntime.InferenceSession(models / "onnx" / f"{part}.onnx").get_outputs()
        for part in ("encoder", "decoder")
    }
    assert all(isinstance(output.shape[1], str) for part in outputs.values() for output in part)  # no length is fixed
    model = load_model(models / "onnx")
    sound = (0.1 * np.sin(2 * np.pi * 200 * np.arange(24000) / 16000)).astype(np.float32)
    takes = list(
        generate(
            model,
            sound,
            Performance(emotion="happiness", seed=7, count=2, fps=24.0),
            lambda stage, fraction: None,
        )
    )
    assert [take.seed for take in takes] == [7, 8]
    assert takes[0].curves.values.shape == (36, 52) and takes[0].curves.names == CHANNELS
    assert takes[0].emotion == "happiness" and takes[0].identity in data.identities
    assert np.abs(takes[0].curves.values - takes[1].curves.values).max() > 0


def test_interrupted_run_equals_uninterrupted_one(data: Prepared, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    from training.train import loop as fit_module

    train_teacher(data, tmp_path / "whole", TINY, FEW)
    write, calls = fit_module.save_run, []

    def save_and_stop(path: Path, state: dict) -> None:
        write(path, state)
        calls.append(path)
        if len(calls) == 1:
            raise Interrupted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_module, "save_run", save_and_stop)
        with pytest.raises(Interrupted):
            train_teacher(data, tmp_path / "resumed", TINY, FEW)
    train_teacher(data, tmp_path / "resumed", TINY, FEW)
    whole, resumed = (load_pipeline(tmp_path / name).talker.state_dict() for name in ("whole", "resumed"))
    assert all((whole[key] == resumed[key]).all() for key in whole)


def test_backend_windows_join_seamlessly(data: Prepared, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(models / "onnx")
    sound = np.random.default_rng(3).standard_normal(16000 * 7).astype(np.float32) * 0.05
    performance = Performance(identity=data.identities[0], emotion=EMOTIONS[0], seed=1)
    whole = next(generate(model, sound, performance, lambda stage, fraction: None)).curves.values
    monkeypatch.setattr("backend.inference.generator._SHORT_WINDOW", 2)
    monkeypatch.setattr("backend.inference.audio_encoding._WINDOW", 2)
    pieces = next(generate(model, sound, performance, lambda stage, fraction: None)).curves.values
    np.testing.assert_allclose(pieces, whole, atol=2e-5)


def test_backend_and_training_curves_agree(data: Prepared, models: Path) -> None:
    """The exported student in numpy and ONNX against torch, from the same noise."""
    import torch

    from backend.features import log_mel, speech_gain

    student = load_pipeline(models / "sixteen")
    sound = np.random.default_rng(3).standard_normal(16000 * 4).astype(np.float32) * 0.05
    frames = 4 * 30 + 2
    mel = log_mel(sound * np.float32(speech_gain(sound)), 0, 2 * (4 * 50 + 2))
    condition = encode_features(student, np.zeros((0, 0)), mel, frames)
    noise = np.random.default_rng(5).standard_normal((1, frames, 52), np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn", lambda *shape, generator=None: torch.from_numpy(noise[0]))
        mine = sample_takes(student, lambda: condition, 0, 1, [5])[0]
    model = load_model(models / "onnx")
    theirs = next(
        generate(
            model,
            sound,
            Performance(identity=data.identities[0], emotion=EMOTIONS[1], seed=5),
            lambda stage, fraction: None,
        )
    )
    np.testing.assert_allclose(theirs.curves.values, mine[: len(theirs.curves.values)], atol=1e-4)
