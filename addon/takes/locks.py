"""What of a take is locked. Knows no Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Locks:
    """channels: kept all along; frames: the first and the last of the scene's frames on which all channels are kept."""

    channels: tuple[str, ...] = ()
    frames: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return bool(self.channels or self.frames)

    def mask(self, names: Sequence[str], first_frame: int, frames: int) -> np.ndarray:
        """(frames, names) bool: what is kept of a take that begins on first_frame."""
        kept = np.zeros((frames, len(names)), bool)
        kept[:, [index for index, name in enumerate(names) if name in self.channels]] = True
        if self.frames:
            first, last = self.frames
            kept[max(first - first_frame, 0) : max(last + 1 - first_frame, 0)] = True
        return kept


UNLOCKED = Locks()
