"""Read sound files as 16 kHz mono float32. Runs in the backend process and in training."""

from .audio_errors import AudioError, UnknownFormat
from .clip import LONGEST, RATE, SHORTEST, Clip, read_clip
from .source import LARGEST, find_sounds

__all__ = [
    "LARGEST",
    "LONGEST",
    "RATE",
    "SHORTEST",
    "AudioError",
    "Clip",
    "UnknownFormat",
    "find_sounds",
    "read_clip",
]
