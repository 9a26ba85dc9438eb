"""A library grows by one row and nothing else changes: fitted to recordings in torch, mixed from a voice in an exported model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import soundfile
import torch
from filmed_faces import filmed
from safetensors import safe_open

from backend.__main__ import main as backend
from backend.arkit import EMOTIONS
from backend.inference.generator import load_model as load_exported
from backend.inference.generator import rank_voice
from tests.training.tiny import TINY
from training.__main__ import main
from training.data.prepared import Prepared, load_prepared, prepare
from training.export import export
from training.model.checkpoint import load_model, save_model
from training.model.config import LossWeights, ModelConfig, TrainConfig
from training.model.diffusion import fit_standardizer
from training.model.network import StudentEncoder, Talker
from training.train.enroll import enroll
from training.train.enroll_voice import enroll_voice
from training.video import video_takes

FEW = TrainConfig(
    iterations=30, batch=4, seconds=2.0, learning_rate=0.1, warmup=1, ema=0.5, weights=LossWeights(contrast=1.0)
)
KNOWN = ["Ann", "Bob", "Cid"]


@pytest.fixture(scope="module")
def data(beat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """One person's recordings, without a large encoder's features."""
    root = tmp_path_factory.mktemp("one")
    (root / "1").symlink_to(beat_folder / "1")
    return prepare(root, tmp_path_factory.mktemp("prepared"), set())


def _model(folder: Path, data: Prepared, small: bool) -> Path:
    torch.manual_seed(3)
    talker, student_encoder = Talker(TINY, len(KNOWN), len(EMOTIONS)), StudentEncoder(TINY)
    with torch.no_grad():  # untrained voice heads hear everybody alike: make the voice's sides larger
        for parameter in talker.voice.parameters():
            parameter.mul_(3)
        for parameter in (*talker.parameters(), *student_encoder.parameters()):
            parameter.add_(1e-2 * torch.randn_like(parameter))  # the exporter keeps equal weights only once
    standardizer = fit_standardizer(data.faces("train"))
    meta = {"identities": KNOWN, "descriptions": {"Ann": "calm"}, "emotions": list(EMOTIONS)}
    numbers = {"mean": standardizer.mean.tolist(), "deviation": standardizer.std.tolist(), "start": [1.0] * 52}
    save_model(folder, talker, student_encoder if small else None, 4 if small else 1, meta | numbers)
    return folder


@pytest.mark.parametrize("small", [True, False])
def test_enrollment_changes_only_the_library(small: bool, data: Prepared, tmp_path: Path) -> None:
    if not small:
        folder = tmp_path / "with_features"
        folder.mkdir()
        for path in data.folder.iterdir():
            (folder / path.name).symlink_to(path)
        tenths = sum(take.length for take in data.takes)
        np.random.default_rng(0).standard_normal((5 * tenths, TINY.features)).astype(np.float16).tofile(
            folder / "features.f16"
        )
        data = load_prepared(folder)
    source = _model(tmp_path / "model", data, small)
    enrolled = enroll(source, data, tmp_path / "out", "Zoe", "new here", FEW)
    talker, student_encoder, meta = load_model(source)
    grown, grown_ear, grown_meta = load_model(tmp_path / "out")
    assert grown_meta == {**meta, "identities": [*KNOWN, "Zoe"], "descriptions": {"Ann": "calm", "Zoe": "new here"}}
    old, new = talker.state_dict(), grown.state_dict()
    assert old.keys() == new.keys()
    for key in old:
        same = new[key][: len(KNOWN)] if key == "personalizer.identities" else new[key]
        assert torch.equal(same, old[key]), key
    assert (student_encoder is None) == (grown_ear is None) == (not small)
    if student_encoder is not None and grown_ear is not None:
        assert all(
            torch.equal(a, b)
            for a, b in zip(student_encoder.state_dict().values(), grown_ear.state_dict().values(), strict=True)
        )
    row = new["personalizer.identities"][-1]
    assert not torch.equal(row, old["personalizer.identities"][KNOWN.index(enrolled.nearest)])
    assert enrolled.match_rate > 0.9  # its key went where this voice looks
    assert not (tmp_path / "out" / "run.pt").exists()


def test_new_embedding_fits_the_face(data: Prepared, tmp_path: Path) -> None:
    """After enrolling, the losses on these recordings are lower than with the identity it began from."""
    source = _model(tmp_path / "model", data, True)
    enroll(source, data, tmp_path / "out", "Zoe", "", replace(FEW, weights=LossWeights(contrast=0.0), iterations=60))
    grown, _, _ = load_model(tmp_path / "out")
    standardizer = fit_standardizer(data.faces("train"))
    truth = standardizer.apply(torch.from_numpy(next(data.faces("train"))[:60].astype(np.float32)))[None]
    noise, condition = torch.randn(truth.shape), torch.zeros(1, 60, TINY.condition)

    def error(identity: int) -> float:
        person = grown.personalize(torch.tensor([identity]), torch.tensor([0]))
        with torch.no_grad():
            return float((grown.denoise(noise, condition, person, torch.tensor([-10.0])) - truth).square().mean())

    assert error(3) < min(error(i) for i in range(3))


def test_impossible_enrollment_is_refused(data: Prepared, beat_folder: Path, tmp_path: Path) -> None:
    source = _model(tmp_path / "model", data, True)
    for name in ("Ann", "auto", ""):
        with pytest.raises(ValueError, match="choose a name other than auto, Ann"):
            enroll(source, data, tmp_path / "out", name, "", FEW)
    with pytest.raises(ValueError, match="already holds a model"):
        enroll(source, data, source, "Zoe", "", FEW)
    two = prepare(beat_folder, tmp_path / "two", set())
    with pytest.raises(ValueError, match="holds 2 identities: prepare the recordings of one person"):
        enroll(source, two, tmp_path / "out", "Zoe", "", FEW)
    with pytest.raises(FileNotFoundError, match="run the stage `features`"):
        enroll(_model(tmp_path / "teacher", data, False), data, tmp_path / "out", "Zoe", "", FEW)
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def exported(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student with a fourth identity, Yan, enrolled from the command line, for the backend. (An export takes seconds: one for all tests.)"""
    folder = tmp_path_factory.mktemp("exported")
    source = str(_model(folder / "known", data, True))
    arguments = ["--identity", "Yan", "--prepared", str(data.folder), "--iterations", "2"]
    assert main(["enroll", source, str(folder / "torch"), *arguments]) == 0
    export(folder / "torch", folder / "onnx", "tiny", "1", safetensors=True)
    return folder / "onnx"


def test_voice_becomes_a_mixture(
    exported: Path, beat_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sounds = sorted((beat_folder / "2").glob("*.wav"))[:2]
    samples = np.concatenate([soundfile.read(path, dtype="float32")[0] for path in sounds])
    before = rank_voice(load_exported(exported), samples)
    mixture = enroll_voice(exported, sounds, tmp_path / "out", "Zoe", "a voice")
    assert sum(weight for _, weight in mixture) == pytest.approx(1) and [name for name, _ in mixture] == [
        name for name, _ in before.identities
    ]
    old, new = (json.loads((folder / "model.json").read_text()) for folder in (exported, tmp_path / "out"))
    rows = [np.array(card["library"].pop("identity_embeddings")) for card in (old, new)]
    keys = [np.array(card["library"].pop("identity_keys")) for card in (old, new)]
    weight = dict(mixture)
    np.testing.assert_allclose(rows[1][4], np.array([weight[name] for name in [*KNOWN, "Yan"]]) @ rows[0], atol=2e-6)
    assert np.linalg.norm(keys[1][4]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(rows[1][:4], rows[0])
    np.testing.assert_array_equal(keys[1][:4], keys[0])
    assert new.pop("identities") == [*old.pop("identities"), {"name": "Zoe", "description": "a voice"}] and new == old
    for path in exported.iterdir():
        assert path.name == "model.json" or path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()

    assert rank_voice(load_exported(tmp_path / "out"), samples).identities[0][0] == "Zoe"
    model = ["--model", str(tmp_path / "out")]
    assert backend(["identities", str(sounds[0]), *model]) == 0
    assert any(line.startswith("Zoe ") and line.endswith("a voice") for line in capsys.readouterr().out.splitlines())
    for name in ("Yan", "Zoe"):
        assert (
            backend(["generate", str(sounds[0]), "--out", str(tmp_path / f"{name}.csv"), "--identity", name, *model])
            == 0
        )
    assert (tmp_path / "Yan.csv").read_text() != (tmp_path / "Zoe.csv").read_text()


def test_a_film_becomes_an_identity(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tracker would find is given: test_face_tracker tries the tracker itself."""
    tracker = tmp_path / "face_landmarker.task"
    tracker.touch()
    film, face = filmed(8.0)
    jaw = np.interp(np.arange(8 * 16000) / 16000, film.times, face[:, 0])
    voice = sum(np.sin(2 * np.pi * 120 * k * np.arange(8 * 16000) / 16000) / k for k in range(1, 9))
    samples = (0.1 * jaw * voice).astype(np.float32)
    soundfile.write(tmp_path / "zoe.mp4", samples, 16000, format="WAV")
    monkeypatch.setattr(video_takes, "require_tracker", lambda model: None)
    monkeypatch.setattr(video_takes, "track_film", lambda path, model: film)
    command = [
        "enroll",
        str(exported),
        str(tmp_path / "out"),
        "--identity",
        "Zoe",
        "--video",
        str(tmp_path / "zoe.mp4"),
    ]
    assert main(command) == 1  # no tracker
    assert main([*command, "--tracker", str(tracker), "--iterations", "20"]) == 0
    old, new = (json.loads((folder / "model.json").read_text()) for folder in (exported, tmp_path / "out"))
    rows, keys = (np.array(new["library"][part]) for part in ("identity_embeddings", "identity_keys"))
    np.testing.assert_array_equal(rows[:4], old["library"]["identity_embeddings"])
    assert np.isfinite(rows[4]).all() and min(np.abs(rows[4] - row).max() for row in rows[:4]) > 1e-3
    assert np.linalg.norm(keys[4]) == pytest.approx(1, abs=1e-5)
    assert new["identities"][4] == {"name": "Zoe", "description": ""}
    for path in exported.iterdir():
        assert path.name == "model.json" or path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()
    assert rank_voice(load_exported(tmp_path / "out"), samples).identities[0][0] == "Zoe"
    assert main([*command, "--tracker", str(tracker)]) == 1  # the folder holds a model now


def test_voice_enrollment_needs_exported_model(
    data: Prepared, tmp_path: Path, beat_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, sound = _model(tmp_path / "model", data, True), next((beat_folder / "2").glob("*.wav"))
    assert main(["enroll", str(source), str(tmp_path / "out"), "--identity", "Zoe", "--audio", str(sound)]) == 1
    assert "export it first" in capsys.readouterr().err
    assert (
        main(["enroll", str(source), str(tmp_path / "out"), "--identity", "Zoe", "--audio", str(tmp_path / "none.wav")])
        == 1
    )
    assert not (tmp_path / "out").exists()


def test_safetensors_leave_out_libraries(exported: Path) -> None:
    talker, student_encoder, _ = load_model(exported.parent / "torch")
    assert student_encoder is not None
    with safe_open(exported / "model.safetensors", "pt") as file:
        config = ModelConfig(**json.loads(file.metadata()["config"]))
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    rebuilt = Talker(config, 0, 0)
    missing, unexpected = rebuilt.load_state_dict(
        {k[7:]: v for k, v in tensors.items() if k.startswith("talker.")}, strict=False
    )
    assert sorted(missing) == ["personalizer.emotions", "personalizer.identities"] and not unexpected
    rebuilt_ear = StudentEncoder(config)
    rebuilt_ear.load_state_dict({k[8:]: v for k, v in tensors.items() if k.startswith("encoder.")})
    # in 16 bits, as in the graphs
    assert all(
        torch.equal(a.half().float(), b)
        for a, b in zip(student_encoder.parameters(), rebuilt_ear.parameters(), strict=True)
    )
    assert torch.equal(rebuilt.decoder.out.weight, talker.decoder.out.weight.half().float())
    assert "model.safetensors" in json.loads((exported / "model.json").read_text())["files"]
