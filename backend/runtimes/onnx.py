"""The model on ONNX Runtime: any CPU, nothing else to install."""

import os
from pathlib import Path

import numpy as np

# Read when onnxruntime is imported: without it, it keeps a device id and a database of events in the user's cache, for an uploader.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from ..model_folder import PARTS

_MOST_THREADS = 4  # of one part; with that many an hour is heard in seconds, and more would take the cores from Blender


def open_part(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """One ONNX file on the CPU, on so many threads (0: as many as help). It may be run by several threads at once."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Said outright, or ONNX Runtime binds threads to cores that others may be using. The decoder is a GRU: a chain of small products.
    options.intra_op_num_threads = 1 if path.stem == "decoder" else min(threads or _cores(), _MOST_THREADS)
    # Threads that wait by spinning are no faster here, and far slower as soon as Blender wants a core too.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OnnxRuntime:
    """backend.runtimes.Runtime over four ONNX files."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        opened = (open_part(folder / f"{part}.onnx", threads) for part in PARTS)
        self._encoder, self._voice, self._personalizer, self._decoder = opened
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
