"""Named vertices of the head's mesh, by which other heads are fitted. Does not need Blender."""

from __future__ import annotations

import numpy as np

from .brows_ears import brow_line
from .mesh import Builder

# Places on the skin in cm, (x, y, z); those with x > 0 have a twin on the right.
_MIDDLE = {
    "forehead": (0.0, -7.7, 18.6),
    "nose_bridge": (0.0, -8.3, 14.0),
    "nose_tip": (0.0, -10.6, 10.75),
    "nose_base": (0.0, -9.2, 9.6),
    "chin": (0.0, -9.2, 5.6),
    "chin_bottom": (0.0, -7.2, 4.2),
}
_LEFT = {"nose_wing": (1.45, -8.6, 10.45), "cheek": (4.0, -7.4, 10.6), "jaw_corner": (5.2, -1.2, 6.6)}


def landmarks(head: Builder) -> dict[str, int]:
    """Return name -> number of a vertex of the head's mesh, about forty, in mirrored pairs but for those in the middle.

    All lie on the skin but ear_top and ear_bottom. lip_corner is where the lips meet, lip_upper_outer and lip_lower_outer are the middle of
    the red's border, lip_upper_inner and lip_lower_inner of the line where the lips meet: two vertices in one place.
    """
    points, marks = head.sites().points, head.marks
    skin = marks["skin"]

    def nearest(place: tuple[float, float, float], among: np.ndarray = skin) -> int:
        return int(among[np.linalg.norm(points[among] - place, axis=-1).argmin()])

    middle = skin[np.abs(points[skin, 0]) < 1e-6]
    found = {name: nearest(place, middle) for name, place in _MIDDLE.items()}
    seam, border = marks["lip_seam"], marks["lip_border"]
    quarter = len(seam) // 4
    for name, ring, at in (
        ("lip_upper_outer", border, quarter),
        ("lip_upper_inner", seam, quarter),
        ("lip_lower_inner", seam, 3 * quarter),
        ("lip_lower_outer", border, 3 * quarter),
        ("lip_corner_left", seam, 0),
        ("lip_corner_right", seam, 2 * quarter),
    ):
        found[name] = int(ring[at])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, place in _LEFT.items():
            found[f"{name}_{side}"] = nearest((sign * place[0], place[1], place[2]))
        lid = marks["lid_" + side]
        quarter = len(lid) // 4
        for name, at in (
            ("eye_outer", 0),
            ("lid_upper", quarter),
            ("eye_inner", 2 * quarter),
            ("lid_lower", 3 * quarter),
        ):
            found[f"{name}_{side}"] = int(lid[at])
        brow = marks["brow_" + side]
        for name, t in (("inner", 0.05), ("middle", 0.5), ("outer", 0.95)):
            x = sign * float(brow_line(np.array(t))[0])
            on_brow = points[brow[np.abs(points[brow, 0] - x).argmin()]]
            found[f"brow_{name}_{side}"] = nearest((on_brow[0], on_brow[1], on_brow[2]))
        ear = marks["ear_" + side]
        found[f"ear_top_{side}"] = int(ear[points[ear, 2].argmax()])
        found[f"ear_bottom_{side}"] = int(ear[points[ear, 2].argmin()])
    return found
