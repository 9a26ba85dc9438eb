"""Sampling a clip of any length: in windows, and the steps one behind the other, so that they can work at the same time.

A step needs no more of the one before it than its own window and what lies close to that. So the second step need not wait until the first
has come to the clip's end: it follows at a distance.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..noise_schedule import NoiseLevel
from .sampler import ddim_step

_BEHIND = 3  # windows from a step to the next: between them lie the one that the next looks into, and one that waits for its neighbor


# (noisy curves (1, look + n + look, C), level, first frame, what it gave for the window before or None) -> clean curves (1, n, C) and what it
# wants to be given for the window after
Denoise = Callable[[np.ndarray, NoiseLevel, int, Any], tuple[np.ndarray, Any]]
# (clean curves (n, C), first frame) -> the same, made to agree with what is known of the signal: the steps that follow then fit the rest to
# it, and the last one holds it exactly (inpainting by replacement, Lugmayr et al. 2022, with x0 in place of z)
Inpaint = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class SamplingTask:
    """What is to be done with a clip. In frames: window, how many at a time, no fewer than look and context; look, how many more on either
    side denoise gets; context, how many more inpaint gets."""

    window: int
    look: int
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
    """Walk z (frames, C) from noise to a clean signal, in place: what sampler.sample_ddim does in one go.

    With workers, steps run at the same time; that changes nothing of the result. callback gets the fraction done and may raise to give up.
    """
    windows = -(-len(z) // task.window)
    steps = [_walk(task, z, now, then) for now, then in pairwise(levels)]
    turns = windows + _BEHIND * (len(steps) - 1)
    for turn in range(turns):
        callback(turn / turns)
        due = [step for number, step in enumerate(steps) if 0 <= turn - _BEHIND * number < windows]
        others = [workers.submit(next, step) for step in due[1:]] if workers else []
        for step in due[: len(due) - len(others)]:  # one of them by this thread: a worker has to be woken first
            next(step)
        for other in others:
            other.result()


def _walk(task: SamplingTask, z: np.ndarray, now: NoiseLevel, then: NoiseLevel) -> Iterator[None]:
    """One step's way through a clip: each turn predicts a window, and takes the one behind it to the next level."""

    def move(start: int, before: np.ndarray, clean: np.ndarray, after: np.ndarray) -> None:
        near = np.concatenate([before[-task.context :], clean, after[: task.context]])
        first = min(len(before), task.context)
        clean = task.inpaint(near, start - first)[first : first + len(clean)]
        here = z[start : start + len(clean)]
        here[:] = ddim_step(here, clean, now, then)

    nothing = z[:0]
    before, clean, state = nothing, nothing, None
    for start in range(0, len(z), task.window):
        stop = min(start + task.window, len(z))
        (after,), state = task.denoise(_around(z, start, stop, task.look), now, start, state)
        if start:
            move(start - task.window, before, clean, after)
        before, clean = clean, after
        if stop == len(z):
            move(start, before, clean, nothing)
        yield


def _around(z: np.ndarray, start: int, stop: int, look: int) -> np.ndarray:
    """Frames start - look .. stop + look of z (frames, C), zeros where there are none: (1, n, C)."""
    left, right = max(look - start, 0), max(stop + look - len(z), 0)
    return np.pad(z[max(start - look, 0) : stop + look], ((left, right), (0, 0)))[None]
