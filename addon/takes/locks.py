"""The locks: channels and frames that keep their values. Does not need Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...backend.curves.base import Curves


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

    def of(self, curves: Curves, first_frame: int) -> np.ndarray | None:
        """Return the mask of curves that begin on first_frame, (frames, channels) bool; None if nothing is locked."""
        mask = self.mask(curves.names, first_frame, len(curves.values))
        return mask if mask.any() else None


UNLOCKED = Locks()
