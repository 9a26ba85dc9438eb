"""Other voices, rooms and recorders out of the same mel frames: what keeps the small encoder from learning the synthetic voices by heart."""

import torch
from torch import Tensor

from backend.features import FLOOR, MEL_FPS

from .batch_rng import BatchRng

_TAPS = 32  # mel frames that a room is heard for


def decompress(mel: Tensor) -> Tensor:
    """The inverse of backend.features.compress: the encoder's input -> mel power."""
    return 10.0 ** (2.0 * mel - 2.5)


def compress(power: Tensor) -> Tensor:
    """backend.features.compress for tensors."""
    return (power.clamp(min=FLOOR).log10() + 2.5) / 2.0


def _smooth_curve(knots: int, bands: int, draws: BatchRng) -> Tensor:
    """Random smooth functions over the bands, (B, bands), deviation about 1."""
    return torch.nn.functional.interpolate(draws.normal(1, knots), bands, mode="linear", align_corners=True)[:, 0]


def _uniform(low: float, high: float, draws: BatchRng) -> Tensor:
    return low + (high - low) * draws.uniform(1, 1)


def augment(mel: Tensor, draws: BatchRng) -> Tensor:
    """(B, T, bands) -> the same speech by another vocal tract, recorded elsewhere."""
    return resound(_throat(mel, draws), draws)


def _throat(mel: Tensor, draws: BatchRng) -> Tensor:
    """Vocal tract length: bands are read from elsewhere, at most 15 % away (Jaitly & Hinton 2013)."""
    frames, bands = mel.shape[1:]
    position = (torch.arange(bands, device=mel.device) * _uniform(0.87, 1.15, draws)[:, :, 0]).clamp(
        max=bands - 1
    )  # (B, bands)
    left = position.floor().long()
    right = (left + 1).clamp(max=bands - 1)
    part = (position - left)[:, None]
    expand = lambda index: index[:, None].expand(-1, frames, -1)
    return mel.gather(2, expand(left)) * (1 - part) + mel.gather(2, expand(right)) * part


def resound(mel: Tensor, draws: BatchRng) -> Tensor:
    """(B, T, bands) -> the same voice in a room (reverberation), through another microphone (tilt, bumps), with noise, at another level."""
    bands = mel.shape[2]
    power = decompress(mel)
    power = power + _room(power, draws)
    # a microphone and a level, in dB
    decibels = 6 * _smooth_curve(2, bands, draws) + 3 * _smooth_curve(8, bands, draws)
    power = power * 10 ** (decibels[:, None] / 10) * 10 ** (_uniform(-5, 5, draws) / 10)
    # noise with a spectrum of its own, 8 to 60 dB under loud speech; the power of a noise frame is spread about its mean
    loud = power.mean(2, keepdim=True).quantile(0.95, dim=1, keepdim=True).clamp(min=1e-5)
    shape = 10 ** (4 * _smooth_curve(5, bands, draws)[:, None] / 10)
    power = power + loud * 10 ** (-_uniform(8, 60, draws) / 10) * shape * _spread(power, draws)
    return compress(power)


def _room(power: Tensor, draws: BatchRng) -> Tensor:
    """What a room adds to mel power (B, T, bands): each frame's power dies away in the next ones, by 60 dB in .14 to 1 s, from 30 to 0 dB under
    the direct sound; a fifth of the clips stay dry. Synthetic voices close their lips in silence, real ones in the echo of the last vowel."""
    dry = draws.uniform(1, 1) < 0.2
    seconds = 10 ** (-0.85 * draws.uniform(1, 1))
    level = 10 ** (-3 * draws.uniform(1, 1))
    taps = 10 ** (-6 / MEL_FPS / seconds * torch.arange(1, _TAPS + 1, device=power.device))  # (B, 1, taps)
    taps = (taps / taps.sum(2, keepdim=True)).flip(2)  # the latest frame last, as convolutions count
    late = torch.nn.functional.pad(power, (0, 0, _TAPS, -1)).permute(
        2, 0, 1
    )  # (bands, B, T + taps - 1): nothing of the frame itself
    tail = torch.nn.functional.conv1d(late, taps, groups=len(power)).permute(1, 2, 0)
    return torch.where(dry, 0.0, level * tail * _spread(power, draws))


def _spread(power: Tensor, draws: BatchRng) -> Tensor:
    """How the power of a noise-like frame lies about its mean, (B, T, bands)."""
    frames, bands = power.shape[1:]
    return (draws.exponential(frames, bands) + draws.exponential(frames, bands)) / 2


def rerecord(mel: Tensor, draws: BatchRng) -> Tensor:
    """(B, T, bands) -> the same voice through another microphone, with a little noise: nothing that makes somebody else of it."""
    tone = _smooth_curve(6, mel.shape[2], draws)[:, None]
    return mel + 0.075 * tone + 0.05 * draws.normal(*mel.shape[1:])  # 1.5 dB and 1 dB
