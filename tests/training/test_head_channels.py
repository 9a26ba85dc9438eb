"""The head's rotations go the whole way: recordings, training, export, a take. Models without them go on working."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend.arkit import CHANNELS, EMOTIONS, HEAD
from backend.curves.base import Curves
from backend.features import RATE
from backend.inference.generator import Model, generate, load_model
from backend.model_folder import ModelError, read_card
from backend.performance import Performance, Take
from tests.training.tiny import TINY
from training.data.beat_writer import Person, recording_stem, write_recording
from training.data.prepared import batches, prepare
from training.export import export
from training.import_exported import import_exported
from training.model.checkpoint import load_model as load_trained
from training.model.checkpoint import save_model
from training.model.config import TrainConfig
from training.model.network import StudentEncoder, Talker
from training.model.pipeline import load_pipeline, sample_curves
from training.train.teacher import train_teacher

SOUND = (0.1 * np.sin(2 * np.pi * 200 * np.arange(2 * RATE) / RATE)).astype(np.float32)


def _export(folder: Path, channels: int) -> Path:
    torch.manual_seed(0)
    config = replace(TINY, channels=channels)
    numbers = {
        "mean": [0.1] * 52 + [0.0] * (channels - 52),
        "deviation": [0.1] * channels,
        "start": [1.0] * channels,
    }
    names = {"identities": ["Ann"], "descriptions": {}, "emotions": list(EMOTIONS)}
    talker, encoder = Talker(config, 1, len(EMOTIONS)), StudentEncoder(config)
    for parameter in [*talker.parameters(), *encoder.parameters()]:  # those that are all 0 or 1 are exported as one
        parameter.data += 0.05 * torch.randn_like(parameter)
    save_model(folder / "torch", talker, encoder, 16, names | numbers)
    export(folder / "torch", folder / "onnx", "tiny", "1")
    return folder / "onnx"


@pytest.fixture(scope="module")
def with_head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(tmp_path_factory.mktemp("head"), 55)


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(tmp_path_factory.mktemp("plain"), 52)


def _take(model: Model, **request: Any) -> Take:
    (take,) = generate(model, SOUND, Performance(emotion="neutral", **request), lambda stage, fraction: None)
    return take


def test_take_turns_the_head(with_head: Path) -> None:
    assert read_card(with_head).channels == CHANNELS + HEAD
    model = load_model(with_head)
    take, again, other = _take(model, seed=1), _take(model, seed=1), _take(model, seed=2)
    assert take.curves.names == CHANNELS and take.curves.values.shape == (60, 52)
    assert tuple(take.curves.rotations) == HEAD
    for name in HEAD:
        angles = take.curves.rotations[name]
        assert angles.shape == (60,) and angles.std() > 0 and angles.min() < 0
        np.testing.assert_array_equal(angles, again.curves.rotations[name])
        assert np.abs(angles - other.curves.rotations[name]).max() > 0
    assert all(len(angles) == 48 for angles in _take(model, fps=24.0).curves.rotations.values())


def test_locked_head_stays_and_frees_the_rest(with_head: Path) -> None:
    model = load_model(with_head)
    locked = np.full((60, 55), np.nan, np.float32)
    locked[20:40, 52:] = np.linspace(-0.3, 0.2, 20)[:, None] + np.array([0.0, 0.1, 0.2], np.float32)
    free, held = _take(model), _take(model, locked=locked)
    for column, name in enumerate(HEAD, start=52):
        np.testing.assert_array_equal(held.curves.rotations[name][20:40], locked[20:40, column])
        assert np.abs(np.diff(held.curves.rotations[name])).max() < 0.2  # it meets the rest without a jump
    assert np.abs(held.curves.values - free.curves.values).max() > 0  # the face fits itself to the head
    weights = np.full((60, 52), np.nan, np.float32)
    weights[:, 3] = 0.5
    assert (_take(model, locked=weights).curves.values[:, 3] == 0.5).all()


def test_model_without_head_gives_none(without: Path) -> None:
    assert read_card(without).channels == CHANNELS
    model = load_model(without)
    locked = np.full((60, 55), np.nan, np.float32)
    locked[:, 52:] = 0.2
    assert not _take(model).curves.rotations
    np.testing.assert_array_equal(_take(model, locked=locked).curves.values, _take(model).curves.values)


def test_card_without_channels_means_the_52(without: Path, tmp_path: Path) -> None:
    card = json.loads((without / "model.json").read_text())
    del card["channels"]
    (tmp_path / "model.json").write_text(json.dumps(card))
    assert read_card(tmp_path).channels == CHANNELS
    (tmp_path / "model.json").write_text(json.dumps(card | {"channels": ["jawOpen"]}))
    with pytest.raises(ModelError, match="channels"):
        read_card(tmp_path)


def test_import_keeps_the_head(with_head: Path, tmp_path: Path) -> None:
    assert import_exported(with_head, tmp_path / "model") < 1e-3
    assert load_trained(tmp_path / "model")[0].config.channels == 55


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person whose head was captured, and one whose head wasn't."""
    root = tmp_path_factory.mktemp("recordings")
    rng = np.random.default_rng(0)
    for speaker, name in ((1, "Ann"), (2, "Bob")):
        values = rng.random((120, 52)).astype(np.float32)
        head = {name: np.linspace(-0.5, 0.25, 120, dtype=np.float32) for name in HEAD} if speaker == 1 else {}
        stem = recording_stem(Person(speaker, name, ""), "neutral", 0)
        write_recording(root / str(speaker), stem, np.tile(SOUND, 2), Curves(CHANNELS, values, 30.0, 0.0, head))
    return root


def test_prepared_head_is_captured_or_unknown(recordings: Path, tmp_path: Path) -> None:
    data = prepare(recordings, tmp_path, workers=1, align=False)
    ann, bob = (np.asarray(data.stretch("head", take)) for take in data.takes)
    np.testing.assert_allclose(ann[1:, 0], np.linspace(-0.5, 0.25, 120)[1:], atol=1e-3)
    assert np.isnan(bob).all()
    faces = next(batches(data, "train", 4, 2.0, 1, 0, [range(4)])).faces
    assert faces.shape == (4, 60, 55) and not faces[..., :52].isnan().any()


def test_teacher_learns_a_head(recordings: Path, tmp_path: Path) -> None:
    data = prepare(recordings, tmp_path / "data", workers=1, align=False)
    frames = len(data.array("mel")) // 2
    np.random.default_rng(0).standard_normal((frames, 24)).astype(np.float16).tofile(tmp_path / "data" / "features.f16")
    train_teacher(
        data,
        tmp_path / "model",
        replace(TINY, channels=55),
        TrainConfig(iterations=2, batch=2, seconds=1.0, warmup=1),
    )
    pipeline = load_pipeline(tmp_path / "model")
    known = np.concatenate([np.asarray(data.stretch("head", take)) for take in data.part("train") if take.speaker == 1])
    np.testing.assert_allclose(pipeline.standardizer.mean[52:], known.astype(np.float32).mean(0), atol=2e-3)
    takes = sample_curves(pipeline, lambda: torch.zeros(1, 30, 16), 0, 0, [0, 1])
    assert takes.shape == (2, 30, 55) and np.isfinite(takes).all()
