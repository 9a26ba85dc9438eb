"""Where the lips meet or nearly do: smoothing that leaves them together, and a bias that brings them together or parts them."""

from dataclasses import replace

import numpy as np

from .aperture import APERTURE_CHANNELS, lip_aperture
from .base import Curves

_PARTED = 0.02  # aperture from which the lips count as apart
# Shares of a take's wide aperture. In generated speech p b m are below the first, f v and few others between the two, vowels beyond.
_CLOSED, _APART = 0.1, 0.35
_LIFTS = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
_SEALS = ("mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper")
_DEVIATION = 0.4247  # of a bell that is 1 wide at half its height
_REACH = 3  # deviations that a bell is cut at


def smooth(take: Curves, seconds: float) -> Curves:
    """Each curve but the blinks' averaged under a bell so many seconds wide (at half its height): nothing comes later or earlier.

    Where that would part lips that were together, the channels that open and shut them keep as much of what they were as it takes:
    frames with an aperture below a tenth of the take's wide one (its 90th percentile) stay below it.
    """
    blurred = _blur(take.values, _DEVIATION * seconds * take.fps)
    blinks = [index for index, name in enumerate(take.names) if name.startswith("eyeBlink")]
    blurred[:, blinks] = take.values[:, blinks]
    aperture = lip_aperture(take)
    # The aperture is a convex function of the channels, so that of a mixture is never above the mixture of both apertures.
    wide = _wide(aperture)
    opened = np.interp(lip_aperture(replace(take, values=blurred)), [_CLOSED / 2 * wide, _CLOSED * wide], [0.0, 1.0])
    kept = (_nearness(aperture, wide) * opened).astype(np.float32)[:, None]
    mouth = [index for index, name in enumerate(take.names) if name in APERTURE_CHANNELS]
    blurred[:, mouth] += kept * (take.values[:, mouth] - blurred[:, mouth])
    return replace(take, values=blurred)


def bias_closing(take: Curves, bias: float) -> Curves:
    """Lips that nearly meet brought together by a bias of up to 1, or parted a little by one of down to -1; an open mouth stays.

    1: mouthClose takes back all that the jaw opens, and the lips are lifted no more. -1: what shuts the lips does so half as much.
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


def _present(names: tuple[str, ...], column: dict[str, int]) -> list[int]:
    return [column[name] for name in names if name in column]


def _wide(aperture: np.ndarray) -> float:
    """How far the lips part: the 90th percentile over the frames where they do, so that rests don't count; 0 when they never do."""
    parted = aperture[aperture > _PARTED]
    return float(np.percentile(parted, 90)) if len(parted) else 0.0


def _nearness(aperture: np.ndarray, wide: float) -> np.ndarray:
    """(frames,): 1 where the lips meet, 0 where they are clearly apart, between the two in between."""
    return np.interp(aperture, [_CLOSED * wide, _APART * wide], [1.0, 0.0])


def _blur(values: np.ndarray, deviation: float) -> np.ndarray:
    """Gaussian of so many frames' deviation along the first axis; before and after the take its end frames hold."""
    reach = max(1, round(_REACH * deviation))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2).astype(np.float32)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, len(bell), axis=0) @ (bell / bell.sum())
