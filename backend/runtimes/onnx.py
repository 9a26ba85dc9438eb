"""The model on ONNX Runtime: any CPU, nothing else to install."""

import os

# Read when onnxruntime is imported: without it, it keeps a device id and a database of events in the user's cache, for an uploader.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from ..model_folder import ModelCard, ModelError, Parts
from ..platforms import usable_cores
from . import Report, silent
from .graphs import Arrays, GraphRuntime, first_line, state_of

_MOST_THREADS = 4  # of one part; with that many an hour is heard in seconds, and more would take the cores from Blender


def open_part(part: str, content: bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """An ONNX file on the CPU, on so many threads (0: as many as help). It may be run by several threads at once. Raises ModelError."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Said outright, or ONNX Runtime binds threads to cores that others may be using. The decoder is a GRU: a chain of small products.
    options.intra_op_num_threads = 1 if part == "decoder" else min(threads or usable_cores(), _MOST_THREADS)
    # Threads that wait by spinning are no faster here, and far slower as soon as Blender wants a core too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # No other format is looked for: this one is what was checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds, which have nothing in common
        raise ModelError(
            "ONNX Runtime can't open the model's {part}.onnx ({reason}): export the model again",
            part=part,
            reason=first_line(error),
        ) from error


def load(card: ModelCard, parts: Parts, threads: int = 0, report: Report = silent) -> GraphRuntime:
    """Open a model's ONNX files. Raises ModelError."""
    sessions = {part: open_part(part, content, threads) for part, content in parts.items()}
    outputs = {part: [output.name for output in session.get_outputs()] for part, session in sessions.items()}

    def run(part: str, inputs: Arrays) -> Arrays:
        return dict(zip(outputs[part], sessions[part].run(None, inputs), strict=True))

    return GraphRuntime("onnx", run, state_of({value.name: value.shape for value in sessions["decoder"].get_inputs()}))
