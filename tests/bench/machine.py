"""The machine that figures were measured on, and child processes to measure in."""

import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backend.platforms import load_average, processor, usable_cores

ROOT = Path(__file__).parents[2]
_PACKAGES = ("numpy", "onnxruntime", "soundfile", "soxr", "torch", "transformers")


def load() -> float:
    """Return the load average of the last minute; NaN if the system has none."""
    average = load_average()
    return float("nan") if average is None else average


def facts() -> dict[str, str]:
    """Describe the machine, the threads and the versions."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES if _installed(name)]
    return {
        "processor": f"{processor()}, {usable_cores()} cores",
        "system": platform.platform(),
        "load before": f"{load():.2f} (1 and less: nothing else ran; figures are medians, with the best run beside them)",
        "versions": ", ".join([f"Python {platform.python_version()}", *versions]),
    }


def _installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def run_child(module: str, options: dict[str, Any], threads: int) -> Any:
    """Run `python -m module JSON` with some threads on as many cores. Returns its last line, as JSON. Raises CalledProcessError."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}  # as in the backend
    command = [sys.executable, "-m", module, json.dumps({**options, "threads": threads})]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def child_options() -> dict[str, Any]:
    """Return the options that run_child was given, in the child. It is limited to as many cores from here on."""
    options = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options["threads"]])
    return options


def peak_memory() -> float | None:
    """Return the peak memory of this process in MB; None if the system doesn't tell. (getrusage includes its parent.)"""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024
    except (OSError, StopIteration):
        return None


def times(work: Callable[[], Any], runs: int) -> list[float]:
    """Return the seconds of each run."""
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))
