"""Metrics of curves, defined as in FaceDiffuser and v1. Faces are (N, 52) in 0..1, in backend.arkit's order, at 30 fps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.arkit import BEAT, CHANNELS, UPPER
from backend.curves.aperture import lip_aperture
from backend.curves.base import Curves
from backend.curves.blinks import SHUT

# The masks of the published figures, by index in BEAT's alphabetical order. They leave out the jaw, the smile and all brows.
PAPER_MOUTH = tuple(BEAT[i] for i in (23, 25, 27, 28, 31, 37, 39, 40, 41, 42, 47, 48))
PAPER_UPPER = tuple(BEAT[i] for i in (*range(8, 22), 49, 50))


def columns(names: tuple[str, ...]) -> list[int]:
    """Return the column of each channel in a face array."""
    return [CHANNELS.index(name) for name in names]


def blendshape_error(predicted: np.ndarray, truth: np.ndarray, names: tuple[str, ...] = CHANNELS) -> float:
    """Return MBE (all channels) or LBE (mouth channels): the mean over frames of the L2 distance."""
    n = min(len(predicted), len(truth))
    pick = columns(names)
    return float(np.linalg.norm(predicted[:n, pick] - truth[:n, pick], axis=1).mean())


def face_dynamics_deviation(predicted: np.ndarray, truth: np.ndarray, names: tuple[str, ...] = UPPER) -> float:
    """Return the signed FDD: the standard deviation over time of the upper face's energy, truth minus prediction.

    It is positive if the predicted face moves too little.
    """
    n = min(len(predicted), len(truth))
    pick = columns(names)
    return float((truth[:n, pick] ** 2).sum(1).std() - (predicted[:n, pick] ** 2).sum(1).std())


def vertex_error(predicted: np.ndarray, truth: np.ndarray, deltas: np.ndarray) -> float:
    """Return LVE or EVE: the mean over frames of the largest squared L2 error among a region's vertices, in the head's unit squared.

    deltas: (52, V, 3), the offsets of the region's V vertices for each channel at 1. The neutral face cancels out.
    """
    n = min(len(predicted), len(truth))
    error = np.tensordot(predicted[:n] - truth[:n], deltas, axes=1)  # (n, V, 3)
    return float((error**2).sum(2).max(1).mean())


def confusion(truth: Sequence[int], found: Sequence[int], classes: int) -> np.ndarray:
    """Return the confusion matrix (classes, classes): counts of true classes (rows) and found ones (columns)."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (np.asarray(truth, np.int64), np.asarray(found, np.int64)), 1)
    return counts


@dataclass(frozen=True)
class ClassificationScores:
    """Scores in 0..1.

    precision, recall and f1 are means over the classes that occur in the truth or among the found labels (macro). accuracy is the value of
    all three when counted over samples (micro).
    """

    precision: float
    recall: float
    f1: float
    accuracy: float


def classification_scores(counts: np.ndarray) -> ClassificationScores:
    """Score a confusion matrix of at least one sample. A class that was never found has precision 0."""
    right, there, found = np.diag(counts), counts.sum(1), counts.sum(0)
    occurs = there + found > 0
    precision, recall = right / np.maximum(found, 1), right / np.maximum(there, 1)
    f1 = 2 * right / np.maximum(there + found, 1)
    return ClassificationScores(
        float(precision[occurs].mean()),
        float(recall[occurs].mean()),
        float(f1[occurs].mean()),
        float(right.sum() / counts.sum()),
    )


def inference_time(seconds: float, frames: int) -> float:
    """Return ITF in 1e-4 s per frame, the papers' unit."""
    return seconds / frames * 1e4


def storage_saved(size: float, against: float) -> float:
    """Return by how many percent a model of one size is smaller than another."""
    return 100 * (1 - size / against)


def diversity(takes: np.ndarray, names: tuple[str, ...]) -> float:
    """Return the mean L2 distance per frame between takes (takes, N, 52) of one clip with different seeds."""
    picked = takes[:, :, columns(names)]
    pairs = [(i, j) for i in range(len(takes)) for j in range(i)]
    return float(np.mean([np.linalg.norm(picked[i] - picked[j], axis=1).mean() for i, j in pairs]))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's r of two curves (N,). It is 0 if one of them does not move."""
    n = min(len(a), len(b))
    a, b = a[:n] - a[:n].mean(), b[:n] - b[:n].mean()
    scale = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / scale) if scale > 0 else 0.0


def channel(face: np.ndarray, *names: str) -> np.ndarray:
    """Return the mean of some channels in each frame, (N,)."""
    return face[:, columns(names)].mean(1)


def jaw_opening(face: np.ndarray) -> np.ndarray:
    """Return jawOpen, (N,)."""
    return channel(face, "jawOpen")


def lip_opening(face: np.ndarray) -> np.ndarray:
    """Return how far the lips part by themselves, without the jaw, (N,)."""
    return channel(face, "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")


def lip_gap(face: np.ndarray, names: tuple[str, ...] = CHANNELS) -> np.ndarray:
    """Return the gap between the lips over time, (N,), in units of jawOpen, from the channels with these names."""
    return lip_aperture(Curves(names, face[:, columns(names)], 30.0))


def rounding(face: np.ndarray) -> np.ndarray:
    """Return the rounding of the lips, (N,)."""
    return channel(face, "mouthFunnel", "mouthPucker")


def rank_at(curve: np.ndarray, times: list[float], fps: float = 30.0, slack: int = 1) -> np.ndarray:
    """Return the rank of a curve's value at given times (s) in its own distribution, from 0 (lowest) to 1: (times,).

    The lowest value within +- slack frames counts. Times outside the curve are left out.
    """
    ordered = np.sort(curve)
    ranks = []
    for time in times:
        k = round(time * fps)
        near = curve[max(k - slack, 0) : k + slack + 1]
        if len(near):
            ranks.append(np.searchsorted(ordered, near.min(), side="left") / len(curve))
    return np.array(ranks)


def lag_of_minima(curve: np.ndarray, times: list[float], fps: float = 30.0, max_shift: int = 5) -> float:
    """Return the mean lag in s of a curve's minima behind given times.

    The curve is averaged around all times; its minimum within +- max_shift frames is refined by a parabola.
    """
    frames = [round(time * fps) for time in times]
    inside = [k for k in frames if max_shift < k < len(curve) - max_shift - 1]
    profile = np.array([curve[[k + shift for k in inside]].mean() for shift in range(-max_shift - 1, max_shift + 2)])
    low = 1 + int(profile[1:-1].argmin())
    before, here, after = profile[low - 1 : low + 2]
    curvature = before - 2 * here + after
    fraction = 0.5 * (before - after) / curvature if curvature > 0 else 0.0
    lag = (low - max_shift - 1 + float(np.clip(fraction, -0.5, 0.5))) / fps
    rounding_error = float(np.mean([k / fps - time for k, time in zip(frames, times, strict=True)]))
    return lag - rounding_error


def blinks(face: np.ndarray, fps: float = 30.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the width at half height in s and the peak of each blink, (blinks,) and (blinks,), from the mean of both lids.

    Blinks that the take cuts off are left out.
    """
    lids = channel(face, "eyeBlinkLeft", "eyeBlinkRight")
    shut = (lids > SHUT).astype(int)
    starts, ends = np.flatnonzero(np.diff(shut) == 1), np.flatnonzero(np.diff(shut) == -1)
    ends = ends[ends > starts[0]] if len(starts) else ends[:0]
    pairs = list(zip(starts, ends, strict=False))
    peaks = np.array([lids[a : b + 1].max() for a, b in pairs])
    widths = []
    for (a, b), peak in zip(pairs, peaks, strict=True):
        low, high, half = a + 1, b, peak / 2
        while low > 0 and lids[low - 1] > half:
            low -= 1
        while high < len(lids) - 1 and lids[high + 1] > half:
            high += 1
        widths.append((high - low + 1) / fps)
    return np.array(widths), peaks


def blinks_per_minute(face: np.ndarray, fps: float = 30.0) -> float:
    """Return how many blinks begin in a minute."""
    lids = channel(face, "eyeBlinkLeft", "eyeBlinkRight") > SHUT
    return float((lids[1:] & ~lids[:-1]).sum() / (len(face) / fps / 60))


def jitter(face: np.ndarray, names: tuple[str, ...], above: float, fps: float = 30.0) -> float:
    """Return the share of the channels' power above a frequency in Hz."""
    curves = face[:, columns(names)] - face[:, columns(names)].mean(0)
    power = np.abs(np.fft.rfft(curves, axis=0)) ** 2
    frequency = np.fft.rfftfreq(len(curves), 1 / fps)
    return float(power[frequency > above].sum() / max(power.sum(), 1e-12))


def loudness(samples: np.ndarray, frames: int, rate: int = 16000, fps: float = 30.0) -> np.ndarray:
    """Return the root mean square of the sound around each face frame, (frames,): a baseline that any lip sync must beat."""
    square = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    center = np.arange(frames) / fps * rate
    low = np.clip((center - rate * 0.04).astype(int), 0, len(samples))
    high = np.clip((center + rate * 0.04).astype(int), 0, len(samples))
    return np.sqrt((square[high] - square[low]) / np.maximum(high - low, 1))
