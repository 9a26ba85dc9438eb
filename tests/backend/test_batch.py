"""A script of many lines: read, done once each, gone on with, never stopped by a bad one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child_signals import default_signals

from backend.__main__ import DEFAULT_MODEL, main
from backend.batch import manifest, work
from backend.batch.lines import BadLine, Line, LinesError, read_lines
from backend.batch.run import Setting, processes
from backend.curve_files import read
from backend.performance import Performance

ROOT = Path(__file__).parents[2]
CLIPS = sorted((ROOT / "tests/data").rglob("*.ogg"))

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A folder of six clips, one in a folder of its own, and junk."""
    folder = tmp_path / "script"
    (folder / "act two").mkdir(parents=True)
    for number, clip in enumerate(CLIPS[:6]):
        shutil.copy(clip, folder / ("act two" if number == 5 else "") / clip.name)
    (folder / "broken.wav").write_bytes(b"RIFF and nothing more")
    (folder / "notes.txt").write_text("no sound")
    return folder


def _table(tmp_path: Path, rows: Sequence[dict[str, Any] | str]) -> Path:
    path = tmp_path / "script.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def test_folder_is_read_with_subfolders(script: Path) -> None:
    lines = read_lines(script)
    names = [line.name for line in lines]
    assert len(lines) == 7
    assert names == sorted(names)
    assert "broken" in names
    assert names[0] == f"act two/{CLIPS[5].stem}"


def test_duplicate_names_are_numbered(tmp_path: Path) -> None:
    wanted = (("x", 1), ("X", 1), ("x", 2), ("x_1", 1), ("../../x", 1))
    names = [
        line.name
        for line in read_lines(_table(tmp_path, [{"file": "a.wav", "name": name, "count": n} for name, n in wanted]))
    ]
    assert names == ["x", "X (2)", "x (3)", "x_1", "_.._x"]
    assert (
        read_lines(_table(tmp_path, [{"file": "a", "name": "y", "count": 2}, {"file": "a", "name": "Y_2"}]))[1].name
        == "Y_2 (2)"
    )


def test_invalid_table_rows_are_explained(tmp_path: Path) -> None:
    good = {"file": "a.wav", "start": "0.5", "end": 2, "seed": 3, "identity": "Ada"}
    lines = read_lines(
        _table(
            tmp_path,
            [
                good,
                "{",
                "[]",
                {"start": 1},
                {"file": "a", "seed": "x"},
                {"file": "a", "sed": 1},
                {"file": "a", "end": None},
            ],
        )
    )
    assert lines[0] == Line("a", str(tmp_path / "a.wav"), 0.5, 2.0, performance=Performance(identity="Ada", seed=3))
    reasons = [line.reason for line in lines[1:] if isinstance(line, BadLine)]
    for reason, part in zip(
        reasons, ("not JSON", "JSON object", "names no file", "no int", "column 'sed'", "no float"), strict=True
    ):
        assert part in reason
        assert reason.endswith(".")
    csv = tmp_path / "script.csv"
    csv.write_text("\ufefffile,emotion,name\nb.wav,,Hello\n", encoding="utf-8")
    assert read_lines(csv) == [Line("Hello", str(tmp_path / "b.wav"))]


# Written by version 0.1.0, whose lines held the fields of a request themselves.
_ROW = (
    '{"name": "a", "key": "0b30b71099fcdbf25a421a7b", "file": "a.wav", "outputs": ["a_1.csv", "a_2.csv"], "identity": "Ada", '
    '"emotion": "anger", "seeds": [3, 4], "audio_sha256": "aa", "model_sha256": "bb", "frames": 36, "seconds": 1.5, "took": 0.1, '
    '"character": "Hero", "frame": 12, "error": ""}\n'
)


def test_recorded_manifest_line_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch begun by an earlier version goes on where it stopped."""
    monkeypatch.setattr(work, "__version__", "0.1.0")
    (tmp_path / manifest.NAME).write_text(_ROW, encoding="utf-8")
    for name in ("a_1.csv", "a_2.csv"):
        (tmp_path / name).touch()
    asked = {
        "start": 0.5,
        "end": 2,
        "identity": "Ada",
        "emotion": "anger",
        "intensity": 0.5,
        "seed": 3,
        "count": 2,
        "fps": 24,
    }
    row = {"file": "a.wav", "name": "a", **asked, "character": "Hero", "frame": 12}
    (line,) = read_lines(_table(tmp_path, [row]))
    assert isinstance(line, Line)
    key = work.key_of(replace(line, file="a.wav"), "aa", "bb", "csv")
    (result,) = manifest.read_manifest(tmp_path).values()
    assert work.is_done(result, key, tmp_path)
    manifest.rewrite(tmp_path, [result])
    rewritten = json.loads((tmp_path / manifest.NAME).read_text(encoding="utf-8"))
    assert rewritten == json.loads(_ROW) | {"notices": []}


def test_default_line_keeps_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "__version__", "0.1.0")
    assert work.key_of(Line("a", "a.wav"), "aa", "bb", "csv") == "6e18fecfe6169630a12cdde2"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: None, "no folder or table"),
        (lambda p: p.mkdir(), "holds no lines"),
        (lambda p: p.write_text("a,b\n"), "column"),
    ],
)
def test_invalid_script_is_explained(tmp_path: Path, make: Any, says: str) -> None:
    path = tmp_path / "none.csv"
    make(path)
    with pytest.raises(LinesError, match=says):
        read_lines(path)


def _batch(script: Path, out: Path, *more: str) -> int:
    return main(["batch", str(script), "--out", str(out), "--processes", "2", *more])


def test_finished_lines_are_not_repeated(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert _batch(script, out) == 3
    told = capsys.readouterr()
    assert "6 lines made, 0 kept from before, 1 failed" in told.out
    assert "broken" in told.err
    assert "convert it" in told.err
    results = manifest.read_manifest(out)
    assert list(results) == [line.name for line in read_lines(script)]
    for name, result in results.items():
        assert bool(result.error) == (name == "broken")
        for output in result.outputs:
            take = read(out / output)
            assert len(take.values) == result.frames
            assert result.model_sha256
            assert result.audio_sha256
            assert result.identity

    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.csv")}
    assert _batch(script, out) == 3
    assert "0 lines made, 6 kept" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.csv")} == times

    shutil.copy(CLIPS[-1], script / "broken.wav")  # mended
    changed = next(path for path in script.glob("*.ogg"))
    shutil.copy(CLIPS[-1], changed)
    (out / results[read_lines(script)[0].name].outputs[0]).unlink()
    assert _batch(script, out) == 0
    assert "3 lines made, 4 kept" in capsys.readouterr().out


def test_table_row_matches_generate_command(tmp_path: Path) -> None:
    clip = CLIPS[0]
    table = _table(
        tmp_path,
        [
            {
                "file": str(clip),
                "name": "x",
                "identity": "Otto",
                "emotion": "anger",
                "intensity": 0.5,
                "seed": 4,
                "count": 2,
                "fps": 24,
            }
        ],
    )
    assert _batch(table, tmp_path / "out") == 0
    options = (
        "--identity",
        "Otto",
        "--emotion",
        "anger",
        "--intensity",
        "0.5",
        "--seed",
        "4",
        "--count",
        "2",
        "--fps",
        "24",
    )
    assert main(["generate", str(clip), "--out", str(tmp_path / "y.csv"), *options]) == 0
    for number in (1, 2):
        np.testing.assert_allclose(
            read(tmp_path / f"out/x_{number}.csv").values, read(tmp_path / f"y_{number}.csv").values, atol=2e-6
        )
    assert manifest.read_manifest(tmp_path / "out")["x"].seeds == (4, 5)


def test_half_written_manifest_is_continued(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    _batch(script, out)
    path = out / manifest.NAME
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:3], "{torn", rows[4][:50]]))
    capsys.readouterr()
    _batch(script, out)
    assert "kept from before" in capsys.readouterr().out
    assert len(manifest.read_manifest(out)) == 7


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system doesn't tell a process's children")
def test_killed_worker_loses_no_line(tmp_path: Path) -> None:
    rows = [{"file": str(clip), "name": f"{number} {clip.stem}", "count": 3} for number in range(12) for clip in CLIPS]
    command = [
        sys.executable,
        "-m",
        "backend",
        "batch",
        str(_table(tmp_path, rows)),
        "--out",
        str(tmp_path / "out"),
        "--processes",
        "2",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not list((tmp_path / "out").glob("*.csv")) and process.poll() is None:
            time.sleep(0.05)
        if children := _children(process.pid):
            os.kill(children[-1], signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=120)
    assert children and process.returncode == 0, stderr
    assert f"{len(rows)} lines made" in stdout
    assert all(not result.error for result in manifest.read_manifest(tmp_path / "out").values())


class _Crash(str):
    """A path that ends the process that receives it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (1,)


def test_crashing_line_fails_alone(tmp_path: Path) -> None:
    lines = [Line("crash", _Crash()), *(Line(clip.stem, str(clip)) for clip in CLIPS)]
    workers = processes(Setting(DEFAULT_MODEL, tmp_path, "csv"), 2)
    results = {result.name: result for result in workers([(line, "key") for line in lines])}
    assert "crashed" in results.pop("crash").error
    assert [result.error for result in results.values()] == [""] * len(CLIPS)


def _children(parent: int) -> list[int]:
    """Its worker processes, as /proc tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == parent and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, IndexError):
            continue
    return sorted(found)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")
def test_interrupted_batch_keeps_finished_lines(tmp_path: Path) -> None:
    rows = [{"file": str(clip), "name": f"{number} {clip.stem}", "count": 3} for number in range(40) for clip in CLIPS]
    command = [
        sys.executable,
        "-m",
        "backend",
        "batch",
        str(_table(tmp_path, rows)),
        "--out",
        str(tmp_path / "out"),
        "--processes",
        "2",
    ]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,  # noqa: PLW1509 - one thread
    ) as process:
        while not manifest.read_manifest(tmp_path / "out") and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    done = manifest.read_manifest(tmp_path / "out")
    assert 0 < len(done) < len(rows)
    assert all((tmp_path / "out" / name).exists() for result in done.values() for name in result.outputs)


@pytest.mark.skipif(shutil.which("node") is None, reason="node isn't here to read it")
def test_flamenco_job_type_is_valid_javascript() -> None:
    subprocess.run(["node", "--check", str(ROOT / "docs/flamenco_lip_sync.js")], check=True)
