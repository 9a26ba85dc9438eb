"""Curves that are partly known: what is kept stays, what is not is made to fit it."""

import numpy as np

_SEAM = 0.3  # s: how far from what is kept a prediction is bent to meet it
CONTEXT = 2 * _SEAM  # s: put_back bends a frame by no more than what lies so near on either side

_PIECE = 4096  # frames that are worked on at a time, to hold little memory


def at_rate(kept: np.ndarray, fps: float, rate: float, first: int, last: int) -> np.ndarray:
    """(n, channels) at fps, NaN where free -> frames first .. last of the same at another rate, linear; free where either neighbor is, and
    behind the end: (last - first, channels)."""
    position = np.arange(first, last) * (fps / rate)
    left = np.floor(position + 1e-6).astype(int)
    weight = np.maximum(position - left, 0.0).astype(np.float32)[:, None]
    piece = kept[left[0] : left[-1] + 2]
    padded = np.concatenate([piece, np.full((1, kept.shape[1]), np.nan, kept.dtype)])
    before, after = (padded[np.minimum(index - left[0], len(piece))] for index in (left, left + 1))
    return np.where(weight < 1e-3, before, before * (1 - weight) + after * weight).astype(np.float32)


def put_back(clean: np.ndarray, known: np.ndarray, rate: float) -> np.ndarray:
    """A prediction (frames, channels) with what is known (NaN where it isn't) in its place.

    Beside it the prediction is moved by as much as it missed, which fades over _SEAM seconds: nothing jumps where the lock ends.
    """
    free = np.isnan(known)
    result = np.where(free, clean, known)
    for channel in np.flatnonzero(free.any(axis=0) & ~free.all(axis=0)):
        miss = known[:, channel] - clean[:, channel]
        for start, stop in _runs(free[:, channel]):
            sides = (start > 0) + (stop < len(free))
            reach = min(round(_SEAM * rate), (stop - start) // sides)
            fade = (1 + np.cos(np.pi * np.arange(1, reach + 1) / (reach + 1))) / 2
            if start > 0:
                result[start : start + reach, channel] += miss[start - 1] * fade
            if stop < len(free):
                result[stop - reach : stop, channel] += miss[stop] * fade[::-1]
    return result


def hold(values: np.ndarray, kept: np.ndarray) -> None:
    """Write what was kept, to the bit, into a take of the same rate; either may be longer."""
    for first in range(0, min(len(values), len(kept)), _PIECE):
        here, known = (array[first : first + _PIECE] for array in (values, kept))
        known = known[: len(here)]
        np.copyto(here[: len(known)], np.clip(known, 0.0, 1.0), where=~np.isnan(known))


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Where a mask (n,) is true: [start, stop) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
