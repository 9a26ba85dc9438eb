"""The interface of large encoders, and how they encode sounds longer than their window."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from backend.features import RATE

from ..model.pipeline import Encode

STRIDE = 320  # samples a feature frame: 50 Hz

# At most 30 s are encoded at once: Whisper takes no more, and attention's cost grows with the square. The context on either side is dropped
# afterwards. It covers the receptive field of convolutions (1.28 s for HuBERT's positional one) and lets attention settle.
_CONTEXT = 2 * RATE // STRIDE
_WHOLE = 30 * RATE // STRIDE


@dataclass(frozen=True)
class Encoder:
    """A frozen audio encoder. name: as the user wrote it. width: F of its features. parameters: their number."""

    name: str
    width: int
    parameters: int
    encode: Encode

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Encode samples (n,) float32, mono at 16 kHz: (n // 320, F) float32. Frame i is centered on sample 320 i."""
        if len(samples) < STRIDE:
            return np.zeros((0, self.width), np.float32)
        return self.encode(samples)


def in_windows(samples: np.ndarray, encode: Encode) -> np.ndarray:
    """Encode a sound of any length in even windows of at most 30 s, each with context on either side."""
    total = len(samples) // STRIDE
    windows = 1 if total <= _WHOLE else -(-total // (_WHOLE - 2 * _CONTEXT))
    edges = np.linspace(0, total, windows + 1).astype(int)
    pieces = []
    for start, stop in pairwise(edges):
        first = max(start - _CONTEXT, 0)
        features = encode(samples[STRIDE * first : STRIDE * (stop + _CONTEXT)])
        pieces.append(features[start - first : stop - first])
    return np.concatenate(pieces)


def best_device() -> torch.device:
    """Return a CUDA device if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def parameters(module: torch.nn.Module) -> int:
    """Return the number of parameters of a module."""
    return sum(parameter.numel() for parameter in module.parameters())
