"""Ways to run the model's four parts. Each runtime is a module with `load(card, parts, threads, report) -> Runtime`; parts
were checked (backend.model_folder.read_parts), threads are the processor's, 0: as many as there are cores."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Protocol

import numpy as np

from ..messages import UserError, UserMessage

PACKAGES = {
    "onnx": "onnxruntime",
    "torch": "torch onnx",
    "tensorrt": "tensorrt-cu13 cuda-bindings",
}  # runtime -> what pip installs for it

Report = Callable[[UserMessage], None]  # told what is being done when loading takes long; may raise to give up


class RuntimeUnusable(UserError, RuntimeError):
    """A runtime can't be used here."""


class Runtime(Protocol):
    """The model's parts, on float32 arrays. B takes, T audio frames at 50 Hz, N face frames at 30 fps.

    D, P, E and the GRU's state shape are the model's own.
    """

    @property
    def name(self) -> str:
        """One of PACKAGES."""

    def encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-mel (2 T, bands) -> what the decoder hears (T, D) and what the voice head hears (T, 1 + V): weight and content."""

    def queries(self, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pooled voice (2 V,) -> unit vectors of identity (E,) and emotion (E,)."""

    def personalize(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        """Embeddings (E,) and (E,) -> personalized embedding (P,)."""

    def denoise(
        self, noisy: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Noisy curves (B, look + N + look, C), condition (N, D), person (P,), GRU state or None at a clip's start -> clean curves (B, N, C), state."""


def silent(stage: UserMessage) -> None:
    """A Report that nobody reads."""


def find(name: str) -> ModuleType:
    """A runtime's module. Raises RuntimeUnusable when this Python lacks one of its packages."""
    try:
        return import_module(f".{name}", __name__)
    except (ImportError, OSError) as error:  # OSError: a package is there, but not the libraries that it loads
        raise RuntimeUnusable(
            'This Python lacks a package for the {name} runtime ({reason}): run "pip install {packages}"',
            name=name,
            reason=error,
            packages=PACKAGES[name],
        ) from error
