"""Controls: adjustments of a finished take that need no new generation. Pure functions of its curves."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from ..arkit import CHANNELS, HEAD, REGIONS
from ..messages import UserError, UserMessage
from . import blinks, eye_darts, full_blinks, lip_closures, look_target
from .base import Curves, interpolate

REGION_NAMES = (*REGIONS, "head")  # those that have a strength
STRONGEST = 10.0  # largest strength of a region
# Control -> smallest and largest value, in the units of Controls.
RANGES: dict[str, tuple[float, float]] = {
    "smoothing": (0.0, 0.3),
    "blinks": (0.0, 3.0),
    "closing": (-1.0, 1.0),
    "offset": (-200.0, 200.0),
}


class ControlError(UserError, ValueError):
    """A control has a value outside its range."""


@dataclass(frozen=True)
class Controls:
    """Settings of all controls. The defaults change nothing.

    strengths: region of REGION_NAMES -> factor, 0..STRONGEST; 1 where missing. mouthClose follows the jaw.
    smoothing: width of the Gaussian at half its height, 0..0.3 s.
    blinks: blink rate relative to the take's own, 0..3.
    closing: -1..1. Above 0, lips that nearly meet are brought together; below 0, they are parted.
    offset: delay of the take, -200..200 ms.
    mirror: swap left and right.
    full_blinks: close the lids in every blink, and keep the rate of blinks in the range of speaking people.
    eye_darts: let the eyes rest and jump around where the model looks.

    Raises ControlError for other values.
    """

    strengths: dict[str, float] = field(default_factory=dict)
    smoothing: float = 0.0
    blinks: float = 1.0
    closing: float = 0.0
    offset: float = 0.0
    mirror: bool = False
    full_blinks: bool = False
    eye_darts: bool = False

    def __post_init__(self) -> None:
        for region, factor in self.strengths.items():
            if region not in REGION_NAMES:
                raise ControlError(
                    'There is no region "{region}" of the face: choose one of {regions}',
                    region=region,
                    regions=", ".join(REGION_NAMES),
                )
            _check(UserMessage("The strength of {region}", region=region), factor, 0.0, STRONGEST)
        for name, (low, high) in RANGES.items():
            _check(name.capitalize(), getattr(self, name), low, high)


def _check(what: str | UserMessage, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ControlError(
            "{what} can't be {value:g}: choose {low:g} to {high:g}", what=what, value=value, low=low, high=high
        )


NEW_TAKES = Controls(full_blinks=True, eye_darts=True)  # of a take for which nothing else was chosen


def adjust(
    take: Curves,
    controls: Controls,
    seed: int = 0,
    locked: np.ndarray | None = None,
    aim: np.ndarray | None = None,
) -> Curves:
    """Return the take with all controls applied, values 0..1. Smoothing leaves rotations alone.

    seed: the take's, which chooses the eye darts. locked: (frames, channels) bool, where full_blinks leaves the lids alone
    and eye_darts the gaze. aim: (frames, 2), directions to a target that the eyes hold, as in look_target.hold().
    The order matters:

    1. look target, eye darts, full blinks and blinks, because these are found by how far the lids shut, which strengths change;
    2. strengths;
    3. closing, which works on the aperture after strengths;
    4. smoothing, which preserves the closures present by then;
    5. offset and 6. mirror, which change no shape.
    """
    take = enliven_eyes(take, controls, seed, locked, aim)
    if controls.blinks != 1:
        take = blinks.change_rate(take, controls.blinks)
    take = _strengthen(take, controls.strengths)
    if controls.closing:
        take = lip_closures.bias_closing(take, controls.closing)
    if controls.smoothing:
        take = lip_closures.smooth(take, controls.smoothing)
    if controls.offset:
        frames = np.arange(len(take.values)) - controls.offset / 1000 * take.fps
        still = np.arange(len(take.values))
        turned = {name: np.interp(frames, still, a).astype(np.float32) for name, a in take.rotations.items()}
        take = replace(take, values=interpolate(take.values, frames), rotations=turned)
    return _mirror(take) if controls.mirror else take


def enliven_eyes(
    take: Curves, controls: Controls, seed: int, locked: np.ndarray | None, aim: np.ndarray | None = None
) -> Curves:
    """Return the take with look target, eye darts and full blinks, if they are asked for. See adjust()."""
    if aim is not None:
        aim = aim * (-1, 1) if controls.mirror else aim  # or the mirrored eyes would look to the other side
        take = look_target.hold(take, aim, seed, controls.eye_darts, locked)
    elif controls.eye_darts:
        take = eye_darts.dart(take, seed, locked)
    if controls.full_blinks:
        lids = [index for index, name in enumerate(take.names) if name.startswith("eyeBlink")]
        take = full_blinks.complete(take, None if locked is None else np.any(locked[:, lids], axis=1))
    return take


def known_mask(known: np.ndarray | None, frames: int) -> np.ndarray | None:
    """Return which values a request knows, (frames, 52) bool; None if it knows none.

    known: (any number of frames, 52 or more), channels as in backend.arkit.CHANNELS, NaN where free.
    """
    if known is None:
        return None
    mask = np.zeros((frames, len(CHANNELS)), bool)
    is_known = ~np.isnan(known[:frames, : len(CHANNELS)])
    mask[: len(is_known)] = is_known
    return mask


def _strengthen(take: Curves, strengths: dict[str, float]) -> Curves:
    factors = {name: strengths.get(region, 1.0) for region, names in REGIONS.items() for name in names}
    # mouthClose undoes the opening of the jaw. A smaller factor would part lips that must meet; a larger one would push
    # them through each other.
    factors["mouthClose"] = strengths.get("jaw", 1.0)
    values = np.clip(take.values * np.array([factors[name] for name in take.names], np.float32), 0.0, 1.0)
    head = np.float32(strengths.get("head", 1.0))
    turned = {name: angles * head if name in HEAD else angles for name, angles in take.rotations.items()}
    return replace(take, values=values, rotations=turned)


def _mirror(take: Curves) -> Curves:
    """Swap the left and right channels. A channel without a counterpart stays.

    Gaze needs no special case: looking left is eyeLookOutLeft with eyeLookInRight, which swap to a look to the right.
    """
    column = {name: index for index, name in enumerate(take.names)}
    values = take.values[:, [column.get(_other_side(name), index) for name, index in column.items()]]
    turned = {
        _other_eye(name): angles if name.endswith("Pitch") else -angles for name, angles in take.rotations.items()
    }
    return replace(take, values=values, rotations=turned)


def _other_side(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def _other_eye(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.startswith(side):
            return other + name.removeprefix(side)
    return name
