"""Eye darts: gaze that rests and jumps as people's does, around where the model looks.

Models turn the eyes slowly. Eyes that see hold still on a point (a fixation) and jump to the next (a saccade). The seed of
a take chooses when they jump and how far; where they look on the whole stays the model's.

Sources: Lee, Badler & Badler 2002, "Eyes Alive", for directions and for amplitudes that fall off exponentially; Becker
1989 for the main sequence, by which a saccade of d degrees takes 25 + 2.4 d ms. Rests and amplitudes are chosen to give
the rate of jumps and the spread of gaze of the real clips in docs/evaluation.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..arkit import REGIONS
from .base import Curves

DEGREES = 30.0  # that an eye turns at eyeLook 1
LOWEST_FPS = 12.0  # at fewer frames a second, rests are too short to be seen
_REST, _MORE_REST = 0.2, 0.18  # s: shortest rest, and the scale of the gamma distribution (shape 2) of what goes on top
_STEP, _MORE_STEP = 0.075, 0.05  # of eyeLook: smallest jump, and the mean of what goes on top
_REACH = 0.13  # of eyeLook: farthest that a dart leads away from where the model looks
_DIRECTIONS = (0.1554, 0.0646, 0.1769, 0.0744, 0.1680, 0.0789, 0.2038, 0.0779)  # from the right, counterclockwise
_TRIES = 8  # of a jump that stays in reach
_DRIFT = 0.15  # share of the model's own motion that is left within a rest
_LID = 0.16  # of eyeBlink for 1 of eyeLookDown: median of 99 clips of GRID, outside blinks
_TURN = np.radians(DEGREES)


_SECTORS = np.cumsum(_DIRECTIONS) / sum(_DIRECTIONS)


@dataclass(frozen=True)
class Rests:
    """Rests of the eyes. onsets: (rests,) s, ascending from 0. offsets: (rests, 2), to the person's left and up, of eyeLook."""

    onsets: np.ndarray
    offsets: np.ndarray

    def offsets_at(self, seconds: np.ndarray) -> np.ndarray:
        """Return the offsets at times (n,), with the jumps between them: (n, 2)."""
        return self.eased(self.offsets, self.at(seconds), seconds)

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """Return which rest each of times (n,) falls into."""
        return np.searchsorted(self.onsets, seconds, side="right") - 1

    def eased(self, goals: np.ndarray, at: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Return the goals (rests, 2) at times (n,), with jumps between them whose time follows the main sequence: (n, 2)."""
        before = goals[np.maximum(at - 1, 0)]
        degrees = DEGREES * np.hypot(*(goals[at] - before).T)
        share = ease((seconds - self.onsets[at]) / (0.025 + 0.0024 * degrees))
        eased: np.ndarray = before + share[:, None] * (goals[at] - before)
        return eased


def dart(take: Curves, seed: int, locked: np.ndarray | None = None) -> Curves:
    """Return the take with eyes that rest and jump, and lids that follow them up and down.

    Only eyeLook, eyeBlink and rotations of the eyes change. seed: the same one gives the same rests at every frame rate.
    locked: (frames, channels) bool, values to keep. The eyes keep both directions on frames where any of theirs is locked.
    A take without all channels of the eyes stays as it is.
    """
    column = {name: index for index, name in enumerate(take.names)}
    frames = len(take.values)
    if take.fps < LOWEST_FPS or frames < 2 or not has_gaze(take):
        return take
    gaze = mean_gaze(take)
    shift = _darting(gaze, take.fps, rests(seed, frames / take.fps)) - gaze
    if locked is not None:
        shift[locked[:, [column[name] for name in REGIONS["gaze"]]].any(axis=1)] = 0.0
    return turn(take, shift, locked)


def mean_gaze(take: Curves) -> np.ndarray:
    """Return how far both eyes turn in the mean, (frames, 2) to the person's left and up, in units of eyeLook."""
    column = {name: take.values[:, take.names.index(name)] for name in REGIONS["gaze"]}
    left = column["eyeLookOutLeft"] - column["eyeLookInLeft"] + column["eyeLookInRight"] - column["eyeLookOutRight"]
    up = column["eyeLookUpLeft"] - column["eyeLookDownLeft"] + column["eyeLookUpRight"] - column["eyeLookDownRight"]
    return np.stack([left, up], axis=1) / 2


def turn(take: Curves, shift: np.ndarray, locked: np.ndarray | None = None) -> Curves:
    """Return the take with both eyes turned by shift, (frames, 2) to the person's left and up, and lids that follow.

    locked: (frames, channels) bool, lids to keep. The take has all channels of the eyes.
    """
    column = {name: index for index, name in enumerate(take.names)}
    values = take.values.copy()
    for side, left, right in (("Left", "Out", "In"), ("Right", "In", "Out")):
        _add(values, column, f"eyeLook{left}{side}", f"eyeLook{right}{side}", shift[:, 0])
        _add(values, column, f"eyeLookUp{side}", f"eyeLookDown{side}", shift[:, 1])
        if (lid := column.get(f"eyeBlink{side}")) is not None:
            lowered = np.clip(values[:, lid] - _LID * shift[:, 1], 0.0, 1.0)
            values[:, lid] = lowered if locked is None else np.where(locked[:, lid], values[:, lid], lowered)
    turned = {name: angles - _turn_of(name, shift) for name, angles in take.rotations.items()}
    return replace(take, values=values, rotations=turned)


def _add(values: np.ndarray, column: Mapping[str, int], one: str, other: str, shift: np.ndarray) -> None:
    """Turn an eye by shift along the axis of two opposite channels. What both have in common stays."""
    ahead, behind = values[:, column[one]], values[:, column[other]]
    common = np.minimum(ahead, behind)
    signed = ahead - behind + shift
    values[:, column[one]] = np.clip(common + np.maximum(signed, 0.0), 0.0, 1.0)
    values[:, column[other]] = np.clip(common + np.maximum(-signed, 0.0), 0.0, 1.0)


def _turn_of(name: str, shift: np.ndarray) -> np.ndarray:
    """Return the radians that a rotation loses: yaw turns to the person's right, pitch down."""
    if not name.startswith(("LeftEye", "RightEye")) or name.endswith("Roll"):
        return np.zeros(len(shift), np.float32)
    return (_TURN * shift[:, 1 if name.endswith("Pitch") else 0]).astype(np.float32)


def ease(share: np.ndarray) -> np.ndarray:
    """Return 0 below 0, 1 above 1, and a smooth step between."""
    clipped = np.clip(share, 0.0, 1.0)
    eased: np.ndarray = clipped * clipped * (3 - 2 * clipped)
    return eased


def sector_angle(random: Callable[[], float]) -> float:
    """Return a direction of a jump, as often as people take it: radians from the person's right, counterclockwise as they see it."""
    return float((int(np.searchsorted(_SECTORS, random())) + random() - 0.5) * np.pi / 4)


def has_gaze(take: Curves) -> bool:
    """Return True if a take has all channels of the eyes."""
    return set(REGIONS["gaze"]) <= set(take.names)


def rests(seed: int, seconds: float) -> Rests:
    """Choose the rests of a take."""
    random = np.random.default_rng(seed).random  # uniform numbers alone stay the same in all versions of numpy
    onsets, offsets, at, offset = [], [], 0.0, np.zeros(2)
    while at < seconds:
        onsets.append(at)
        offsets.append(offset)
        at += _REST - _MORE_REST * float(np.log((1 - random()) * (1 - random())))
        for _ in range(_TRIES):
            step = _STEP - _MORE_STEP * float(np.log(1 - random()))
            angle = sector_angle(random)
            moved = offset + (-step * np.cos(angle), step * np.sin(angle))
            if np.hypot(*moved) <= _REACH:
                break
        else:
            moved = np.zeros(2)
        offset = moved
    return Rests(np.array(onsets), np.array(offsets))


def _darting(gaze: np.ndarray, fps: float, chosen: Rests) -> np.ndarray:
    """Return gaze (frames, 2) that rests around the mean of each rest, with a little of its own motion, and jumps between."""
    seconds = np.arange(len(gaze)) / fps
    at = chosen.at(seconds)
    counts = np.bincount(at, minlength=len(chosen.onsets))
    sums = np.stack([np.bincount(at, axis, len(counts)) for axis in gaze.T], axis=1)
    means = sums / np.maximum(counts, 1)[:, None]
    return chosen.eased(means + chosen.offsets, at, seconds) + _DRIFT * (gaze - means[at])
