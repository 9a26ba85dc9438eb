"""HuBERT (Hsu et al. 2021, arXiv 2106.07447), the papers' audio encoder. Its features are the last hidden state."""

import numpy as np
import torch

from .base import STRIDE, Encoder, best_device, in_windows, parameters

_RECEPTIVE_FIELD = 400  # samples, of a frame's convolutions


def load(source: str) -> Encoder:
    """Load a HuBERT by hub name or folder. Raises OSError or ValueError, as `transformers` does."""
    from transformers import HubertModel, Wav2Vec2FeatureExtractor

    device = best_device()
    model = HubertModel.from_pretrained(source).float().eval().to(device)
    if np.prod(model.config.conv_stride) != STRIDE:
        raise ValueError(f"its frames are {np.prod(model.config.conv_stride)} samples apart, not {STRIDE}")
    try:
        normalize = Wav2Vec2FeatureExtractor.from_pretrained(source).do_normalize
    except OSError:  # no preprocessor_config.json: as HuBERT was trained
        normalize = True

    def encode_window(chunk: np.ndarray) -> np.ndarray:
        # Half a receptive field of silence on either side centers frame i on sample 320 i, as in Whisper, the mel and the face.
        padded = torch.from_numpy(np.pad(chunk.astype(np.float32), _RECEPTIVE_FIELD // 2))[None].to(device)
        with torch.inference_mode():
            return model(padded).last_hidden_state[0, : len(chunk) // STRIDE].cpu().numpy()

    def encode(samples: np.ndarray) -> np.ndarray:
        if normalize:  # over the whole recording, so that all windows have the same level
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        return in_windows(samples, encode_window)

    return Encoder(source, model.config.hidden_size, parameters(model), encode)
