"""Run the model on ONNX Runtime: on any CPU, with nothing more to install."""

import os

# Must be set before the import. Otherwise ONNX Runtime stores a device id and an event database in the user's cache.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from ..model_folder import ModelCard, ModelError, Parts
from ..platforms import usable_cores
from . import Report, silent
from .graphs import Arrays, GraphRuntime, first_line, state_of

_MAX_THREADS = 4  # per part: enough to encode an hour in seconds, and the other cores stay free for Blender


def open_part(part: str, content: bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open an ONNX file on the CPU. Several threads may run the session at once. Raises ModelError.

    threads: used by one run; 0 chooses a number.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Without an explicit number, ONNX Runtime pins threads to cores, which may be busy. The decoder is a GRU, a chain
    # of small products that gain nothing from threads.
    options.intra_op_num_threads = 1 if part == "decoder" else min(threads or usable_cores(), _MAX_THREADS)
    # Spinning is no faster here, and far slower when Blender needs a core, too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Allow only the format that was checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base class
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
