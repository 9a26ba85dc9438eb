"""Sample a clip of any length in windows, with the denoising steps pipelined. Runs in the backend process.

For each window, a step needs the previous step's result only in that window and close around it. So each step follows
the previous one at a distance of a few windows, and all steps can run at the same time.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..noise_schedule import NoiseLevel
from .sampler import ddim_step

# Windows by which a step follows the previous one: it looks ahead into one window, and one more waits for its neighbor.
_STEP_DELAY = 3


# (noisy curves (1, lookahead + n + lookahead, C), level, first frame, state after the previous window or None)
# -> (clean curves (1, n, C), state for the next window)
Denoise = Callable[[np.ndarray, NoiseLevel, int, Any], tuple[np.ndarray, Any]]
# (clean curves (n, C), first frame) -> the curves with known values put in place. The next steps fit the rest to them,
# and the last step keeps them exactly (inpainting by replacement, Lugmayr et al. 2022, with x0 in place of z).
Inpaint = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class SamplingTask:
    """How to sample a clip.

    window: frames per window, no fewer than lookahead and context.
    lookahead: frames that denoise() sees on either side.
    context: frames that inpaint() sees on either side.
    """

    window: int
    lookahead: int
    context: int
    denoise: Denoise
    inpaint: Inpaint


def sample_in_windows(
    task: SamplingTask,
    z: np.ndarray,
    levels: Sequence[NoiseLevel],
    workers: Executor | None,
    callback: Callable[[float], None],
) -> None:
    """Sample z (frames, C) from noise to a clean signal, in place. The result equals that of sampler.sample_ddim.

    workers: threads for running steps in parallel; they don't change the result.
    callback: gets the fraction done; may raise to cancel.
    """
    windows = -(-len(z) // task.window)
    steps = [_run_step(task, z, now, then) for now, then in pairwise(levels)]
    turns = windows + _STEP_DELAY * (len(steps) - 1)
    for turn in range(turns):
        callback(turn / turns)
        due = [step for number, step in enumerate(steps) if 0 <= turn - _STEP_DELAY * number < windows]
        others = [workers.submit(next, step) for step in due[1:]] if workers else []
        for step in due[: len(due) - len(others)]:  # this thread runs one itself, because waking a worker takes time
            next(step)
        for other in others:
            other.result()


def _run_step(task: SamplingTask, z: np.ndarray, now: NoiseLevel, then: NoiseLevel) -> Iterator[None]:
    """Run one denoising step through a clip. Each turn predicts a window and moves the one before to the next level."""

    def move(start: int, before: np.ndarray, clean: np.ndarray, after: np.ndarray) -> None:
        near = np.concatenate([before[-task.context :], clean, after[: task.context]])
        first = min(len(before), task.context)
        clean = task.inpaint(near, start - first)[first : first + len(clean)]
        part = z[start : start + len(clean)]
        part[:] = ddim_step(part, clean, now, then)

    empty = z[:0]
    before, clean, state = empty, empty, None
    for start in range(0, len(z), task.window):
        stop = min(start + task.window, len(z))
        (after,), state = task.denoise(_with_lookahead(z, start, stop, task.lookahead), now, start, state)
        if start:
            move(start - task.window, before, clean, after)
        before, clean = clean, after
        if stop == len(z):
            move(start, before, clean, empty)
        yield


def _with_lookahead(z: np.ndarray, start: int, stop: int, lookahead: int) -> np.ndarray:
    """Return frames start - lookahead .. stop + lookahead of z (frames, C), padded with zeros at the ends: (1, n, C)."""
    left, right = max(lookahead - start, 0), max(stop + lookahead - len(z), 0)
    return np.pad(z[max(start - lookahead, 0) : stop + lookahead], ((left, right), (0, 0)))[None]
