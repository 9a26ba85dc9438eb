"""ONNX files that refer to other files are rejected, so that no other file's content can get into a take."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from model_variants import sign

from backend.__main__ import DEFAULT_MODEL
from backend.external_data import keeps_data_elsewhere
from backend.inference.generator import load_model
from backend.model_folder import ModelError

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
from onnx import TensorProto, helper

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the extension's model."""
    return Path(shutil.copytree(DEFAULT_MODEL, tmp_path / "model"))


def _external_weight(location: str) -> bytes:
    """Return an ONNX file whose weight is stored at another location."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("length", "4")):
        weight.external_data.add(key=key, value=value)
    constant = helper.make_node("Constant", [], ["c"])
    constant.attribute.append(helper.make_attribute("value", weight))
    then = helper.make_graph([constant], "then", [], [helper.make_tensor_value_info("c", 1, [1])])
    branch = helper.make_node("If", ["x"], ["y"], then_branch=then, else_branch=then)
    x, y = ([helper.make_tensor_value_info(name, 1, [1])] for name in "xy")
    flat = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "flat", x, y, [weight])
    deep = helper.make_graph([branch], "deep", x, y)
    return helper.make_model(flat if len(location) % 2 else deep).SerializeToString()


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/hostname", "secret", "voice.onnx", "*/_ORT_MEM_ADDR_/*", "../model/../secret1"]
)
def test_weights_in_other_files_are_rejected(folder: Path, location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (folder, folder.parent):
        (place / "secret").write_bytes(b"\0\0\x80?")
    monkeypatch.chdir(folder)
    sign(folder, voice=_external_weight(location))
    for runtime in ("onnx", "torch"):
        with pytest.raises(
            ModelError,
            match="voice.onnx in .* keeps its weights in other files, which isn't supported: export it as one file",
        ):
            load_model(folder, runtime)


def test_external_tensor_location_is_detected() -> None:
    model = onnx.load_model_from_string((DEFAULT_MODEL / "voice.onnx").read_bytes())
    assert not keeps_data_elsewhere(model.SerializeToString())
    model.graph.initializer[0].data_location = TensorProto.DEFAULT  # explicitly, as some tools do
    assert not keeps_data_elsewhere(model.SerializeToString())
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    assert keeps_data_elsewhere(model.SerializeToString())


def test_nan_weights_are_rejected(folder: Path) -> None:
    model = onnx.load(folder / "voice.onnx")
    largest = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    largest.raw_data = np.full(len(largest.raw_data) // 2, np.nan, np.float16).tobytes()
    sign(folder, voice=model.SerializeToString())
    with pytest.raises(ModelError, match="silence into values that aren't numbers"):
        load_model(folder)
