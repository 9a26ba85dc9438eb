"""A head that is understood: its surface with landmarks, the lines of lips and lids, and which side of them each point is on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .face_landmarks import LINES, PAIRS, halves, line_between
from .sparse_solver import Floats, Ints
from .topology import Bools, Surface, arc_lengths

_REACH = 1.5  # of a mouth's or an eye's width: how far around it points are told apart as upper and lower


@dataclass(frozen=True)
class Head:
    """A head with n points; numbers are those of its surface.

    landmarks: name -> point. lines: name -> points from corner to corner (see LINES); a line is missing where the mesh isn't cut
    open. hidden (n,): what lies inside the mouth or behind the lids. sides (n,): 1 and -1 above and below the mouth, 2 and -2
    the left eye, 3 and -3 the right eye, 0 elsewhere. keys: name -> displacements (n, 3).
    """

    surface: Surface
    landmarks: Mapping[str, int]
    lines: Mapping[str, Ints]
    hidden: Bools
    sides: Ints
    keys: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of lines that can meet on this head."""
        return [pair for pair in PAIRS if pair[0] in self.lines]

    def at(self, name: str) -> Floats:
        return self.surface.points[self.landmarks[name]]

    def lengths(self, name: str) -> Floats:
        """Return where each point of a line lies along it (k,): 0 and 1 in the corners, 0.5 at the landmark in the middle."""
        line = self.lines[name]
        middle = int(np.flatnonzero(line == self.landmarks[LINES[name][1]])[0])
        points = self.surface.points[line]
        return np.concatenate([0.5 * arc_lengths(points[: middle + 1]), 0.5 + 0.5 * arc_lengths(points[middle:])[1:]])


def understand(
    surface: Surface,
    landmarks: Mapping[str, int],
    rim: Bools,
    hidden: Bools,
    keys: Mapping[str, Floats] | None = None,
    partners: Ints | None = None,
) -> Head:
    """Find the lines between landmarks, along a rim (n,) where there is one, and what lies on either side of them.

    partners (n,): the mirror image of each point, -1 where there is none; lines of the right eye then mirror those of the left.
    """
    lines: dict[str, Ints] = {}
    for upper, lower in PAIRS:
        ends = [_ends(landmarks, line) for line in (upper, lower)]
        if ends[0][1] == ends[1][1]:
            continue
        above = line_between(surface, ends[0], rim, np.array([ends[1][1]]))
        below = line_between(surface, ends[1], rim, above[1:-1]) if len(above) else above
        if len(above) > 2 and len(below) > 2:
            lines[upper], lines[lower] = above, below
    if partners is not None:
        for half in ("lid_upper", "lid_lower"):
            left, right = f"{half}_left", f"{half}_right"
            if left in lines and all(
                partners[landmarks[a]] == landmarks[b] for a, b in zip(LINES[left], LINES[right], strict=True)
            ):
                image = partners[lines[left]]
                if (image >= 0).all():
                    lines[right] = image
    sides = np.zeros(len(surface.points), np.int64)
    for number, (upper, lower) in enumerate(PAIRS, 1):
        if upper in lines:
            corners = surface.points[lines[upper][[0, -1]]]
            reach = _REACH * float(np.linalg.norm(corners[1] - corners[0]))
            found = halves(surface, lines[upper], lines[lower], reach)
            sides = np.where(sides == 0, found * number, sides)
    return Head(surface, landmarks, lines, hidden, sides, keys or {})


def _ends(landmarks: Mapping[str, int], line: str) -> tuple[int, int, int]:
    first, middle, last = LINES[line]
    return landmarks[first], landmarks[middle], landmarks[last]
