"""Large, frozen audio encoders: teachers' ears. Each maps 16 kHz sound to features at 50 Hz; run once a take and cached."""

from . import hubert, whisper
from .base import Encoder
from .cache import cache_features

__all__ = ["Encoder", "cache_features", "load_encoder"]

_LOADERS = {"hubert": hubert.load, "whisper": whisper.load}


def load_encoder(source: str) -> Encoder:
    """Open an encoder by a hub name, a folder, or `package:NAME` for an installed package that holds a CTranslate2 Whisper.

    A model file that is split over packages: `package:FIRST+SECOND`. What a hub name or a folder holds, its own config says.
    Raises ValueError if it can't be had or is of another kind.
    """
    if source.startswith("package:"):
        return whisper.load_packages(source)
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
