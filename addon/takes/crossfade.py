"""Join the takes of several strips into one. Does not need Blender."""

from collections.abc import Sequence

import numpy as np

from ...backend.curves.base import Curves


def join(parts: Sequence[tuple[int, Curves]], ease: int) -> Curves:
    """Join parts (first frame, curves) on one timeline, from the earliest frame to the last.

    All parts must have the same names, rotations and fps. ease: frames in which a part eases from rest before it and back to rest after it.
    Where parts overlap, the later one is in front and eases from and to the other.
    """
    parts = sorted(parts, key=lambda part: part[0])
    begin, end = parts[0][0], max(first + len(curves.values) for first, curves in parts)
    model = parts[0][1]
    joined = np.zeros((end - begin, len(model.names) + len(model.rotations)), np.float32)
    for first, curves in parts:
        values = np.column_stack([curves.values, *curves.rotations.values()])
        count = len(curves.values)
        frames = np.arange(max(first - ease, begin), min(first + count + ease, end)) - first  # 0 is the part's first
        outside = np.maximum(np.maximum(-frames, frames - count + 1), 0) / (ease + 1)
        weight = (1 - outside**2 * (3 - 2 * outside))[:, None].astype(np.float32)
        below = joined[frames + first - begin]
        joined[frames + first - begin] = below + weight * (values[np.clip(frames, 0, count - 1)] - below)
    turned = dict(zip(model.rotations, joined[:, len(model.names) :].T, strict=True))
    return Curves(model.names, joined[:, : len(model.names)], model.fps, model.start, turned)
