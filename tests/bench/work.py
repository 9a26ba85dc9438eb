"""The work for a clip, counted in operations that a runtime ran. Unlike time, it is the same on every machine."""

import json
import math
import tempfile
import unittest.mock
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from backend.__main__ import DEFAULT_MODEL
from backend.audio import RATE
from backend.inference.generator import Model, generate, load_model
from backend.model_folder import PARTS
from backend.performance import Performance
from backend.runtimes import layers, numpy_network

from .table import Table

EXPECTED = Path(__file__).with_name("expected.json")
SECONDS = 60

Shapes = list[list[int]]


def count_work() -> dict[str, dict[str, float]]:
    """Part of the model -> for a clip of SECONDS, one take, and what loading tries out: runs, nodes run, million multiply-adds, MB of what nodes hand on; and the part's
    own bytes, MB."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        with _profiled(Path(folder)) as sessions:
            _generate(load_model(DEFAULT_MODEL, "onnx"))
        for part in PARTS:
            found[part] = _count(json.loads(Path(sessions[part].end_profiling()).read_text()))
            found[part]["file, MB"] = (DEFAULT_MODEL / f"{part}.onnx").stat().st_size / 1e6
    return found | {"all, on numpy": _count_numpy()}


def _count_numpy() -> dict[str, float]:
    """Count the matrix products of the numpy runtime for the same clip on one thread, and their million multiply-adds."""
    found = {"products": 0.0, "million multiply-adds": 0.0}
    original = layers.product

    def product(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        found["products"] += 1
        found["million multiply-adds"] += math.prod((*x.shape, matrix.shape[1])) / 1e6
        return original(x, matrix)

    with (
        unittest.mock.patch.object(layers, "product", product),
        unittest.mock.patch.object(numpy_network, "product", product),
    ):
        _generate(load_model(DEFAULT_MODEL, "numpy", threads=1))
    return {what: round(cost, 6) for what, cost in found.items()}


def _generate(model: Model) -> None:
    """Make a take of SECONDS of noise."""
    sound = (0.1 * np.random.default_rng(0).standard_normal(SECONDS * RATE)).astype(np.float32)
    list(generate(model, sound, Performance(), lambda stage, fraction: None))


@contextmanager
def _profiled(folder: Path) -> Iterator[dict[str, Any]]:
    """Make sessions opened in the block write profiles to the folder. Yields part -> session."""
    sessions = {}
    parts = {(DEFAULT_MODEL / f"{part}.onnx").read_bytes(): part for part in PARTS}
    original = onnxruntime.InferenceSession

    def opened(content: bytes, options: Any, **named: Any) -> Any:
        part = parts[content]
        options.enable_profiling = True
        options.profile_file_prefix = str(folder / part)
        sessions[part] = session = original(content, options, **named)
        return session

    onnxruntime.InferenceSession = opened
    try:
        yield sessions
    finally:
        onnxruntime.InferenceSession = original


def _count(events: list[dict[str, Any]]) -> dict[str, float]:
    work: defaultdict[str, float] = defaultdict(float)
    for event in events:
        if event["name"] == "model_run":
            work["runs"] += 1
        elif event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            args = event["args"]
            work["nodes"] += 1
            work["handed on, MB"] += int(args["output_size"]) / 1e6
            work["million multiply-adds"] += (
                _multiply_adds(args["op_name"], _shapes(args["input_type_shape"]), _shapes(args["output_type_shape"]))
                / 1e6
            )
    return {what: round(cost, 6) for what, cost in work.items()}


def _shapes(typed: list[dict[str, list[int]]]) -> Shapes:
    return [shape for entry in typed for shape in entry.values()]


def _multiply_adds(operation: str, inputs: Shapes, outputs: Shapes) -> int:
    """Count a node's multiply-adds. Weights that ONNX Runtime has packed are not among its inputs."""
    if operation in ("MatMul", "FusedMatMul", "Gemm"):
        return math.prod(outputs[0]) * inputs[0][-1]
    if operation == "Conv":
        return math.prod(outputs[0]) * math.prod(inputs[1][1:])
    if operation == "GRU":
        frames, takes, width = inputs[0]
        hidden = outputs[0][-1]
        return frames * takes * 3 * hidden * (width + hidden)
    return 0


def work_table(found: dict[str, dict[str, float]]) -> Table:
    names = list(dict.fromkeys(name for work in found.values() for name in work))
    return Table(
        f"Work for {SECONDS} s",
        f"What ONNX Runtime {onnxruntime.__version__} ran for a clip and a take, and numpy. CI compares it with tests/bench/expected.json.",
        ("part", *names),
        tuple((part, *(work.get(name) for name in names)) for part, work in found.items()),
    )


if __name__ == "__main__":
    EXPECTED.write_text(json.dumps(count_work(), indent=1) + "\n")
    print(f"Written: {EXPECTED}")
