"""Lip closures: smoothing that preserves them, and a bias that closes or parts lips that nearly meet."""

from dataclasses import replace

import numpy as np

from .aperture import APERTURE_CHANNELS, lip_aperture
from .base import Curves

_PARTED = 0.02  # aperture above which the lips count as apart
# Shares of a take's wide aperture. In generated speech, p, b and m lie below the first, vowels above the second, and
# f, v and few others in between.
_CLOSED, _APART = 0.1, 0.35
_LIFTS = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
_SEALS = ("mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper")
_SIGMA_PER_FWHM = 0.4247  # of a Gaussian: 1 / (2 sqrt(2 ln 2))
_TRUNCATE_SIGMAS = 3  # where the Gaussian kernel is cut off


def smooth(take: Curves, seconds: float) -> Curves:
    """Smooth all curves but the blinks' without delay, with a Gaussian whose width at half its height is `seconds`.

    Where smoothing would part lips that were together, mix the original mouth channels back in. Frames with an aperture
    below a tenth of the take's wide aperture, see _wide, stay below it.
    """
    blurred = _blur(take.values, _SIGMA_PER_FWHM * seconds * take.fps)
    blinks = [index for index, name in enumerate(take.names) if name.startswith("eyeBlink")]
    blurred[:, blinks] = take.values[:, blinks]
    aperture = lip_aperture(take)
    # The aperture is convex in the channels, so the aperture of a mixture never exceeds the mixture of both apertures.
    wide = _wide(aperture)
    opened = np.interp(lip_aperture(replace(take, values=blurred)), [_CLOSED / 2 * wide, _CLOSED * wide], [0.0, 1.0])
    original_share = (_nearness(aperture, wide) * opened).astype(np.float32)[:, None]
    mouth = [index for index, name in enumerate(take.names) if name in APERTURE_CHANNELS]
    blurred[:, mouth] += original_share * (take.values[:, mouth] - blurred[:, mouth])
    return replace(take, values=blurred)


def bias_closing(take: Curves, bias: float) -> Curves:
    """Close lips that nearly meet (bias up to 1), or part them a little (bias down to -1). An open mouth stays.

    At 1, mouthClose fully undoes the opening of the jaw, and the lips are not lifted. At -1, the channels that seal the
    lips are halved.
    """
    values = take.values.copy()
    column = {name: index for index, name in enumerate(take.names)}
    aperture = lip_aperture(take)
    share = (abs(bias) * _nearness(aperture, _wide(aperture))).astype(np.float32)[:, None]
    if bias < 0:
        values[:, _present(_SEALS, column)] *= 1 - share / 2
    else:
        values[:, _present(_LIFTS, column)] *= 1 - share
        if "jawOpen" in column and "mouthClose" in column:
            jaw, close = take.values[:, column["jawOpen"]], values[:, column["mouthClose"]]
            close += share[:, 0] * np.maximum(jaw - close, 0.0)
    return replace(take, values=values)


def closeness(take: Curves) -> np.ndarray:
    """Return 1 where a take's lips meet or nearly do, as for p, b and m, and 0 where they are clearly apart, (frames,)."""
    aperture = lip_aperture(take)
    return _nearness(aperture, _wide(aperture))


def _present(names: tuple[str, ...], column: dict[str, int]) -> list[int]:
    return [column[name] for name in names if name in column]


def _wide(aperture: np.ndarray) -> float:
    """Return the 90th percentile of the aperture over frames with parted lips, or 0 without any. Rests don't count."""
    parted = aperture[aperture > _PARTED]
    return float(np.percentile(parted, 90)) if len(parted) else 0.0


def _nearness(aperture: np.ndarray, wide: float) -> np.ndarray:
    """Return 1 where the lips meet, 0 where they are clearly apart, and a linear ramp in between, (frames,)."""
    return np.interp(aperture, [_CLOSED * wide, _APART * wide], [1.0, 0.0])


def _blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Filter values with a Gaussian of sigma frames along the first axis. End frames hold beyond the ends."""
    radius = max(1, round(_TRUNCATE_SIGMAS * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2).astype(np.float32)
    padded = np.pad(values, ((radius, radius), (0, 0)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0) @ (kernel / kernel.sum())
