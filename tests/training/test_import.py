"""What was exported comes back as a model to train on, weight for weight."""

import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from backend.arkit import EMOTIONS
from backend.model_folder import ModelError
from tests.training.tiny import TINY
from training.__main__ import main
from training.export import export
from training.import_exported import import_exported
from training.model.checkpoint import load_model, save_model
from training.model.network import StudentEncoder, Talker

BUNDLED = Path(__file__).parents[2] / "backend" / "model"


def test_every_weight_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    talker, encoder = Talker(TINY, 3, len(EMOTIONS)), StudentEncoder(TINY)
    for parameter in (*talker.parameters(), *encoder.parameters()):
        parameter.data += 0.1 * torch.randn_like(parameter)  # the exporter keeps equal weights only once
    names = {"identities": ["Ann", "Bo", "Cy"], "descriptions": {"Bo": "calm"}, "emotions": list(EMOTIONS)}
    numbers = {"mean": [0.1] * 52, "deviation": [0.1] * 52, "start": [1.0] * 52}
    save_model(tmp_path / "torch", talker, encoder, 16, names | numbers)
    export(tmp_path / "torch", tmp_path / "onnx", "tiny", "1")

    assert import_exported(tmp_path / "onnx", tmp_path / "again") < 1e-3

    again, encoder_again, meta = load_model(tmp_path / "again")
    assert (again.config, meta["stride"], meta["identities"]) == (TINY, 16, ["Ann", "Bo", "Cy"])
    assert meta["descriptions"]["Bo"] == "calm"
    assert encoder_again is not None
    for old, new in ((talker, again), (encoder, encoder_again)):
        state = new.state_dict()
        for name, value in old.state_dict().items():
            if not name.startswith(("personalizer.identity_key", "personalizer.emotion_key")):
                # 16 bits are what an exported weight has; 1e-6 is what model.json rounds libraries to
                torch.testing.assert_close(state[name], value.half().float(), rtol=1e-3, atol=1e-5, msg=name)
    for keys, stored in zip(again.personalizer.keys(), talker.half().float().personalizer.keys(), strict=True):
        torch.testing.assert_close(keys, stored, rtol=0, atol=1e-4)


@pytest.mark.slow  # two exports of the whole model
def test_bundled_model_imports_and_exports_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(BUNDLED), str(tmp_path / "base")]) == 0
    assert "largest difference" in capsys.readouterr().out
    export(tmp_path / "base", tmp_path / "out", "again", "1")
    for part in ("decoder", "personalizer"):
        assert (tmp_path / "out" / f"{part}.onnx").stat().st_size == pytest.approx(
            (BUNDLED / f"{part}.onnx").stat().st_size, rel=0.02
        )


def test_altered_folder_is_refused(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "model")
    with open(tmp_path / "model" / "decoder.onnx", "ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="decoder.onnx"):
        import_exported(tmp_path / "model", tmp_path / "out")
    assert not (tmp_path / "out").exists()
