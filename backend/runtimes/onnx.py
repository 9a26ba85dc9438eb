"""The model on ONNX Runtime: any CPU, nothing else to install."""

import os
from pathlib import Path

# Read when onnxruntime is imported: without it, it keeps a device id and a database of events in the user's cache, for an uploader.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from ..model_folder import PARTS
from . import Report, silent
from .graphs import Arrays, GraphRuntime


def open_part(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """One ONNX file on the CPU; threads 0: as many as there are cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def load(folder: Path, threads: int = 0, report: Report = silent) -> GraphRuntime:
    """Open a model folder's ONNX files."""
    sessions = {part: open_part(folder / f"{part}.onnx", threads) for part in PARTS}
    outputs = {part: [output.name for output in session.get_outputs()] for part, session in sessions.items()}

    def run(part: str, inputs: Arrays) -> Arrays:
        return dict(zip(outputs[part], sessions[part].run(None, inputs), strict=True))

    layers, _, width = next(i.shape for i in sessions["decoder"].get_inputs() if i.name == "state")
    return GraphRuntime("onnx", run, (layers, width))
