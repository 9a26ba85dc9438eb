"""Edit the sounds of a take: re-time them, change them, weaken or strengthen them. Pure functions of curves.

Only the mouth changes, and only within REACH of an edited sound. Every other value stays as it is, to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import numpy as np

from ..arkit import LOWER
from ..curves.aperture import lip_aperture
from ..curves.base import Curves, interpolate
from .edit_list import FARTHEST, Edit
from .shapes import CLOSED, NAMES, SHAPE_OF, Sound

REACH = 0.3  # s: how far from an edited sound curves may change

BESIDE = 0.06  # s: how far beside a sound its neighbors are looked at

_QUICKEST, _SLOWEST = 0.08, REACH  # s: of the movement into a sound and out of it
_STEPS = 8  # speeds that are tried between them
_SHARES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25)  # of what is asked, that are tried in turn
_HOLD = 0.25  # share of a sound, at either end, that belongs to the movements
_MOUTH = set(LOWER)
# Channels that part the lips, and those that bring them together over an open jaw.
_LIFTS = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthFunnel")


@dataclass(frozen=True)
class MouthPoses:
    """What a model's identities do with their mouths on each shape of NAMES.

    offset: (identities, shapes, LOWER). yielding: (shapes, LOWER): how much of the neighbors' pose a shape takes on.
    A shape is spoken as offset + yielding * what the mouth would do without it.
    """

    identities: tuple[str, ...]
    offset: np.ndarray
    yielding: np.ndarray

    def of(self, identity: str) -> "Poses":
        """Return the poses of an identity; the mean over all of them for one that is not known."""
        known = identity in self.identities
        offset = self.offset[self.identities.index(identity)] if known else self.offset.mean(axis=0)
        return Poses(offset, self.yielding)


class Poses(NamedTuple):
    """One identity's row of MouthPoses: offset and yielding, (shapes, LOWER) each."""

    offset: np.ndarray
    yielding: np.ndarray


def apply_edits(curves: Curves, heard: Sequence[Sound], edits: Sequence[Edit], poses: Poses) -> Curves:
    """Return the curves with all edits. curves: as generated, from the start of the sound on."""
    if not edits:
        return curves
    columns = [index for index, name in enumerate(curves.names) if name in _MOUTH]
    values = curves.values.copy()
    pace = _pace(curves.values[:, columns])
    values[:, columns] = _warp(values[:, columns], curves.fps, heard, edits, pace)
    for edit in sorted(edits, key=lambda edit: edit.start):
        was = heard[edit.origin] if 0 <= edit.origin < len(heard) else None
        if was is None or was.label != edit.label or edit.strength != 1:
            _perform(values, curves, edit, was, poses, columns, pace)
    return replace(curves, values=values)


def stretch(edit: Edit, was: Sound | None, fps: float, frames: int) -> slice:
    """Return the frames that an edit may change."""
    start, end = min(edit.start, was.start if was else edit.start), max(edit.end, was.end if was else edit.end)
    return slice(max(int(np.ceil((start - REACH) * fps)), 0), max(int(np.floor((end + REACH) * fps)) + 1, 0))


def _warp(
    values: np.ndarray, fps: float, heard: Sequence[Sound], edits: Sequence[Edit], pace: tuple[float, float]
) -> np.ndarray:
    """Move the edges of sounds in time: each carries the movement around it along, less the farther away.

    Where a mouth would have to move faster than the take does, it follows the edge only in part.
    """
    moved: dict[float, float] = {}
    for edit in edits:
        if 0 <= edit.origin < len(heard):
            was = heard[edit.origin]
            moved |= {was.start: edit.start, was.end: edit.end}
    times = np.arange(len(values)) / fps
    shift, result = np.zeros(len(values)), values.copy()
    for before, after in sorted(moved.items()):
        by = float(np.clip(after - before, -FARTHEST, FARTHEST))
        if abs(by) < 1e-6:
            continue
        distance = np.abs(times - after) / (REACH - 1 / fps)
        weight = np.where(distance < 1, 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 1)), 0.0)
        rows = np.flatnonzero(weight)
        if not len(rows):
            continue
        near = slice(max(rows[0] - 2, 0), rows[-1] + 3)
        limits = [
            max(limit, _fastest(values[near], order).max(initial=0.0))
            for order, limit in zip((1, 2), pace, strict=True)
        ]
        for share in _SHARES:
            tried = np.where(np.abs(share * by * weight) > np.abs(shift), share * by * weight, shift)
            # Where the curve comes from: at the new time, the old one.
            moved_rows = interpolate(values, (times[rows] - tried[rows]) * fps)
            around = result[near].copy()
            around[rows - near.start] = moved_rows
            if all(
                _fastest(around, order).max(initial=0.0) <= limit for order, limit in zip((1, 2), limits, strict=True)
            ):
                result[rows], shift = moved_rows, tried
                break
    return result


def _pace(mouth: np.ndarray) -> tuple[float, float]:
    """Return how fast a take moves: the 99th percentiles of the fastest channel's speed and acceleration, per frame."""
    if len(mouth) < 3:
        return np.inf, np.inf
    speed, acceleration = (np.percentile(_fastest(mouth, order), 99) for order in (1, 2))
    return float(speed), float(acceleration)


def _fastest(mouth: np.ndarray, order: int) -> np.ndarray:
    """Return the largest difference of any channel, of the first or the second order, for each frame."""
    return np.abs(np.diff(mouth, n=order, axis=0)).max(axis=1, initial=0.0)


def _perform(
    values: np.ndarray,
    curves: Curves,
    edit: Edit,
    was: Sound | None,
    poses: Poses,
    columns: Sequence[int],
    pace: tuple[float, float],
) -> None:
    """Perform a sound, in place: move into its pose and out of it, no faster than the take moves elsewhere."""
    fps = curves.fps
    where = stretch(edit, was, fps, len(values))
    times = np.arange(len(values))[where] / fps
    if not len(times):
        return
    base = values[where][:, columns]
    names = [curves.names[column] for column in columns]
    passing = _passing(values[:, columns], edit, fps)
    if was is not None and was.label == edit.label:
        pose = base  # as performed, but weaker or stronger
    else:
        picked = [LOWER.index(name) for name in names]
        shape = NAMES.index(SHAPE_OF[edit.label])
        pose = (poses.offset[shape, picked] + poses.yielding[shape, picked] * passing)[None]
    target = np.clip(passing + edit.strength * (pose - passing), 0.0, 1.0)
    is_new = was is None or was.label != edit.label
    closes = SHAPE_OF[edit.label] == CLOSED and edit.strength > 0 and (is_new or edit.strength > 1)
    if closes:
        target = _close(np.broadcast_to(target, base.shape).copy(), names, min(edit.strength, 1.0))
    # With the frames beside the stretch, where a jump would show. The take's own jumps there are no reason to slow down.
    first = max(where.start - 2, 0)
    around = values[first : where.stop + 2][:, columns]
    had = [_fastest(around, order) for order in (1, 2)]
    best = base
    # Lips that must meet do so at any pace; other shapes give way a little where even the slowest movement jumps.
    for share, duration in product(_SHARES[: 1 if closes else 3], np.linspace(_QUICKEST, _SLOWEST, _STEPS)):
        weight = share * _envelope(times, edit, duration, fps)[:, None].astype(np.float32)
        best = base + weight * (target - base)
        around[where.start - first : where.stop - first] = best
        if all(
            (_fastest(around, order) <= np.maximum(limit, before)).all()
            for order, limit, before in zip((1, 2), pace, had, strict=True)
        ):
            break
    values[where, columns] = best


def _passing(mouth: np.ndarray, edit: Edit, fps: float) -> np.ndarray:
    """Return what the mouth does around a sound, (channels,): the mean of its poses just before and just after."""
    last = len(mouth) - 1
    before, after = (int(np.clip(round(time * fps), 0, last)) for time in (edit.start - BESIDE, edit.end + BESIDE))
    return (mouth[before] + mouth[after]) / 2


def _envelope(times: np.ndarray, edit: Edit, duration: float, fps: float) -> np.ndarray:
    """Return how much of a sound is in each frame: 1 in its middle, 0 from REACH on, with raised-cosine flanks."""
    length = edit.end - edit.start
    # The pose is held for a frame at least, or it could fall between two.
    half = max(length * (0.5 - _HOLD), 0.5 / fps)
    center = (edit.start + edit.end) / 2
    outside = np.maximum(np.abs(times - center) - half, 0.0)
    room = REACH + length / 2 - half
    fall = min(duration + _HOLD * length, room)
    return np.where(outside < fall, 0.5 + 0.5 * np.cos(np.pi * np.minimum(outside / fall, 1.0)), 0.0)


def _close(target: np.ndarray, names: Sequence[str], share: float) -> np.ndarray:
    """Bring the lips of poses (frames, channels) together, in place: nothing lifts them, and they meet over any jaw."""
    column = {name: index for index, name in enumerate(names)}
    for name in _LIFTS:
        if name in column:
            target[:, column[name]] *= 1 - share
    if "jawOpen" in column and "mouthClose" in column:
        jaw, close = target[:, column["jawOpen"]], target[:, column["mouthClose"]]
        close += share * (jaw - close)
    elif "jawOpen" in column:
        target[:, column["jawOpen"]] *= 1 - share
    return target


def aperture_of(curves: Curves, edit: Edit) -> float:
    """Return the smallest opening of the lips within a sound, as a share of the take's wide opening."""
    aperture = lip_aperture(curves)
    first, last = int(np.floor(edit.start * curves.fps)), int(np.ceil(edit.end * curves.fps)) + 1
    wide = float(np.percentile(aperture, 90))
    return float(aperture[max(first, 0) : last].min(initial=np.inf)) / max(wide, 1e-6)
