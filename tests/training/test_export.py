"""Exported models run on every runtime, whatever their sizes; --tensorrt says what is missing before any work."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from backend import runtimes
from backend.arkit import EMOTIONS
from backend.features import BANDS
from backend.model_folder import read_card, read_parts
from tests.training.tiny import TINY
from training.__main__ import main
from training.export import export
from training.model.checkpoint import save_model
from training.model.network import StudentEncoder, Talker

SHALLOW = replace(TINY, layers=1)


def test_other_sizes_run_on_every_runtime(tmp_path: Path) -> None:
    torch.manual_seed(0)
    talker, encoder = Talker(SHALLOW, 1, len(EMOTIONS)), StudentEncoder(SHALLOW)
    for parameter in (*talker.parameters(), *encoder.parameters()):
        parameter.data += 0.1 * torch.randn_like(parameter)  # the exporter keeps equal weights only once
    numbers = {"mean": [0.1] * 52, "deviation": [0.1] * 52, "start": [1.0] * 52}
    names = {"identities": ["Ann"], "descriptions": {}, "emotions": list(EMOTIONS)}
    save_model(tmp_path / "torch", talker, encoder, 1, names | numbers)
    export(tmp_path / "torch", tmp_path / "onnx", "tiny", "1")
    card = read_card(tmp_path / "onnx")
    loaded = {
        name: runtimes.find(name).load(card, read_parts(tmp_path / "onnx", card)) for name in ("onnx", "torch", "numpy")
    }
    other = loaded.pop("onnx")
    assert loaded["torch"].state == other.state == (1, 16)
    mel = np.random.default_rng(0).standard_normal((200, BANDS)).astype(np.float32)
    noisy = np.random.default_rng(1).standard_normal((3, 60 + 2 * SHALLOW.look, 52))
    given = noisy, other.encode(mel)[0][:60], np.ones(8), 0.5, None
    for one in loaded.values():
        for a, b in zip(one.encode(mel), other.encode(mel), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)
        for a, b in zip(one.denoise(*given), other.denoise(*given), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


def test_missing_gpu_is_reported_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        runtimes.find("tensorrt").find_machine()
        pytest.skip("engines can be built here")
    except runtimes.RuntimeUnusable:
        pass
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "out"), "--name", "x", "--tensorrt"]) == 1
    error = capsys.readouterr().err
    assert (
        error.startswith("export: ") and error.count("\n") == 1 and "pip install tensorrt-cu13 cuda-bindings" in error
    )
    assert not (tmp_path / "out").exists()
