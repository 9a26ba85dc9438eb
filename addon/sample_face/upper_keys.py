"""Keys of brows, lids, cheeks and nose. Does not need Blender. See `expressions`."""

from __future__ import annotations

import numpy as np

from .fields import Field, blob, bump, crease, lids, near, off_lids, over_lips, upper
from .sites import Sites
from .surface import Floats, smoothstep


def _below_hair(s: Sites) -> Floats:
    return smoothstep(19.6, 18.2, s.points[:, 2])[:, None]


def _wrinkles(s: Sites, x: float, width: float, deep: float) -> Floats:
    """Return three horizontal wrinkles of the forehead."""
    waves = np.cos(2.0 * np.pi * (s.points[:, 2:] - 17.75) / 0.62)
    place = blob(s, (x, -7.6, 17.75), (width, 3.0, 0.55))
    return deep * waves * place * (0.0, -1.0, 0.0)


def _inner_brows(s: Sites) -> Floats:
    lift = sum(
        (blob(s, (1.3 * side, -8.3, 16.2), (1.45, 2.5, 1.2)) * (-0.12 * side, -0.05, 1.35) for side in (1, -1)),
        np.zeros((1, 3)),
    )
    return (lift * _below_hair(s) + _wrinkles(s, 0.0, 1.5, 0.07)) * off_lids(s)


def _brow_down(s: Sites) -> Floats:
    inner = blob(s, (1.5, -8.2, 15.8), (1.3, 2.5, 1.05)) * (-0.3, -0.22, -0.85)
    outer = blob(s, (4.0, -7.6, 16.0), (1.4, 2.5, 0.9)) * (-0.25, -0.1, -0.4)
    furrow = crease(s, ((0.5, 16.9), (0.42, 15.8), (0.5, 14.6)), 0.22, 0.1)
    return (inner + outer) * off_lids(s) + furrow


def _brow_up(s: Sites) -> Floats:
    lift = blob(s, (4.5, -7.2, 16.2), (1.85, 3.0, 1.2)) * (0.05, 0.1, 1.2)
    return (lift * _below_hair(s) + _wrinkles(s, 3.6, 1.1, 0.05)) * off_lids(s)


def _cheek_squint(s: Sites) -> Floats:
    cheek = blob(s, (3.7, -7.7, 11.2), (1.6, 2.5, 0.95)) * (0.05, -0.45, 0.75) * off_lids(s)
    feet = crease(s, ((5.2, 14.2), (5.9, 14.5), (6.3, 14.9)), 0.2, 0.05)
    return cheek + feet + lids(s, 0.08, 1.9)


def _sneer(s: Sites) -> Floats:
    wing = blob(s, (1.25, -9.0, 10.5), (0.6, 1.5, 0.6)) * (0.15, 0.0, 0.65)
    fold = blob(s, (2.1, -8.3, 10.6), (0.8, 2.0, 0.9)) * (0.0, -0.3, 0.5)
    bridge = crease(s, ((0.15, 13.1), (0.7, 13.0), (1.3, 13.6)), 0.22, 0.13)
    bridge += crease(s, ((0.2, 12.2), (0.8, 12.0), (1.4, 12.5)), 0.22, 0.12)
    brow = blob(s, (1.3, -8.5, 15.7), (0.9, 2.0, 0.9)) * (-0.15, -0.05, -0.35)
    side = crease(s, ((1.35, 10.9), (1.9, 10.2), (2.5, 9.2)), 0.3, 0.16)
    lip = (
        upper(s) * bump(s, 1.1, 1.1) * near(s, 0.6) * over_lips(s) * (0.0, -0.25, 0.45)
    )  # curls, but doesn't part the lips
    return (wing + fold + bridge + brow + side) * off_lids(s) + lip


def _squint(s: Sites) -> Floats:
    bag = blob(s, (3.4, -7.9, 12.1), (1.4, 2.0, 0.55)) * (0.0, -0.12, 0.25)
    return lids(s, 0.2, 2.2) + bag * off_lids(s)


def _fold_up(s: Sites, height: float) -> Floats:
    """Return the displacement of the skin above the upper lid, which makes room for the lid."""
    return blob(s, (3.3, -8.0, 15.0), (1.7, 2.0, 0.6)) * (0.0, -0.08, height) * off_lids(s)


def _puff(s: Sites) -> Floats:
    cheeks = sum(
        (blob(s, (4.1 * side, -6.4, 8.3), (1.5, 2.4, 1.6)) * (0.9 * side, -0.8, 0.0) for side in (1, -1)),
        np.zeros((1, 3)),
    )
    lip = near(s, 0.6) * (0.0, -0.22, 0.0) + upper(s) * near(s, 0.8) * (1.0 - near(s, 0.25)) * (0.0, -0.2, 0.0)
    return cheeks * (1.0 - near(s, 0.35)) + lip


WHOLE: dict[str, Field] = {"browInnerUp": _inner_brows, "cheekPuff": _puff}
HALF: dict[str, Field] = {
    "eyeBlink": lambda s: lids(s, 0.97, 1.0),  # the lashes cover the last 0.2 mm
    "eyeLookDown": lambda s: lids(s, 0.38, -0.5),
    "eyeLookIn": lambda s: lids(s, 0.0, 0.0, -5.0),
    "eyeLookOut": lambda s: lids(s, 0.0, 0.0, 5.0),
    "eyeLookUp": lambda s: lids(s, -0.36, 0.4) + _fold_up(s, 0.3),
    "eyeSquint": _squint,
    "eyeWide": lambda s: lids(s, -0.45, -0.9) + _fold_up(s, 0.42),
    "browDown": _brow_down,
    "browOuterUp": _brow_up,
    "cheekSquint": _cheek_squint,
    "noseSneer": _sneer,
}
