"""Random numbers that depend on no machine: every row of every global batch has a generator of its own."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchRng:
    """What the B rows of a batch draw, on the CPU and then moved to `device`. All methods return (B, *shape)."""

    rows: tuple[np.random.Generator, ...]
    device: torch.device

    def normal(self, *shape: int) -> Tensor:
        return self._stack([row.standard_normal(shape, np.float32) for row in self.rows])

    def uniform(self, *shape: int) -> Tensor:
        """In [0, 1)."""
        return self._stack([row.random(shape, np.float32) for row in self.rows])

    def exponential(self, *shape: int) -> Tensor:
        """Of mean 1."""
        return self._stack([row.standard_exponential(shape, np.float32) for row in self.rows])

    def integers(self, low: int, high: int) -> Tensor:
        """One a row, low .. high - 1: (B,)."""
        return self._stack([row.integers(low, high) for row in self.rows])

    def _stack(self, values: list) -> Tensor:
        return torch.from_numpy(np.stack(values)).to(self.device, non_blocking=True)


def draw_rows(seed: int, iteration: int, rows: range, device: torch.device) -> BatchRng:
    """The draws of these rows of an iteration's global batch, by (seed, iteration, row) alone.

    So a run is the same on one process as on many, on any device, and after it was resumed.
    """
    # Rows count from one here: numpy takes (seed, i, 0) for (seed, i), and from that the windows of batch i are drawn.
    return BatchRng(tuple(np.random.default_rng((seed, iteration, row + 1)) for row in rows), device)
