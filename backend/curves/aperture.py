"""How open and how round a mouth is, read off its ARKit channels: the one definition that controls, tests and figures use."""

from collections.abc import Callable

import numpy as np

from .base import Curves

# What lip_aperture() looks at.
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
    """(frames,) opening between the lips, 0 when they touch, in units of jawOpen.

    The jaw parts the lips and mouthClose takes that back (it exists only while the jaw is open); lifting the upper or lowering the
    lower lip parts them by about a third of what a full jaw does, a funnel by about a seventh; pressing and rolling the lips inwards
    closes small gaps. A channel that the curves lack counts as still. Rigs differ, so compare within a face.
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
    """(frames,) protrusion of the lips: mouthPucker + mouthFunnel."""
    get = _channels(curves)
    return get("mouthPucker") + get("mouthFunnel")


def _channels(curves: Curves) -> Callable[[str], np.ndarray]:
    columns = dict(zip(curves.names, curves.values.T, strict=True))
    still = np.zeros(len(curves.values), np.float32)
    return lambda name: columns.get(name, still)
