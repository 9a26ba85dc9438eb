"""The model on ONNX Runtime: any CPU, nothing else to install."""

import os
from pathlib import Path

import numpy as np

# Read when onnxruntime is imported: without it, it keeps a device id and a database of events in the user's cache, for an uploader.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime


class OnnxRuntime:
    """backend.runtimes.Runtime over four ONNX files."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3

        def open_part(name: str) -> onnxruntime.InferenceSession:
            return onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])

        self._encoder, self._voice, self._personalizer, self._decoder = map(open_part, ("encoder", "voice", "personalizer", "decoder"))
        layers, _, hidden = next(i.shape for i in self._decoder.get_inputs() if i.name == "state")
        self._state_shape = (layers, hidden)

    def encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        condition, voice = self._encoder.run(None, {"mel": mel[None]})
        return condition[0], voice[0]

    def queries(self, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        identity, emotion = self._voice.run(None, {"pooled": voice[None].astype(np.float32)})
        return identity[0], emotion[0]

    def personalize(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        return self._personalizer.run(None, {"identity": identity[None].astype(np.float32), "emotion": emotion[None].astype(np.float32)})[
            0
        ][0]

    def denoise(
        self, noisy: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        takes = len(noisy)
        if state is None:
            layers, hidden = self._state_shape
            state = np.zeros((layers, takes, hidden), np.float32)
        inputs = {
            "noisy": noisy,
            "condition": np.broadcast_to(condition, (takes, *condition.shape)),
            "person": np.broadcast_to(person, (takes, *person.shape)),
            "log_snr": np.full(takes, log_snr, np.float32),
            "state": state,
        }
        clean, state = self._decoder.run(None, {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()})
        return clean, state


def load(folder: Path, threads: int = 0) -> OnnxRuntime:
    """Open a model folder's ONNX files; threads 0: as many as there are cores."""
    return OnnxRuntime(folder, threads)
