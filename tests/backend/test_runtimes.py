"""The ways to run the model: onnx and torch give the same curves, and what can't be used here is a sentence and onnx in its place."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend import __main__ as command_line
from backend.audio import read_clip
from backend.inference.generator import Model, generate, load_model
from backend.model_folder import ModelError, read_card, read_parts
from backend.performance import Performance
from backend.runtimes import PACKAGES, RuntimeUnusable

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "backend/model"
SPEECH = ROOT / "tests/data/speech.ogg"
ALIKE = 1e-4  # between runtimes: of all that a part gives, and of curves

pytestmark = pytest.mark.skipif(not (MODEL / "model.json").exists(), reason="backend/model holds no model")


def test_onnx_runtime_writes_nothing_into_the_home_folder(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "USERPROFILE": str(tmp_path),
    }
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", "import backend.runtimes.onnx"], check=True, cwd=ROOT, env=environment)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def torch_model() -> Model:
    for package in PACKAGES["torch"].split():
        pytest.importorskip(package)
    model = load_model(MODEL, "torch")
    assert (model.runtime.name, model.notices) == ("torch", ())
    return model


@pytest.fixture(scope="module")
def onnx_model() -> Model:
    return load_model(MODEL)


@pytest.mark.parametrize("seconds", [1, 30])
def test_torch_gives_what_onnx_gives(torch_model: Model, onnx_model: Model, seconds: int) -> None:
    one, other = torch_model.runtime, onnx_model.runtime
    random, lookahead = np.random.default_rng(seconds), onnx_model.card.lookahead

    def alike(mine: tuple[np.ndarray, ...], theirs: tuple[np.ndarray, ...]) -> None:
        for a, b in zip(mine, theirs, strict=True):
            assert a.dtype == b.dtype == np.float32
            np.testing.assert_allclose(a, b, atol=ALIKE, rtol=0)

    mel = random.standard_normal((100 * seconds, 80)).astype(np.float32)
    condition, voice = other.encode(mel)
    alike(one.encode(mel), (condition, voice))
    pooled = np.abs(random.standard_normal(2 * (voice.shape[1] - 1)))
    alike(one.queries(pooled), other.queries(pooled))
    person = other.personalize(*other.queries(pooled))
    alike((one.personalize(*other.queries(pooled)),), (person,))
    frames = 30 * seconds
    noisy = random.standard_normal((2, frames + 2 * lookahead, 52))
    state = None
    for log_snr in (-3.0, 2.0):  # the second time with a state that was handed on
        theirs = other.denoise(noisy, condition[:frames], person, log_snr, state)
        alike(one.denoise(noisy, condition[:frames], person, log_snr, state), theirs)
        state = theirs[1]
    assert state is not None and np.abs(state).max() > 0.1


def _face(model: Model, samples: np.ndarray) -> tuple[str, str, np.ndarray]:
    take = next(
        generate(
            model,
            samples,
            Performance(seed=3, fps=25.0),
            lambda stage, fraction: None,
        )
    )
    return take.identity, take.emotion, take.curves.values


@pytest.mark.parametrize("seconds", [2, 40])
def test_the_same_wish_gives_the_same_curves(torch_model: Model, onnx_model: Model, seconds: int) -> None:
    """40 s: several windows, between which the GRU's state is handed on."""
    speech = read_clip(SPEECH).samples
    samples = np.tile(speech, seconds * 16000 // len(speech) + 1)[: seconds * 16000]
    *chosen, mine = _face(torch_model, samples)
    *expected, theirs = _face(onnx_model, samples)
    assert chosen == expected and mine.shape == (25 * seconds, 52)
    np.testing.assert_allclose(mine, theirs, atol=ALIKE, rtol=0)
    assert _face(torch_model, samples)[2].tobytes() == mine.tobytes()


def test_torch_keeps_nothing_longer_than_it_is_needed(torch_model: Model) -> None:
    from backend.runtimes import torch as module

    graph = module._read("encoder", (MODEL / "encoder.onnx").read_bytes(), module.torch.device("cpu"))
    given = {name for step in graph.steps for name in step.gives} | graph.shapes.keys()
    assert set().union(*(step.done for step in graph.steps)) == given - set(graph.outputs)
    assert not {"Cast", "Slice"} & graph.constants.keys() and len(graph.steps) < 150


def test_what_torch_has_no_equal_of_is_named(torch_model: Model) -> None:
    import onnx

    from backend.runtimes.torch import load

    card = read_card(MODEL)
    parts = read_parts(MODEL, card)
    model = onnx.load(MODEL / "decoder.onnx")
    gru = next(node for node in model.graph.node if node.op_type == "GRU")
    kept = [a for a in gru.attribute if a.name != "linear_before_reset"]
    del gru.attribute[:]
    gru.attribute.extend(kept)  # as onnxscript wrote it before 0.7.1
    with pytest.raises(RuntimeUnusable, match="doesn't support GRU in .*decoder.onnx .linear_before_reset 0"):
        load(card, parts | {"decoder": model.SerializeToString()})
    gru.op_type = "LSTM"
    with pytest.raises(RuntimeUnusable, match="doesn't support LSTM in"):
        load(card, parts | {"decoder": model.SerializeToString()})


@pytest.mark.parametrize("name", ["torch", "tensorrt"])
def test_without_its_packages_onnx_does_the_work(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(name, monkeypatch)
    monkeypatch.setitem(sys.modules, name, None)  # as if it weren't installed
    model = load_model(MODEL, name)
    assert model.runtime.name == "onnx"
    (notice,) = map(str, model.notices)
    assert notice.startswith(f"This Python lacks a package for the {name} runtime (") and notice.count(". ") == 0
    assert notice.endswith(f'run "pip install {PACKAGES[name]}"; until then, ONNX Runtime is used')


def test_without_onnxruntime_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget("onnx", monkeypatch)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match='run "pip install onnxruntime"'):
        load_model(MODEL)


def _forget(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, f"backend.runtimes.{name}", raising=False)


def test_the_command_line_offers_what_there_is() -> None:
    assert command_line.RUNTIMES == tuple(PACKAGES)
    assert all((ROOT / "backend/runtimes" / f"{name}.py").is_file() for name in PACKAGES)
