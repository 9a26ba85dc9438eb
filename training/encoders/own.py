"""A model's own student encoder, as one to cache features with for `distill --decoder-only`."""

from pathlib import Path

import numpy as np
import torch

from ..model.checkpoint import load_model
from ..model.pipeline import compute_log_mel
from .base import STRIDE, Encoder, parameters


def load(folder: Path) -> Encoder:
    """Open the encoder of a model that distill or import wrote. Raises ValueError for a model that has none."""
    encoder = load_model(folder)[1]
    if encoder is None:
        raise ValueError(f"{folder} has no encoder of its own: name the large encoder that it was trained with")

    @torch.inference_mode()
    def listen(samples: np.ndarray) -> np.ndarray:
        mel = compute_log_mel(np.pad(samples, (0, -len(samples) % (5 * STRIDE))))
        features = encoder(torch.from_numpy(mel)[None])[0].numpy()
        return features[: len(samples) // STRIDE]

    return Encoder(str(folder), encoder.config.features, parameters(encoder), listen)
