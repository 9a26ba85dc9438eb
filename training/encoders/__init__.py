"""Large, frozen audio encoders of teachers. Each maps sound at 16 kHz to features at 50 Hz, which are cached for training."""

from pathlib import Path

from . import hubert, whisper
from .base import Encoder
from .cache import cache_features

__all__ = ["Encoder", "cache_features", "load_encoder"]

_LOADERS = {"hubert": hubert.load, "whisper": whisper.load}


def load_encoder(source: str) -> Encoder:
    """Open an encoder by a hub name, a folder, or `package:NAME` for an installed package that holds a CTranslate2 Whisper.

    `package:FIRST+SECOND` joins a model file that is split over packages. The folder of a model that distill or import wrote stands for its
    student encoder. Raises ValueError if the encoder can't be loaded or is of another kind.
    """
    if source.startswith("package:"):
        return whisper.load_packages(source)
    if (Path(source) / "model.json").is_file():
        from . import own  # here: models listen with what this package defines

        return own.load(Path(source))
    from transformers import AutoConfig

    try:
        kind = AutoConfig.from_pretrained(source).model_type
        if kind in _LOADERS:
            return _LOADERS[kind](source)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"can't load the audio encoder {source} ({reason}): give a folder, package:NAME, or a hub name while online"
        ) from error
    raise ValueError(f"{source} is a {kind} model: an audio encoder is {' or '.join(_LOADERS)}")
