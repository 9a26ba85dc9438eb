"""Run the model on numpy alone, which every Blender has: with nothing to install, on any system and any Python."""

from dataclasses import dataclass

import numpy as np

from ..model_folder import ModelCard, ModelError, Parts
from ..platforms import usable_cores
from . import Report, silent
from .layers import gelu
from .numpy_network import Decoder, Encoder, Linear, Personalizer, mlp
from .weights import read_weights

_MAX_THREADS = 4  # the other cores stay free for Blender


def load(card: ModelCard, parts: Parts, threads: int = 0, report: Report = silent) -> "NumpyRuntime":
    """Read the weights. Raises ModelError if they aren't those of this package's network."""
    weights = read_weights(parts)
    try:
        return NumpyRuntime(
            Encoder.read(weights, card.receptive_field, min(threads or usable_cores(), _MAX_THREADS)),
            {name: mlp(weights, f"talker.voice.{name}") for name in ("identity", "emotion")},
            Personalizer.read(weights),
            Decoder.read(weights),
        )
    except (KeyError, ValueError, IndexError) as error:
        raise ModelError(
            "{model} isn't of the design that the numpy runtime computes ({reason}): export the model again",
            model=card.name,
            reason=f"it lacks {error}" if isinstance(error, KeyError) else error,
        ) from error


@dataclass(frozen=True)
class NumpyRuntime:
    """Implements backend.runtimes.Runtime."""

    encoder: Encoder
    query: dict[str, tuple[Linear, Linear]]
    personalizer: Personalizer
    decoder: Decoder
    name: str = "numpy"

    def encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.encoder(np.asarray(mel, np.float32))

    def queries(self, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        identity, emotion = (
            last(gelu(first(np.asarray(voice, np.float32)[None])))[0]
            for first, last in (self.query["identity"], self.query["emotion"])
        )
        return identity / max(np.linalg.norm(identity), 1e-12), emotion / max(np.linalg.norm(emotion), 1e-12)

    def personalize(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        return self.personalizer(np.asarray(identity, np.float32), np.asarray(emotion, np.float32))

    def denoise(
        self, noisy: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        noisy, condition, person = (np.asarray(values, np.float32) for values in (noisy, condition, person))
        return self.decoder(noisy, condition, person, log_snr, state)
