"""A clip as the model hears it: what the decoder takes of it, and whose voice it is. In windows, so that its length costs little memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..features import MEL_FPS, RATE, cut, gain_of, levels, log_mel_of, span
from ..runtimes import Runtime
from .voice_match import pool_voice, voice_sums

FACE_FPS = 30
_AUDIO_FPS = MEL_FPS // 2  # the encoder halves the rate
_WINDOW = 30  # s: how much is encoded at a time


@dataclass(frozen=True)
class AudioFeatures:
    """What is left of a clip's sound."""

    condition: np.ndarray  # (N, D) at 30 fps, some frames more than the clip has
    queries: tuple[np.ndarray, np.ndarray]  # unit vectors of identity and emotion, (E,) each
    seconds: float


def listen(
    runtime: Runtime, reach: int, blocks: Iterable[np.ndarray], callback: Callable[[float], None]
) -> AudioFeatures:
    """Encode a clip in windows. Each gets the encoder's whole field of view, so that their seams are nowhere to be seen.

    reach: mel frames that the encoder sees on either side; blocks: as backend.audio.Clip has them, walked twice; callback gets the fraction
    done and may raise to give up.
    """
    seconds, gain = _loudness(blocks, callback)
    total = int(np.ceil(seconds * _AUDIO_FPS)) + 2  # audio frames
    frames = int(seconds * FACE_FPS) + 2
    reach += reach % 2
    starts = range(0, total, _WINDOW * _AUDIO_FPS)
    stops = [min(start + _WINDOW * _AUDIO_FPS, total) for start in starts]
    seen = [
        (max(2 * start - reach, 0), min(2 * stop + reach, 2 * total)) for start, stop in zip(starts, stops, strict=True)
    ]  # mel frames
    pieces = cut(blocks, (span(first, last - first) for first, last in seen))
    sums, condition = [], np.empty((frames, 0), np.float32)
    for number, (start, stop, (first, _), piece) in enumerate(zip(starts, stops, seen, pieces, strict=True)):
        callback(start / total)
        encoded, voice = runtime.encode(log_mel_of(piece * np.float32(gain)))
        keep = slice(start - first // 2, stop - first // 2)
        sums.append(voice_sums(voice[keep]))
        if number == 0:
            condition = np.empty((frames, encoded.shape[1]), np.float32)
        here = condition[number * _WINDOW * FACE_FPS :][: _WINDOW * FACE_FPS]
        here[:] = _interpolate(encoded[keep], len(here))
    return AudioFeatures(condition, runtime.queries(pool_voice(np.sum(sums, axis=0))), seconds)


def _loudness(blocks: Iterable[np.ndarray], callback: Callable[[float], None]) -> tuple[float, float]:
    """(seconds, what to multiply the samples with) of a clip."""
    samples, rms = 0, [np.zeros(0, np.float32)]
    for block in blocks:
        callback(0.0)
        samples += len(block)
        rms.append(levels(block))
    return samples / RATE, gain_of(np.concatenate(rms))


def _interpolate(audio: np.ndarray, frames: int) -> np.ndarray:
    """50 Hz -> 30 fps, linear, (T, D) -> (frames, D); both begin at the same time. Must equal training's to_face_rate."""
    position = np.minimum(np.arange(frames) * _AUDIO_FPS / FACE_FPS, len(audio) - 1)
    left = position.astype(int)
    weight = (position - left).astype(np.float32)[:, None]
    return audio[left] * (1 - weight) + audio[np.minimum(left + 1, len(audio) - 1)] * weight
