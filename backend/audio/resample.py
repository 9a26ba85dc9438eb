"""Resample a mono sound that comes in blocks to another rate: with soxr where it is installed, otherwise with numpy.

The numpy resampler is a polyphase filter (Crochiere & Rabiner 1983): a sinc under a Kaiser window that passes 91 % of
the band, as soxr's high quality does, and stops 110 dB at its end.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from math import ceil, gcd

import numpy as np

try:
    import soxr
except (ImportError, OSError):  # not in every zip; OSError: it lacks a native library
    soxr = None

_PASS = 0.913  # of the band
_STOP_DB = 110.0
_BETA = 0.1102 * (_STOP_DB - 8.7)  # of the window, by Kaiser's formula
_OUTPUT = 1 << 19  # samples made at a time
_PHASES = 512  # that are computed exactly; those of unusual rates lie between them


def resampled(blocks: Iterable[np.ndarray], rate: int, new_rate: int) -> Iterator[np.ndarray]:
    """Yield blocks (n,) float32 at new_rate. Sample 0 stays at 0 s, and the length is rounded to a sample."""
    if rate == new_rate:
        yield from blocks
    else:
        yield from (_by_soxr if soxr else by_numpy)(blocks, rate, new_rate)


def _by_soxr(blocks: Iterable[np.ndarray], rate: int, new_rate: int) -> Iterator[np.ndarray]:
    stream = soxr.ResampleStream(rate, new_rate, 1, dtype="float32")
    frames = done = 0
    for block in blocks:
        frames += len(block)
        samples = stream.resample_chunk(block)
        done += len(samples)
        yield samples
    # The flush of the stream rounds differently, so trim or pad to the exact length.
    missing = round(frames * new_rate / rate) - done
    samples = stream.resample_chunk(np.zeros(0, np.float32), last=True)[:missing]
    yield np.pad(samples, (0, missing - len(samples)))


def by_numpy(blocks: Iterable[np.ndarray], rate: int, new_rate: int) -> Iterator[np.ndarray]:
    """Resample with numpy alone."""
    up, down = new_rate // gcd(rate, new_rate), rate // gcd(rate, new_rate)
    reach = _reach(rate, new_rate)
    held, first, frames, done = np.zeros(reach, np.float32), -reach, 0, 0  # first: index in the sound of held's start

    def make(stop: int) -> Iterator[np.ndarray]:
        nonlocal held, first, done
        while done < stop:
            last = min(stop, done + _OUTPUT)
            yield _outputs(held, first, (done, last), (up, down), rate, new_rate)
            done = last
        skip = done * down // up - reach - first
        if skip > 0:
            held, first = held[skip:], first + skip

    for block in blocks:
        frames += len(block)
        held = np.concatenate([held, block])
        yield from make(max(done, ((frames - reach) * up) // down))  # those whose filter ends within what is held
    held = np.concatenate([held, np.zeros(2 * reach, np.float32)])
    yield from make(round(frames * new_rate / rate))


def _reach(rate: int, new_rate: int) -> int:
    """Return how many samples the filter extends to either side: Kaiser's formula for the width of its transition."""
    transition = (1 - _PASS) * min(rate, new_rate) / 2
    return ceil((_STOP_DB - 8) / (2.285 * 4 * np.pi) * rate / transition)


def _outputs(
    held: np.ndarray, first: int, span: tuple[int, int], ratio: tuple[int, int], rate: int, new_rate: int
) -> np.ndarray:
    """Return samples [start, stop) of the new rate from those held of the old one, which begin at index `first`."""
    (start, stop), (up, down) = span, ratio
    reach, filters = _reach(rate, new_rate), _filters(rate, new_rate)
    out = np.empty(stop - start, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(held, 2 * reach)
    for phase in range(min(up, len(out))):  # outputs of one phase have the same filter
        center, fraction = divmod((start + phase) * down, up)
        part = out[phase::up]
        taps = windows[center - reach + 1 - first :: down][: len(part)]
        np.einsum("nt,t->n", taps, _filter(filters, fraction / up), out=part)
    return out


@cache
def _filters(rate: int, new_rate: int) -> np.ndarray:
    """Return the taps around positions that lie 0, 1 / phases ... 1 of a sample after tap reach - 1, (phases + 1, 2 reach)."""
    reach, phases = _reach(rate, new_rate), min(new_rate // gcd(rate, new_rate), _PHASES)
    offset = np.arange(1 - reach, reach + 1) - np.linspace(0, 1, phases + 1)[:, None]
    band = (1 + _PASS) / 2 * min(1.0, new_rate / rate)  # -6 dB here, of the old rate's band
    taps = np.sinc(band * offset) * np.i0(_BETA * np.sqrt(np.maximum(1 - (offset / reach) ** 2, 0)))
    return (taps / taps.sum(1, keepdims=True)).astype(np.float32)


def _filter(filters: np.ndarray, fraction: float) -> np.ndarray:
    """Return the taps around a position that lies a fraction of a sample after tap reach - 1, interpolated linearly."""
    index, weight = divmod(fraction * (len(filters) - 1), 1)
    before, after = filters[int(index)], filters[int(index) + 1]
    return before + np.float32(weight) * (after - before) if weight > 1e-9 else before
