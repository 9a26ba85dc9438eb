"""Log-mel spectrograms, the audio encoder's input: 80 bands, 100 frames per second, at an even speech level.

Runs in the backend process and in training.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np

RATE = 16000  # Hz
HOP = 160  # samples: 100 mel frames a second
MEL_FPS = RATE // HOP
BANDS = 80

_WINDOW = 400  # samples: 25 ms
_FFT = 512
_LOW, _HIGH = 60.0, 7600.0  # Hz: hum lies below, and many recordings hold nothing above
_TARGET_LEVEL = 0.1  # RMS of loud speech after leveling, -20 dB full scale
_QUIETEST_LEVEL = 0.005  # RMS: anything quieter counts as room noise and gets no more gain
FLOOR = 1e-7  # mel power below which everything counts as silence


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)


@cache
def mel_filters() -> np.ndarray:
    """Return triangular filters of unit sum, evenly spaced in mel (O'Shaughnessy 1987): (BANDS, _FFT // 2 + 1)."""
    edges = 700.0 * np.expm1(np.linspace(_mel(_LOW), _mel(_HIGH), BANDS + 2) / 1127.0)
    bins = np.fft.rfftfreq(_FFT, 1 / RATE)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.clip(np.minimum(rising, falling), 0.0, None)
    return (filters / np.maximum(filters.sum(1, keepdims=True), 1e-9)).astype(np.float32)


@cache
def _bands() -> list[tuple[slice, np.ndarray]]:
    """Return the nonzero bins of each filter, and its values there."""
    inside = [np.flatnonzero(band) for band in mel_filters()]
    return [
        (slice(bins[0], bins[-1] + 1), band[bins[0] : bins[-1] + 1])
        for bins, band in zip(inside, mel_filters(), strict=True)
    ]


def levels(samples: np.ndarray) -> np.ndarray:
    """Return the RMS of each 25 ms of a sound, (n // 400,). samples: (n,) mono at RATE."""
    frames = len(samples) // _WINDOW
    blocks = samples[: frames * _WINDOW].reshape(frames, _WINDOW)
    return np.sqrt(np.einsum("fw,fw->f", blocks, blocks) / _WINDOW)


def gain_of(rms: np.ndarray) -> float:
    """Return the gain that brings a clip's loud speech to a fixed level. The clip's own dynamics stay.

    rms: from `levels`. The gain is 26 dB at most, so that silence and room noise stay quiet.
    """
    return _TARGET_LEVEL / max(float(np.percentile(rms, 95)), _QUIETEST_LEVEL) if len(rms) else 1.0


def speech_gain(samples: np.ndarray) -> float:
    """Return gain_of() for a whole clip. samples: (n,) mono at RATE."""
    return gain_of(levels(samples))


def frame_count(samples: int) -> int:
    """Return the number of mel frames of a clip. Frame i is centered on i / MEL_FPS seconds."""
    return samples // HOP + 1


def span(first: int, count: int) -> tuple[int, int]:
    """Return the samples [start, stop) that mel frames first .. first + count cover. Some may lie outside the clip."""
    return first * HOP - _WINDOW // 2, (first + count - 1) * HOP + _WINDOW // 2


def cut(blocks: Iterable[np.ndarray], spans: Iterable[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Yield the pieces [start, stop) of a sound that comes in blocks, (stop - start,) each.

    Starts and stops must ascend. The sound is padded with zeros. At most one piece and one block are in memory.
    """
    source, buffer, first = iter(blocks), np.zeros(0, np.float32), 0  # first: index in the sound of the buffer's start
    for start, stop in spans:
        while first + len(buffer) < stop and (block := next(source, None)) is not None:
            done = min(max(start - first, 0), len(buffer))
            buffer, first = np.concatenate([buffer[done:], block]) if done < len(buffer) else block, first + done
        piece = buffer[max(start - first, 0) : max(stop - first, 0)]
        left = max(-start, 0)
        yield np.pad(piece, (left, stop - start - left - len(piece)))


def _power(piece: np.ndarray) -> np.ndarray:
    """Return the mel power of all frames that fit into a piece, (count, BANDS) float32."""
    frames = np.lib.stride_tricks.sliding_window_view(piece, _WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), _FFT)
    power = np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T, np.float32)
    # Band by band, because most of each filter is zero and Blender's numpy may lack a fast matrix product.
    return np.stack([band @ power[bins] for bins, band in _bands()], axis=1)


def mel_power(samples: np.ndarray, first: int = 0, count: int | None = None) -> np.ndarray:
    """Return the mel power of frames first .. first + count, (count, BANDS) float32.

    samples: (n,) mono at RATE, leveled. They are padded with zeros.
    """
    count = frame_count(len(samples)) - first if count is None else count
    return _power(next(cut([samples], [span(first, count)])))


def compress(power: np.ndarray) -> np.ndarray:
    """Convert mel power to the encoder's input: log power with a floor, scaled to about -2..2."""
    return (np.log10(np.maximum(power, FLOOR)) + 2.5) / 2.0


def log_mel(samples: np.ndarray, first: int = 0, count: int | None = None) -> np.ndarray:
    """Return the encoder's input for mel frames first .. first + count, (count, BANDS) float32."""
    return compress(mel_power(samples, first, count)).astype(np.float32)


def log_mel_of(piece: np.ndarray) -> np.ndarray:
    """Return the encoder's input for the frames of a piece cut at their `span`, (count, BANDS) float32."""
    return compress(_power(piece)).astype(np.float32)
