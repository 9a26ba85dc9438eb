"""Mix channels to mono without losing audible sound to cancellation."""

import numpy as np

_WINDOW = 0.25  # s
_AUDIBLE = 1e-3  # of the loudest window's power
_AS_LOUD = 0.99  # of the loudest channel's power
_LOST = 0.2  # share of the audible windows that the mean may lose
_CANCELS = 0.25  # of the power that the mean of unrelated channels has


class Levels:
    """Measure how loud the channels of a clip are, and their mean. Call add() with every block in order."""

    def __init__(self, rate: int) -> None:
        self.frames = 0
        self._size = max(1, round(_WINDOW * rate))
        self._means: list[np.ndarray] = []
        self._unrelated: list[np.ndarray] = []
        self._channels = np.zeros(1)

    def add(self, block: np.ndarray) -> None:
        """Add the next frames, (n, channels). Only their differences count, which contain little hum and no offset."""
        self.frames += len(block)
        channels = block.shape[1]
        if channels == 1 or len(block) < 2:
            return
        step = np.diff(block, axis=0)
        starts = np.arange(0, len(step), self._size)
        mean = step.mean(axis=1, dtype=np.float64)
        own = np.stack([np.add.reduceat(np.square(step[:, k], dtype=np.float64), starts) for k in range(channels)])
        self._means.append(np.add.reduceat(mean * mean, starts))
        self._unrelated.append(own.sum(axis=0) / channels**2)
        self._channels = self._channels + own.sum(axis=1)

    def louder_channel(self) -> int | None:
        """Return the loudest channel if the mean of all would lose much of the audible sound, else None."""
        if not self._means:
            return None
        mean, unrelated = np.concatenate(self._means), np.concatenate(self._unrelated)
        audible = unrelated > _AUDIBLE * unrelated.max()
        if not audible.any() or (mean[audible] < _CANCELS * unrelated[audible]).mean() < _LOST:
            return None
        return int(np.flatnonzero(self._channels >= _AS_LOUD * self._channels.max())[0])


def mix(block: np.ndarray, channel: int | None) -> np.ndarray:
    """Return the mean of all channels, or one channel: (n, channels) -> (n,)."""
    return block.mean(axis=1) if channel is None else np.ascontiguousarray(block[:, channel])
