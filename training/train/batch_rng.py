"""Random numbers that do not depend on the machine: every row of every global batch has a generator of its own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchRng:
    """Generators of the B rows of a batch. Methods draw on the CPU and return (B, *shape) on `device`."""

    rows: tuple[np.random.Generator, ...]
    device: torch.device

    def normal(self, *shape: int) -> Tensor:
        """Draw from the standard normal distribution."""
        return self._stack([row.standard_normal(shape, np.float32) for row in self.rows])

    def uniform(self, *shape: int) -> Tensor:
        """Draw from [0, 1)."""
        return self._stack([row.random(shape, np.float32) for row in self.rows])

    def exponential(self, *shape: int) -> Tensor:
        """Draw from the exponential distribution of mean 1."""
        return self._stack([row.standard_exponential(shape, np.float32) for row in self.rows])

    def integers(self, low: int, high: int) -> Tensor:
        """Draw one integer in [low, high) for each row, (B,)."""
        return self._stack([row.integers(low, high) for row in self.rows])

    def _stack(self, values: list[Any]) -> Tensor:
        return torch.from_numpy(np.stack(values)).to(self.device, non_blocking=True)


def make_batch_rng(seed: int, iteration: int, rows: range, device: torch.device) -> BatchRng:
    """Make the generators of these rows of an iteration's global batch.

    They depend only on (seed, iteration, row). So a run gives the same result on one process as on many, on any device, and after it was
    resumed.
    """
    # Rows count from one here, because numpy treats (seed, i, 0) like (seed, i), which draws the windows of batch i.
    return BatchRng(tuple(np.random.default_rng((seed, iteration, row + 1)) for row in rows), device)
