"""The whole way, by the command line, on seconds of recordings: prepare -> features -> ear -> teacher -> students -> tables -> model -> generate."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

from backend.__main__ import main as backend
from training.__main__ import main

TINY = {
    "model": {
        "condition": 16,
        "embedding": 8,
        "person": 8,
        "step": 8,
        "hidden": 16,
        "noisy": 16,
        "voice": 8,
        "encoder_width": 16,
        "encoder_blocks": 2,
    },
    "ear": {"iterations": 3, "batch": 2, "seconds": 2.0},
    "train": {"iterations": 3, "batch": 2, "seconds": 2.0},
    "distill": {"iterations": 2, "batch": 2, "seconds": 2.0},
    "voice": {"iterations": 2, "batch": 2, "seconds": 2.0},
}


def test_all_stages_make_a_model(
    beat_folder: Path, hubert: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "tiny.json"
    config.write_text(json.dumps(TINY))
    out = tmp_path / "runs"
    command = [
        "all",
        str(beat_folder),
        str(out),
        "--encoder",
        str(hubert),
        "--config",
        str(config),
        "--hold-out",
        "2",
        "--limit",
        "1",
    ]
    assert main(command) == 0
    assert {each.parent.name for each in out.glob("*/weights.safetensors")} == {
        "teacher", "large-16", "large-8", "large-4", "large-2", "small-32", "small-16", "small-8", "small-4", "small-2", "student"
    }  # fmt: skip
    table = (out / "tables" / "tables.md").read_text()
    assert "small-2" in table and "teacher" in table

    sound = tmp_path / "sound.wav"
    soundfile.write(sound, 0.1 * np.sin(2 * np.pi * 200 * np.arange(32000) / 16000), 16000)
    assert backend(["generate", str(sound), "--model", str(out / "model"), "--out", str(tmp_path / "take.csv")]) == 0
    assert len((tmp_path / "take.csv").read_text().splitlines()) == 1 + 2 * 30

    capsys.readouterr()
    assert main(command) == 0  # all of it is there: nothing runs again
    lines = capsys.readouterr().out.splitlines()
    assert lines and all(line.endswith("(done)") for line in lines)
