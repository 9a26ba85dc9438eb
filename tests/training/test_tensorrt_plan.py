"""What of TensorRT needs no GPU: shapes from the ONNX files, names of plans, what is said where plans can't be built."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

from backend import generator
from backend.model_folder import PARTS, read_card
from training.__main__ import main
from training.tensorrt_plan import MOST_TAKES, WINDOW, Machine, plan_name, profile_of

MODEL = Path(__file__).parents[2] / "backend/model"
HERE = Machine("11.4.0.106", "NVIDIA L4", "8.9", "580.95.05")

pytestmark = pytest.mark.skipif(not (MODEL / "model.json").exists(), reason="backend/model holds no model")


def test_profiles_cover_what_the_backend_asks_for() -> None:
    card = read_card(MODEL)
    assert generator._WINDOW <= WINDOW
    decoder = profile_of(MODEL / "decoder.onnx", card.look, card.reach)
    low, usual, high = decoder["noisy"]
    assert low == (1, 1 + 2 * card.look, 52) and usual[0] == 1 and high == (MOST_TAKES, 900 + 2 * card.look, 52)
    assert [shape[1] for shape in decoder["condition"]] == [1, 300, 900]
    assert [shape[1] for shape in decoder["state"]] == [1, 1, MOST_TAKES] and decoder["log_snr"][0] == (1,)
    assert profile_of(MODEL / "encoder.onnx", card.look, card.reach)["mel"][2] == (1, 3000 + 2 * card.reach, 80)
    assert profile_of(MODEL / "voice.onnx", card.look, card.reach)["pooled"] == ((1, 128),) * 3


@pytest.mark.parametrize("part", PARTS)
def test_every_profile_is_one_the_part_can_run(part: str) -> None:
    """The shapes of all inputs agree: ONNX Runtime takes the smallest and the usual ones."""
    card = read_card(MODEL)
    session = onnxruntime.InferenceSession(str(MODEL / f"{part}.onnx"), providers=["CPUExecutionProvider"])
    profile = profile_of(MODEL / f"{part}.onnx", card.look, card.reach)
    assert list(profile) == [i.name for i in session.get_inputs()]
    for k in (0, 1):
        outputs = session.run(None, {name: np.ones(shapes[k], np.float32) for name, shapes in profile.items()})
        assert all(np.isfinite(output).all() for output in outputs)


def test_an_axis_or_a_gru_that_nobody_knows_is_named(tmp_path: Path) -> None:
    model = onnx.load(MODEL / "decoder.onnx")
    gru = next(node for node in model.graph.node if node.op_type == "GRU")
    kept = [a for a in gru.attribute if a.name != "linear_before_reset"]
    del gru.attribute[:]
    gru.attribute.extend(kept)
    onnx.save(model, tmp_path / "decoder.onnx")
    with pytest.raises(ValueError, match="onnxscript 0.7.1"):
        profile_of(tmp_path / "decoder.onnx", 6, 100)
    model = onnx.load(MODEL / "encoder.onnx")
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "s0"
    onnx.save(model, tmp_path / "encoder.onnx")
    with pytest.raises(ValueError, match="the axis s0 of mel has no known range"):
        profile_of(tmp_path / "encoder.onnx", 6, 100)


def test_a_plan_is_named_by_all_that_it_is_tied_to(tmp_path: Path) -> None:
    path = MODEL / "decoder.onnx"
    profile = profile_of(path, 6, 100)
    name = plan_name(path, HERE, profile)
    assert name == plan_name(path, HERE, profile_of(path, 6, 100)) and name.startswith("decoder.") and name.endswith(".plan")
    (tmp_path / "decoder.onnx").write_bytes(path.read_bytes() + b"\0")
    others = [replace(HERE, **{field: "other"}) for field in ("tensorrt", "gpu", "capability", "driver")]
    names = [plan_name(path, other, profile) for other in others]
    names += [plan_name(path, HERE, profile_of(path, 7, 100)), plan_name(tmp_path / "decoder.onnx", HERE, profile), name]
    assert len(set(names)) == 7


def test_without_a_gpu_one_sentence_and_nothing_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        import tensorrt  # noqa: F401

        if torch.cuda.is_available():
            pytest.skip("plans can be built here")
    except ImportError:
        pass
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "out"), "--name", "x", "--tensorrt"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("export: ") and error.count("\n") == 1 and ("TensorRT" in error or "CUDA" in error)
    assert not (tmp_path / "out").exists()
