"""Metrics that allow for small shifts in time: frame-wise errors count a closure that comes a frame late like one that never comes.

Curves at 30 fps, as in metrics.py.
"""

import numpy as np

from backend.arkit import CHANNELS

from .metrics import columns

_SMOOTHING = 2.0  # frames: deviation of the Gaussian that curves are smoothed by before their extrema are looked for
_BAND = 15  # frames: no frame is aligned with one further away than half a second
_PROMINENT = 0.1  # of a curve's range: smaller ups and downs have no moment to be early or late for


def temporal_misalignment(predicted: np.ndarray, truth: np.ndarray, fps: float = 30.0) -> float:
    """MTM, mean temporal misalignment in ms, of two curves (N,) of the gap between the lips (Chae-Yeon et al. 2025, arXiv 2503.20308).

    Smoothed by a Gaussian of 2 frames, the curves are aligned by dynamic time warping of their derivatives (Keogh & Pazzani 2001). Each
    extremum of the truth that is aligned with one of the same kind counts with the frames between them; NaN if there is none.
    """
    n = min(len(predicted), len(truth))
    if n < 4:
        return float("nan")
    mine, theirs = _smooth(predicted[:n]), _smooth(truth[:n])
    cost = np.abs(_derivative(theirs)[:, None] - _derivative(mine)[None])
    partners: dict[int, list[int]] = {}
    for i, j in warping_path(cost, _BAND):
        partners.setdefault(i, []).append(j)
    offsets = []
    for sign in (1.0, -1.0):
        matches = _peaks(sign * mine)
        for i in _peaks(sign * theirs):
            reached = [j for j in matches if partners[i][0] - 1 <= j <= partners[i][-1] + 1]
            if reached:
                offsets.append(min(abs(i - j) for j in reached))
    return 1000 / fps * float(np.mean(offsets)) if offsets else float("nan")


def soft_aligned_error(
    predicted: np.ndarray, truth: np.ndarray, names: tuple[str, ...] = CHANNELS, gamma: float = 0.01
) -> float:
    """Soft-DTW form of a blendshape error, a frame (arXiv 2606.01031; soft-DTW: Cuturi & Blondel 2017): faces (N, 52).

    The soft minimum, over all alignments within half a second, of the summed L2 distances of aligned frames, divided by the frames. As
    gamma goes to 0 it is at most the frame-wise error, which is its value for the rigid alignment; it can fall below 0 by the alignments' number.
    """
    n = min(len(predicted), len(truth))
    pick = columns(names)
    difference = truth[:n, None, pick].astype(np.float32) - predicted[None, :n, pick]
    cost = np.sqrt((difference**2).sum(-1), dtype=np.float64)
    infinite = np.inf
    above = np.full(n + 1, infinite)
    above[0] = 0.0
    for i in range(1, n + 1):
        row = np.full(n + 1, infinite)
        for j in range(max(1, i - _BAND), min(n, i + _BAND) + 1):
            least = min(above[j - 1], above[j], row[j - 1])
            spread = sum(np.exp((least - each) / gamma) for each in (above[j - 1], above[j], row[j - 1]))
            row[j] = cost[i - 1, j - 1] + least - gamma * np.log(spread)
        above = row
    return float(above[n] / n)


def warping_path(cost: np.ndarray, band: int) -> list[tuple[int, int]]:
    """The cheapest monotone path from the first to the last cell of a cost matrix (N, N), within `band` of its diagonal."""
    n = len(cost)
    total = np.full((n + 1, n + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(max(1, i - band), min(n, i + band) + 1):
            total[i, j] = cost[i - 1, j - 1] + min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
    i = j = n
    path = [(n - 1, n - 1)]
    while (i, j) != (1, 1):
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda cell: total[cell])
        path.append((i - 1, j - 1))
    return path[::-1]


def third_difference(face: np.ndarray, names: tuple[str, ...]) -> float:
    """Jitter as the mean absolute third difference from frame to frame, in units of weight (EA, arXiv 2507.18352)."""
    return float(np.abs(np.diff(face[:, columns(names)], n=3, axis=0)).mean())


def intensity_correlation(levels: np.ndarray, speeds: np.ndarray) -> float:
    """SLCC, speech-lip intensity correlation (arXiv 2503.20308): Pearson's r over clips of root mean square sound level and lip speed."""
    return float(np.corrcoef(levels, speeds)[0, 1])


def lip_speed(gap: np.ndarray, fps: float = 30.0) -> float:
    """Root mean square speed of a curve (N,), a second: a clip's lip intensity in SLCC."""
    return float(np.sqrt(np.mean(np.diff(gap) ** 2)) * fps)


def _smooth(curve: np.ndarray) -> np.ndarray:
    reach = int(4 * _SMOOTHING)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHING) ** 2)
    return np.convolve(np.pad(curve.astype(np.float64), reach, mode="edge"), bell / bell.sum(), mode="valid")


def _derivative(curve: np.ndarray) -> np.ndarray:
    """Keogh & Pazzani's estimate, held at the ends."""
    inner = ((curve[1:-1] - curve[:-2]) + (curve[2:] - curve[:-2]) / 2) / 2
    return np.pad(inner, 1, mode="edge")


def _peaks(curve: np.ndarray) -> list[int]:
    """Frames of the local maxima that rise from the lowest points beside them by a tenth of the curve's range or more."""
    least = _PROMINENT * (curve.max() - curve.min())
    tops = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:])) + 1
    kept = []
    for top in tops.tolist():
        higher = np.flatnonzero(curve > curve[top])
        before, after = higher[higher < top], higher[higher > top]
        left = curve[(before[-1] if len(before) else 0) : top].min()
        right = curve[top + 1 : (after[0] if len(after) else len(curve)) + 1].min()
        if curve[top] - max(left, right) >= least:
            kept.append(top)
    return kept
