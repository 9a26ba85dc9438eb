"""Lip aperture and rounding, computed from ARKit channels. Controls, tests and metrics share this definition."""

from collections.abc import Callable

import numpy as np

from ..arkit import CHANNELS
from .base import Curves

# The channels that lip_aperture() reads.
APERTURE_CHANNELS = (
    *(
        "jawOpen",
        "mouthClose",
        "mouthFunnel",
        "mouthLowerDownLeft",
        "mouthLowerDownRight",
        "mouthUpperUpLeft",
        "mouthUpperUpRight",
    ),
    *("mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper"),
)


def lip_aperture(curves: Curves) -> np.ndarray:
    """Return the opening between the lips, (frames,), in units of jawOpen; 0 when they touch.

    The jaw parts the lips and mouthClose undoes that. Lifting the upper lip, lowering the lower lip and funneling part
    them by less: 0.15 for each channel. Pressing the lips and rolling them in closes small gaps.
    A channel that the curves lack counts as 0. Rigs differ, so compare apertures only within one face.
    """
    get = _channels(curves)
    parted = np.maximum(get("jawOpen") - get("mouthClose"), 0.0) + 0.15 * get("mouthFunnel")
    parted += 0.15 * (
        get("mouthLowerDownLeft") + get("mouthLowerDownRight") + get("mouthUpperUpLeft") + get("mouthUpperUpRight")
    )
    sealed = 0.15 * (get("mouthPressLeft") + get("mouthPressRight")) + 0.1 * (
        get("mouthRollLower") + get("mouthRollUpper")
    )
    return np.maximum(parted - sealed, 0.0)


def lip_rounding(curves: Curves) -> np.ndarray:
    """Return the protrusion of the lips, (frames,): mouthPucker + mouthFunnel."""
    get = _channels(curves)
    return get("mouthPucker") + get("mouthFunnel")


def stop_at_contact(weights: np.ndarray) -> None:
    """Lower mouthClose in place to jawOpen where it is above: the lips would go through each other. weights: (..., 52 or more)."""
    jaw, close = (weights[..., CHANNELS.index(name)] for name in ("jawOpen", "mouthClose"))
    np.minimum(close, jaw, out=close)


def _channels(curves: Curves) -> Callable[[str], np.ndarray]:
    columns = dict(zip(curves.names, curves.values.T, strict=True))
    still = np.zeros(len(curves.values), np.float32)
    return lambda name: columns.get(name, still)
