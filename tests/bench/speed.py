"""Clip speed by length, steps, precision and threads. Each figure is measured in a separate process."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from backend.__main__ import DEFAULT_MODEL

from .clip import STAGES
from .machine import median, run_child
from .sound import write_speech
from .table import Cell, Table

_FPS = 30
_ITF = 1e-4  # s: the papers' unit of time a frame


def _runs(seconds: float, quick: bool) -> int:
    return 2 if quick or seconds > 600 else 7 if seconds <= 60 else 3


def measure(file: Path, seconds: float, quick: bool, threads: int, **options: Any) -> dict[str, Any]:
    """Measure a clip with tests.bench.clip. The first run, which is cold, is reported separately."""
    found = run_child("tests.bench.clip", {"file": str(file), "runs": 1 + _runs(seconds, quick), **options}, threads)
    found["first"], *found["warm"] = found["totals"]
    found["stages"] = found["stages"][1:]
    return found


def _row(found: dict[str, Any], seconds: float) -> tuple[Cell, ...]:
    spent, best, frames = median(found["warm"]), min(found["warm"]), found["frames"]
    stages = [1000 * median([run[stage] for run in found["stages"]]) for stage in STAGES]
    return (
        frames / spent,
        frames / best,
        spent / frames / _ITF,
        seconds / spent,
        *stages,
        1000 * spent,
        1000 * found["first"],
        found["peak"],
    )


_COLUMNS = (
    "frames/s",
    "best",
    "ITF, 1e-4 s",
    "times real time",
    *(f"{stage}, ms" for stage in STAGES),
    "all, ms",
    "first run, ms",
    "peak, MB",
)


def by_length(lengths: Sequence[float], quick: bool, threads: int) -> Table:
    """Measure clips from a second to two hours. Time should grow with length, memory hardly at all."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in lengths:
            file = write_speech(Path(folder) / "speech.wav", seconds)
            rows.append((seconds, *_row(measure(file, seconds, quick, threads), seconds)))
    return Table(
        "Clip speed by length",
        f"Sound file to curves at 30 fps, 2 steps, fp32, {threads} threads; the median of warm runs by stage. Beyond ten minutes a clip is "
        "decoded twice rather than held. Peak is all of the process, Python and libraries included.",
        ("seconds", *_COLUMNS),
        tuple(rows),
    )


def by_kind(seconds: float, quick: bool, threads: Sequence[int]) -> Table:
    """Measure one clip with other steps, other precision and other threads."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_speech(folder / "speech.wav", seconds)
        small = quantize(folder / "int8")
        exact, rounded = folder / "fp32.npy", folder / "int8.npy"
        for count in threads:
            for steps in (8, 4, 2, 1):
                options = {"steps": steps, **({"curves": str(exact)} if steps == 2 else {})}
                rows.append((steps, "fp32", count, *_row(measure(file, seconds, quick, count, **options), seconds)))
            found = measure(file, seconds, quick, count, model=str(small), curves=str(rounded))
            rows.append((2, "int8", count, *_row(found, seconds)))
        miss = np.load(rounded) - np.load(exact)
    return Table(
        f"Clip speed by steps, precision and threads: {seconds:g} s",
        "The model has 2 steps: for 1 its second level is left out, for 4 and 8 its first is repeated, so that those rows tell of time only. "
        f"int8: onnxruntime's dynamic quantization of products and convolutions (the GRU stays fp32); its curves are off by "
        f"{np.abs(miss).max():.3f} at most, {np.sqrt((miss**2).mean()):.4f} RMS, of a range of 1.",
        ("steps", "precision", "threads", *_COLUMNS),
        tuple(rows),
    )


def by_runtime(seconds: float, quick: bool, threads: Sequence[int]) -> Table:
    """Measure one clip with ONNX Runtime and with numpy, also as where numpy has no fast matrix products."""
    runtimes: dict[str, dict[str, Any]] = {
        "onnx": {"runtime": "onnx"},
        "numpy": {"runtime": "numpy"},
        "numpy without BLAS": {"runtime": "numpy", "without_blas": True},
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = write_speech(Path(folder) / "speech.wav", seconds)
        for count in threads:
            for name, options in runtimes.items():
                found = measure(file, seconds, quick, count, **options)
                rows.append((name, count, *_row(found, seconds)))
    return Table(
        f"Clip speed by runtime: {seconds:g} s",
        "Without BLAS: products by einsum, as in a Blender that comes with such a numpy.",
        ("runtime", "threads", *_COLUMNS),
        tuple(rows),
    )


def quantize(folder: Path) -> Path:
    """Write the default model with int8 weights to a new folder."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    shutil.copytree(DEFAULT_MODEL, folder)
    card = json.loads((folder / "model.json").read_text())
    for part in ("encoder", "decoder"):
        path, folded = folder / f"{part}.onnx", folder / "folded.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = (
            onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        )  # widens the weights, fuses nothing
        options.optimized_model_filepath = str(folded)
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        quantize_dynamic(folded, path, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])
        folded.unlink()
        card["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))
    return folder
