"""Other voices, rooms and recorders out of the same mel frames: what keeps the small encoder from learning the synthetic voices by heart."""

import torch
from torch import Tensor

from backend.features import compress


def decompress(mel: Tensor) -> Tensor:
    """The inverse of backend.features.compress: the encoder's input -> mel power."""
    return 10.0 ** (2.0 * mel - 2.5)


def _smooth_curve(batch: int, knots: int, bands: int, rng: torch.Generator) -> Tensor:
    """Random smooth functions over the bands, (batch, bands), deviation about 1."""
    points = torch.randn(batch, 1, knots, generator=rng)
    return torch.nn.functional.interpolate(points, bands, mode="linear", align_corners=True)[:, 0]


def augment(mel: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, bands) -> the same speech by another vocal tract (formants moved), through another microphone (tilt, bumps), in a room
    (reverberation), with noise, at another level."""
    batch, frames, bands = mel.shape

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, generator=rng)

    # vocal tract length: bands are read from elsewhere, at most 15 % away (Jaitly & Hinton 2013)
    position = (torch.arange(bands) * uniform(0.87, 1.15)[:, :, 0]).clamp(max=bands - 1)  # (B, bands)
    left = position.floor().long()
    right = (left + 1).clamp(max=bands - 1)
    part = (position - left)[:, None]
    expand = lambda index: index[:, None].expand(-1, frames, -1)
    mel = mel.gather(2, expand(left)) * (1 - part) + mel.gather(2, expand(right)) * part

    power = decompress(mel)
    # a room: each frame's power decays into the next ones; three quarters of the clips stay dry
    wet = uniform(-0.6, 0.2).clamp(min=0)
    decay = uniform(0.6, 0.9)
    taps = (decay ** torch.arange(1, 25)).transpose(1, 2)  # (B, 24, 1)
    taps = taps / taps.sum(1, keepdim=True)
    padded = torch.nn.functional.pad(power, (0, 0, 24, 0))
    tail = sum(taps[:, k - 1 : k] * padded[:, 24 - k : 24 - k + frames] for k in range(1, 25))
    power = power + wet * tail
    # a microphone and a level, in dB
    decibels = 6 * _smooth_curve(batch, 2, bands, rng) + 3 * _smooth_curve(batch, 8, bands, rng)
    power = power * 10 ** (decibels[:, None] / 10) * 10 ** (uniform(-5, 5) / 10)
    # noise with a spectrum of its own, 8 to 60 dB under loud speech; the power of a noise frame is spread about its mean
    loud = power.mean(2, keepdim=True).quantile(0.95, dim=1, keepdim=True).clamp(min=1e-5)
    shape = 10 ** (4 * _smooth_curve(batch, 5, bands, rng)[:, None] / 10)
    spread = torch.empty_like(power).exponential_(generator=rng).add_(torch.empty_like(power).exponential_(generator=rng)) / 2
    power = power + loud * 10 ** (-uniform(8, 60) / 10) * shape * spread
    return compress_tensor(power)


def compress_tensor(power: Tensor) -> Tensor:
    """backend.features.compress for tensors."""
    return torch.from_numpy(compress(power.numpy()))


def rerecord(mel: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, bands) -> the same voice through another microphone, with a little noise: nothing that makes somebody else of it."""
    tone = _smooth_curve(len(mel), 6, mel.shape[2], rng)[:, None]
    return mel + 0.15 * tone + 0.05 * torch.randn(mel.shape, generator=rng)  # 3 dB and 1 dB
