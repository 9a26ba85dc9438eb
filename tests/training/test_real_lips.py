"""The table of real lips: what is filmed, loudness, and models, on recordings that know only some channels."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend.arkit import CHANNELS, EMOTIONS
from backend.sounds.files import Transcript, Word, write_transcript
from backend.sounds.shapes import Sound
from tests.training.tiny import TINY
from training.data.prepared import Prepared, Take, prepare
from training.evaluation import real_lips as module
from training.evaluation.real_lips import real_lips
from training.evaluation.sequences import recorded_face
from training.model.checkpoint import save_model
from training.model.network import StudentEncoder, Talker
from training.model.pipeline import TalkerPipeline, load_pipeline

FILMED = ("jawOpen", "mouthClose", "mouthPucker", "mouthFunnel", "browInnerUp")


@pytest.fixture(scope="module")
def films(beat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The takes of conftest with the channels that a film tells."""
    root = tmp_path_factory.mktemp("films") / "recordings"
    shutil.copytree(beat_folder, root)
    for path in root.glob("*/*.json"):
        face = json.loads(path.read_text())
        pick = [face["names"].index(name) for name in FILMED]
        frames = [{**frame, "weights": [frame["weights"][i] for i in pick]} for frame in face["frames"]]
        path.write_text(json.dumps({"names": list(FILMED), "frames": frames}))
    return prepare(root, root.parent / "prepared", set(), workers=1)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> TalkerPipeline:
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    numbers = {"mean": [0.1] * 52, "deviation": [0.1] * 52, "start": [1.0] * 52}
    names = {"identities": ["Ann", "Bo"], "descriptions": {}, "emotions": list(EMOTIONS), "history": []}
    save_model(folder, Talker(TINY, 2, len(EMOTIONS)), StudentEncoder(TINY), 16, names | numbers)
    return load_pipeline(folder)


def figures(table: module.Table) -> dict[str, dict[str, float]]:
    rows = {}
    for label, *cells in table.rows:
        rows[label] = {name: float(cell) for name, cell in zip(table.header[1:], cells, strict=True) if cell}
    return rows


def test_the_table_has_films_loudness_and_models(films: Prepared, pipeline: TalkerPipeline) -> None:
    rows = figures(real_lips([("tiny", pipeline)], films, limit=2))
    assert list(rows) == ["the films", "loudness", "tiny"]
    assert rows["loudness"]["jaw r"] > 0.6  # conftest's jaws open with the sound
    assert abs(rows["tiny"]["jaw r"]) < rows["loudness"]["jaw r"]  # nothing was learned
    assert "jaw r" not in rows["the films"] and rows["the films"]["jitter"] > 0
    assert all(np.isfinite(list(row.values())).all() for row in rows.values())


def test_a_model_that_does_as_in_the_films(
    films: Prepared, pipeline: TalkerPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sampled(model: TalkerPipeline, data: Prepared, take: Take) -> np.ndarray:
        return np.nan_to_num(recorded_face(data, take))[None]

    monkeypatch.setattr(module, "_sampled", sampled)
    rows = figures(real_lips([("as filmed", pipeline)], films, limit=8))
    row = rows["as filmed"]
    assert row["jaw r"] == pytest.approx(1) and row["opening r"] == pytest.approx(1) and row["MTM ms"] == 0
    assert row["jitter"] == rows["the films"]["jitter"]
    assert row.get("SLCC") == rows["the films"].get("SLCC")


def test_talkers_count_alike(films: Prepared, pipeline: TalkerPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """One talker's perfect lips and the other's still ones: the mean of both, whatever their lengths."""
    first = min(films.speakers)

    def sampled(model: TalkerPipeline, data: Prepared, take: Take) -> np.ndarray:
        face = np.nan_to_num(recorded_face(data, take))[None]
        return face if take.speaker == first else np.zeros_like(face)

    monkeypatch.setattr(module, "_sampled", sampled)
    row = figures(real_lips([("half", pipeline)], films, limit=8))["half"]
    assert row["jaw r"] == pytest.approx(1 / len(films.speakers), abs=0.005)  # three digits are printed


def test_people_who_say_the_same_words_are_the_scale(
    beat_folder: Path, tmp_path: Path, pipeline: TalkerPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each take says a word of its own three times and a common one once, and every word has a mouth of its own."""
    shutil.copytree(beat_folder, tmp_path / "prepared" / "recordings")
    data = prepare(tmp_path / "prepared" / "recordings", tmp_path / "prepared", set(), workers=1)
    rng = np.random.default_rng(0)
    mouths = {name: rng.uniform(0.1, 0.6, 12) for name in ("pea", "bow")}
    faces = data.array("faces").astype(np.float32)
    for recorded in data.recordings:
        words = [Word(name, at, at + 0.4) for name, at in (("pea", 0.5), ("bow", 1.0), ("pea", 1.5), ("bow", 2.0))]
        sounds = [Sound("P", word.start + 0.18, word.start + 0.22) for word in words]
        said = Transcript(tuple(sounds), tuple(words)).shifted(recorded.start / 10)
        folder = tmp_path / "prepared" / "recordings" / str(recorded.speaker)
        write_transcript(folder / f"{recorded.id}.TextGrid", said)
        for word in words:
            first = 3 * recorded.offset + round(30 * word.start)
            jaw = mouths[word.text].copy()
            jaw[5:7] = 0.0  # the p in its middle
            noise = 0.05 * recorded.speaker * rng.standard_normal(12)
            faces[first : first + 12] = 0.0
            faces[first : first + 12, CHANNELS.index("jawOpen")] = np.clip(jaw + noise * (jaw > 0), 0, 1)
    (tmp_path / "prepared" / "faces.f16").write_bytes(faces.astype(np.float16).tobytes())

    def sampled(model: TalkerPipeline, data: Prepared, take: Take) -> np.ndarray:
        return np.full((1, 3 * take.length, 52), 0.3) * np.linspace(0, 1, 3 * take.length)[None, :, None]

    monkeypatch.setattr(module, "_sampled", sampled)
    rows = figures(real_lips([("opens slowly", pipeline)], data, limit=8))
    assert list(rows)[:3] == ["the films", "the same person again", "another person"]
    for label in ("the same person again", "another person"):
        assert 0.8 < rows[label]["jaw r"] < 1
    assert rows["the films"]["P/B/M"] == 1.0
    assert rows["opens slowly"]["P/B/M"] < 0.5
