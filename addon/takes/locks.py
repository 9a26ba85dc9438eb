"""The locks: channels and frames that keep their values. Does not need Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Locks:
    """channels: locked on all frames. frames: the first and the last of the scene's frames on which all channels are locked."""

    channels: tuple[str, ...] = ()
    frames: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return bool(self.channels or self.frames)

    def mask(self, names: Sequence[str], first_frame: int, frames: int) -> np.ndarray:
        """Return the mask of a take that begins on first_frame: (frames, names) bool, True where locked."""
        mask = np.zeros((frames, len(names)), bool)
        mask[:, [index for index, name in enumerate(names) if name in self.channels]] = True
        if self.frames:
            first, last = self.frames
            mask[max(first - first_frame, 0) : max(last + 1 - first_frame, 0)] = True
        return mask

    def lids(self, first_frame: int, frames: int) -> np.ndarray | None:
        """Return on which frames of a take that begins on first_frame the lids are locked, (frames,) bool; None if nowhere."""
        mask = self.mask(("eyeBlinkLeft", "eyeBlinkRight"), first_frame, frames)
        return np.any(mask, axis=1) if mask.any() else None


UNLOCKED = Locks()
