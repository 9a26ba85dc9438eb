"""Learn what a model's identities do with their mouths on each shape, from takes that the model makes of labeled speech."""

import logging
from collections.abc import Iterable

import numpy as np

from backend.arkit import CHANNELS, LOWER
from backend.audio import read_clip
from backend.features import RATE
from backend.inference.generator import Model, generate
from backend.inference.voice_match import NEUTRAL
from backend.performance import Performance
from backend.sounds.edits import BESIDE, MouthPoses
from backend.sounds.shapes import NAMES, PHONES, SHAPE_OF

from .phone_training import Utterance, labels_of

log = logging.getLogger(__name__)

_FPS = 30.0
_LABEL_FPS = 50
_PRIOR = 4.0  # sounds that the mean over all identities counts as, for an identity that spoke few


def fit_poses(model: Model, utterances: Iterable[Utterance]) -> MouthPoses:
    """Fit poses by least squares: each sound's middle against the mean of the mouth just before and just after it."""
    clips = [(samples := read_clip(each.file).samples, _sounds(samples, each)) for each in utterances]
    identities = tuple(identity.name for identity in model.card.identities)
    mouth = [CHANNELS.index(name) for name in LOWER]
    # Per identity and shape: count, and sums of passing, middle, passing^2 and passing * middle, by channel.
    count = np.zeros((len(identities), len(NAMES), 1))
    sums = np.zeros((4, len(identities), len(NAMES), len(LOWER)))
    for row, identity in enumerate(identities):
        for number, (samples, sounds) in enumerate(clips):
            request = Performance(identity, NEUTRAL, seed=number, fps=_FPS)
            take = next(generate(model, samples, request, lambda stage, fraction: None))
            values = take.curves.values[:, mouth].astype(np.float64)
            for shape, start, end in sounds:
                middle = _at(values, (start + end) / 2)
                passing = (_at(values, start - BESIDE) + _at(values, end + BESIDE)) / 2
                count[row, shape] += 1
                sums[:, row, shape] += passing, middle, passing**2, passing * middle
        log.info("poses of %s", identity)
    n = np.maximum(count, 1)
    mean_passing, mean_middle = sums[0] / n, sums[1] / n
    variance = (sums[2] - n * mean_passing**2).sum(axis=0)
    covariance = (sums[3] - n * mean_passing * mean_middle).sum(axis=0)
    yielding = np.clip(covariance / (variance + 1e-3 * n.sum(axis=0)), 0.0, 1.0)
    offset = mean_middle - yielding * mean_passing
    overall = (count * offset).sum(axis=0) / np.maximum(count.sum(axis=0), 1)
    offset = (count * offset + _PRIOR * overall) / (count + _PRIOR)
    return MouthPoses(identities, offset.astype(np.float32), yielding.astype(np.float32))


def _at(values: np.ndarray, seconds: float) -> np.ndarray:
    position = np.clip(seconds * _FPS, 0, len(values) - 1)
    left = int(position)
    right = min(left + 1, len(values) - 1)
    found: np.ndarray = values[left] + (position - left) * (values[right] - values[left])
    return found


def _sounds(samples: np.ndarray, utterance: Utterance) -> list[tuple[int, float, float]]:
    """Return (index into NAMES, start s, end s) of the sounds of a clip."""
    labels = labels_of(samples, utterance.phones, int(len(samples) / RATE * _LABEL_FPS))
    changes = np.flatnonzero(np.diff(labels)) + 1
    starts, ends = np.concatenate([[0], changes]), np.concatenate([changes, [len(labels)]])
    return [
        (NAMES.index(SHAPE_OF[PHONES[labels[start]]]), (start - 0.5) / _LABEL_FPS, (end - 0.5) / _LABEL_FPS)
        for start, end in zip(starts, ends, strict=True)
    ]
