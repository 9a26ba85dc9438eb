"""Side by side in one run, on the same clip, with the same threads: FaceDiffuser's design, DiffusionTalker v1's, and ours."""

import tempfile
from pathlib import Path
from typing import Any

from .design import DESIGNS
from .machine import median, run_child
from .sound import write_speech
from .speed import measure
from .table import Cell, Table

_MANY = 1000  # FaceDiffuser's own steps


def side_by_side(seconds: float, quick: bool, threads: int) -> Table:
    """Ours first; how much longer each of the others takes."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_speech(Path(folder) / "speech.wav", seconds)
        ours = measure(file, seconds, quick, threads)
        theirs = {
            design: run_child("tests.bench.design", {"design": design, "file": str(file), "runs": 1 if quick else 3}, threads)
            for design in DESIGNS
        }
    unit = median(ours["warm"])
    rows: list[tuple[Cell, ...]] = [("ours", 2, "ours, once", 4.0, unit, ours["frames"] / unit, 1.0, ours["peak"])]
    for design, found in theirs.items():
        spent = median([run["total"] for run in found["runs"]])
        rows.append(_row(design, found, found["steps"], spent, unit))
        if found["runs"][0]["passes"] == found["steps"]:  # all that it does, it does in every step
            rows.append(_row(f"{design} (extrapolated)", found, _MANY, spent * _MANY / found["steps"], unit))
    return Table(
        f"Side by side: {seconds:g} s",
        f"The same clip, {threads} threads, one run after the other; medians, models loaded. The papers' designs in torch with random weights "
        "(as fast as trained ones): an encoder of HuBERT base's size, 12 layers of 768, in every step or once, and our GRU decoder of 2 x 256. "
        f"{_MANY} steps are not run but taken to be {_MANY // 8} times 8.",
        ("design", "steps", "encoder", "million parameters", "seconds", "frames/s", "times ours", "peak, MB"),
        tuple(rows),
    )


def _row(name: str, found: dict[str, Any], steps: int, spent: float, unit: float) -> tuple[Cell, ...]:
    encoder = "HuBERT base's, once" if found["runs"][0]["passes"] == 1 else "HuBERT base's, every step"
    return (name, steps, encoder, found["parameters"] / 1e6, spent, found["frames"] / spent, spent / unit, found["peak"])
