"""Hear phones: a small head on the encoder's features, and the best sequence of phones for what it hears.

Plain numpy, so that it needs no runtime. Runs in the backend process and in training.
"""

from dataclasses import dataclass

import numpy as np

from ..runtimes.layers import product
from .shapes import PAUSE, PHONES, Sound

FPS = 50  # of the encoder's features
_CHUNK = 3000  # frames that are scored at a time, to limit memory
_SHARPNESS = 1.8  # weight of what is heard against how phones follow each other; measured, see training/EXPERIMENTS.md


@dataclass(frozen=True)
class PhoneHead:
    """A network of one hidden layer over a few frames, and a bigram of phones.

    hidden: (frames * D, H). hidden_bias: (H,). output: (H, phones). output_bias: (phones,).
    bigram: log probability of each phone (column) on the frame after each phone (row), (phones, phones).
    """

    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray
    bigram: np.ndarray


def stack_context(features: np.ndarray, reach: int) -> np.ndarray:
    """Return each frame with `reach` frames on either side, (n, (2 reach + 1) D). The end frames hold beyond the ends."""
    padded = np.pad(features, ((reach, reach), (0, 0)), mode="edge")
    return np.concatenate([padded[shift : shift + len(features)] for shift in range(2 * reach + 1)], axis=1)


def score(head: PhoneHead, features: np.ndarray) -> np.ndarray:
    """Return the log probability of each phone on each frame, (n, phones). features: (n, D) at FPS."""
    reach = (len(head.hidden) // features.shape[1] - 1) // 2
    scores = np.empty((len(features), len(PHONES)), np.float32)
    for first in range(0, len(features), _CHUNK):
        near = features[max(first - reach, 0) : first + _CHUNK + reach]
        left = min(first, reach)
        stacked = stack_context(near, reach)[left : left + min(_CHUNK, len(features) - first)]
        hidden = np.maximum(product(stacked, head.hidden) + head.hidden_bias, 0.0)
        values = product(hidden, head.output) + head.output_bias
        values -= values.max(axis=1, keepdims=True)
        scores[first : first + _CHUNK] = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
    return scores


def best_path(scores: np.ndarray, bigram: np.ndarray) -> np.ndarray:
    """Return the likeliest phone of each frame (n,), as an index, by the Viterbi algorithm. scores: (n, phones)."""
    best = _SHARPNESS * scores[0]
    came_from = np.zeros(scores.shape, np.uint8)  # there are fewer than 256 phones
    everywhere = np.arange(scores.shape[1])
    for frame in range(1, len(scores)):
        moves = best[:, None] + bigram
        came_from[frame] = moves.argmax(axis=0)
        best = moves[came_from[frame], everywhere] + _SHARPNESS * scores[frame]
    path = np.empty(len(scores), np.int64)
    path[-1] = best.argmax()
    for frame in range(len(scores) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def sounds_of(scores: np.ndarray, head: PhoneHead, seconds: float) -> tuple[Sound, ...]:
    """Return the sounds of a clip, which cover 0..seconds without gaps. scores: as from score()."""
    path = best_path(scores, head.bigram)
    changes = np.flatnonzero(np.diff(path)) + 1
    starts = np.concatenate([[0], changes])
    # Frame k stands for the time around k / FPS, so a boundary lies half a frame before the first frame of a phone.
    times = np.concatenate([[0.0], (changes - 0.5) / FPS, [seconds]]).clip(0.0, seconds)
    return tuple(
        Sound(PHONES[path[start]], float(begin), float(end))
        for start, begin, end in zip(starts, times[:-1], times[1:], strict=True)
        if end > begin
    ) or (Sound(PAUSE, 0.0, seconds),)
