"""Inpainting: curves that are partly known. Known values stay, and the rest is made to fit them."""

import numpy as np

_SEAM = 0.3  # s: how far from known values a prediction is bent to meet them
CONTEXT = 2 * _SEAM  # s: inpaint() looks no farther than this to either side of a frame

_PIECE = 4096  # frames that are processed at a time, to save memory


def known_at(known: np.ndarray, fps: float, rate: float, first: int, last: int) -> np.ndarray:
    """Resample known values (n, channels), NaN where free, from fps to frames first .. last - 1 at another rate, linearly.

    A frame is free where either neighbor is, and behind the end. Returns (last - first, channels) float32.
    """
    position = np.arange(first, last) * (fps / rate)
    left = np.floor(position + 1e-6).astype(int)
    weight = np.maximum(position - left, 0.0).astype(np.float32)[:, None]
    piece = known[left[0] : left[-1] + 2]
    padded = np.concatenate([piece, np.full((1, known.shape[1]), np.nan, known.dtype)])
    before, after = (padded[np.minimum(index - left[0], len(piece))] for index in (left, left + 1))
    return np.where(weight < 1e-3, before, before * (1 - weight) + after * weight).astype(np.float32)


def inpaint(clean: np.ndarray, known: np.ndarray, rate: float) -> np.ndarray:
    """Put known values (frames, channels), NaN where free, into a prediction of the same shape at `rate` frames a second.

    Next to them the prediction is shifted by its error there, which fades out over _SEAM seconds: nothing jumps where a lock ends.
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


def write_known(values: np.ndarray, known: np.ndarray, low: float = 0.0, high: float = 1.0) -> None:
    """Write known values, clipped to low..high and otherwise exact, into a take of the same rate. Either may be longer."""
    for first in range(0, min(len(values), len(known)), _PIECE):
        part, source = (array[first : first + _PIECE] for array in (values, known))
        source = source[: len(part)]
        np.copyto(part[: len(source)], np.clip(source, low, high), where=~np.isnan(source))


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return [start, stop) of each run in which a mask (n,) is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
