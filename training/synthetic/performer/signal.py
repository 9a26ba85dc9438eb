"""Signal processing for the performer. Frame rates are in Hz, widths in seconds."""

import numpy as np

FLOOR = -100.0  # dB, the level of digital silence


def smooth(values: np.ndarray, width: float, fps: float) -> np.ndarray:
    """Smooth values (frames, ...) over time with a Hann window of this total width. The result stays within the input's range."""
    half = round(width * fps / 2)
    if half < 1:
        return values
    window = np.hanning(2 * half + 1 + 2)[1:-1]
    window /= window.sum()
    flat = values.reshape(len(values), -1)
    padded = np.pad(flat, ((half, half), (0, 0)), mode="edge")
    out = np.stack([np.convolve(column, window, mode="valid") for column in padded.T], axis=1)
    return out.reshape(values.shape)


def soft_limit(values: np.ndarray, knee: float = 0.8) -> np.ndarray:
    """Limit values to 0..1: those above the knee approach 1 smoothly, those below 0 become 0, and the others stay."""
    over = np.maximum(values - knee, 0.0) / (1 - knee)
    return np.where(values > knee, knee + (1 - knee) * np.tanh(over), np.maximum(values, 0.0))


def plateau(times: np.ndarray, first: float, last: float, rise: float, fall: float) -> np.ndarray:
    """Return a bump over times (s): 1 from first to last, with raised-cosine flanks of the widths rise and fall."""
    before = np.clip((times - (first - rise)) / rise, 0, 1)
    after = np.clip(((last + fall) - times) / fall, 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * before)) * (0.5 - 0.5 * np.cos(np.pi * after))


def union(*parts: np.ndarray) -> np.ndarray:
    """Combine activations in 0..1: nearly their sum while small, and never above 1."""
    out = np.zeros_like(parts[0])
    for part in parts:
        out = 1 - (1 - out) * (1 - part)
    return out


def loudness(samples: np.ndarray, rate: int, frames: int, fps: float) -> np.ndarray:
    """Return the level around each frame in dB full scale, (frames,): RMS over 25 ms, smoothed over 80 ms."""
    power = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    centers = np.arange(frames) / fps * rate
    low = np.clip(np.round(centers - 0.0125 * rate).astype(int), 0, len(samples))
    high = np.clip(np.round(centers + 0.0125 * rate).astype(int), 0, len(samples))
    rms = np.sqrt(np.maximum(power[high] - power[low], 0.0) / np.maximum(high - low, 1))
    smoothed = smooth(rms, 0.16, fps)  # a Hann window 160 ms wide is 80 ms at half height
    return 20 * np.log10(np.maximum(smoothed, 10 ** (FLOOR / 20)))


def drift(rng: np.random.Generator, frames: int, width: float, fps: float) -> np.ndarray:
    """Draw smooth noise (frames,) with a standard deviation of about 1 and frequencies below about 1 / width Hz."""
    step = max(1, int(width * fps / 4))
    knots = smooth(rng.standard_normal(frames // step + 12), 8 * step / fps, fps / step)[4:]
    values = np.interp(np.arange(frames) / step, np.arange(len(knots)), knots)
    return smooth(values, width / 2, fps) * 1.6
