"""What the audio encoder hears: a log-mel picture of the sound at 100 frames a second, at an even speech level."""

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


def speech_gain(samples: np.ndarray) -> float:
    """The factor that brings a clip's loud speech to one level, so that the model hears how loud a sound is *within* its clip.

    samples: (n,) mono at RATE. Silence and room noise are raised by at most 26 dB.
    """
    frames = len(samples) // _WINDOW
    if frames == 0:
        return 1.0
    blocks = samples[: frames * _WINDOW].reshape(frames, _WINDOW)
    rms = np.sqrt(np.einsum("fw,fw->f", blocks, blocks) / _WINDOW)
    return _TARGET_LEVEL / max(float(np.percentile(rms, 95)), _QUIETEST_LEVEL)


def frame_count(samples: int) -> int:
    """How many mel frames a clip of so many samples has: frame i is centred on i / MEL_FPS seconds."""
    return samples // HOP + 1


def mel_power(samples: np.ndarray, first: int = 0, count: int | None = None) -> np.ndarray:
    """Mel power of frames first .. first + count, (count, BANDS) float32. samples: (n,) mono at RATE, levelled; zeros lie around them."""
    count = frame_count(len(samples)) - first if count is None else count
    start = first * HOP - _WINDOW // 2
    stop = (first + count - 1) * HOP + _WINDOW // 2
    left = max(-start, 0)
    piece = samples[max(start, 0) : max(stop, 0)]
    piece = np.pad(piece, (left, stop - start - left - len(piece)))
    frames = np.lib.stride_tricks.sliding_window_view(piece, _WINDOW)[::HOP][:count]
    spectrum = np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), _FFT)
    power = spectrum.real**2 + spectrum.imag**2
    return (power @ mel_filters().T).astype(np.float32)


def compress(power: np.ndarray) -> np.ndarray:
    """Mel power -> the encoder's input: log power with a floor, scaled to about -2..2."""
    return (np.log10(np.maximum(power, FLOOR)) + 2.5) / 2.0


def log_mel(samples: np.ndarray, first: int = 0, count: int | None = None) -> np.ndarray:
    """The encoder's input for mel frames first .. first + count: (count, BANDS) float32."""
    return compress(mel_power(samples, first, count)).astype(np.float32)
