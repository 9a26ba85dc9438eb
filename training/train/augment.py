"""Augment log-mels with other vocal tracts, rooms and microphones, so that encoders don't overfit to the synthetic voices.

Shapes: B clips, T mel frames at 100 Hz, bands mel bands. Every random number comes from `rng`, which has one generator per clip.
"""

import torch
from torch import Tensor

from backend.features import FLOOR, MEL_FPS

from .batch_rng import BatchRng

_TAPS = 32  # mel frames, the longest reverberation


def decompress(mel: Tensor) -> Tensor:
    """Return the mel power of a log-mel: the inverse of backend.features.compress."""
    return 10.0 ** (2.0 * mel - 2.5)


def compress(power: Tensor) -> Tensor:
    """Return the log-mel of mel power, as backend.features.compress does for arrays."""
    return (power.clamp(min=FLOOR).log10() + 2.5) / 2.0


def _smooth_curve(knots: int, bands: int, rng: BatchRng) -> Tensor:
    """Draw smooth random functions of the band, (B, bands), with a standard deviation of about 1."""
    return torch.nn.functional.interpolate(rng.normal(1, knots), bands, mode="linear", align_corners=True)[:, 0]


def _uniform(low: float, high: float, rng: BatchRng) -> Tensor:
    return low + (high - low) * rng.uniform(1, 1)


def augment(mel: Tensor, rng: BatchRng) -> Tensor:
    """Return the same speech (B, T, bands) from another vocal tract, in another room and through another microphone."""
    return change_room(_change_vocal_tract(mel, rng), rng)


def _change_vocal_tract(mel: Tensor, rng: BatchRng) -> Tensor:
    """Perturb the vocal tract length: stretch the band axis by at most 15 % (Jaitly & Hinton 2013)."""
    frames, bands = mel.shape[1:]
    position = torch.arange(bands, device=mel.device) * _uniform(0.87, 1.15, rng)[:, :, 0]
    position = position.clamp(max=bands - 1)  # (B, bands)
    left = position.floor().long()
    right = (left + 1).clamp(max=bands - 1)
    weight = (position - left)[:, None]
    expand = lambda index: index[:, None].expand(-1, frames, -1)
    return mel.gather(2, expand(left)) * (1 - weight) + mel.gather(2, expand(right)) * weight


def change_room(mel: Tensor, rng: BatchRng) -> Tensor:
    """Add reverberation, a microphone's frequency response, a gain and noise to a log-mel (B, T, bands). The voice stays the same."""
    bands = mel.shape[2]
    power = decompress(mel)
    power = power + _reverberation(power, rng)
    response_db = 6 * _smooth_curve(2, bands, rng) + 3 * _smooth_curve(8, bands, rng)
    gain_db = _uniform(-5, 5, rng)
    power = power * 10 ** (response_db[:, None] / 10) * 10 ** (gain_db / 10)
    # Noise with a spectrum of its own, 8 to 60 dB below loud speech.
    loud = power.mean(2, keepdim=True).quantile(0.95, dim=1, keepdim=True).clamp(min=1e-5)
    spectrum = 10 ** (4 * _smooth_curve(5, bands, rng)[:, None] / 10)
    power = power + loud * 10 ** (-_uniform(8, 60, rng) / 10) * spectrum * _noise_power(power, rng)
    return compress(power)


def _reverberation(power: Tensor, rng: BatchRng) -> Tensor:
    """Return the mel power that a room adds, (B, T, bands).

    It decays by 60 dB in 0.14 to 1 s and starts 0 to 30 dB below the direct sound. One clip in five stays dry. Synthetic voices close their
    lips in silence; with reverberation they do so in the echo of the last vowel, as in real rooms.
    """
    dry = rng.uniform(1, 1) < 0.2
    decay_seconds = 10 ** (-0.85 * rng.uniform(1, 1))
    level = 10 ** (-3 * rng.uniform(1, 1))
    taps = 10 ** (-6 / MEL_FPS / decay_seconds * torch.arange(1, _TAPS + 1, device=power.device))  # (B, 1, taps)
    taps = (taps / taps.sum(2, keepdim=True)).flip(2)  # conv1d correlates, so the latest frame comes last
    # (bands, B, T + taps - 1), shifted by one frame so that a frame does not reach itself
    earlier = torch.nn.functional.pad(power, (0, 0, _TAPS, -1)).permute(2, 0, 1)
    tail = torch.nn.functional.conv1d(earlier, taps, groups=len(power)).permute(1, 2, 0)
    return torch.where(dry, 0.0, level * tail * _noise_power(power, rng))


def _noise_power(power: Tensor, rng: BatchRng) -> Tensor:
    """Draw the power of noise frames relative to its mean, (B, T, bands)."""
    frames, bands = power.shape[1:]
    return (rng.exponential(frames, bands) + rng.exponential(frames, bands)) / 2


def change_microphone(mel: Tensor, rng: BatchRng) -> Tensor:
    """Add another microphone's frequency response and a little noise to a log-mel (B, T, bands).

    The change is small enough that the voice can't be taken for someone else's.
    """
    response = _smooth_curve(6, mel.shape[2], rng)[:, None]
    return mel + 0.075 * response + 0.05 * rng.normal(*mel.shape[1:])  # 1.5 dB and 1 dB
