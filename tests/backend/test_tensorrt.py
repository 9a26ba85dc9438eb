"""The TensorRT runtime. Tests of a real GPU are skipped without one; the others simulate TensorRT and CUDA, see fake_gpu."""

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_gpu import Gpu

from backend import runtimes
from backend.__main__ import main
from backend.curve_files import read
from backend.inference import audio_encoding, generator
from backend.inference.generator import generate, load_model
from backend.messages import UserMessage
from backend.model_folder import PARTS, ModelCard, Parts, read_card, read_parts
from backend.performance import Performance
from backend.runtimes import RuntimeUnusable, plans
from backend.runtimes.onnx import open_part
from backend.runtimes.plans import MAX_SECONDS, MAX_TAKES, Machine, axes, plan_name, profile_of

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "backend/model"
SPEECH = ROOT / "tests/data/speech.ogg"
HERE = Machine("11.4.0.106", "NVIDIA L4", "8.9", "580.95.05")
CURVE_TOLERANCE = 2e-3  # between TensorRT and ONNX Runtime, which sum float32 in different orders

pytestmark = pytest.mark.skipif(not (MODEL / "model.json").exists(), reason="backend/model holds no model")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Redirect stored plans to a temporary folder."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(plans, "folder", lambda: folder)
    return folder


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    gpu = Gpu()
    gpu.install(monkeypatch)
    return gpu


# ---- shapes and names


def test_profiles_cover_the_backend_windows() -> None:
    assert max(generator._WINDOW, audio_encoding._WINDOW) <= MAX_SECONDS
    card = read_card(MODEL)
    parts = read_parts(MODEL, card)
    decoder = profile_of("decoder", parts["decoder"], axes(card))
    low, usual, high = decoder["noisy"]
    assert low == (1, 1 + 2 * card.lookahead, len(card.mean))
    assert usual[0] == 1
    assert high == (MAX_TAKES, 900 + 2 * card.lookahead, len(card.mean))
    assert [shape[1] for shape in decoder["condition"]] == [1, 300, 900]
    assert [shape[1] for shape in decoder["state"]] == [1, 1, MAX_TAKES]
    assert decoder["log_snr"][0] == (1,)
    assert profile_of("encoder", parts["encoder"], axes(card))["mel"][2] == (1, 3000 + 2 * card.receptive_field, 80)
    assert profile_of("voice", parts["voice"], axes(card))["pooled"] == ((1, 128),) * 3


@pytest.mark.parametrize("part", PARTS)
def test_onnx_runtime_accepts_every_profile(part: str) -> None:
    """The shapes of all inputs fit together: ONNX Runtime runs the smallest and the usual ones."""
    content = (MODEL / f"{part}.onnx").read_bytes()
    session, profile = open_part(part, content), profile_of(part, content, axes(read_card(MODEL)))
    assert list(profile) == [i.name for i in session.get_inputs()]
    for k in (0, 1):
        outputs = session.run(None, {name: np.ones(shapes[k], np.float32) for name, shapes in profile.items()})
        assert all(np.isfinite(output).all() for output in outputs)


def test_unknown_axis_is_named() -> None:
    known = {name: sizes for name, sizes in axes(read_card(MODEL)).items() if name != "mel_frames"}
    with pytest.raises(RuntimeUnusable, match="axis mel_frames of mel in"):
        profile_of("encoder", (MODEL / "encoder.onnx").read_bytes(), known)


def test_plan_name_depends_on_its_inputs() -> None:
    card = read_card(MODEL)
    name = plan_name("decoder", card, HERE)
    assert name == plan_name("decoder", read_card(MODEL), HERE)
    assert name.startswith("decoder.")
    assert name.endswith(".plan")
    names = [
        plan_name("decoder", card, replace(HERE, **{what: "other"}))
        for what in ("tensorrt", "gpu", "capability", "driver")
    ]
    changed: list[dict[str, Any]] = [
        {"lookahead": card.lookahead + 1},
        {"receptive_field": card.receptive_field + 10},
        {"files": card.files | {"decoder.onnx": "other"}},
    ]
    names += [plan_name("decoder", replace(card, **change), HERE) for change in changed]
    assert len({name, *names}) == 8
    assert plan_name("encoder", replace(card, **changed[2]), HERE) == plan_name("encoder", card, HERE)


def test_plans_are_stored_in_user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(plans, "cache_folder", lambda: tmp_path)
    assert plans.folder() == tmp_path / "diffusion_talker" / "tensorrt"


def test_plan_is_stored_privately_and_atomically(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans.store(cache / "a.plan", b"old")
    plans.store(cache / "a.plan", b"new")
    assert [(path.name, path.read_bytes()) for path in cache.iterdir()] == [("a.plan", b"new")]
    if os.name == "posix":
        assert [stat.S_IMODE(path.stat().st_mode) for path in (cache, cache / "a.plan")] == [0o700, 0o600]

    if os.name == "posix":
        assert plans.read(cache / "a.plan") == b"new"
        assert plans.read(cache / "b.plan") is None

    def fails(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="disk full"):
        plans.store(cache / "a.plan", b"newer")
    assert [(path.name, path.read_bytes()) for path in cache.iterdir()] == [("a.plan", b"new")]


@pytest.mark.skipif(os.name != "posix", reason="folders of Windows users are theirs alone")
@pytest.mark.parametrize(
    "case", ["others may write it", "others may write the folder", "somebody else's", "a link to elsewhere", "no file"]
)
def test_writable_plan_is_not_read(case: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans.store(cache / "a.plan", b"plan")
    if case == "others may write it":
        (cache / "a.plan").chmod(0o666)
    elif case == "others may write the folder":
        cache.chmod(0o777)
    elif case == "somebody else's":
        monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    else:
        (cache / "a.plan").rename(cache.parent / "moved")
        (cache / "a.plan").symlink_to(cache.parent / "moved") if "link" in case else (cache / "a.plan").mkdir()
    with pytest.raises(PermissionError, match="is not this user's alone"):
        plans.read(cache / "a.plan")


# ---- engines on a simulated GPU


def _checked() -> tuple[ModelCard, Parts]:
    card = read_card(MODEL)
    return card, read_parts(MODEL, card)


def _curves(runtime: str) -> np.ndarray:
    samples = np.random.default_rng(0).standard_normal(35 * 16000).astype(np.float32) / 10  # two windows
    return next(
        generate(
            load_model(MODEL, runtime),
            samples,
            Performance(seed=1),
            lambda stage, fraction: None,
        )
    ).curves.values


def test_engines_are_built_once(gpu: Gpu, cache: Path) -> None:
    steps: list[UserMessage] = []
    model = load_model(MODEL, "tensorrt", report=steps.append)
    assert (model.runtime.name, model.notices, gpu.built) == ("tensorrt", (), 4)
    assert [*map(str, steps)] == [f"Building {part} for NVIDIA L4, once" for part in PARTS]
    assert "TF32" not in gpu.flags
    assert sorted(path.name.split(".")[0] for path in cache.iterdir()) == sorted(PARTS)
    # Windows have other lengths, and half precision rounds what the decoder hears from their sums.
    np.testing.assert_allclose(_curves("tensorrt"), _curves("onnx"), atol=1e-4)
    assert load_model(MODEL, "tensorrt", report=steps.append).notices == ()
    assert gpu.built == 4
    assert len(steps) == 4


@pytest.mark.parametrize("change", [{"driver": "590.1"}, {"name": "NVIDIA H200"}, {"version": "11.5.0.1"}])
def test_other_machine_builds_own_plans(
    change: dict[str, Any], gpu: Gpu, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_model(MODEL, "tensorrt")
    other = Gpu(**change)
    other.install(monkeypatch)
    assert load_model(MODEL, "tensorrt").runtime.name == "tensorrt"
    assert other.built == 4
    assert len(list(cache.iterdir())) == 8


@pytest.mark.parametrize("content", [b"", b"no plan", None])
def test_broken_plan_is_built_again(
    content: bytes | None, gpu: Gpu, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_model(MODEL, "tensorrt")
    broken = next(cache.glob("decoder.*.plan"))
    good = broken.read_bytes()
    broken.write_bytes(good[:3] if content is None else content)
    assert load_model(MODEL, "tensorrt").notices == ()
    assert gpu.built == 5
    assert broken.read_bytes() == good
    assert "is built again" in caplog.text


def test_unusable_cache_folder_is_tolerated(gpu: Gpu, cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache.write_text("")
    assert load_model(MODEL, "tensorrt").notices == ()
    assert gpu.built == 4
    assert "The engine can't be stored" in caplog.text


@pytest.mark.parametrize(
    "state, message",
    [
        ({"count": 0}, "CUDA failed (no CUDA-capable device is detected): install NVIDIA's driver"),
        ({"room": 1000}, "CUDA failed (out of memory): choose another runtime"),
        ({"refused": b"GRU"}, "decoder.onnx (no importer)"),
        ({"error": 0.01}, "TensorRT's encoder differs from ONNX Runtime's by 0.01, and 0.001 is the limit"),
        ({"error": float("nan")}, "TensorRT's encoder differs from ONNX Runtime's by nan"),
    ],
)
def test_onnx_replaces_unusable_tensorrt(
    state: dict[str, Any],
    message: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    Gpu(**state).install(monkeypatch)
    out = tmp_path / "take.json"
    assert main(["generate", str(SPEECH), "--end", "1", "--out", str(out), "--runtime", "tensorrt"]) == 0
    *building, note = capsys.readouterr().err.splitlines()
    assert note.startswith("note: ")
    assert message in note
    assert note.endswith("; until then, ONNX Runtime is used")
    assert len(read(out).values) == 30
    assert not list(cache.glob("decoder.*"))
    assert all(line.startswith("Building ") for line in building)


def test_engine_rejects_shapes_outside_profile(gpu: Gpu) -> None:
    runtime = runtimes.find("tensorrt").load(*_checked())
    with pytest.raises(RuntimeUnusable, match=r"isn't built for mel of shape \(1, 9000, 80\)"):
        runtime.encode(np.zeros((9000, 80), np.float32))
    assert runtime.encode(np.zeros((200, 80), np.float32))[0].shape == (100, 128)


def test_gpu_memory_is_reused(gpu: Gpu) -> None:
    runtime = runtimes.find("tensorrt").load(*_checked())  # compares at the largest shapes
    taken = dict.fromkeys(gpu.memory)
    for length in (100, 3000, 40):
        runtime.encode(np.zeros((length, 80), np.float32))
    assert gpu.memory.keys() == taken.keys()


# ---- a real GPU


@pytest.fixture
def real() -> Any:
    """Return the runtime for this machine's GPU."""
    try:
        module = runtimes.find("tensorrt")
        module.find_machine()
    except RuntimeUnusable as error:
        pytest.skip(str(error))
    return module


def test_gpu_curves_match_onnx(real: Any) -> None:
    model = load_model(MODEL, "tensorrt")
    assert (model.runtime.name, model.notices) == ("tensorrt", ())
    np.testing.assert_allclose(_curves("tensorrt"), _curves("onnx"), atol=CURVE_TOLERANCE, rtol=0)


@pytest.mark.parametrize("seconds", [1, 30])
def test_gpu_state_matches_onnx(real: Any, seconds: int) -> None:
    one, other, lookahead = real.load(*_checked()), load_model(MODEL).runtime, read_card(MODEL).lookahead
    random = np.random.default_rng(seconds)
    mel = random.standard_normal((100 * seconds, 80)).astype(np.float32)
    condition = other.encode(mel)[0][: 30 * seconds]
    noisy, person, state = (
        random.standard_normal((1, 30 * seconds + 2 * lookahead, len(read_card(MODEL).mean))),
        random.standard_normal(64),
        None,
    )
    for log_snr in (-3.0, 2.0):
        theirs = other.denoise(noisy, condition, person, log_snr, state)
        for a, b in zip(one.denoise(noisy, condition, person, log_snr, state), theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=real.TOLERANCE, rtol=0)
        state = theirs[1]
