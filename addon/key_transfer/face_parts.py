"""What moves with a face but isn't skin: eyes, teeth, tongue, lashes and brows, told by place and shape. Needs Blender's mathutils."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..sample_face.surface import smoothstep
from .face_landmarks import SIDES
from .fitting import similarity
from .sparse_solver import Floats, Ints
from .target_head import Head
from .topology import Bools, Surface
from .trees import SurfaceTree

EYE_LEFT, EYE_RIGHT, TEETH_LOWER, TEETH_UPPER, MOUTH, TONGUE, LASHES, HUGGING, OTHER = (
    "eye_left", "eye_right", "teeth_lower", "teeth_upper", "mouth", "tongue", "lashes", "hugging", "other",
)  # fmt: skip
_JAW_KEYS = ("jawOpen", "jawForward", "jawLeft", "jawRight")
# Degrees up and outward that an eyeball turns, as far as ARKit's own do.
_GAZE = {"eyeLookDown": (-25.0, 0.0), "eyeLookUp": (22.0, 0.0), "eyeLookIn": (0.0, -28.0), "eyeLookOut": (0.0, 30.0)}
_LASH = 0.25  # of an eye's width: how far lashes may lie from the edge of a lid, in the middle
_ROOM = (0.003, 0.006)  # of the head's height: least and most room between a moving lid and the eyeball
_HALFWAY = (0.25, 0.5, 0.75)  # of a blink
_CLEAR = 0.001  # of the head's height: room between a lid and the eyeball on the way, unless there is less at rest
_RETRACTION = 0.2  # of its radius: how far an eyeball goes back at most
_ROUND = 0.12  # of the radius: how far a ball's points may lie off its sphere, in the mean
_HUG = 0.035  # of the head's height: how far brows and lashes may lie off the skin, in the middle


@dataclass(frozen=True)
class Ball:
    """A round part in the head's frame: its center (3,), radius, and how far its points lie off, in the mean, as a share of it."""

    center: Floats
    radius: float
    error: float


def fit_ball(points: Floats) -> Ball:
    """Return the sphere nearest to points (n, 3), by least squares."""
    system = np.concatenate([2.0 * points, np.ones((len(points), 1))], 1)
    solution = np.linalg.lstsq(system, (points**2).sum(-1), rcond=None)[0]
    center = solution[:3]
    radius = float(np.sqrt(max(solution[3] + center @ center, 1e-30)))
    return Ball(center, radius, float(np.abs(np.linalg.norm(points - center, axis=-1) - radius).mean()) / radius)


def is_eyeball(points: Floats) -> bool:
    """Return whether points (n, 3) lie on most of a sphere, as an eyeball's do; their size is judged elsewhere."""
    if len(points) < 20:
        return False
    ball = fit_ball(points)
    return ball.error < _ROUND and bool((np.ptp(points, axis=0) > 1.2 * ball.radius).all())


def classify(head: Head, islands: list[Floats]) -> list[str]:
    """Return what each island (n, 3) is, beside the skin. All lie in the head's frame, with its height as the unit."""
    kinds = [OTHER] * len(islands)
    for side, kind in zip(SIDES, (EYE_LEFT, EYE_RIGHT), strict=True):
        for number in _eye_parts(head, side, islands):
            kinds[number] = kind
    inside = [number for number, points in enumerate(islands) if kinds[number] == OTHER and _in_mouth(head, points)]
    for number, kind in zip(inside, _mouth_parts([islands[number] for number in inside], head), strict=True):
        kinds[number] = kind
    tree = SurfaceTree(head.surface)
    for number, points in enumerate(islands):
        if kinds[number] == OTHER and _hugs(tree, points):
            kinds[number] = LASHES if lash_line(head, points) else HUGGING
    return kinds


def _eye_parts(head: Head, side: str, islands: list[Floats]) -> list[int]:
    """Return the numbers of an eye's ball and of what lies on it or in it."""
    inner, outer = head.at(f"lid_inner_{side}"), head.at(f"lid_outer_{side}")
    middle, reach = 0.5 * (inner + outer), 0.5 * float(np.linalg.norm(outer - inner))
    balls = []
    for number, points in enumerate(islands):
        if is_eyeball(points):
            ball = fit_ball(points)
            if np.linalg.norm((ball.center - middle)[[0, 2]]) < reach and 0.5 * reach < ball.radius < 3.0 * reach:
                balls.append((ball.radius, number, ball))
    if not balls:
        return []
    _, first, ball = max(balls, key=lambda each: each[0])
    within = [
        number
        for number, points in enumerate(islands)
        if (np.linalg.norm(points - ball.center, axis=-1) < 1.15 * ball.radius).mean() > 0.9
    ]
    return sorted({first, *within})


def _in_mouth(head: Head, points: Floats) -> bool:
    """Return whether an island lies behind the lips."""
    low, high = points.min(0), points.max(0)
    center, size = 0.5 * (low + high), high - low
    left, right = head.at("lip_corner_left"), head.at("lip_corner_right")
    wide = abs(left[0] - right[0])
    seam = 0.5 * (head.at("lip_upper") + head.at("lip_lower"))
    near = (np.abs(center - seam)[[0, 2]] < [0.8 * wide, 0.7 * wide]).all() and center[1] > seam[1] - 0.05 * wide
    return bool(near and size[0] < 2.0 * wide and size[2] < 1.2 * wide)


def _mouth_parts(islands: list[Floats], head: Head) -> list[str]:
    """Return what the islands in a mouth are: of the upper row of teeth, of the lower, of both, or a tongue."""
    if not islands:
        return []
    everything = np.concatenate(islands)
    bite = _bite(islands, 0.5 * float(head.at("lip_upper")[2] + head.at("lip_lower")[2]))
    size = np.ptp(everything, axis=0)
    kinds = []
    for points in islands:
        low, high = points.min(0), points.max(0)
        over, under = high[2] - bite, bite - low[2]
        if _is_tongue(points, size, bite):
            kinds.append(TONGUE)
        elif min(over, under) > 0.3 * (high[2] - low[2]) and high[2] - low[2] > 0.6 * size[2]:
            kinds.append(MOUTH)
        else:
            kinds.append(TEETH_UPPER if over > under else TEETH_LOWER)
    return kinds


def _bite(islands: list[Floats], seam: float) -> float:
    """Return the height at which the rows of teeth meet: between the two groups that the islands form, if they form two."""
    centers = np.array([0.5 * (points[:, 2].min() + points[:, 2].max()) for points in islands])
    weights = np.array([np.ptp(points[:, 2]) for points in islands])
    bite = seam
    for _ in range(10):
        upper = centers > bite
        if upper.all() or not upper.any():
            return seam
        bite = 0.5 * float(
            np.average(centers[upper], weights=weights[upper]) + np.average(centers[~upper], weights=weights[~upper])
        )
    return bite


def _is_tongue(points: Floats, mouth: Floats, bite: float) -> bool:
    """Return whether a part inside a mouth of some size (3,) is a tongue: long, low, and as solid in the middle as at its sides."""
    low, size = points.min(0), np.ptp(points, axis=0)
    if size[1] < 0.5 * mouth[1] or size[0] < 0.25 * mouth[0] or np.median(points[:, 2]) > bite + 0.1 * mouth[2]:
        return False
    middle = (np.abs(points[:, 0] - points[:, 0].mean()) < 0.2 * size[0]) & (points[:, 1] > low[1] + 0.4 * size[1])
    return bool(middle.mean() > 0.08 and size[2] < size[1])


def _hugs(tree: SurfaceTree, points: Floats) -> bool:
    """Return whether a part lies on the skin of the face, as brows, lashes and beards do."""
    low, high = points.min(0), points.max(0)
    if (high - low).max() > 0.35 or 0.5 * (low + high)[1] > 0.0:
        return False
    far = tree.nearest(points[:: max(1, len(points) // 200)]).distances
    return bool(np.median(far) < _HUG and np.percentile(far, 25) < 0.5 * _HUG)


def rigid(points: Floats, moves: Floats) -> tuple[Floats, Floats]:
    """Return the rotation (3, 3) and the shift (3,) that come nearest to displacements of points (n, 3)."""
    _, rotation, _ = similarity(points, points + moves)
    return rotation, (points + moves).mean(0) - rotation @ points.mean(0)


def jaw_motions(points: Floats, keys: Mapping[str, Floats]) -> dict[str, tuple[Floats, Floats]]:
    """Return how the jaw moves in its keys. points (n, 3), keys (n, 3): of the skin; its chin moves as the bone does."""
    motions = {}
    far = np.linalg.norm(keys["jawOpen"], axis=-1)
    chin = far > 0.8 * far.max()
    for name in _JAW_KEYS:
        motions[name] = rigid(points[chin], keys[name][chin])
    return motions


def part_keys(
    head: Head, kind: str, points: Floats, motions: Mapping[str, tuple[Floats, Floats]], eye: Ball | None
) -> dict[str, Floats]:
    """Return the displacements (n, 3) of a part's keys.

    kind: as classify() tells. motions: of the jaw. eye: what an eye's parts turn about.
    """
    if kind in (TEETH_LOWER, TONGUE, MOUTH):
        weight = np.ones((len(points), 1))
        if kind == MOUTH:  # both rows in one piece
            middle = 0.5 * (points[:, 2:].min() + points[:, 2:].max())
            weight = np.clip(0.5 - (points[:, 2:] - middle) / (0.2 * np.ptp(points[:, 2])), 0.0, 1.0)
        keys = {name: (points @ rotation.T + shift - points) * weight for name, (rotation, shift) in motions.items()}
        if kind == TONGUE:
            keys["tongueOut"] = _tongue_out(head, points)
        return keys
    if kind in (EYE_LEFT, EYE_RIGHT) and eye:
        return _gaze(points, eye, kind.removeprefix("eye_"))
    return {}


def _gaze(points: Floats, ball: Ball, side: str) -> dict[str, Floats]:
    arm = points - ball.center
    sign = 1.0 if side == "left" else -1.0
    keys = {}
    for name, (up, outward) in _GAZE.items():
        a, b = np.radians(up), np.radians(outward * sign)
        pitch = np.array([[1, 0, 0], [0, np.cos(a), np.sin(a)], [0, -np.sin(a), np.cos(a)]])
        yaw = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
        keys[name + side.capitalize()] = arm @ (yaw @ pitch).T - arm
    return keys


def _tongue_out(head: Head, points: Floats) -> Floats:
    """Return how a tongue comes out: over the lower lip, the more the nearer its tip."""
    low, size = points.min(0), np.ptp(points, axis=0)
    seam = head.at("lip_lower")
    tip = smoothstep(0.0, 0.8, 1.0 - (points[:, 1] - low[1]) / size[1])
    forward = 0.35 * size[1] + max(low[1] - seam[1], 0.0)
    top = float(np.percentile(points[points[:, 1] < low[1] + 0.3 * size[1], 2], 90))
    lift = np.clip(2.0 * tip, 0.0, 1.0) * (seam[2] - top)
    return np.stack([-0.1 * points[:, 0] * tip, -forward * tip, lift - 0.25 * forward * tip**4], -1)


def cleared(target: Head, keys: Mapping[str, Floats], eyes: Mapping[str, Surface]) -> dict[str, Floats]:
    """Return the skin's keys with lids that lie over the eyeballs, not in them.

    eyes: what lids must clear, by side "left" and "right".
    """
    result = dict(keys)
    points = target.surface.points
    for side, eye in eyes.items():
        tree, center = SurfaceTree(eye), fit_ball(eye.points).center
        lids, edge = _lids(target, side)
        if not len(lids):
            continue
        rest = _clearance(tree, eye, center, points[lids])[0]
        for name, move in keys.items():
            mine = lids[np.abs(move[lids]).max(-1) > 0]
            if not (name.startswith("eye") and name.lower().endswith(side)) or not len(mine):
                continue
            room = np.where(edge[mine], _ROOM[0], np.clip(rest[np.isin(lids, mine)], _ROOM[0], _ROOM[1]))
            free, outward = _clearance(tree, eye, center, points[mine] + move[mine])
            pushed = move.copy()
            pushed[mine] += np.maximum(room - free, 0.0)[:, None] * outward
            result[name] = pushed
    return result


def _lids(target: Head, side: str) -> tuple[Ints, Bools]:
    """Return the points of an eye's lids that can be seen, and which of all points (n,) lie on their edges."""
    edge = np.zeros(len(target.surface.points), bool)
    for name in (f"lid_upper_{side}", f"lid_lower_{side}"):
        edge[target.lines.get(name, np.empty(0, np.int64))] = True
    around = np.abs(target.sides) == 2 + SIDES.index(side)  # as PAIRS are numbered
    return np.flatnonzero(around & (~target.hidden | edge)), edge


def retraction(target: Head, keys: Mapping[str, Floats], eye: Surface, side: str) -> float:
    """Return how far an eyeball must go back in a blink so that lids, which a key moves in a straight line, don't cut it halfway.

    Eyes do go back when they blink (Evinger et al. 1984). side: "left" or "right".
    """
    points, move = target.surface.points, keys[f"eyeBlink{side.capitalize()}"]
    lids = _lids(target, side)[0]
    lids = lids[np.abs(move[lids]).max(-1) > 0]
    if not len(lids):
        return 0.0
    tree, ball = SurfaceTree(eye), fit_ball(eye.points)
    rest = _clearance(tree, eye, ball.center, points[lids])[0]
    need = 0.0
    for share in _HALFWAY:
        free, outward = _clearance(tree, eye, ball.center, points[lids] + share * move[lids])
        ahead = np.maximum(-outward[:, 1], 0.5)  # what lies beside the eye gains little by its going back
        need = max(need, float(((np.minimum(rest, _CLEAR) - free) / (share * ahead)).max()))
    return min(need, _RETRACTION * ball.radius)


def _clearance(tree: SurfaceTree, eye: Surface, center: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return how far outside an eye points (n, 3) lie (n,), negative inside, and the way out (n, 3)."""
    places = tree.nearest(points)
    outward = places.mix(eye, eye.points) - center
    outward /= np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-12)
    return ((points - places.mix(eye, eye.points)) * outward).sum(-1), outward


def lash_line(head: Head, points: Floats) -> str | None:
    """Return the line of the lid that lashes (n, 3) grow on; None if a part isn't lashes."""
    best: tuple[float, str] | None = None
    for name, line in head.lines.items():
        if not name.startswith("lid"):
            continue
        edge = head.surface.points[line]
        wide = float(np.linalg.norm(edge[-1] - edge[0]))
        far = np.linalg.norm(points[:, None] - edge, axis=-1).min(1)
        if (
            np.ptp(points[:, 0]) < 2.0 * wide
            and np.median(far) < _LASH * wide
            and (best is None or far.mean() < best[0])
        ):
            best = float(far.mean()), name
    return best[1] if best else None


def lash_keys(head: Head, keys: Mapping[str, Floats], points: Floats, eye: Ball | None) -> dict[str, Floats]:
    """Return the displacements of lashes (n, 3), which stay on the edge of their lid and turn with it about the eye."""
    name = lash_line(head, points)
    assert name
    line = head.lines[name]
    edge = head.surface.points[line]
    root = line[np.linalg.norm(points[:, None] - edge, axis=-1).argmin(1)]
    at = head.surface.points[root]
    result = {}
    for key, move in keys.items():
        shift = move[root]
        if eye is not None:
            turn = _turns(at - eye.center, at + shift - eye.center)
            shift = shift + np.einsum("nij,nj->ni", turn, points - at) - (points - at)
        result[key] = shift
    return result


def _turns(before: Floats, after: Floats) -> Floats:
    """Return the smallest rotations (n, 3, 3) that take directions (n, 3) to others (Rodrigues)."""
    a = before / np.maximum(np.linalg.norm(before, axis=-1, keepdims=True), 1e-12)
    b = after / np.maximum(np.linalg.norm(after, axis=-1, keepdims=True), 1e-12)
    axis, cosine = np.cross(a, b), (a * b).sum(-1)
    zero = np.zeros(len(a))
    cross = np.stack([zero, -axis[:, 2], axis[:, 1], axis[:, 2], zero, -axis[:, 0], -axis[:, 1], axis[:, 0], zero], -1)
    cross = cross.reshape(-1, 3, 3)
    return np.eye(3) + cross + cross @ cross / np.maximum(1.0 + cosine, 1e-6)[:, None, None]


def follow(head: Head, keys: Mapping[str, Floats], points: Floats) -> dict[str, Floats]:
    """Return displacements of points (n, 3) that lie on the skin, as brows do, so that they stay there."""
    skin = head.surface
    places = SurfaceTree(skin, ~head.hidden[skin.triangles].all(1)).nearest(points)
    return {name: places.mix(skin, move) for name, move in keys.items()}
