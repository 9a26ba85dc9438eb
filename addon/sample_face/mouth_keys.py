"""Keys of the jaw, the lips and the tongue's way out. Does not need Blender. See `expressions`."""

from __future__ import annotations

import numpy as np

from .fields import Field, blob, bump, crease, half, lower, near, over_lips, upper
from .sites import MOUTH_HALF, Sites, lip_line
from .surface import Floats, smoothstep

HINGE = np.array([0.0, 0.6, 11.8])
JAW_ANGLE = np.radians(18.5)
FOLD = ((1.5, 10.7), (1.95, 10.0), (2.55, 9.0), (3.05, 8.0), (3.15, 7.2))  # nasolabial, from the nose down


def turned(points: Floats, angle: float) -> Floats:
    """Return the displacement of points (n, 3) that turn downward about the jaw's hinge."""
    arm = points - HINGE
    sine, cosine = np.sin(angle), np.cos(angle)
    moved = np.stack([arm[:, 0], arm[:, 1] * cosine - arm[:, 2] * sine, arm[:, 2] * cosine + arm[:, 1] * sine], -1)
    return moved - arm


def jaw_weight(s: Sites) -> Floats:
    """Return how much (n,) the jaw carries a site: 1 at the lower lip and chin, 0 at the upper lip, skull and foot of the neck."""
    y, z = s.points[:, 1], s.points[:, 2]
    skin = smoothstep(4.0, -4.5, y) * smoothstep(13.5, 10.0, z) * smoothstep(0.6, 4.8, z)
    side = 0.5 - 0.5 * s.up
    return (0.6 * side + 0.4 * smoothstep(0.04, 0.96, side)) * skin


def _corner(s: Sites, power: float = 1.0, reach: float = 1.0) -> Floats:
    """Return 1 at the left corner of the mouth, falling along the lips to the right: the faster, the greater the power."""
    return smoothstep(-0.9, 2.6, s.points[:, 0])[:, None] ** power * near(s, reach)


def _slid(s: Sites, move: Floats) -> Floats:
    """Return a displacement that follows the curve of the teeth: what moves outward also moves back."""
    x = s.points[:, 0]
    back = 0.085 * ((x + move[:, 0]) ** 2 - x**2) * near(s, 1.3)[:, 0]
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


def _thin(s: Sites, amount: float, reach: float = 0.5) -> Floats:
    """Return the displacement that makes both lips thinner (or, if negative, fuller), and doesn't part them."""
    return -amount * np.sign(s.up)[:, None] * over_lips(s) * near(s, reach) * (0.0, 0.0, 1.0)


def _jaw_open(s: Sites) -> Floats:
    narrower = -0.12 * s.points[:, :1] * (1.0 - s.up**2)[:, None] * near(s, 0.9)
    return turned(s.points, JAW_ANGLE) * jaw_weight(s)[:, None] + narrower * (1.0, 0.0, 0.0)


def _mouth_close(s: Sites) -> Floats:
    """Undo what jawOpen opens, mostly with the lower lip."""
    x = np.sign(s.points[:, 0]) * MOUTH_HALF * np.sqrt(np.clip(1.0 - s.up**2, 0.0, 1.0))
    line = lip_line(x)
    gap = _jaw_open(Sites.at(line, up=-np.abs(s.up))) - _jaw_open(Sites.at(line, up=np.abs(s.up)))
    return gap * np.where(s.up > 0, 0.25, -0.75)[:, None] * near(s, 0.8)


def _rounded(s: Sites, narrow: float, forward: float) -> Floats:
    """Return the displacement of a mouth that gets narrower and comes forward, corners more than they lay back."""
    x = s.points[:, 0:1]
    ahead = -forward * near(s, 0.8) - 0.1 * x**2 * near(s, 0.6)
    return np.concatenate([-narrow * x * near(s, 1.0), ahead, 0.0 * x], -1)


def _pucker(s: Sites) -> Floats:
    evert = _rolled(s, -10.0, upper(s), (0, 0, 0), 1.0) + _rolled(s, -10.0, lower(s), (0, 0, 0), -1.0)
    fuller = _thin(s, -0.2, 0.6) * (1.0 - 0.4 * bump(s, 0.0, 0.35) * upper(s))
    return _rounded(s, 0.5, 0.8) + fuller + evert * over_lips(s)


def _funnel(s: Sites) -> Floats:
    part = 0.62 * s.up[:, None] * near(s, 0.75) * (0.0, 0.0, 1.0)
    evert = _rolled(s, -26.0, upper(s), (0, 0, 0), 1.0) + _rolled(s, -26.0, lower(s), (0, 0, 0), -1.0)
    return _rounded(s, 0.3, 0.7) + part + evert


def _shift(s: Sites) -> Floats:
    return _slid(s, near(s, 0.9) * (1.1, 0.0, 0.05))


def _smile(s: Sites) -> Floats:
    lips = _slid(s, _corner(s) * (0.95, 0.25, 0.0) + _corner(s, 1.9, 1.05) * (0.0, 0.0, 1.25))
    cheek = blob(s, (3.9, -7.2, 10.3), (1.4, 2.0, 1.25)) * (0.2, -0.55, 0.6)
    fold = crease(s, FOLD, 0.4, 0.22)
    return lips + _thin(s, 0.08) * half(s) + cheek + fold


def _frown(s: Sites) -> Floats:
    lips = _slid(s, _corner(s) * (0.65, 0.15, 0.0) + _corner(s, 1.9, 0.9) * (0.0, 0.0, -0.8))
    bulge = blob(s, (2.9, -7.8, 6.2), 0.9) * (0.1, -0.2, -0.2)
    return lips + bulge + crease(s, ((3.0, 8.0), (3.1, 7.2), (2.9, 6.2)), 0.3, 0.1)


def _dimple(s: Sites) -> Floats:
    pit = blob(s, (3.2, -7.6, 7.9), (0.45, 1.5, 0.7)) * (0.0, 0.45, 0.0)
    return _slid(s, _corner(s) * (0.5, 0.35, 0.0) + _corner(s, 1.9) * (0.0, 0.0, 0.3)) + pit


def _stretch(s: Sites) -> Floats:
    lips = _slid(s, _corner(s) * (0.85, 0.25, 0.0) + _corner(s, 1.9) * (0.0, 0.0, -0.38)) + _thin(s, 0.1) * half(s)
    neck = blob(s, (3.4, -6.5, 4.5), (1.5, 2.5, 1.5)) * (0.25, 0.0, -0.25)
    return lips + neck + crease(s, ((2.4, 9.4), (3.1, 8.4), (3.4, 7.2), (3.1, 6.2)), 0.35, 0.1)


def _roll_lower(s: Sites) -> Floats:
    return _rolled(s, 75.0, lower(s), (0.0, 0.32, 0.16), -1.0)


def _roll_upper(s: Sites) -> Floats:
    return _rolled(s, 75.0, upper(s), (0.0, 0.32, -0.12), 1.0)


def _shrug_lower(s: Sites) -> Floats:
    chin = blob(s, (0.0, -8.4, 5.5), (1.6, 2.0, 1.1)) * (0.0, -0.2, 0.65)
    pout = lower(s) * over_lips(s) * near(s, 0.5) * (0.0, -0.35, 0.05)
    push = near(s, 0.7) * (0.0, -0.2, 0.48) * (1.0 - 0.01 * s.points[:, 0:1] ** 2)
    return chin * (1.0 - near(s, 0.5)) + push + pout


def _shrug_upper(s: Sites) -> Floats:
    push = near(s, 0.7) * (0.0, -0.05, 0.2) * bump(s, 0.0, 2.6)
    return push + upper(s) * over_lips(s) * near(s, 0.6) * (0.0, -0.4, 0.36)


def _press(s: Sites) -> Floats:
    thin = _thin(s, 0.32, 0.45) * np.abs(s.up)[:, None]
    knot = blob(s, (2.8, -8.0, 7.6), (0.55, 1.5, 0.8)) * (0.05, -0.24, 0.1)
    return (thin + near(s, 0.5) * (0.0, 0.14, 0.0)) * half(s) + knot


def _lower_down(s: Sites) -> Floats:
    return lower(s) * bump(s, 1.0, 1.2) * near(s, 0.6) * (0.1, -0.1, -0.75)


def _upper_up(s: Sites) -> Floats:
    lip = upper(s) * bump(s, 1.0, 1.2) * near(s, 0.6) * (0.08, -0.1, 0.62)
    fold = blob(s, (2.2, -8.4, 9.9), (0.9, 2.0, 0.9)) * (0.05, -0.2, 0.3) * (1.0 - near(s, 0.5))
    return lip + fold + crease(s, FOLD[:-1], 0.35, 0.1)


def _tongue_out(s: Sites) -> Floats:
    """Part the lips for the tongue, which is in `parts`."""
    return near(s, 0.5) * (lower(s) * (0.0, -0.1, -0.5) + upper(s) * (0.0, 0.0, 0.22))


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
    "tongueOut": _tongue_out,
}
HALF: dict[str, Field] = {
    "jaw": lambda s: jaw_weight(s)[:, None] * (0.9, 0.0, 0.0),
    "mouth": _shift,
    "mouthSmile": _smile,
    "mouthFrown": _frown,
    "mouthDimple": _dimple,
    "mouthStretch": _stretch,
    "mouthPress": _press,
    "mouthLowerDown": _lower_down,
    "mouthUpperUp": _upper_up,
}
