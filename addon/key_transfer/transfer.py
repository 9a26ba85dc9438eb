"""Make the keys of a head and its parts, step by step, from arrays to arrays. Needs Blender's mathutils."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..sample_face.surface import smoothstep
from . import face_parts
from .analysis import Analysis
from .correspondence import carry
from .deformation_transfer import transfer
from .face_landmarks import PAIRS
from .fitting import fit
from .sparse_solver import Floats
from .target_head import Head
from .topology import Surface

_FADE = (0.08, 0.45)  # of the head's height below the chin: where the neck begins to hold still, and where it does
_CLOSING = (
    ("mouthClose", "jawOpen"),
    ("eyeBlinkLeft", ""),
    ("eyeBlinkRight", ""),
)  # what closes each pair, and on top of what
_STILL = 2e-5  # of the head's height: what moves less doesn't move
# Of a key's longest move: what moves less than the first stays, and what moves more than the second moves as it was carried over.
_LOCAL = (0.03, 0.12)


@dataclass(frozen=True)
class Made:
    """Displacements of the keys, in the units and axes of the points given: of the skin, and of each other island.

    kinds: what each island is taken for. opens_mouth, closes_eyes: whether the mesh is cut open there.
    """

    skin: Mapping[str, Floats]
    islands: tuple[Mapping[str, Floats], ...]
    kinds: tuple[str, ...]
    opens_mouth: bool
    closes_eyes: bool


def make_keys(
    source: Head, analysis: Analysis, islands: list[Surface], landmarks: Mapping[str, int] | None = None
) -> Iterator[tuple[float, Made | None]]:
    """Make all keys of a head. islands: surfaces of all that isn't skin, in the same units as the skin's.

    Yields the share that is done (0..1) with None, and the result at the end.
    """
    target = analysis.head(landmarks)
    yield 0.1, None
    fitted, rotation, scale = fit(source, target)
    yield 0.4, None
    moves = transfer(source, fitted, rotation, scale)
    yield 0.6, None
    keys = carry(source, fitted, moves, target, 1.0)
    yield 0.85, None
    own = [analysis.frame.inside(island.points) for island in islands]
    kinds = face_parts.classify(target, own)
    eyes = {
        kind.removeprefix("eye_"): eye
        for kind in (face_parts.EYE_LEFT, face_parts.EYE_RIGHT)
        if (
            eye := joined(
                [
                    Surface(points, island.triangles)
                    for points, island, other in zip(own, islands, kinds, strict=True)
                    if other == kind
                ]
            )
        )
    }
    keys = face_parts.cleared(target, _limited(target, _symmetric(analysis, keys)), eyes)
    keys = meeting(target, _symmetric(analysis, meeting(target, keys)))
    motions = face_parts.jaw_motions(fitted, moves)
    balls = _balls(own, kinds)
    backward = {side: face_parts.retraction(target, keys, eye, side) for side, eye in eyes.items()}
    parts = []
    for points, kind in zip(own, kinds, strict=True):
        if kind == face_parts.HUGGING:
            part = face_parts.follow(target, keys, points)
        elif kind == face_parts.LASHES:
            near = face_parts.EYE_LEFT if points[:, 0].mean() > 0.0 else face_parts.EYE_RIGHT
            part = face_parts.lash_keys(target, keys, points, balls.get(near))
        else:
            part = face_parts.part_keys(target, kind, points, motions, balls.get(kind))
            side = kind.removeprefix("eye_")
            if side in eyes:
                part[f"eyeBlink{side.capitalize()}"] = np.broadcast_to((0.0, backward[side], 0.0), points.shape)
        parts.append({name: _outside(analysis, move) for name, move in part.items() if np.abs(move).max() > _STILL})
    skin = {name: _outside(analysis, move) for name, move in keys.items()}
    lids = {"lid_upper_left", "lid_upper_right"} <= set(target.lines)
    yield 1.0, Made(skin, tuple(parts), tuple(kinds), "lip_upper" in target.lines, lids)


def _outside(analysis: Analysis, moves: Floats) -> Floats:
    return moves @ analysis.frame.rows * analysis.frame.size


def _balls(islands: list[Floats], kinds: list[str]) -> dict[str, face_parts.Ball]:
    """Return what the parts of each eye turn about: the biggest of them that is round."""
    balls: dict[str, face_parts.Ball] = {}
    for kind in (face_parts.EYE_LEFT, face_parts.EYE_RIGHT):
        own = [
            face_parts.fit_ball(points)
            for points, other in zip(islands, kinds, strict=True)
            if other == kind and face_parts.is_eyeball(points)
        ]
        if own:
            balls[kind] = max(own, key=lambda ball: ball.radius)
    return balls


def _symmetric(analysis: Analysis, keys: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return keys in which those of the right mirror those of the left, where the mesh mirrors itself."""
    partners = analysis.partners
    known = partners >= 0
    result = {}
    for name, move in keys.items():
        other = keys[_other_side(name)]
        mirrored = move.copy()
        mirrored[known] = other[partners[known]] * [-1.0, 1.0, 1.0]
        result[name] = 0.5 * (move + mirrored)
    return result


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


def _limited(target: Head, keys: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return keys that fade down the neck and leave alone what is below, as a body is, and whatever they hardly move.

    A sculpted key moves few points. The sample face's keys are smooth fields, which end nowhere.
    """
    chin, z = target.at("chin")[2], target.surface.points[:, 2]
    deepest = min(_FADE[1], chin - float(z[target.surface.masses > 0].min()))
    begin = max(_FADE[0], 0.5 * deepest)
    fade = smoothstep(chin - deepest, chin - begin, z)[:, None] if deepest > begin else 1.0
    result = {}
    for name, move in keys.items():
        length = np.linalg.norm(move, axis=-1, keepdims=True)
        move = move * fade * smoothstep(*_LOCAL, length / max(length.max(), _STILL))
        move[np.abs(move).max(-1) < _STILL] = 0.0
        result[name] = move
    return result


def meeting(target: Head, keys: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return keys that close lips and lids to the point: what is left of a gap is taken from the upper line's points."""
    result = dict(keys)
    points = target.surface.points
    for (upper, lower), (name, with_) in zip(PAIRS, _CLOSING, strict=True):
        if upper not in target.lines or name not in keys:
            continue
        base = points + keys[with_] if with_ else points
        above, below = target.lines[upper][1:-1], (base + keys[name])[target.lines[lower]]
        move = keys[name].copy()
        move[above] = _nearest_on(below, (base + move)[above]) - base[above]
        result[name] = move
    return result


def _nearest_on(line: Floats, points: Floats) -> Floats:
    """Return the places on a line of points (k, 3) that are nearest to others (n, 3)."""
    starts, ways = line[:-1], np.diff(line, axis=0)
    shares = ((points[:, None] - starts) * ways).sum(-1) / np.maximum((ways**2).sum(-1), 1e-30)
    places = starts + np.clip(shares, 0.0, 1.0)[..., None] * ways
    best = np.linalg.norm(places - points[:, None], axis=-1).argmin(1)
    return places[np.arange(len(points)), best]


def joined(surfaces: list[Surface]) -> Surface | None:
    """Return several surfaces as one; None if there are none."""
    if not surfaces:
        return None
    starts = np.cumsum([0, *(len(surface.points) for surface in surfaces)])
    triangles = [surface.triangles + start for surface, start in zip(surfaces, starts, strict=False)]
    return Surface(np.concatenate([surface.points for surface in surfaces]), np.concatenate(triangles))
