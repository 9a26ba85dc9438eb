"""Speech of any length, repeated from the repository's voices."""

from pathlib import Path

import numpy as np
import soundfile

from backend.audio import RATE, read_clip

from .machine import ROOT


def write_speech(path: Path, seconds: float) -> Path:
    """Write a WAV of 16 kHz and 16 bits."""
    files = [ROOT / "tests/data/speech.ogg", *sorted((ROOT / "tests/data/voices").glob("*.ogg"))]
    speech = np.concatenate([read_clip(file).samples for file in files])
    left = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        while left > 0:
            file.write(speech[:left])
            left -= len(speech)
    return path
