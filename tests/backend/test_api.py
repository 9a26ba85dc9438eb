"""The public Python API, and the example in its documentation."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import backend
from backend import AudioError, ModelError, Performance, RequestError, Talker, load_model
from backend.arkit import CHANNELS

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests/data/speech.ogg"

pytestmark = pytest.mark.skipif(
    not (backend.DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model"
)


@pytest.fixture(scope="module")
def talker() -> Talker:
    return load_model()


def test_example_in_docs_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/python_api.md").read_text(encoding="utf-8"), re.DOTALL
    )
    shutil.copy(SPEECH, tmp_path / "line.wav")  # libsndfile looks at the content
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/python_api.md", "exec"), {})  # noqa: S102
    assert (tmp_path / "line.csv").stat().st_size > 1000
    printed = capsys.readouterr().out
    assert "Ada happiness 3" in printed
    assert "5 (60, 52)" in printed


def test_api_matches_the_command_line(talker: Talker, tmp_path: Path) -> None:
    take = talker.generate(SPEECH, start=1.0, end=2.0, identity="Otto", seed=5, fps=25.0)
    assert (take.identity, take.seed, take.curves.fps, take.curves.names) == ("Otto", 5, 25.0, CHANNELS)
    command = [
        sys.executable,
        "-m",
        "backend",
        "generate",
        str(SPEECH),
        "--out",
        str(tmp_path / "a.npz"),
        "--start",
        "1",
    ]
    command += ["--end", "2", "--identity", "Otto", "--seed", "5", "--fps", "25"]
    subprocess.run(command, check=True, cwd=ROOT)
    from backend.curve_files import read

    np.testing.assert_array_equal(read(tmp_path / "a.npz").values, take.curves.values)


def test_names_are_the_models(talker: Talker) -> None:
    assert "Ada" in talker.identities
    assert "neutral" in talker.emotions


def test_errors_are_the_documented_ones(talker: Talker, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no file"):
        talker.generate(tmp_path / "none.wav")
    with pytest.raises(RequestError, match="choose auto or one of"):
        talker.generate(SPEECH, identity="Nobody")
    with pytest.raises(RequestError, match="takes at once"):
        next(talker.generate_takes(SPEECH, Performance(count=0)))
    with pytest.raises(TypeError, match="sed"):
        talker.generate(SPEECH, sed=3)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_model(tmp_path)


def test_every_public_name_resolves() -> None:
    assert all(getattr(backend, name) is not None for name in backend.__all__)
    assert {*backend._MODULES} == {*backend.__all__} - {"DEFAULT_MODEL"}
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        _ = backend.nothing_of_ours


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, backend; print({'numpy', 'onnxruntime', 'soundfile', 'backend.api'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
