"""Ways to run the model's four parts. Each runtime is a module with `load(folder) -> Runtime`."""

from typing import Protocol

import numpy as np


class Runtime(Protocol):
    """The model's parts, on float32 arrays. B takes, T audio frames at 50 Hz, N face frames at 30 fps.

    D, P, E and the GRU's state shape are the model's own.
    """

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
