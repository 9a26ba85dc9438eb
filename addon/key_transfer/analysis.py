"""Understand a stranger's head: its frame, the features on it, and a proposal of its landmarks. Needs Blender's mathutils."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .face_landmarks import SIDES, LandmarkError, find_features, mirrored, propose
from .frame import Frame, find_frames
from .pockets import exposure, find_pockets, is_hidden
from .sparse_solver import Floats, Ints
from .target_head import Head, understand
from .topology import Bools, Surface
from .trees import SurfaceTree, nearest_points

_SIGHT = 2.0  # of the head's height: how far off something can hide a point
_SAME = 2e-4  # of the head's height: how far a point may lie from the mirror image of its partner
_BELOW = -0.75  # of the head's height, from its middle: no face lies farther down


@dataclass(frozen=True)
class Analysis:
    """What was found on a head. surface: in its frame. rim, hidden (n,): of mouth and lids. partners (n,): mirror images, -1 if none."""

    frame: Frame
    surface: Surface
    rim: Bools
    hidden: Bools
    partners: Ints
    landmarks: Mapping[str, int]

    def head(self, landmarks: Mapping[str, int] | None = None) -> Head:
        """Return the head with these landmarks, or those that were proposed."""
        return understand(self.surface, landmarks or self.landmarks, self.rim, self.hidden, partners=self.partners)


def analyze(
    surface: Surface, others: Surface | None = None, eyeballs: Floats | None = None, upright: bool = True
) -> Iterator[Analysis | None]:
    """Find the face on a surface. Yields None while it works and the analysis at the end. Raises LandmarkError.

    others: what lies in the head, such as eyes, and can hide skin. eyeballs: centers of round things (k, 3). upright: look only for
    heads that stand in the scene; otherwise only for others.
    """
    problem = LandmarkError("eyes")
    for frame in find_frames(surface, upright):
        yield None
        local = Surface(frame.inside(surface.points), surface.triangles)
        try:
            features, rim, hidden = yield from _look(local, frame, others, eyeballs)
        except LandmarkError as error:
            problem = error if error.args[0] != "eyes" else problem
            continue
        partners = _partners(local)
        landmarks = propose(local, SurfaceTree(local), features)
        if (partners >= 0).mean() > 0.95:
            landmarks = _evened(local.points, landmarks, partners)
            both = partners[partners >= 0], np.flatnonzero(partners >= 0)
            for marks in (rim, hidden):
                marks[both[0]] |= marks[both[1]].copy()
            hidden &= ~rim
        yield Analysis(frame, local, rim, hidden, partners, landmarks)
        return
    raise problem


def _look(local: Surface, frame: Frame, others: Surface | None, eyeballs: Floats | None):
    points = local.points
    hiding = local
    if others is not None:
        joined = np.concatenate([points, frame.inside(others.points)])
        hiding = Surface(joined, np.concatenate([local.triangles, others.triangles + len(points)]))
    front = np.flatnonzero((points[:, 1] < 0.05) & (local.masses > 0) & (points[:, 2] > _BELOW))
    exposed = np.ones(len(points))
    tree = SurfaceTree(hiding)
    for part in np.array_split(front, max(1, len(front) // 3000)):
        exposed[part] = exposure(local, tree, part, _SIGHT)
        yield None
    pair = _eye_pair(frame.inside(eyeballs)) if eyeballs is not None and len(eyeballs) else None
    features = find_features(points, find_pockets(local, is_hidden(exposed)), pair)
    rim, hidden = np.zeros(len(points), bool), np.zeros(len(points), bool)
    for pocket in (features.mouth, *features.eyes):
        rim[pocket.rim] = True
        hidden[pocket.points] = True
    return features, rim, hidden & ~rim


def _eye_pair(centers: Floats) -> Floats | None:
    """Return the centers (2, 3) of the left and right eyeball: those that mirror each other best, in front."""
    best: tuple[float, Floats] | None = None
    for left in centers[centers[:, 0] > 0.02]:
        for right in centers[centers[:, 0] < -0.02]:
            unlike = float(np.abs(left * [-1.0, 1.0, 1.0] - right).max())
            if unlike < 0.05 and left[1] < 0.0 and (best is None or unlike < best[0]):
                best = unlike, np.stack([left, right])
    return best[1] if best else None


def _partners(surface: Surface) -> Ints:
    """Return the mirror image of each point (n,), -1 where there is none.

    A partner faces the mirrored way: where lips touch, a point of the other lip may be as near.
    """
    flip = [-1.0, 1.0, 1.0]
    found, far = nearest_points(surface.points, surface.points * flip)
    mutual = found[found] == np.arange(len(found))
    facing = (surface.normals * surface.normals[found] * flip).sum(-1) > 0.5
    return np.where((far < _SAME) & mutual & facing, found, -1)


def _evened(points: Floats, landmarks: Mapping[str, int], partners: Ints) -> dict[str, int]:
    """Return landmarks in which the right side mirrors the left one, or the left the right, whichever has the wider eye."""
    wide = {
        side: abs(points[landmarks[f"lid_outer_{side}"], 0] - points[landmarks[f"lid_inner_{side}"], 0])
        for side in SIDES
    }
    leading = max(SIDES, key=lambda side: wide[side])
    result = dict(landmarks)
    for name, number in landmarks.items():
        if name.endswith(leading) and partners[number] >= 0:
            result[mirrored(name)] = int(partners[number])
    return result
