"""Real lips for invented identities: what a tracked mouth does over time, in the range in which an identity moves.

A talker's tracked mouth has the talker's own scale, so only its shape over time is used: jaw, gap between the lips and rounding, standardized
over a window. People differ, and few of them were tracked. So the shape is mixed with what a ridge regression from the sound predicts, which
is the same for all of them. Rounding follows that regression a little in speech that nobody was filmed for, too.
"""

from dataclasses import dataclass

import numpy as np

from ..data.prepared import Prepared
from ..evaluation.metrics import columns, lip_gap, rounding

_COMPONENTS = 96  # of the features
_CONTEXT = 3  # frames on either side
_RIDGE = 1e4
_MOST_WEIGHT = 10.0  # of a frame of a talker with few, against one of the talker with most
_RECORDED = 0.3  # share of the tracked mouth in its mixture with the regression's
_PREDICTED_GAIN = 1.6  # makes up for the regression's smaller range
_PERFORMED = 0.5  # share of the performer's mouth in its mixture with the model's own
_TOUCHING = 0.008  # gap, in units of jawOpen, at which lips touch
_HEARD = 0.25  # of the regression's rounding, beside 1 of the face's own, where nobody was filmed
_PRESSED = 0.08  # how much further than jawOpen mouthClose goes where lips touch
_OPEN_JAW = 0.02  # jawOpen above which lips that touch must be closed
_UNROUNDED = 0.1  # rounding below which the mixture of funnel and pucker is that of the whole take
_WINDOW = 90  # frames that are standardized together
_JAW, _CLOSE, _FUNNEL, _PUCKER = columns(("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"))
_PARTING = columns(("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight"))
_PARTED = 0.6  # what the four of them at 1 add to the gap


def is_tracked(face: np.ndarray) -> bool:
    """Return True for a face (N, 52) of a film: its jaw is known and some of its channels are not."""
    return bool(np.isfinite(face[:, _JAW]).all() and np.isnan(face).any())


def is_performed(face: np.ndarray) -> bool:
    """Return True for a face (N, 52) of which everything is known, as of the performer's."""
    return bool(np.isfinite(face).all())


def mouth_shape(face: np.ndarray) -> np.ndarray:
    """Return jaw, gap and rounding of a tracked face (N, 52) over time, each of mean 0 and standard deviation 1: (N, 3).

    The gap's share is taken out of the rounding, since a mouth also becomes narrower by opening.
    """
    known = np.nan_to_num(face.astype(np.float64))
    gap, rounded = lip_gap(known), rounding(known)
    design = np.stack([gap, np.ones_like(gap)], 1)
    rounded = rounded - design @ np.linalg.lstsq(design, rounded, rcond=None)[0]
    shape = np.stack([known[:, _JAW], gap, rounded], 1)
    return (shape - shape.mean(0)) / (shape.std(0) + 1e-9)


@dataclass(frozen=True)
class SoundToMouth:
    """A ridge regression from audio features to mouth_shape. mean (F,), axes (F, K), weights (K (2 context + 1) + 1, 3)."""

    mean: np.ndarray
    axes: np.ndarray
    weights: np.ndarray

    def predict(self, features: np.ndarray, frames: int) -> np.ndarray:
        """Return the mouth's shape (frames, 3) from features (T, F) at 50 Hz."""
        return self.inputs(features, frames) @ self.weights

    def inputs(self, features: np.ndarray, frames: int) -> np.ndarray:
        reduced = (features.astype(np.float64) - self.mean) @ self.axes
        position = np.clip(np.arange(frames) * (5 / 3), 0, len(reduced) - 1)
        left = position.astype(int)
        weight = (position - left)[:, None]
        at_face_rate = reduced[left] * (1 - weight) + reduced[np.minimum(left + 1, len(reduced) - 1)] * weight
        padded = np.pad(at_face_rate, ((_CONTEXT, _CONTEXT), (0, 0)), mode="edge")
        beside = [padded[k : k + frames] for k in range(2 * _CONTEXT + 1)]
        return np.concatenate([*beside, np.ones((frames, 1))], 1)


def fit_sound_to_mouth(data: Prepared) -> SoundToMouth | None:
    """Fit the regression to the tracked recordings of the train part, whose talkers count about evenly. None if there are none."""
    windows: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for take in data.part("train"):
        faces, features = data.stretch("faces", take), data.stretch("features", take)
        for start in range(0, len(faces) - _WINDOW + 1, _WINDOW):
            face = faces[start : start + _WINDOW]
            if is_tracked(face):
                heard = features[start * 5 // 3 : (start + _WINDOW) * 5 // 3]
                windows.setdefault(take.speaker, []).append((heard.astype(np.float64), mouth_shape(face)))
    if not windows:
        return None
    heard = np.concatenate([each for part in windows.values() for each, _ in part[::3]])
    mean = heard.mean(0)
    _, size, axes = np.linalg.svd(heard - mean, full_matrices=False)
    kept = min(_COMPONENTS, len(size))
    scale = np.maximum(size[:kept], 1e-6) / np.sqrt(len(heard))
    empty = SoundToMouth(mean, axes[:kept].T / scale, np.zeros((0, 3)))
    most = max(map(len, windows.values()))
    gram, moment = np.zeros(()), np.zeros(())
    for part in windows.values():
        weight = min(most / len(part), _MOST_WEIGHT)
        for features, shape in part:
            x = empty.inputs(features, _WINDOW)
            gram, moment = gram + weight * x.T @ x, moment + weight * x.T @ shape
    return SoundToMouth(empty.mean, empty.axes, np.linalg.solve(gram + _RIDGE * np.eye(len(gram)), moment))


def mixed_shape(model: SoundToMouth, face: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return the mouth's shape (N, 3) that an identity should perform for a tracked face (N, 52) and its features (T, F)."""
    return _RECORDED * mouth_shape(face) + (1 - _RECORDED) * _PREDICTED_GAIN * model.predict(features, len(face))


def lips_touch(face: np.ndarray) -> np.ndarray:
    """Return in which frames the lips of a face (N, 52) touch, (N,). Unknown channels count as 0."""
    return lip_gap(np.nan_to_num(face.astype(np.float64))) < _TOUCHING


def follow_mouth(face: np.ndarray, shape: np.ndarray, shut: np.ndarray) -> np.ndarray:
    """Return a face (N, 52) that moves jaw, lips and rounding over time as `shape` (N, 3) does, and as far as it did.

    shut: where the lips touch in the film, (N,). Where the face's own lips touch they stay shut too, since a film of 25 pictures a second
    misses closures that the sound tells.
    """
    old, face = face, face.copy()
    face[:, _JAW] = _in_order_of(shape[:, 0], old[:, _JAW])
    gap = _in_order_of(shape[:, 1], lip_gap(old))
    gap = np.where(lips_touch(old) | shut, np.minimum(gap, 0.01), gap)
    _round_lips(face, shape[:, 2])
    face[:, _CLOSE] = np.minimum(face[:, _CLOSE], face[:, _JAW])
    for _ in range(3):  # the channels act on the gap together, and none of them goes below 0
        _part_lips(face, gap - lip_gap(face))
        _bring_together(face, lip_gap(face) - gap)
    return face


def follow_performer(face: np.ndarray, performed: np.ndarray) -> np.ndarray:
    """Return a face (N, 52) whose mouth moves half-way as that of `performed` (N, 52), and shuts where it does."""
    performed = performed.astype(np.float64)
    shape = (1 - _PERFORMED) * mouth_shape(face) + _PERFORMED * mouth_shape(performed)
    return follow_mouth(face, shape, lips_touch(performed))


def round_as_heard(face: np.ndarray, model: SoundToMouth, features: np.ndarray) -> np.ndarray:
    """Return a face (N, 52) whose lips are rounded a little as the regression predicts from its features (T, F)."""
    face = face.copy()
    own, heard = rounding(face), model.predict(features, len(face))[:, 2]
    _round_lips(face, _standardized(own) + _HEARD * _standardized(heard))
    return face


def press_lips(face: np.ndarray) -> np.ndarray:
    """Return a face (N, 52) whose lips press where they touch under an open jaw: mouthClose goes beyond jawOpen.

    A model that is not sure of a closure predicts the mean of both. With this margin, the mean is still a closed mouth.
    """
    face = face.copy()
    shut = lips_touch(face) & (face[:, _JAW] > _OPEN_JAW)
    face[shut, _CLOSE] = np.minimum(face[shut, _JAW] + _PRESSED, 1.0)
    return face


def _round_lips(face: np.ndarray, shape: np.ndarray) -> None:
    """Round the lips in place as `shape` (N,) rises and falls, with the mean and the standard deviation that their rounding had.

    The same values in another order would not do: a model rounds lips now and then, and those of people get wider and narrower all the time.
    """
    both = face[:, [_FUNNEL, _PUCKER]]
    was = both.sum(1)
    wanted = np.maximum(was.mean() + was.std() * _standardized(shape), 0.0)
    usual = both.mean(0) + 1e-6
    mixture = both + _UNROUNDED * usual / usual.sum()
    face[:, [_FUNNEL, _PUCKER]] = np.clip(wanted[:, None] * mixture / mixture.sum(1, keepdims=True), 0.0, 1.0)


def _standardized(curve: np.ndarray) -> np.ndarray:
    return (curve - curve.mean()) / (curve.std() + 1e-9)


def _part_lips(face: np.ndarray, by: np.ndarray) -> None:
    """Widen the gap in place where `by` (N,) is above 0: mouthClose gives way first, then the lips part by themselves."""
    wider = np.maximum(by, 0)
    less_closed = np.minimum(wider, face[:, _CLOSE])
    face[:, _CLOSE] -= less_closed
    face[:, _PARTING] = np.clip(face[:, _PARTING] + ((wider - less_closed) / _PARTED)[:, None], 0, 0.8)


def _bring_together(face: np.ndarray, by: np.ndarray) -> None:
    """Narrow the gap in place where `by` (N,) is above 0, half of it at most by the lips and the rest by mouthClose."""
    closer = np.minimum(np.maximum(by, 0), _PARTED * face[:, _PARTING].mean(1))
    before = lip_gap(face)
    face[:, _PARTING] = np.maximum(face[:, _PARTING] - (closer / _PARTED / 2)[:, None], 0)
    left = np.maximum(by - (before - lip_gap(face)), 0)
    face[:, _CLOSE] = np.clip(face[:, _CLOSE] + left, 0, face[:, _JAW])


def _in_order_of(shape: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the values (N,) in the order in which `shape` (N,) rises and falls: the same distribution at other times."""
    placed = np.empty_like(values)
    placed[np.argsort(shape, kind="stable")] = np.sort(values)
    return placed
