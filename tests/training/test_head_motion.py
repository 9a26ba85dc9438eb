"""The performer's head: still in silence, down on accents, with the gaze; and a model that learns it keeps its face."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend.arkit import EMOTIONS, HEAD
from backend.curves.base import Curves
from backend.features import RATE
from tests.training.tiny import TINY
from training.data.beat_writer import Person, recording_stem, write_recording
from training.data.prepared import Prepared, prepare
from training.model.checkpoint import load_model, save_model
from training.model.config import TrainConfig
from training.model.network import StudentEncoder, Talker
from training.revision.head import add_head, train_head
from training.synthetic.performer.head_motion import head_motion, loud_accents

FPS = 30.0
FRAMES = 1800
REST = (np.zeros(FRAMES), np.zeros(FRAMES))
LOUD, SILENT = np.zeros(FRAMES), np.full(FRAMES, -60.0)


def _noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((FRAMES, 3))


def _degrees(turns: dict[str, np.ndarray]) -> np.ndarray:
    return np.degrees(np.stack([turns[name] for name in HEAD], axis=1))


def test_head_moves_like_a_talker_and_rests_in_silence() -> None:
    talking = _degrees(head_motion(_noise(), LOUD, [], REST, FPS))
    silent = _degrees(head_motion(_noise(), SILENT, [], REST, FPS))
    assert np.abs(talking[0]).max() < 0.3  # it starts at rest
    assert (talking.std(0) > 0.5).all() and (talking.std(0) < 3.5).all()
    speed = np.abs(np.diff(talking, axis=0)).mean(0) * FPS
    assert (speed > 0.5).all() and (speed < 6).all()  # degrees a second; talkers of GRID: 0.8 to 4
    assert (silent.std(0) < 0.2 * talking.std(0)).all()
    other = _degrees(head_motion(_noise(1), LOUD, [], REST, FPS))
    assert all(abs(np.corrcoef(a, b)[0, 1]) < 0.7 for a, b in zip(talking.T, other.T, strict=True))


def test_head_nods_on_accents_and_follows_the_gaze() -> None:
    still = np.zeros((FRAMES, 3))
    nod = _degrees(head_motion(still, LOUD, [(20.0, 1.0)], REST, FPS))
    assert 1.5 < nod[:, 1].max() < 4 and abs(nod[:, 1].argmax() / FPS - 20.0) < 0.15
    assert np.abs(nod[:590]).max() < 0.01 and np.abs(nod[620:]).max() < 0.01
    left = np.repeat([0.0, 0.5], FRAMES // 2)
    turned = _degrees(head_motion(still, LOUD, [], (left, left), FPS))
    assert turned[-1, 0] < -2 and turned[-1, 1] < -1  # yaw turns to the person's right, pitch down


def test_accents_are_louder_than_what_is_around() -> None:
    level = np.full(300, -40.0)
    level[100:106], level[200:206] = [-5, -2, 0, -1, -3, -6], -30.0
    assert [round(when * FPS) for when, _ in loud_accents(level, FPS)] == [102]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    root = tmp_path_factory.mktemp("head")
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal(4 * RATE) * (np.arange(4 * RATE) % RATE < RATE // 2)).astype(np.float32)
    stem = recording_stem(Person(1, "Ann", ""), "neutral", 0)
    write_recording(root / "beat" / "1", stem, sound, Curves(("jawOpen",), np.zeros((120, 1), np.float32), FPS))
    data = prepare(root / "beat", root / "data", workers=1, align=False)
    rng.standard_normal((len(data.array("mel")) // 2, 24)).astype(np.float16).tofile(root / "data" / "features.f16")
    return data


def test_model_learns_a_head_and_keeps_its_face(data: Prepared, tmp_path: Path) -> None:
    torch.manual_seed(0)
    numbers = {"mean": [0.2] * 52, "deviation": [0.1] * 52, "start": [0.9] * 52}
    names = {"identities": ["Ann", "Mira"], "descriptions": {}, "emotions": list(EMOTIONS), "history": []}
    save_model(tmp_path / "old", Talker(TINY, 2, len(EMOTIONS)), StudentEncoder(TINY), 16, names | numbers)
    old = load_model(tmp_path / "old")[0]
    z, condition, person = torch.randn(1, 20, 55), torch.randn(1, 20, 16), torch.randn(1, 8)
    level = torch.zeros(1)
    before, grown = (
        old.denoise(z[..., :52], condition, person, level),
        add_head(old).denoise(z, condition, person, level),
    )
    assert torch.equal(grown[..., :52], before) and not grown[..., 52:].any()
    config = TrainConfig(iterations=40, batch=4, seconds=3.0, warmup=5, learning_rate=1e-2, ema=0.5)
    train_head(data, tmp_path / "old", tmp_path / "new", config)
    new, encoder, meta = load_model(tmp_path / "new")
    assert new.config.channels == 55 and encoder is not None
    assert len(meta["mean"]) == len(meta["deviation"]) == len(meta["start"]) == 55 and meta["start"][:52] == [0.9] * 52
    assert torch.equal(new.personalizer.identities, old.personalizer.identities)
    after = new.denoise(z, condition, person, level)
    assert after[..., 52:].std() > 0.05
    with pytest.raises(ValueError, match="has a head already"):
        train_head(data, tmp_path / "new", tmp_path / "again", config)
