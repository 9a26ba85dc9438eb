"""Side by side in one run, on the same clip, with the same threads: FaceDiffuser's design, DiffusionTalker v1's, and ours."""

import tempfile
from pathlib import Path

from .design import DESIGNS
from .machine import median, run_child
from .sizes import weights
from .sound import write_speech
from .speed import measure
from .table import Cell, Table

_MANY = 1000  # FaceDiffuser's own steps


def side_by_side(seconds: float, quick: bool, threads: int) -> Table:
    """Measure our design first, then how much longer the others take."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_speech(Path(folder) / "speech.wav", seconds)
        ours = measure(file, seconds, quick, threads)
        theirs = {
            design: run_child(
                "tests.bench.design", {"design": design, "file": str(file), "runs": 1 if quick else 3}, threads
            )
            for design in DESIGNS
        }
    frames, unit = ours["frames"], (median(ours["warm"]), min(ours["warm"]))

    def row(
        name: str, steps: int, encoder: str, size: float, spent: tuple[float, float], peak: float | None
    ) -> tuple[Cell, ...]:
        ratios = [a / b for a, b in zip(spent, unit, strict=True)]
        return (name, steps, encoder, size, *spent, frames / spent[0], *ratios, peak)

    rows = [row("ours", 2, "ours, once", weights() / 2, unit, ours["peak"])]
    for design, found in theirs.items():
        totals = [run["total"] for run in found["runs"]]
        spent, steps = (median(totals), min(totals)), found["steps"]
        each = found["runs"][0]["passes"] == steps  # all that it does, it does in every step
        encoder = f"HuBERT base's, {'every step' if each else 'once'}"
        rows.append(row(design, steps, encoder, found["parameters"] / 1e6, spent, found["peak"]))
        if each:
            many = (spent[0] * _MANY / steps, spent[1] * _MANY / steps)
            rows.append(row(f"{design} (extrapolated)", _MANY, encoder, found["parameters"] / 1e6, many, found["peak"]))
    return Table(
        f"Side by side: {seconds:g} s",
        f"The same clip, {threads} threads, one run after the other; medians and best runs, models loaded. The papers' designs in torch with random weights "
        "(as fast as trained ones): an encoder of HuBERT base's size, 12 layers of 768, in every step or once, and our GRU decoder of 2 x 256. "
        f"{_MANY} steps are not run but taken to be {_MANY // 8} times 8.",
        (
            "design",
            "steps",
            "encoder",
            "million parameters",
            "seconds",
            "best",
            "frames/s",
            "times ours",
            "best",
            "peak, MB",
        ),
        tuple(rows),
    )
