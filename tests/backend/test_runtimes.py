"""The runtimes give the same curves, and one that works replaces an unusable one with a notice."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend import __main__ as command_line
from backend.audio import read_clip
from backend.inference.generator import Model, generate, load_model
from backend.model_folder import ModelError, read_card, read_parts
from backend.performance import Performance
from backend.runtimes import AUTO, PACKAGES, RuntimeUnusable, layers
from backend.runtimes.numpy import load as load_numpy

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "backend/model"
SPEECH = ROOT / "tests/data/speech.ogg"
TOLERANCE = 1e-4  # between runtimes, for outputs of parts and for curves

pytestmark = pytest.mark.skipif(not (MODEL / "model.json").exists(), reason="backend/model holds no model")


def test_onnxruntime_leaves_home_untouched(tmp_path: Path) -> None:
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
    return _model("torch")


def _model(name: str) -> Model:
    for package in PACKAGES[name].split():
        pytest.importorskip(package)
    model = load_model(MODEL, name)
    assert (model.runtime.name, model.notices) == (name, ())
    return model


@pytest.fixture(scope="module", params=["torch", "numpy", "numpy without BLAS"])
def other_model(request: pytest.FixtureRequest) -> Iterator[Model]:
    """Load the model with a runtime besides ONNX Runtime."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "numpy without BLAS":
            patch.setattr(layers, "_has_fast_products", lambda: False)
        yield _model(request.param.partition(" ")[0])


@pytest.fixture(scope="module")
def onnx_model() -> Model:
    return _model("onnx")


@pytest.mark.parametrize("seconds", [1, 7, 31])
def test_parts_match_onnx(other_model: Model, onnx_model: Model, seconds: int) -> None:
    one, other = other_model.runtime, onnx_model.runtime
    random, lookahead = np.random.default_rng(seconds), onnx_model.card.lookahead

    def check(mine: tuple[np.ndarray, ...], theirs: tuple[np.ndarray, ...]) -> None:
        for a, b in zip(mine, theirs, strict=True):
            assert a.dtype == b.dtype == np.float32
            np.testing.assert_allclose(a, b, atol=TOLERANCE, rtol=0)

    mel = random.standard_normal((100 * seconds, 80)).astype(np.float32)
    condition, voice = other.encode(mel)
    check(one.encode(mel), (condition, voice))
    pooled = np.abs(random.standard_normal(2 * (voice.shape[1] - 1)))
    check(one.queries(pooled), other.queries(pooled))
    person = other.personalize(*other.queries(pooled))
    check((one.personalize(*other.queries(pooled)),), (person,))
    frames = 30 * seconds
    noisy = random.standard_normal((2, frames + 2 * lookahead, len(read_card(MODEL).mean)))
    state = None
    for log_snr in (-3.0, 2.0):  # the second time with the state of the first
        theirs = other.denoise(noisy, condition[:frames], person, log_snr, state)
        check(one.denoise(noisy, condition[:frames], person, log_snr, state), theirs)
        state = theirs[1]
    assert state is not None
    assert np.abs(state).max() > 0.1


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


@pytest.mark.parametrize("seconds", [2, 9, 40])
def test_curves_match_onnx(other_model: Model, onnx_model: Model, seconds: int) -> None:
    """40 s cover two windows, between which the GRU's state is passed on."""
    speech = read_clip(SPEECH).samples
    samples = np.tile(speech, seconds * 16000 // len(speech) + 1)[: seconds * 16000]
    *chosen, mine = _face(other_model, samples)
    *expected, theirs = _face(onnx_model, samples)
    assert chosen == expected
    assert mine.shape == (25 * seconds, 52)
    np.testing.assert_allclose(mine, theirs, atol=TOLERANCE, rtol=0)
    assert _face(other_model, samples)[2].tobytes() == mine.tobytes()


def test_torch_frees_values_after_use(torch_model: Model) -> None:
    from backend.runtimes import torch as module

    graph = module._read("encoder", (MODEL / "encoder.onnx").read_bytes(), module.torch.device("cpu"))
    values = {name for step in graph.steps for name in step.outputs} | graph.shapes.keys()
    assert set().union(*(step.unused for step in graph.steps)) == values - set(graph.outputs)
    assert not {"Cast", "Slice"} & graph.constants.keys()
    assert len(graph.steps) < 150


def test_unsupported_torch_operation_is_named(torch_model: Model) -> None:
    import onnx

    from backend.runtimes.torch import load

    card = read_card(MODEL)
    parts = read_parts(MODEL, card)
    model = onnx.load(MODEL / "decoder.onnx")
    gru = next(node for node in model.graph.node if node.op_type == "GRU")
    attributes = [a for a in gru.attribute if a.name != "linear_before_reset"]
    del gru.attribute[:]
    gru.attribute.extend(attributes)  # as onnxscript wrote it before 0.7.1
    with pytest.raises(RuntimeUnusable, match="doesn't support GRU in .*decoder.onnx .linear_before_reset 0"):
        load(card, parts | {"decoder": model.SerializeToString()})
    gru.op_type = "LSTM"
    with pytest.raises(RuntimeUnusable, match="doesn't support LSTM in"):
        load(card, parts | {"decoder": model.SerializeToString()})


@pytest.mark.parametrize("name", ["torch", "tensorrt"])
def test_onnx_replaces_missing_runtime(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(name, monkeypatch)
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    model = load_model(MODEL, name)
    assert model.runtime.name == "onnx"
    (notice,) = map(str, model.notices)
    assert notice.startswith(f"This Python lacks a package for the {name} runtime (")
    assert notice.count(". ") == 0
    assert notice.endswith(f'run "pip install {PACKAGES[name]}"; until then, ONNX Runtime is used')


def test_numpy_replaces_missing_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget("onnx", monkeypatch)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    model = load_model(MODEL)
    assert (model.runtime.name, model.notices) == ("numpy", ())
    model = load_model(MODEL, "onnx")  # asked for by name
    assert model.runtime.name == "numpy"
    (notice,) = map(str, model.notices)
    assert 'run "pip install onnxruntime"; until then, the numpy runtime is used' in notice


def test_numpy_replaces_an_onnxruntime_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.runtimes import onnx

    def refuse(*arguments: object, **named: object) -> None:
        raise RuntimeError("Unsupported model IR version: 10, max supported IR version: 9")

    monkeypatch.setattr(onnx.onnxruntime, "InferenceSession", refuse)
    assert load_model(MODEL).runtime.name == "numpy"
    with pytest.raises(ModelError, match="ONNX Runtime can't open .* IR version"):
        load_model(MODEL, "onnx")


def test_numpy_names_a_missing_layer() -> None:
    card = read_card(MODEL)
    parts = read_parts(MODEL, card)
    other = parts["decoder"].replace(b"gru.weight_hh_l0", b"gru.w_ight_hh_l0")
    with pytest.raises(ModelError, match="isn't of the design .*lacks 'talker.decoder.*export the model again"):
        load_numpy(card, parts | {"decoder": other})
    with pytest.raises(ModelError, match="voice.onnx is no ONNX file .it is cut."):
        load_numpy(card, parts | {"voice": parts["voice"][:-1]})


def _forget(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, f"backend.runtimes.{name}", raising=False)


def test_command_line_lists_every_runtime() -> None:
    assert command_line.RUNTIMES == (AUTO, *PACKAGES)
    assert all((ROOT / "backend/runtimes" / f"{name}.py").is_file() for name in PACKAGES)
