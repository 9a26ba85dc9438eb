"""The shape of each of ARKit's 52 keys, as a smooth field of displacements. Does not need Blender.

Fields are written for the face as a whole or for its left half; those of the right half are their mirror images. Numbers are centimeters,
(x, y, z) with the face looking along -y, and were chosen by eye and with the Face Landmarker, see tests/addon/test_expressions.py.
"""

from __future__ import annotations

from . import mouth_keys, upper_keys
from .sites import Sites
from .surface import Floats

WHOLE = mouth_keys.WHOLE | upper_keys.WHOLE
HALF = mouth_keys.HALF | upper_keys.HALF


def offsets(channel: str, sites: Sites) -> Floats:
    """Return how far (n, 3) each site moves, in cm, when the channel's key is at 1."""
    if channel in WHOLE:
        return WHOLE[channel](sites)
    if channel.endswith("Right"):
        return HALF[channel.removesuffix("Right")](sites.mirrored()) * (-1.0, 1.0, 1.0)
    return HALF[channel.removesuffix("Left")](sites)
