"""Encode a clip's sound into the decoder's condition and the queries of the voice match. Runs in the backend process.

Works in windows, so that long clips need little memory.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..features import MEL_FPS, RATE, cut, gain_of, levels, log_mel_of, span
from ..runtimes import Runtime
from ..sounds.phone_head import PhoneHead, score
from .voice_match import pool_voice, voice_sums

FACE_FPS = 30
_AUDIO_FPS = MEL_FPS // 2  # the encoder halves the rate
_WINDOW = 30  # s that are encoded at a time


@dataclass(frozen=True)
class AudioFeatures:
    """A clip's encoded sound. The condition is float16, because it is most of what a long clip takes in memory."""

    condition: np.ndarray  # (N, D) at 30 fps, a few frames longer than the clip
    queries: tuple[np.ndarray, np.ndarray]  # unit vectors of identity and emotion, (E,) each
    seconds: float
    phone_scores: np.ndarray | None = None  # log probabilities at 50 Hz, (n, phones), if the model has a phone head


def encode_clip(
    runtime: Runtime,
    receptive_field: int,
    blocks: Iterable[np.ndarray],
    callback: Callable[[float], None],
    head: PhoneHead | None = None,
) -> AudioFeatures:
    """Encode a clip in windows. Each window is padded by the encoder's receptive field, so that no seams arise.

    receptive_field: mel frames that the encoder sees on either side.
    blocks: the clip's samples, as backend.audio.Clip has them; iterated twice.
    callback: gets the fraction done; may raise to cancel.
    head: scores phones, for the sounds.
    """
    seconds, gain = _loudness(blocks, callback)
    total = int(np.ceil(seconds * _AUDIO_FPS)) + 2  # audio frames
    frames = int(seconds * FACE_FPS) + 2
    padding = receptive_field + receptive_field % 2  # even, because the encoder halves the rate
    starts = range(0, total, _WINDOW * _AUDIO_FPS)
    stops = [min(start + _WINDOW * _AUDIO_FPS, total) for start in starts]
    padded = [
        (max(2 * start - padding, 0), min(2 * stop + padding, 2 * total))
        for start, stop in zip(starts, stops, strict=True)
    ]  # mel frames
    pieces = cut(blocks, (span(first, last - first) for first, last in padded))
    sums, condition = [], np.empty((frames, 0), np.float16)
    scores = np.empty((total, len(head.output_bias)), np.float32) if head else None
    for number, (start, stop, (first, _), piece) in enumerate(zip(starts, stops, padded, pieces, strict=True)):
        callback(start / total)
        encoded, voice = runtime.encode(log_mel_of(piece * np.float32(gain)))
        inner = slice(start - first // 2, stop - first // 2)  # the window without its padding
        sums.append(voice_sums(voice[inner]))
        if head and scores is not None:
            scores[start:stop] = score(head, encoded)[inner]
        if number == 0:
            condition = np.empty((frames, encoded.shape[1]), np.float16)
        part = condition[number * _WINDOW * FACE_FPS :][: _WINDOW * FACE_FPS]
        part[:] = _interpolate(encoded[inner], len(part))
    queries = runtime.queries(pool_voice(np.sum(sums, axis=0)))
    return AudioFeatures(condition, queries, seconds, scores)


def _loudness(blocks: Iterable[np.ndarray], callback: Callable[[float], None]) -> tuple[float, float]:
    """Return a clip's duration in seconds and the gain for its samples."""
    samples, rms = 0, [np.zeros(0, np.float32)]
    for block in blocks:
        callback(0.0)
        samples += len(block)
        rms.append(levels(block))
    return samples / RATE, gain_of(np.concatenate(rms))


def _interpolate(audio: np.ndarray, frames: int) -> np.ndarray:
    """Interpolate linearly from 50 Hz to 30 fps, (T, D) -> (frames, D). Must equal training's to_face_rate."""
    position = np.minimum(np.arange(frames) * _AUDIO_FPS / FACE_FPS, len(audio) - 1)
    left = position.astype(int)
    weight = (position - left).astype(np.float32)[:, None]
    return audio[left] * (1 - weight) + audio[np.minimum(left + 1, len(audio) - 1)] * weight
