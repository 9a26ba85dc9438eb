"""The commands, as a shell runs them."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend import __version__
from backend.__main__ import DEFAULT_MODEL, main
from backend.curve_files import read
from backend.curves.adjust import Controls, adjust
from backend.platforms import is_closed_pipe
from backend.shell import CLOSED_PIPE
from tests.closed_pipe import run_unread

REPOSITORY = Path(__file__).parents[2]
SPEECH = str(REPOSITORY / "tests" / "data" / "speech.ogg")

needs_model = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backend", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)


def test_version_option_prints_version() -> None:
    assert _run("--version").stdout.strip() == __version__


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("generate",),
        ("generate", SPEECH),
        ("generate", SPEECH, "--out", "a.csv", "--seed", "x"),
        ("generate", SPEECH, "--out", "a.csv", "--strength", "jaw"),
        ("identities",),
    ],
)
def test_wrong_arguments_exit_with_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    return output.err


def test_missing_model_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (("generate", SPEECH, "--out", str(tmp_path / "a.csv")), ("identities", SPEECH)):
        assert "No model.json" in _refused(capsys, *command, "--model", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@needs_model
def test_bad_input_is_explained_without_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--model", str(DEFAULT_MODEL), "--out", str(tmp_path / "a.csv"))
    assert "no file" in _refused(capsys, "generate", str(tmp_path / "none.wav"), *out)
    assert "identity" in _refused(capsys, "generate", SPEECH, *out, "--identity", "nobody")
    assert "emotion" in _refused(capsys, "generate", SPEECH, *out, "--emotion", "envy")
    assert "region" in _refused(capsys, "generate", SPEECH, *out, "--strength", "nose=2")
    assert "intensity" in _refused(capsys, "generate", SPEECH, *out, "--intensity", "3")
    assert "Smoothing can't be 1: choose 0 to 0.3" in _refused(capsys, "generate", SPEECH, *out, "--smoothing", "1")
    assert "Blinks can't be -1" in _refused(capsys, "generate", SPEECH, *out, "--blinks", "-1")
    assert "Closing can't be nan" in _refused(capsys, "generate", SPEECH, *out, "--closing", "nan")
    assert "Offset can't be 300: choose -200 to 200" in _refused(capsys, "generate", SPEECH, *out, "--offset", "300")
    assert "fps" in _refused(capsys, "generate", SPEECH, *out, "--fps", "nan")
    assert "suffix" in _refused(capsys, "generate", SPEECH, *out, "--out", str(tmp_path / "a.txt"))
    assert "no folder" in _refused(capsys, "generate", SPEECH, *out, "--out", str(tmp_path / "none" / "a.csv"))
    assert "no file" in _refused(capsys, "identities", str(tmp_path / "none.wav"), "--model", str(DEFAULT_MODEL))
    assert list(tmp_path.iterdir()) == []


@needs_model
def test_generate_writes_takes(tmp_path: Path) -> None:
    options = ("--model", str(DEFAULT_MODEL), "--fps", "25", "--start", "1", "--end", "3", "--seed", "4")
    done = _run("generate", SPEECH, *options, "--out", str(tmp_path / "one.csv"))
    assert done.returncode == 0
    assert done.stderr == ""
    assert "50 frames at 25 fps" in done.stdout
    assert "seed 4" in done.stdout
    assert "identity auto" not in done.stdout
    one = read(tmp_path / "one.csv")
    assert (one.values.shape, one.fps, one.start) == ((50, 52), 25.0, 1.0)

    assert main(["generate", SPEECH, *options, "--count", "2", "--out", str(tmp_path / "many.json")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many_1.json", "many_2.json", "one.csv"]
    many = read(tmp_path / "many_1.json")
    np.testing.assert_allclose(many.values, one.values, atol=2e-6)
    assert not np.allclose(read(tmp_path / "many_2.json").values, one.values)

    controls = (
        "--strength",
        "brows=0",
        "--smoothing",
        ".1",
        "--blinks",
        "0",
        "--closing",
        "-1",
        "--offset",
        "40",
        "--mirror",
    )
    assert main(["generate", SPEECH, *options, *controls, "--out", str(tmp_path / "adjusted.json")]) == 0
    wanted = adjust(many, Controls({"brows": 0.0}, 0.1, 0.0, -1.0, 40.0, True))
    np.testing.assert_allclose(read(tmp_path / "adjusted.json").values, wanted.values, atol=1e-5)


@needs_model
def test_identities_ranks_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identities", SPEECH, "--model", str(DEFAULT_MODEL)]) == 0
    lines = capsys.readouterr().out.splitlines()
    blank = lines.index("")
    assert blank >= 9
    assert lines[0].split() == ["Identity", "Match"]
    assert len(lines[blank + 1 :]) == 10


@needs_model
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("command", ["identities", "generate", "batch"])
def test_closed_pipe_ends_quietly(command: str, buffered: bool, tmp_path: Path) -> None:
    """As in `| head -1`. The takes are there all the same."""
    lines, out = tmp_path / "lines.csv", tmp_path / "out"
    lines.write_text(f"file,end\n{SPEECH},1\n")
    out.mkdir()
    options, takes = {
        "identities": ((SPEECH,), 0),
        "generate": ((SPEECH, "--end", "1", "--count", "2", "--out", str(out / "a.csv")), 2),
        "batch": ((str(lines), "--out", str(out), "--processes", "1"), 1),
    }[command]
    done = run_unread("backend", command, *options, buffered=buffered)
    assert done.returncode == CLOSED_PIPE and "rror" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert len([*out.glob("*.csv")]) == takes


def test_windows_closed_pipe_is_recognized() -> None:
    assert is_closed_pipe(OSError(errno.EINVAL, "Invalid argument"), "win32")
    assert not is_closed_pipe(OSError(errno.EINVAL, "Invalid argument", "a?.csv"), "win32")
    assert not is_closed_pipe(OSError(errno.EINVAL, "Invalid argument"), "linux")
