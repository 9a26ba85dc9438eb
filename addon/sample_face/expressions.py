"""The shape of each of ARKit's 52 keys, as a smooth field of displacements. Does not need Blender.

Fields are written for the face as a whole or for its left half; those of the right half are their mirror images. Numbers are centimeters,
(x, y, z) with the face looking along -y, and were chosen by eye.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .sites import MOUTH_HALF, Sites, eye_angles, eye_point, lid_edges, lip_line
from .surface import Floats, smoothstep

Field = Callable[[Sites], Floats]
HINGE = np.array([0.0, 0.6, 11.8])
JAW_ANGLE = np.radians(18.5)


def offsets(channel: str, sites: Sites) -> Floats:
    """Return how far (n, 3) each site moves, in cm, when the channel's key is at 1."""
    if channel in WHOLE:
        return WHOLE[channel](sites)
    if channel.endswith("Right"):
        return HALF[channel.removesuffix("Right")](sites.mirrored()) * (-1.0, 1.0, 1.0)
    return HALF[channel.removesuffix("Left")](sites)


def turned(points: Floats, angle: float) -> Floats:
    """Return the displacement of points (n, 3) that turn downward about the jaw's hinge."""
    arm = points - HINGE
    sine, cosine = np.sin(angle), np.cos(angle)
    moved = np.stack([arm[:, 0], arm[:, 1] * cosine - arm[:, 2] * sine, arm[:, 2] * cosine + arm[:, 1] * sine], -1)
    return moved - arm


def jaw_weight(s: Sites) -> Floats:
    """Return how much the jaw carries a site: 1 at the lower lip and chin, 0 at the upper lip, skull and foot of the neck."""
    y, z = s.points[:, 1], s.points[:, 2]
    skin = smoothstep(4.0, -4.5, y) * smoothstep(13.5, 10.0, z) * smoothstep(0.3, 4.4, z)
    return smoothstep(0.04, 0.96, 0.5 - 0.5 * s.up) * skin


def _blob(s: Sites, center: tuple[float, float, float], size: float | tuple[float, float, float]) -> Floats:
    """Return a bump of height 1 around a point, (n, 1)."""
    return np.exp(-0.5 * (((s.points - center) / np.broadcast_to(size, 3)) ** 2).sum(-1))[:, None]


def _near(s: Sites, reach: float) -> Floats:
    """Return a weight that is 1 on the lips and fades over the skin around them, (n, 1)."""
    return np.exp(-((s.reach / reach) ** 2))[:, None]


def _corner(s: Sites) -> Floats:
    """Return a weight that is 1 at the left corner of the mouth and falls along the lips to the right, (n, 1)."""
    return smoothstep(-0.6, 2.5, s.points[:, 0])[:, None] * _near(s, 1.0)


def _half(s: Sites, width: float = 1.2) -> Floats:
    return smoothstep(-width, width, s.points[:, 0])[:, None]


def _bump(s: Sites, middle: float, width: float) -> Floats:
    return np.exp(-(((s.points[:, 0] - middle) / width) ** 2))[:, None]


def _upper(s: Sites) -> Floats:
    return np.clip(s.up, 0.0, 1.0)[:, None]


def _lower(s: Sites) -> Floats:
    return np.clip(-s.up, 0.0, 1.0)[:, None]


def _edge(s: Sites) -> Floats:
    """Return a weight that is 0 where the lips meet and rises over them, so that scaling by it doesn't part them, (n, 1)."""
    return smoothstep(0.0, 0.3, s.reach)[:, None] * (s.points[:, 1:2] < -7.3)


def _slid(s: Sites, move: Floats) -> Floats:
    """Return a displacement that follows the curve of the teeth: what moves outward also moves back."""
    x = s.points[:, 0]
    back = 0.075 * ((x + move[:, 0]) ** 2 - x**2) * _near(s, 1.3)[:, 0]
    return move + np.stack([np.zeros_like(back), back, np.zeros_like(back)], -1)


def _rolled(s: Sites, angle: float, side: Floats, shift: tuple[float, float, float], lip: float) -> Floats:
    """Return the displacement of a lip (1 upper, -1 lower) that turns inward about a line inside it; angle in degrees."""
    middle = lip_line(np.clip(s.points[:, 0], -MOUTH_HALF, MOUTH_HALF)) + np.array([0.0, 0.12, 0.36 * lip])
    arm = s.points - middle
    arm[:, 0] = 0.0
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    y, z = arm[:, 1], -lip * arm[:, 2]
    moved = np.stack([arm[:, 0], y * cosine + z * sine, -lip * (z * cosine - y * sine)], -1)
    return (moved - arm + np.array(shift)) * side * smoothstep(0.85, 0.2, s.reach)[:, None]


def _jaw_open(s: Sites) -> Floats:
    return turned(s.points, JAW_ANGLE) * jaw_weight(s)[:, None]


def _mouth_close(s: Sites) -> Floats:
    """Undo what jawOpen opens, mostly with the lower lip."""
    x = np.sign(s.points[:, 0]) * MOUTH_HALF * np.sqrt(np.clip(1.0 - s.up**2, 0.0, 1.0))
    line = lip_line(x)
    gap = _jaw_open(Sites.at(line, up=-np.abs(s.up))) - _jaw_open(Sites.at(line, up=np.abs(s.up)))
    return gap * np.where(s.up > 0, 0.25, -0.75)[:, None] * _near(s, 0.8)


def _pucker(s: Sites) -> Floats:
    x = s.points[:, 0:1]
    move = np.concatenate([-0.44 * x, np.full_like(x, -0.75) - 0.05 * x**2, 0.0 * x], -1) * _near(s, 0.75)
    move[:, 2:] += 0.16 * np.sign(s.up)[:, None] * _edge(s) * _near(s, 0.6)
    return move


def _funnel(s: Sites) -> Floats:
    x = s.points[:, 0:1]
    move = np.concatenate([-0.32 * x, np.full_like(x, -0.7) - 0.04 * x**2, 0.42 * s.up[:, None]], -1) * _near(s, 0.75)
    return move + _rolled(s, -24.0, _upper(s), (0, 0, 0), 1.0) + _rolled(s, -24.0, _lower(s), (0, 0, 0), -1.0)


def _shift(s: Sites) -> Floats:
    return _slid(s, _near(s, 0.9) * (1.1, 0.0, 0.05))


def _smile(s: Sites) -> Floats:
    lips = _slid(s, _corner(s) * (0.75, 0.2, 0.8)) - 0.07 * np.sign(s.up)[:, None] * _edge(s) * _near(s, 0.5) * _half(
        s
    ) * (0, 0, 1)
    return lips + _blob(s, (4.1, -7.3, 10.4), (1.5, 2.0, 1.3)) * (0.15, -0.35, 0.4)


def _frown(s: Sites) -> Floats:
    return _slid(s, _corner(s) * (0.1, 0.1, -0.65)) + _blob(s, (3.0, -7.8, 6.4), 0.9) * (0.1, -0.15, -0.1)


def _dimple(s: Sites) -> Floats:
    return _slid(s, _corner(s) * (0.35, 0.3, 0.12)) + _blob(s, (3.3, -7.6, 7.9), (0.5, 1.5, 0.7)) * (0.0, 0.4, 0.0)


def _stretch(s: Sites) -> Floats:
    lips = _slid(s, _corner(s) * (0.8, 0.25, -0.28)) - 0.1 * np.sign(s.up)[:, None] * _edge(s) * _near(s, 0.5) * _half(
        s
    ) * (0, 0, 1)
    return lips + _blob(s, (3.4, -6.5, 4.5), (1.5, 2.5, 1.5)) * (0.25, 0.0, -0.25)


def _roll_lower(s: Sites) -> Floats:
    return _rolled(s, 75.0, _lower(s), (0.0, 0.32, 0.16), -1.0)


def _roll_upper(s: Sites) -> Floats:
    return _rolled(s, 75.0, _upper(s), (0.0, 0.32, -0.12), 1.0)


def _shrug_lower(s: Sites) -> Floats:
    chin = _blob(s, (0.0, -8.2, 5.3), (1.7, 2.0, 1.2)) * (0.0, -0.15, 0.65)
    pout = _lower(s) * _edge(s) * _near(s, 0.5) * (0.0, -0.3, 0.05)
    return (
        chin * (1.0 - _near(s, 0.5)) + _near(s, 0.7) * (0.0, -0.2, 0.48) * (1.0 - 0.01 * s.points[:, 0:1] ** 2) + pout
    )


def _shrug_upper(s: Sites) -> Floats:
    return _near(s, 0.7) * (0.0, -0.05, 0.2) * _bump(s, 0.0, 2.6) + _upper(s) * _edge(s) * _near(s, 0.6) * (
        0.0,
        -0.4,
        0.36,
    )


def _press(s: Sites) -> Floats:
    thin = -0.3 * np.sign(s.up)[:, None] * np.abs(s.up)[:, None] * _edge(s) * _near(s, 0.45) * (0, 0, 1)
    return (thin + _near(s, 0.5) * (0.0, 0.12, 0.0)) * _half(s) + _blob(s, (2.9, -8.0, 7.7), (0.6, 1.5, 0.8)) * (
        0.05,
        -0.2,
        0.1,
    )


def _lower_down(s: Sites) -> Floats:
    return _lower(s) * _bump(s, 1.0, 1.15) * _near(s, 0.6) * (0.08, -0.12, -0.72)


def _upper_up(s: Sites) -> Floats:
    lip = _upper(s) * _bump(s, 1.0, 1.15) * _near(s, 0.6) * (0.08, -0.08, 0.62)
    return lip + _blob(s, (2.2, -8.4, 9.9), (0.9, 2.0, 0.9)) * (0.05, -0.15, 0.3) * (1.0 - _near(s, 0.5))


def _puff(s: Sites) -> Floats:
    cheeks = sum(
        (_blob(s, (4.1 * side, -6.4, 8.1), (1.5, 2.4, 1.6)) * (0.85 * side, -0.75, 0.0) for side in (1, -1)),
        np.zeros((1, 3)),
    )
    return (
        cheeks * (1.0 - _near(s, 0.35))
        + _near(s, 0.6) * (0.0, -0.22, 0.0)
        + _upper(s) * _edge(s) * _near(s, 0.8) * (0.0, -0.15, 0.0)
    )


def _tongue_out(s: Sites) -> Floats:
    """Part the lips for the tongue, which is in `parts`."""
    return _near(s, 0.5) * (_lower(s) * (0.0, -0.1, -0.5) + _upper(s) * (0.0, 0.0, 0.22))


def _inner_brows(s: Sites) -> Floats:
    sides = (_blob(s, (1.5 * side, -8.3, 16.6), (1.1, 2.5, 1.2)) * (-0.1 * side, 0.05, 1.15) for side in (1, -1))
    return sum(sides, np.zeros((1, 3))) * _not_lid(s)


def _brow_down(s: Sites) -> Floats:
    return _blob(s, (2.5, -8.2, 16.4), (1.7, 2.5, 1.0)) * (-0.35, -0.15, -0.75) * _not_lid(s)


def _brow_up(s: Sites) -> Floats:
    return _blob(s, (4.4, -7.4, 16.6), (1.5, 3.0, 1.2)) * (0.1, 0.1, 1.1) * _not_lid(s)


def _not_lid(s: Sites) -> Floats:
    return (1.0 - s.lid.max(-1))[:, None]


def _cheek_squint(s: Sites) -> Floats:
    return _blob(s, (3.6, -7.9, 11.6), (1.6, 2.5, 0.9)) * (0.0, -0.5, 0.75) * _not_lid(s) + _lids(s, 0.0, 1.1)


def _sneer(s: Sites) -> Floats:
    wing = _blob(s, (1.3, -9.0, 10.7), (0.6, 1.5, 0.6)) * (0.08, 0.0, 0.5)
    fold = _blob(s, (2.0, -8.4, 10.6), (0.8, 2.0, 1.0)) * (0.0, -0.25, 0.35)
    bridge = _blob(s, (0.8, -8.8, 13.0), (0.5, 1.5, 0.7)) * (0.0, -0.25, 0.1)
    brow = _blob(s, (1.5, -8.5, 16.4), (1.0, 2.0, 0.8)) * (-0.1, 0.0, -0.2)
    return (wing + fold + bridge + brow) * _not_lid(s) + _upper(s) * _bump(s, 1.2, 1.0) * _near(s, 0.6) * (
        0.0,
        -0.05,
        0.22,
    )


def _lids(s: Sites, upper: float, lower: float, outward: float = 0.0) -> Floats:
    """Return the displacement of the left eye's lids. upper, lower: share of the way from rest to where they meet. outward: degrees."""
    rest_upper, rest_lower, shut = lid_edges(s.edge[:, 0])
    above = s.edge[:, 1] > 0
    belongs = s.lid[:, 0]
    way = np.where(above, (shut - rest_upper) * upper, (shut - rest_lower) * lower)
    along, height, radius = eye_angles(s.points)
    # A shut upper lid must lie over the lower one, not inside it.
    radius = radius + belongs * np.where(above, 0.02 * max(upper, 0.0), -0.04 * max(lower, 0.0))
    moved = eye_point(along + belongs * np.radians(outward) * (1.0 - s.edge[:, 0] ** 2), height + belongs * way, radius)
    return np.where(belongs[:, None] > 0, moved - s.points, 0.0)


WHOLE: dict[str, Field] = {
    "jawForward": lambda s: jaw_weight(s)[:, None] * (0.0, -0.9, -0.12),
    "jawOpen": _jaw_open,
    "mouthClose": _mouth_close,
    "mouthFunnel": _funnel,
    "mouthPucker": _pucker,
    "mouthRollLower": _roll_lower,
    "mouthRollUpper": _roll_upper,
    "mouthShrugLower": _shrug_lower,
    "mouthShrugUpper": _shrug_upper,
    "browInnerUp": _inner_brows,
    "cheekPuff": _puff,
    "tongueOut": _tongue_out,
}
HALF: dict[str, Field] = {
    "eyeBlink": lambda s: _lids(s, 1.06, 1.0),
    "eyeLookDown": lambda s: _lids(s, 0.38, -0.35),
    "eyeLookIn": lambda s: _lids(s, 0.0, 0.0, -5.0),
    "eyeLookOut": lambda s: _lids(s, 0.0, 0.0, 5.0),
    "eyeLookUp": lambda s: _lids(s, -0.14, 0.25),
    "eyeSquint": lambda s: (
        _lids(s, 0.2, 1.6) + _blob(s, (3.6, -7.9, 12.1), (1.4, 2.0, 0.6)) * (0.0, -0.1, 0.2) * _not_lid(s)
    ),
    "eyeWide": lambda s: _lids(s, -0.38, -0.7),
    "jaw": lambda s: jaw_weight(s)[:, None] * (0.9, 0.0, 0.0),
    "mouth": _shift,
    "mouthSmile": _smile,
    "mouthFrown": _frown,
    "mouthDimple": _dimple,
    "mouthStretch": _stretch,
    "mouthPress": _press,
    "mouthLowerDown": _lower_down,
    "mouthUpperUp": _upper_up,
    "browDown": _brow_down,
    "browOuterUp": _brow_up,
    "cheekSquint": _cheek_squint,
    "noseSneer": _sneer,
}
