"""All meshes of the sample face with their shape keys and colors, as numbers. Does not need Blender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...backend.arkit import CHANNELS
from . import parts as pieces
from .brows_ears import add_brows, add_ears, add_nostrils
from .expressions import offsets
from .hair import hair
from .lids import add_lashes
from .mesh import Builder, Part
from .skin import add_skin
from .surface import Floats

PALETTE = {
    "Skin": (0.84, 0.49, 0.34),
    "Lips": (0.62, 0.19, 0.17),
    "Mouth": (0.17, 0.04, 0.045),
    "Brows": (0.09, 0.045, 0.028),
    "Nostrils": (0.24, 0.075, 0.05),
    "Eye White": (0.90, 0.89, 0.87),
    "Iris": (0.10, 0.25, 0.33),
    "Pupil": (0.008, 0.008, 0.01),
    "Glint": (1.0, 1.0, 1.0),
    "Teeth": (0.95, 0.93, 0.87),
    "Gums": (0.58, 0.20, 0.20),
    "Tongue": (0.60, 0.17, 0.19),
    "Hair": (0.15, 0.062, 0.03),
}


@dataclass(frozen=True)
class Look:
    """How a material is shaded in a render; all but `glows` and `tinted` are inputs of the Principled BSDF."""

    roughness: float = 0.6
    specular: float = 0.5
    subsurface: float = 0.0
    coat: float = 0.0
    glows: bool = False
    tinted: bool = False


LOOK = {
    "Skin": Look(0.5, subsurface=0.15, tinted=True),
    "Lips": Look(0.32, subsurface=0.1),
    "Eye White": Look(0.3, coat=1.0),
    "Iris": Look(0.3, coat=1.0),
    "Pupil": Look(0.3, coat=1.0),
    "Glint": Look(glows=True),
    "Teeth": Look(0.25, subsurface=0.1),
    "Gums": Look(0.3),
    "Brows": Look(0.8, specular=0.15),
    "Nostrils": Look(0.9, specular=0.0),
    "Mouth": Look(0.6, specular=0.1),
    "Tongue": Look(0.4, subsurface=0.1),
    "Hair": Look(0.42),
}
# Where the skin is redder or darker: x, y, z (cm, mirrored too), reach (cm), and the factors of its color there.
TINTS = (
    ((4.1, -7.0, 10.5), 1.35, (1.0, 0.74, 0.68)),  # cheeks
    ((0.0, -10.2, 10.7), 0.75, (1.0, 0.78, 0.72)),  # tip of the nose
    ((7.3, 1.3, 13.0), 2.2, (1.0, 0.76, 0.68)),  # ears
    ((3.3, -7.9, 14.9), 0.9, (0.93, 0.80, 0.76)),  # upper lids
    ((0.0, -8.8, 5.6), 0.8, (1.0, 0.90, 0.86)),  # chin
)


def head() -> Builder:
    """Return the head's mesh: skin with lips and lids, brows, lashes, nostrils and ears."""
    builder = Builder()
    add_skin(builder)
    add_brows(builder)
    add_lashes(builder)
    add_nostrils(builder)
    add_ears(builder)
    return builder


def parts() -> list[Part]:
    """Return the meshes of the face, the head first."""
    builder = head()
    sites = builder.sites()
    keys = {name: offsets(name, sites) for name in CHANNELS}
    face = Part("Face", builder, ("Skin", "Lips", "Mouth", "Brows", "Nostrils"), keys, _tint(sites.points))
    return [face, pieces.eye(1.0), pieces.eye(-1.0), pieces.teeth(), pieces.tongue(), hair()]


def _tint(points: Floats) -> Floats:
    """Return the factors (n, 3) of the skin's color at points (n, 3)."""
    mirrored = np.stack([np.abs(points[:, 0]), points[:, 1], points[:, 2]], -1)
    tint = np.ones_like(points)
    for place, reach, color in TINTS:
        weight = np.exp(-0.5 * (((mirrored - place) / reach) ** 2).sum(-1, keepdims=True))
        tint *= 1.0 - weight * (1.0 - np.array(color))
    return tint
