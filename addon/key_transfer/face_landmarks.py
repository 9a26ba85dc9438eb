"""Landmarks: the places on a face that say where its features are, proposed from a head's own shape. Needs Blender's mathutils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pockets import Pocket
from .sparse_solver import Floats, Ints
from .topology import Bools, Surface, path, spread
from .trees import SurfaceTree

SIDES = ("left", "right")
SIDED = ("lid_inner", "lid_outer", "lid_upper", "lid_lower", "brow_inner", "brow_outer", "ear", "lip_corner")
MIDDLE = ("lip_upper", "lip_lower", "nose_tip", "nose_base", "nose_bridge", "chin")
NAMES = tuple(f"{name}_{side}" for name in SIDED for side in SIDES) + MIDDLE
# Lines of points along which the halves of the mouth and of an eye meet: corner, middle, corner. Lines of a pair have the same ends.
LINES = {
    "lip_upper": ("lip_corner_left", "lip_upper", "lip_corner_right"),
    "lip_lower": ("lip_corner_left", "lip_lower", "lip_corner_right"),
    "lid_upper_left": ("lid_inner_left", "lid_upper_left", "lid_outer_left"),
    "lid_lower_left": ("lid_inner_left", "lid_lower_left", "lid_outer_left"),
    "lid_upper_right": ("lid_inner_right", "lid_upper_right", "lid_outer_right"),
    "lid_lower_right": ("lid_inner_right", "lid_lower_right", "lid_outer_right"),
}
_BROW = 0.3  # of the way from mouth to eyes: how far above the upper lid brows lie
PAIRS = (("lip_upper", "lip_lower"), ("lid_upper_left", "lid_lower_left"), ("lid_upper_right", "lid_lower_right"))


class LandmarkError(Exception):
    """No face was found. The argument says what is missing: "mouth" or "eyes"."""


@dataclass(frozen=True)
class Features:
    """What was found on a head, in its frame: the pockets of the mouth and of the left and right eye, and how sure that is."""

    mouth: Pocket
    eyes: tuple[Pocket, Pocket]
    score: float


def mirrored(name: str) -> str:
    """Return the name of the landmark on the other side; the name itself in the middle."""
    if name.endswith("_left"):
        return name.removesuffix("_left") + "_right"
    return name.removesuffix("_right") + "_left" if name.endswith("_right") else name


def find_features(points: Floats, pockets: list[Pocket], eyeballs: Floats | None) -> Features:
    """Choose mouth and eyes among the pockets of a head, with points (n, 3) in its frame. Raises LandmarkError.

    eyeballs: centers (2, 3) of the left and right one, where those are known.
    """
    spans = [_Span.of(points[pocket.rim]) for pocket in pockets]
    front = [span.center[1] < 0.0 and span.size[1] < 0.35 and span.size[2] < 0.35 for span in spans]
    eyes = _best_eyes(spans, front, eyeballs)
    if eyes is None:
        raise LandmarkError("eyes")
    height = 0.5 * (spans[eyes[0]].center[2] + spans[eyes[1]].center[2])
    apart = abs(spans[eyes[0]].center[0] - spans[eyes[1]].center[0])
    mouths = [
        (span.size[0], number)
        for number, span in enumerate(spans)
        if front[number]
        and number not in eyes
        and abs(span.center[0]) < 0.06
        and span.low[0] < -0.02 < 0.02 < span.high[0]
        and 0.25 * apart < height - span.center[2] < 2.0 * apart
    ]
    if not mouths:
        raise LandmarkError("mouth")
    width, mouth = max(mouths)
    score = width + sum(spans[eye].size[0] for eye in eyes) - abs(spans[eyes[0]].center[0] + spans[eyes[1]].center[0])
    return Features(pockets[mouth], (pockets[eyes[0]], pockets[eyes[1]]), score)


@dataclass(frozen=True)
class _Span:
    low: Floats
    high: Floats
    center: Floats
    size: Floats

    @staticmethod
    def of(points: Floats) -> _Span:
        low, high = points.min(0), points.max(0)
        return _Span(low, high, 0.5 * (low + high), high - low)


def _best_eyes(spans: list[_Span], front: list[bool], eyeballs: Floats | None) -> tuple[int, int] | None:
    """Return the numbers of the pockets of the left and right eye: a pair that mirrors each other, wide and far up."""
    best: tuple[float, tuple[int, int]] | None = None
    for a, left in enumerate(spans):
        for b, right in enumerate(spans):
            if not (front[a] and front[b] and left.center[0] > 0.03 and right.center[0] < -0.03):
                continue
            unlike = np.abs(left.center * [-1.0, 1.0, 1.0] - right.center).max()
            narrow = min(left.size[0], right.size[0])
            if unlike > 0.05 or narrow < 0.03 or narrow < 0.6 * max(left.size[0], right.size[0]):
                continue
            score = narrow - unlike + 0.3 * left.center[2] - 0.5 * left.center[1]
            if eyeballs is not None:
                score -= 3.0 * float(np.linalg.norm((left.center - eyeballs[0])[[0, 2]]))
            if best is None or score > best[0]:
                best = score, (a, b)
    return best[1] if best else None


def rim_lines(surface: Surface, pocket: Pocket) -> tuple[Ints, Ints] | None:
    """Return the upper and the lower half of a pocket's rim, both from its left end to its right one; None if it has only one.

    The surface lies in the head's frame.
    """
    points = surface.points
    rim = np.zeros(len(points), bool)
    rim[pocket.rim] = True
    core = np.zeros(len(points), bool)
    core[pocket.points] = True
    around = rim.copy()
    for _ in range(2):
        edges = surface.edges[around[surface.edges].any(1)]
        around[edges.ravel()] = True
    cost = np.where(rim, 1.0, np.where(core, 4.0, 8.0))
    order = pocket.rim[np.argsort(-points[pocket.rim, 0])]
    left, right = int(order[0]), int(order[-1])
    first = path(surface, left, right, around, cost)
    if len(first) < 3:
        return None
    around[first[1:-1]] = False
    second = path(surface, left, right, around, cost)
    if len(second) < 3:
        return None
    outside = [_height_outside(surface, points, line, core) for line in (first, second)]
    return (first, second) if outside[0] > outside[1] else (second, first)


def _height_outside(surface: Surface, points: Floats, line: Ints, core: Bools) -> float:
    """Return how high the skin lies beside a line, which tells an upper lip from a lower one where both touch."""
    near = set(line[1:-1].tolist())
    for _ in range(2):
        near |= {other for here in near for other in surface.neighbors[here] if not core[other]}
    return float(points[list(near), 2].mean())


def propose(surface: Surface, tree: SurfaceTree, features: Features) -> dict[str, int]:
    """Return the point of each landmark on a surface in the head's frame. tree: of that surface. Raises LandmarkError."""
    points = surface.points
    found: dict[str, int] = {}
    lips = rim_lines(surface, features.mouth)
    if lips is None:
        raise LandmarkError("mouth")
    upper, lower = lips
    found["lip_corner_left"], found["lip_corner_right"] = int(upper[0]), int(upper[-1])
    for name, line in (("lip_upper", upper), ("lip_lower", lower)):
        middle = 0.5 * (points[upper[0], 0] + points[upper[-1], 0])
        found[name] = int(line[1:-1][np.argmin(np.abs(points[line[1:-1], 0] - middle))])
    for side, pocket in zip(SIDES, features.eyes, strict=True):
        lids = rim_lines(surface, pocket)
        if lids is None:
            raise LandmarkError("eyes")
        ends = (int(lids[0][0]), int(lids[0][-1]))
        inner, outer = ends[::-1] if side == "left" else ends
        found[f"lid_inner_{side}"], found[f"lid_outer_{side}"] = inner, outer
        middle = 0.5 * (points[inner, 0] + points[outer, 0])
        for name, line in (("upper", lids[0]), ("lower", lids[1])):
            found[f"lid_{name}_{side}"] = int(line[1:-1][np.argmin(np.abs(points[line[1:-1], 0] - middle))])
    return found | profile_landmarks(points, tree, {name: points[number] for name, number in found.items()})


def profile_landmarks(points: Floats, tree: SurfaceTree, known: dict[str, Floats]) -> dict[str, int]:
    """Return the landmarks of nose, chin, brows and ears, which lie on ridges and hollows between mouth and eyes."""
    eye = 0.25 * sum(known[f"lid_{which}_{side}"][2] for which in ("upper", "lower") for side in SIDES)
    mouth = 0.5 * (known["lip_upper"][2] + known["lip_lower"][2])
    tall = eye - mouth
    z = np.linspace(mouth - 1.2 * tall, eye + 0.6 * tall, 181)
    profile = _front(tree, np.zeros_like(z), z)
    known_z, ahead = profile[:, 2], -profile[:, 1]
    places: dict[str, Floats] = {}

    def best(low: float, high: float, value: Floats) -> Floats:
        rows = np.flatnonzero((known_z >= low) & (known_z <= high) & np.isfinite(value))
        if not len(rows):
            raise LandmarkError("nose")
        return profile[rows[np.argmax(value[rows])]]

    # Both ends of the nose may stand out less than the brow does, so it is measured from the line between lips and eyes.
    lip, root = (float(ahead[np.nanargmin(np.abs(known_z - level))]) for level in (mouth, eye))
    places["nose_tip"] = best(
        mouth + 0.15 * tall, eye - 0.15 * tall, ahead - lip - (root - lip) * (known_z - mouth) / tall
    )
    tip = places["nose_tip"]
    # The corner under the nose lies farthest behind the straight line from the tip to the upper lip.
    upper = known["lip_upper"]
    share = np.clip((known_z - upper[2]) / max(tip[2] - upper[2], 1e-9), 0.0, 1.0)
    hollow = (-upper[1] + share * (upper[1] - tip[1])) - ahead
    places["nose_base"] = best(upper[2] + 0.15 * (tip[2] - upper[2]), tip[2], hollow)
    places["nose_bridge"] = best(eye - 0.1 * tall, eye + 0.35 * tall, -ahead)
    places["chin"] = best(mouth - 1.1 * tall, mouth - 0.3 * tall, ahead - 1.0 * known_z)
    for side in SIDES:
        sign = 1.0 if side == "left" else -1.0
        inner, outer = known[f"lid_inner_{side}"], known[f"lid_outer_{side}"]
        wide = abs(outer[0] - inner[0])
        top = known[f"lid_upper_{side}"][2]
        for name, x in (("brow_inner", inner[0] - sign * 0.1 * wide), ("brow_outer", outer[0] + sign * 0.15 * wide)):
            seen = _front(tree, np.array([x]), np.array([top + _BROW * tall]))[0]
            places[f"{name}_{side}"] = seen if np.isfinite(seen).all() else np.array([x, inner[1], top + _BROW * tall])
    band = np.flatnonzero(
        (points[:, 2] > mouth) & (points[:, 2] < eye + 0.3 * tall) & (points[:, 1] > tip[1] + 0.4 * tall)
    )
    for side, sign in (("left", 1.0), ("right", -1.0)):
        places[f"ear_{side}"] = points[band[np.argmax(sign * points[band, 0])]]
    return {name: int(np.argmin(((points - place) ** 2).sum(-1))) for name, place in places.items()}


def _front(tree: SurfaceTree, x: Floats, z: Floats) -> Floats:
    """Return the points (k, 3) seen from straight ahead at x, z (k,); NaN where there are none."""
    low = float(tree.surface.points[:, 1].min())
    return tree.first_hits(np.stack([x, np.full_like(x, low - 1.0), z], -1), np.array([0.0, 1.0, 0.0]))


def line_between(surface: Surface, ends: tuple[int, int, int], rim: Bools, apart: Ints) -> Ints:
    """Return the line of points from one landmark by the middle one to the last, along the rim where there is one.

    apart: points of the line on the other side, which it must not take.
    """
    cost = np.where(rim, 1.0, 5.0)
    corners = surface.points[[ends[0], ends[2]]]
    reach = float(np.linalg.norm(corners[1] - corners[0]))
    allowed = np.linalg.norm(surface.points - corners.mean(0), axis=-1) < reach
    allowed[apart] = False
    allowed[list(ends)] = True
    first = path(surface, ends[0], ends[1], allowed, cost)
    allowed[first[:-1]] = False
    allowed[ends[2]] = True
    second = path(surface, ends[1], ends[2], allowed, cost)
    return np.concatenate([first, second[1:]]) if len(first) and len(second) else np.empty(0, np.int64)


def halves(surface: Surface, upper: Ints, lower: Ints, reach: float) -> Ints:
    """Return 1 (n,) for points nearer the upper line along the surface, -1 nearer the lower one, 0 beyond reach of both or as near."""
    near = np.zeros(len(surface.points), bool)
    center = surface.points[np.concatenate([upper, lower])].mean(0)
    near[np.linalg.norm(surface.points - center, axis=-1) < reach] = True
    near[upper] = near[lower] = True
    to_upper, _ = spread(surface, upper[1:-1], near)
    to_lower, _ = spread(surface, lower[1:-1], near)
    known = near & (np.isfinite(to_upper) | np.isfinite(to_lower))
    side = np.where(to_upper < to_lower, 1, np.where(to_lower < to_upper, -1, 0))
    return np.where(known, side, 0)
