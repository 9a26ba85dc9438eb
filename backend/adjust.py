"""What can be changed about a take without generating it again. Pure functions of its curves."""

import math
from dataclasses import dataclass, field

import numpy as np

from .arkit import REGIONS
from .curves import Curves

STRONGEST = 10.0


class ControlError(ValueError):
    """A control has a value that makes no sense; the text is a sentence for the artist."""


@dataclass(frozen=True)
class Controls:
    """What an artist may want otherwise; the default leaves a take as it is.

    strengths: region of backend.arkit.REGIONS -> factor 0..STRONGEST, 1 where missing. Raises ControlError for others.
    """

    strengths: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for region, factor in self.strengths.items():
            if region not in REGIONS:
                raise ControlError(f'There is no region "{region}" of the face: choose one of {", ".join(REGIONS)}.')
            if not (math.isfinite(factor) and 0 <= factor <= STRONGEST):
                raise ControlError(f"The strength of {region} can't be {factor:g}: choose 0 to {STRONGEST:g}.")


def adjust(take: Curves, controls: Controls) -> Curves:
    """A take as the controls want it, values 0..1."""
    region_of = {name: region for region, names in REGIONS.items() for name in names}
    factor = np.array([controls.strengths.get(region_of[name], 1.0) for name in take.names], np.float32)
    return Curves(take.names, np.clip(take.values * factor, 0.0, 1.0), take.fps, take.start)
