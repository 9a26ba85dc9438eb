"""Hold a pose of the face for a while: the performance flows into it and out of it. Pure functions of curves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..arkit import REGIONS
from .base import Curves

EASE = 0.3  # s: of the way into a held pose, and out of it


class HeldPose(NamedTuple):
    """A pose of some regions of the face, held from start to end. Seconds count from the start of the clip.

    regions: of backend.arkit.REGIONS. values: of their channels, in the order of channels_of().
    """

    start: float
    end: float
    regions: tuple[str, ...]
    values: tuple[float, ...]


def channels_of(regions: Sequence[str]) -> tuple[str, ...]:
    """Return the channels of regions, in order."""
    return tuple(name for region, names in REGIONS.items() if region in regions for name in names)


def hold(curves: Curves, held: Sequence[HeldPose]) -> Curves:
    """Return curves that hold poses, with raised-cosine flanks of EASE seconds. Where two overlap, the later one wins."""
    if not held:
        return curves
    values = curves.values.copy()
    times = np.arange(len(values)) / curves.fps
    for pose in held:
        outside = np.maximum(np.maximum(pose.start - times, times - pose.end), 0.0) / EASE
        weight = np.where(outside < 1, 0.5 + 0.5 * np.cos(np.pi * np.minimum(outside, 1.0)), 0.0).astype(np.float32)
        for name, value in zip(channels_of(pose.regions), pose.values, strict=True):
            if name in curves.names:
                column = curves.names.index(name)
                values[:, column] += weight * (np.float32(value) - values[:, column])
    return replace(curves, values=values)
