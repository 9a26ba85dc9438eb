"""Whisper's encoder (Radford et al. 2022). It is available as a package too, for machines without access to the hub."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from backend.features import RATE

from .base import STRIDE, Encoder, best_device, in_windows, parameters
from .ctranslate2 import whisper_from_ctranslate2

if TYPE_CHECKING:
    from transformers.models.whisper.modeling_whisper import WhisperEncoder


def load(source: str) -> Encoder:
    """Load a Whisper encoder by hub name or folder. Raises OSError or ValueError, as `transformers` does."""
    from transformers import WhisperModel

    return _encoder(source, WhisperModel.from_pretrained(source).encoder)


def load_packages(source: str) -> Encoder:
    """Load a CTranslate2 model.bin from installed packages: `package:NAME`, or `package:FIRST+SECOND` for its parts in order.

    Raises ValueError if a package is not installed or holds no model.
    """
    raw = b""
    for name in source.removeprefix("package:").split("+"):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"the package {name} is not installed: pip install {name.replace('_', '-')}")
        files = sorted(Path(spec.origin).parent.rglob("model.bin*"))
        if not files:
            raise ValueError(f"the package {name} holds no CTranslate2 model.bin: name one that does")
        raw += b"".join(file.read_bytes() for file in files)
    return _encoder(source, whisper_from_ctranslate2(raw, source))


def _encoder(source: str, encoder: "WhisperEncoder") -> Encoder:
    from transformers import WhisperFeatureExtractor

    device = best_device()
    encoder = encoder.float().eval().to(device)
    extractor = WhisperFeatureExtractor(feature_size=encoder.config.num_mel_bins)

    def encode_window(chunk: np.ndarray) -> np.ndarray:
        mel = extractor(chunk, sampling_rate=RATE, return_tensors="pt").input_features.to(device)  # padded to 30 s
        with torch.inference_mode():
            return encoder(mel).last_hidden_state[0, : len(chunk) // STRIDE].cpu().numpy()

    return Encoder(
        source, encoder.config.d_model, parameters(encoder), lambda samples: in_windows(samples, encode_window)
    )
