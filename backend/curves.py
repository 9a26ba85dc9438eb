"""A take of curves: what every step after the sampler passes on."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curves:
    """Named animation curves on an even grid.

    names: one ARKit name a channel; values: (frames, channels) float32 in 0..1; fps: frames a second;
    frame k lies at start + k / fps seconds of the sound.
    """

    names: tuple[str, ...]
    values: np.ndarray
    fps: float
    start: float = 0.0
