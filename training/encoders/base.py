"""What every large encoder is to the stages, and how it listens to sounds longer than its window."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from backend.features import RATE

STRIDE = 320  # samples a feature frame: 50 Hz

# 30 s at most are heard at once: Whisper knows no more, and attention's cost grows with the square. The context on either side is dropped
# afterwards; it covers what convolutions see (HuBERT's positional one: 1.28 s) and lets attention settle.
_CONTEXT = 2 * RATE // STRIDE
_WHOLE = 30 * RATE // STRIDE

Listen = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Encoder:
    """A frozen audio encoder. name: as the user wrote it; width: F of its features; parameters: how many it has."""

    name: str
    width: int
    parameters: int
    listen: Listen

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """(n,) float32 mono at 16 kHz -> (n // 320, F) float32; frame i is centred on sample 320 i."""
        if len(samples) < STRIDE:
            return np.zeros((0, self.width), np.float32)
        return self.listen(samples)


def in_windows(samples: np.ndarray, hear: Listen) -> np.ndarray:
    """Listen to a sound of any length with `hear`, which takes 30 s at most: even pieces, each heard with context on either side."""
    total = len(samples) // STRIDE
    windows = 1 if total <= _WHOLE else -(-total // (_WHOLE - 2 * _CONTEXT))
    edges = np.linspace(0, total, windows + 1).astype(int)
    pieces = []
    for start, stop in pairwise(edges):
        first = max(start - _CONTEXT, 0)
        heard = hear(samples[STRIDE * first : STRIDE * (stop + _CONTEXT)])
        pieces.append(heard[start - first : stop - first])
    return np.concatenate(pieces)


def best_device() -> torch.device:
    """Where to listen: a CUDA device if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def parameters(module: torch.nn.Module) -> int:
    """How many parameters a module has."""
    return sum(parameter.numel() for parameter in module.parameters())
