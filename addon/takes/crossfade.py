"""The takes of several strips as one."""

from collections.abc import Sequence

import numpy as np

from ...backend.curves.base import Curves


def join(parts: Sequence[tuple[int, Curves]], ease: int) -> Curves:
    """The parts, each (frame of its first, curves), on one timeline, from the first frame of all to the last.

    Names and fps must be the same in all. Before and after a part its first and last values ease from and to rest, in so many frames;
    where parts overlap, the one that begins later is in front, and eases from and to the other.
    """
    parts = sorted(parts, key=lambda part: part[0])
    begin, end = parts[0][0], max(first + len(curves.values) for first, curves in parts)
    joined = np.zeros((end - begin, len(parts[0][1].names)), np.float32)
    for first, curves in parts:
        count = len(curves.values)
        frames = np.arange(max(first - ease, begin), min(first + count + ease, end)) - first  # of the part
        outside = np.maximum(np.maximum(-frames, frames - count + 1), 0) / (ease + 1)
        weight = (1 - outside**2 * (3 - 2 * outside))[:, None].astype(np.float32)
        there = joined[frames + first - begin]
        joined[frames + first - begin] = there + weight * (curves.values[np.clip(frames, 0, count - 1)] - there)
    return Curves(parts[0][1].names, joined, parts[0][1].fps, parts[0][1].start)
