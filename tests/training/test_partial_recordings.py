"""Recordings that know only some channels, from their files to a fine-tuned model and its metrics."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend.arkit import CHANNELS, EMOTIONS
from tests.training.tiny import TINY
from training.data.beat import read_track
from training.data.prepared import Prepared, load_prepared, prepare
from training.encoders import cache_features, load_encoder
from training.evaluation.sequences import compare, recorded_face
from training.model.checkpoint import load_model, save_model
from training.model.config import LossWeights, TrainConfig
from training.model.network import StudentEncoder, Talker
from training.train.distill import distill_round

FEW = TrainConfig(iterations=4, batch=4, seconds=2.0, weights=LossWeights(exp=0.0, velocity=0.0, distil=1.0))
TRACKED = ("jawOpen", "mouthPucker")


@pytest.fixture(scope="module")
def recordings(beat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The takes of conftest, with those of speaker 2 cut down to what a film tells."""
    root = tmp_path_factory.mktemp("partial") / "recordings"
    shutil.copytree(beat_folder, root)
    for path in (root / "2").glob("*.json"):
        face = json.loads(path.read_text())
        pick = [face["names"].index(name) for name in TRACKED]
        frames = [{**frame, "weights": [frame["weights"][i] for i in pick]} for frame in face["frames"]]
        path.write_text(json.dumps({"names": list(TRACKED), "frames": frames}))
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    numbers = {"mean": [0.1] * 52, "deviation": [0.1] * 52, "start": [1.0] * 52}
    names = {"identities": ["scott", "wayne"], "descriptions": {}, "emotions": list(EMOTIONS), "history": []}
    save_model(folder, Talker(TINY, 2, len(EMOTIONS)), StudentEncoder(TINY), 16, names | numbers)
    return folder


@pytest.fixture(scope="module")
def data(recordings: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    prepared = prepare(recordings, tmp_path_factory.mktemp("prepared"), align=False, workers=1)
    cache_features(prepared, recordings, load_encoder(str(model)))
    return load_prepared(prepared.folder)


def test_channels_without_a_name_are_unknown(recordings: Path) -> None:
    partial = read_track(next((recordings / "2").glob("*.json"))).weights
    known = [name for name, column in zip(CHANNELS, partial.T, strict=True) if not np.isnan(column).any()]
    assert known == list(TRACKED)
    assert not np.isnan(read_track(next((recordings / "1").glob("*.json"))).weights).any()


def test_only_the_decoder_learns_and_unknown_channels_do_no_harm(data: Prepared, model: Path, tmp_path: Path) -> None:
    distill_round(data, model, tmp_path, FEW, halve=False, decoder_only=True)
    (before, encoder, _), (after, kept, meta) = load_model(model), load_model(tmp_path)
    assert encoder is not None and kept is not None
    changed = {
        name
        for name, value in after.state_dict().items()
        if not torch.equal(value, before.state_dict()[name]) or not torch.isfinite(value).all()
    }
    assert all(torch.isfinite(value).all() for value in after.state_dict().values())
    assert changed and {name.split(".")[0] for name in changed} <= {"norm", "condition", "decoder"}
    assert all(torch.equal(value, kept.state_dict()[name]) for name, value in encoder.state_dict().items())
    assert meta["stride"] == 16


def test_metrics_count_the_known_channels_only(data: Prepared) -> None:
    take = next(take for take in data.takes if take.speaker == 2)
    truth = recorded_face(data, take)
    exact = np.nan_to_num(truth)[None].repeat(2, 0)
    exact[:, :, CHANNELS.index("browDownLeft")] = 0.7  # which the film doesn't tell
    figures = compare(exact, truth, None)
    assert figures["LBE full"] == 0.0 and figures["r jawOpen"] == pytest.approx(1.0)
    assert "FDD full" not in figures and "blinks/min truth" not in figures
    assert all(np.isfinite(value) for value in figures.values())
