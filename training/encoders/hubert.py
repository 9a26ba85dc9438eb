"""HuBERT (Hsu et al. 2021, arXiv 2106.07447), the papers' audio encoder: its last hidden state, from raw samples."""

import numpy as np
import torch

from .base import STRIDE, Encoder, best_device, in_windows, parameters

_FIELD = 400  # samples that a frame's convolutions see


def load(source: str) -> Encoder:
    """A HuBERT by hub name or folder. Raises OSError or ValueError, as `transformers` does."""
    from transformers import HubertModel, Wav2Vec2FeatureExtractor

    device = best_device()
    model = HubertModel.from_pretrained(source).float().eval().to(device)
    if np.prod(model.config.conv_stride) != STRIDE:
        raise ValueError(f"its frames are {np.prod(model.config.conv_stride)} samples apart, not {STRIDE}")
    try:
        normalise = Wav2Vec2FeatureExtractor.from_pretrained(source).do_normalize
    except OSError:  # no preprocessor_config.json: as HuBERT was trained
        normalise = True

    def hear(chunk: np.ndarray) -> np.ndarray:
        # Half a field of silence on either side centres frame i on sample 320 i, where Whisper's, the mel's and the face's lie too.
        padded = torch.from_numpy(np.pad(chunk.astype(np.float32), _FIELD // 2))[None].to(device)
        with torch.inference_mode():
            return model(padded).last_hidden_state[0, : len(chunk) // STRIDE].cpu().numpy()

    def listen(samples: np.ndarray) -> np.ndarray:
        if normalise:  # over the whole recording, so that no window has a level of its own
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        return in_windows(samples, hear)

    return Encoder(source, model.config.hidden_size, parameters(model), listen)
