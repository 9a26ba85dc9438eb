"""Vocal effort: a raised voice opens the mouth wider, also where its loudness was evened out. Its spectrum tells.

Effort lifts the high frequencies of a voice over the low ones (Traunmueller & Eriksson 2000); a spectrum tilted by some dB an octave is its
simplest model.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from backend.arkit import CHANNELS
from backend.features import RATE, mel_filters

from ..train.augment import compress, decompress

LARGEST_TILT = 6.0  # dB an octave, to either side: from a whisper to a shout
_OPENING = 0.2  # share that the mouth opens wider at the largest tilt
_MOUTH = [
    i
    for i, name in enumerate(CHANNELS)
    if name in ("jawOpen", "mouthClose") or name.startswith(("mouthLowerDown", "mouthUpperUp"))
]


@cache
def _octaves() -> np.ndarray:
    """Return each mel band's distance from 1 kHz in octaves, (bands,), between 125 Hz and 4 kHz."""
    filters = mel_filters()
    hertz = filters @ np.linspace(0, RATE / 2, filters.shape[1])
    return np.clip(np.log2(hertz / 1000), -3, 2)


def with_effort(mel: Tensor, tilt: Tensor) -> Tensor:
    """Tilt the spectra of log-mels (B, T, bands) by dB an octave, (B,), at the same loudness."""
    power = decompress(mel)
    octaves = torch.from_numpy(_octaves()).to(mel)
    tilted = power * 10 ** (tilt[:, None, None] * octaves / 10)
    loudness = power.sum((1, 2), keepdim=True) / tilted.sum((1, 2), keepdim=True).clamp(min=1e-12)
    return compress(tilted * loudness)


def open_by_effort(face: np.ndarray, tilt: float) -> np.ndarray:
    """Open the mouth of a face (N, 52) wider or less wide. Lips that touch still do."""
    face = face.copy()
    face[:, _MOUTH] = np.clip(face[:, _MOUTH] * (1 + _OPENING * tilt / LARGEST_TILT), 0, 1)
    return face
