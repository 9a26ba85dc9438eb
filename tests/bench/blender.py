"""Blender's share of the work for a take, measured in an environment with bpy."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .machine import ROOT, median, run_child
from .sound import write_speech
from .table import Cell, Table

_STRIP, _LONG = 10.0, 600.0  # s


def in_blender(quick: bool, threads: int) -> Table:
    """Measure click to keys, writing keys, blocking the main thread, and growth of the file. Raises CalledProcessError."""
    long = 30.0 if quick else _LONG
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"speech": write_speech(folder / "speech.wav", _STRIP), "long": write_speech(folder / "long.wav", long)}
        curves, out = folder / "curves.npy", folder / "out.json"
        run_child("tests.bench.clip", {"file": str(files["long"]), "runs": 1, "curves": str(curves)}, threads)
        options = {
            **{key: str(path) for key, path in files.items()},
            "curves": str(curves),
            "out": str(out),
            "runs": 2 if quick else 5,
        }
        # Python's own paths are this environment's, not that one's.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        command = [
            str(ROOT / ".ci/in_env"),
            "blender",
            "3.11,3.13",
            "python",
            "-m",
            "tests.bench.in_blender",
            json.dumps(options),
        ]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        found = json.loads(out.read_text())
    return _table(found, long)


def _table(found: dict[str, Any], long: float) -> Table:
    rows: list[tuple[Cell, ...]] = []

    def add(what: str, values: list[float], unit: str) -> None:
        rows.append((what, median(values), min(values), unit))

    for temperature in ("cold", "warm"):
        add(f"Generate, {_STRIP:g} s strip, click to keys, {temperature}", found["click"][temperature], "s")
    for name, written in found["writing"].items():
        add(f"write {52 * round(30 * long):,} values as {written['keys']:,} keys ({name})", written["seconds"], "s")
    for name, held in found["holds"].items():
        add(f"longest hold while a {long:g} s job runs ({name})", [1000 * held["pump"]], "ms")
        add(f"hold to put its take on the face ({name})", [1000 * held["apply"]], "ms")
    for name, size in found["growth"].items():
        add(f"growth of a compressed .blend for a minute of take ({name})", [size], "MB")
    return Table(
        f"In Blender {found['blender']}",
        "The installed zip, the sample face, 30 fps.",
        ("what", "median", "best", "unit"),
        tuple(rows),
    )
