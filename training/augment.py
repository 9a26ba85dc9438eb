"""Other voices, rooms and recorders out of the same mel frames: what keeps the small encoder from learning the synthetic voices by heart."""

import torch
from torch import Tensor

from backend.features import FLOOR

from .draws import Draws


def decompress(mel: Tensor) -> Tensor:
    """The inverse of backend.features.compress: the encoder's input -> mel power."""
    return 10.0 ** (2.0 * mel - 2.5)


def compress(power: Tensor) -> Tensor:
    """backend.features.compress for tensors."""
    return (power.clamp(min=FLOOR).log10() + 2.5) / 2.0


def _smooth_curve(knots: int, bands: int, draws: Draws) -> Tensor:
    """Random smooth functions over the bands, (B, bands), deviation about 1."""
    return torch.nn.functional.interpolate(draws.normal(1, knots), bands, mode="linear", align_corners=True)[:, 0]


def augment(mel: Tensor, draws: Draws) -> Tensor:
    """(B, T, bands) -> the same speech by another vocal tract (formants moved), through another microphone (tilt, bumps), in a room
    (reverberation), with noise, at another level."""
    frames, bands = mel.shape[1:]

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * draws.uniform(1, 1)

    # vocal tract length: bands are read from elsewhere, at most 15 % away (Jaitly & Hinton 2013)
    position = (torch.arange(bands, device=mel.device) * uniform(0.87, 1.15)[:, :, 0]).clamp(max=bands - 1)  # (B, bands)
    left = position.floor().long()
    right = (left + 1).clamp(max=bands - 1)
    part = (position - left)[:, None]
    expand = lambda index: index[:, None].expand(-1, frames, -1)
    mel = mel.gather(2, expand(left)) * (1 - part) + mel.gather(2, expand(right)) * part

    power = decompress(mel)
    # a room: each frame's power decays into the next ones; three quarters of the clips stay dry
    wet = uniform(-0.6, 0.2).clamp(min=0)
    decay = uniform(0.6, 0.9)
    taps = (decay ** torch.arange(1, 25, device=mel.device)).transpose(1, 2)  # (B, 24, 1)
    taps = taps / taps.sum(1, keepdim=True)
    padded = torch.nn.functional.pad(power, (0, 0, 24, 0))
    tail = sum(taps[:, k - 1 : k] * padded[:, 24 - k : 24 - k + frames] for k in range(1, 25))
    power = power + wet * tail
    # a microphone and a level, in dB
    decibels = 6 * _smooth_curve(2, bands, draws) + 3 * _smooth_curve(8, bands, draws)
    power = power * 10 ** (decibels[:, None] / 10) * 10 ** (uniform(-5, 5) / 10)
    # noise with a spectrum of its own, 8 to 60 dB under loud speech; the power of a noise frame is spread about its mean
    loud = power.mean(2, keepdim=True).quantile(0.95, dim=1, keepdim=True).clamp(min=1e-5)
    shape = 10 ** (4 * _smooth_curve(5, bands, draws)[:, None] / 10)
    spread = (draws.exponential(frames, bands) + draws.exponential(frames, bands)) / 2
    power = power + loud * 10 ** (-uniform(8, 60) / 10) * shape * spread
    return compress(power)


def rerecord(mel: Tensor, draws: Draws) -> Tensor:
    """(B, T, bands) -> the same voice through another microphone, with a little noise: nothing that makes somebody else of it."""
    tone = _smooth_curve(6, mel.shape[2], draws)[:, None]
    return mel + 0.15 * tone + 0.05 * draws.normal(*mel.shape[1:])  # 3 dB and 1 dB
