"""Runtimes: what executes the model's four networks. They run in the backend process and in training.

Each runtime is a module with `load(card, parts, threads, report) -> Runtime`. parts: from model_folder.read_parts(),
which checks them. threads: of the processor; 0 uses all cores.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Protocol

import numpy as np

from ..messages import UserError, UserMessage

AUTO = "auto"  # ONNX Runtime where it is installed, otherwise numpy
PACKAGES = {
    "onnx": "onnxruntime",
    "numpy": "numpy",
    "torch": "torch onnx",
    "tensorrt": "tensorrt-cu13 cuda-bindings",
}  # runtime -> what pip installs for it

Report = Callable[[UserMessage], None]  # called with each slow step of loading; may raise to cancel


class RuntimeUnusable(UserError, RuntimeError):
    """A runtime can't be used on this machine or with this model."""


class Runtime(Protocol):
    """A loaded model. All arrays are float32.

    Shapes: B takes, T audio frames at 50 Hz, N face frames at 30 fps. The model defines the sizes D (condition),
    V (voice features), P (personalized embedding) and E (library embedding), and the shape of the GRU's state.
    """

    @property
    def name(self) -> str:
        """One of PACKAGES."""

    def encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Encode a log-mel (2 T, bands). Return the decoder's condition (T, D) and the voice features (T, 1 + V).

        The first voice feature is the frame's weight.
        """

    def queries(self, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Map a pooled voice (2 V,) to queries: unit vectors of identity (E,) and emotion (E,)."""

    def personalize(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        """Fuse embeddings of identity (E,) and emotion (E,) into a personalized embedding (P,)."""

    def denoise(
        self, noisy: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict clean curves (B, N, C) and return them with the GRU's new state.

        noisy: (B, lookahead + N + lookahead, C). condition: (N, D). person: a personalized embedding (P,).
        log_snr: of the noise level. state: of the GRU after the previous window; None at a clip's start.
        """


def silent(stage: UserMessage) -> None:
    """Ignore a step of loading."""


def find(name: str) -> ModuleType:
    """Import a runtime's module. Raises RuntimeUnusable when this Python lacks one of its packages."""
    try:
        return import_module(f".{name}", __name__)
    except (ImportError, OSError) as error:  # OSError: the package exists, but lacks a native library
        raise RuntimeUnusable(
            'This Python lacks a package for the {name} runtime ({reason}): run "pip install {packages}"',
            name=name,
            reason=error,
            packages=PACKAGES[name],
        ) from error
