"""What the audio encoder hears: a log-mel picture of the sound at 100 frames a second, at an even speech level."""

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np

RATE = 16000  # Hz
HOP = 160  # samples: 100 mel frames a second
MEL_FPS = RATE // HOP
BANDS = 80

_WINDOW = 400  # samples: 25 ms
_FFT = 512
_LOW, _HIGH = 60.0, 7600.0  # Hz: below lies hum, above it many recordings hold nothing
_TARGET_LEVEL = 0.1  # RMS of loud speech after levelling, -20 dB full scale
_QUIETEST_LEVEL = 0.005  # RMS: anything below is taken for room noise and is not raised further
FLOOR = 1e-7  # mel power under which everything counts as silence


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


@cache
def mel_filters() -> np.ndarray:
    """Triangular filters, (BANDS, _FFT // 2 + 1) float32, evenly spaced in mel (O'Shaughnessy 1987), each of unit sum."""
    edges = 700.0 * np.expm1(np.linspace(_mel(_LOW), _mel(_HIGH), BANDS + 2) / 1127.0)
    bins = np.fft.rfftfreq(_FFT, 1 / RATE)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.clip(np.minimum(rising, falling), 0.0, None)
    return (filters / np.maximum(filters.sum(1, keepdims=True), 1e-9)).astype(np.float32)


@cache
def _bands() -> list[tuple[slice, np.ndarray]]:
    """Where each filter is not zero, and what it is there."""
    inside = [np.flatnonzero(band) for band in mel_filters()]
    return [
        (slice(bins[0], bins[-1] + 1), band[bins[0] : bins[-1] + 1])
        for bins, band in zip(inside, mel_filters(), strict=True)
    ]


def levels(samples: np.ndarray) -> np.ndarray:
    """RMS of each 25 ms of a sound, (n // 400,). samples: (n,) mono at RATE."""
    frames = len(samples) // _WINDOW
    blocks = samples[: frames * _WINDOW].reshape(frames, _WINDOW)
    return np.sqrt(np.einsum("fw,fw->f", blocks, blocks) / _WINDOW)


def gain_of(rms: np.ndarray) -> float:
    """The factor that brings a clip's loud speech to one level, so that the model hears how loud a sound is *within* its clip.

    rms: what `levels` gives. Silence and room noise are raised by at most 26 dB.
    """
    return _TARGET_LEVEL / max(float(np.percentile(rms, 95)), _QUIETEST_LEVEL) if len(rms) else 1.0


def speech_gain(samples: np.ndarray) -> float:
    """The same of a clip that is at hand whole, (n,) mono at RATE."""
    return gain_of(levels(samples))


def frame_count(samples: int) -> int:
    """How many mel frames a clip of so many samples has: frame i is centred on i / MEL_FPS seconds."""
    return samples // HOP + 1


def span(first: int, count: int) -> tuple[int, int]:
    """[start, stop): the samples that mel frames first .. first + count are made of. Some may lie outside of the clip."""
    return first * HOP - _WINDOW // 2, (first + count - 1) * HOP + _WINDOW // 2


def cut(blocks: Iterable[np.ndarray], spans: Iterable[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Pieces [start, stop) of a sound that comes in blocks, each (stop - start,); starts and stops ascend, zeros lie around the sound.

    Holds no more than a piece and a block.
    """
    source, held, first = iter(blocks), np.zeros(0, np.float32), 0  # first: where in the sound what is held begins
    for start, stop in spans:
        while first + len(held) < stop and (block := next(source, None)) is not None:
            done = min(max(start - first, 0), len(held))
            held, first = np.concatenate([held[done:], block]) if done < len(held) else block, first + done
        piece = held[max(start - first, 0) : max(stop - first, 0)]
        left = max(-start, 0)
        yield np.pad(piece, (left, stop - start - left - len(piece)))


def _power(piece: np.ndarray) -> np.ndarray:
    """Mel power of all frames that fit into a piece, (count, BANDS) float32."""
    frames = np.lib.stride_tricks.sliding_window_view(piece, _WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), _FFT)
    power = np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T, np.float32)
    # Band by band: most of a filter is zero, and Blender's own numpy may come without a fast product of matrices.
    return np.stack([band @ power[bins] for bins, band in _bands()], axis=1)


def mel_power(samples: np.ndarray, first: int = 0, count: int | None = None) -> np.ndarray:
    """Mel power of frames first .. first + count, (count, BANDS) float32. samples: (n,) mono at RATE, levelled; zeros lie around them."""
    count = frame_count(len(samples)) - first if count is None else count
    return _power(next(cut([samples], [span(first, count)])))


def compress(power: np.ndarray) -> np.ndarray:
    """Mel power -> the encoder's input: log power with a floor, scaled to about -2..2."""
    return (np.log10(np.maximum(power, FLOOR)) + 2.5) / 2.0


def log_mel(samples: np.ndarray, first: int = 0, count: int | None = None) -> np.ndarray:
    """The encoder's input for mel frames first .. first + count: (count, BANDS) float32."""
    return compress(mel_power(samples, first, count)).astype(np.float32)


def log_mel_of(piece: np.ndarray) -> np.ndarray:
    """The encoder's input for the frames of a piece that was cut at their `span`: (count, BANDS) float32."""
    return compress(_power(piece)).astype(np.float32)
