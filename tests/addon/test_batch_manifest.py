"""Keying the takes of a batch manifest on the characters of a scene."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from helpers import add_mesh

from backend.arkit import CHANNELS
from backend.curve_files import write
from backend.curves.base import Curves


def _script(folder: Path, rows: list[dict[str, Any]]) -> Path:
    for number, row in enumerate(rows):
        if row.get("outputs"):
            values = np.zeros((25, 52), np.float32)
            values[:, CHANNELS.index("jawOpen")] = (number + 1) / 10
            write(folder / row["outputs"][0], Curves(CHANNELS, values, 24.0))
    path = folder / "manifest.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({"name": f"line {number}", "outputs": [], "error": "", **row}) for number, row in enumerate(rows)
        )
    )
    return path


def test_lines_are_keyed_on_their_characters(scene: "bpy.types.Scene", tmp_path: Path) -> None:
    hero, guard = add_mesh("Hero", list(CHANNELS)), add_mesh("Guard", list(CHANNELS))
    rows = [
        {"outputs": ["a.csv"], "character": "Hero", "frame": 10},
        {"outputs": ["b.csv"], "character": "Guard", "frame": 20},
        {"outputs": ["c.csv"], "character": "Hero", "frame": 100},
    ]
    assert bpy.ops.lipsync.key_manifest(filepath=str(_script(tmp_path, rows))) == {"FINISHED"}
    for face, frame, jaw in ((hero, 20, 0.1), (hero, 60, 0.0), (hero, 110, 0.3), (guard, 30, 0.2), (guard, 110, 0.0)):
        scene.frame_set(frame)
        assert face.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(jaw, abs=1e-3)


def test_unusable_lines_are_reported(
    scene: "bpy.types.Scene", tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    add_mesh("Hero", list(CHANNELS))
    rows: list[dict[str, Any]] = [
        {"outputs": ["a.csv"], "character": "Hero", "frame": 1},
        {"outputs": ["b.csv"], "character": "Nobody"},
        {"error": "No sound."},
    ]
    assert bpy.ops.lipsync.key_manifest(filepath=str(_script(tmp_path, rows))) == {"FINISHED"}
    output = capfd.readouterr().out
    assert "1 of 3 lines keyed" in output and 'there is no object "Nobody"' in output and "No sound" in output
    path = tmp_path / "other.jsonl"
    path.write_text("[]")
    with pytest.raises(RuntimeError, match="isn't a batch manifest"):
        bpy.ops.lipsync.key_manifest(filepath=str(path))
