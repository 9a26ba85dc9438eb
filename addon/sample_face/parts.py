"""Eyes, teeth and tongue, as meshes of their own. Does not need Blender."""

from __future__ import annotations

import numpy as np

from .mesh import Builder, Part, ball, grid
from .mouth_keys import JAW_ANGLE, turned
from .sites import lip_line
from .surface import EYE, EYE_RADIUS, Floats, smoothstep

ARCH_HALF = 2.4  # cm, from the middle of a row of teeth to its last ones
TOOTH_WIDTHS = {1.0: (0.76, 0.64, 0.68, 0.64, 0.66, 0.84, 0.84), -1.0: (0.54, 0.58, 0.64, 0.64, 0.66, 0.84, 0.84)}
TOOTH_LIFTS = (0.0, 0.06, 0.02, 0.07, 0.1, 0.12, 0.15)  # of their edges, from the middle outward as are the widths
# From the gum in front over the edge to the gum behind: how far out, and how far (share of its height) from the edge.
TOOTH_PROFILE = np.array(
    [(-0.02, 1.15), (0.04, 0.95), (0.09, 0.7), (0.09, 0.42), (0.05, 0.18), (-0.01, 0.05), (-0.09, 0.0)]
    + [(-0.17, 0.06), (-0.24, 0.35), (-0.36, 1.1)]
)
GUM_PROFILE = np.array([(0.03, 0.93), (0.12, 1.0), (0.2, 1.25), (0.16, 1.7), (-0.2, 2.0), (-0.7, 1.7), (-0.42, 0.95)])
LOOKS = {
    "eyeLookDown": (-24.0, 0.0),
    "eyeLookUp": (20.0, 0.0),
    "eyeLookIn": (0.0, -28.0),
    "eyeLookOut": (0.0, 30.0),
}  # degrees up, outward


def eye(side: float) -> Part:
    """Return an eyeball (side: 1 left, -1 right) with iris, pupil and a glint that follows the gaze halfway."""
    builder = Builder()
    center = EYE * (side, 1.0, 1.0)
    rings = np.array([5, 11.5, 18, 24, 26, 34, 50, 70, 90, 115, 140, 165.0])
    ball(builder, lambda p: center + EYE_RADIUS * p, 36, rings, [2, 2, 1, 1, 2] + [0] * 8)
    count = builder.count
    turn = 2.0 * np.pi * np.arange(10) / 10
    glint = np.stack([0.13 + 0.05 * np.cos(turn), np.full(10, -1.0), 0.2 + 0.05 * np.sin(turn)], -1)
    glint = center + EYE_RADIUS * 1.01 * glint / np.linalg.norm(glint, axis=-1, keepdims=True)
    ring = builder.add(glint)
    builder.fan(ring, int(builder.add(glint.mean(0, keepdims=True))[0]), 3)
    points = builder.sites().points - center
    follows = np.where(np.arange(builder.count) < count, 1.0, 0.4)
    keys = {}
    for name, (up, outward) in LOOKS.items():
        a, b = np.radians(up), np.radians(outward * side)
        pitch = np.array([[1, 0, 0], [0, np.cos(a), np.sin(a)], [0, -np.sin(a), np.cos(a)]])
        yaw = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
        keys[name + ("Left" if side > 0 else "Right")] = (points @ (yaw @ pitch).T - points) * follows[:, None]
    return Part("Eye Left" if side > 0 else "Eye Right", builder, ("Eye White", "Iris", "Pupil", "Glint"), keys)


def teeth() -> Part:
    """Return both rows of teeth in their gums. The upper row stays; the lower one moves with the jaw."""
    builder = Builder()
    front = float(lip_line(np.zeros(1))[0, 1])
    _add_row(builder, front + 0.85, 7.42, 1.0, 1.0)
    upper = builder.count
    _add_row(builder, front + 1.05, 7.42, -1.0, 0.85)
    carried = (np.arange(builder.count) >= upper)[:, None]
    keys = {name: move * carried for name, move in _jaw_moves(builder.sites().points).items()}
    return Part("Teeth", builder, ("Teeth", "Gums"), keys)


def _add_row(builder: Builder, front: float, bite: float, up: float, tall: float) -> None:
    """Add one row of teeth along a curve, and its gum. up: 1 for the upper row, -1 for the lower. Lengths in cm."""
    fine = ARCH_HALF * np.sin(np.linspace(0.0, np.pi / 2, 400))  # closer together where the row turns back
    curve = np.stack([fine, front + _depth(fine)], -1)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    within = np.array([-1.0, -0.94, -0.8, -0.5, 0.0, 0.5, 0.8, 0.94])
    widths = np.array(TOOTH_WIDTHS[up])
    starts = np.concatenate([[0.0], np.cumsum(widths)])
    along = np.concatenate([starts[:-1, None] + widths[:, None] * (0.5 + 0.5 * within)]).ravel()
    across = np.tile(within, len(widths))
    lifts = np.repeat(TOOTH_LIFTS, len(within))
    along, across, lifts = (np.concatenate([sign * a[:0:-1], a]) for sign, a in ((-1, along), (1, across), (1, lifts)))
    flat = np.stack([np.interp(np.abs(along), length, curve[:, axis]) for axis in (0, 1)], -1)
    flat[:, 0] *= np.sign(along)
    ahead = np.gradient(flat, axis=0)
    outward = np.stack([ahead[:, 1], -ahead[:, 0]], -1) / np.linalg.norm(ahead, axis=-1, keepdims=True)

    def sheet(out: Floats, height: Floats, material: int) -> None:
        spots = flat[:, None] + out[..., None] * outward[:, None]
        points = np.concatenate([spots, (bite + up * tall * height)[..., None]], -1)
        grid(builder, points, material, flip=up > 0)

    edge = np.abs(across)[:, None]
    out, height = (np.broadcast_to(TOOTH_PROFILE[:, k], (len(along), len(TOOTH_PROFILE))) for k in (0, 1))
    low = np.clip(1.0 - height, 0.0, 1.0)
    sheet(out - 0.13 * edge**6 * (out > -0.1), height + low**3 * (0.13 * edge**4 + lifts[:, None]), 0)
    out, height = (np.broadcast_to(GUM_PROFILE[:, k], (len(along), len(GUM_PROFILE))) for k in (0, 1))
    sheet(out, height - 0.16 * edge**3 * (height == GUM_PROFILE[0, 1]) - 0.08 * edge**3 * (height == 1.0), 1)


def _depth(x: Floats) -> Floats:
    """Return how far back (cm) a row of teeth lies at x: flat in front, near the corners of the mouth, then straight back.

    Were it rounder, a mouth seen from one side would look gap-toothed on the other.
    """
    return 4.6 * (1.0 - (1.0 - (np.abs(x) / ARCH_HALF) ** 2.5) ** 0.4)


def tongue() -> Part:
    """Return a tongue that fills the lower row of teeth, moves with the jaw, and comes out."""
    builder = Builder()
    front = float(lip_line(np.zeros(1))[0, 1])

    def shape(p: Floats) -> Floats:
        y = -p[:, 1]
        back = 0.5 * (1.0 - y)  # 0 at the tip, 1 at the root
        middle = 6.8 + 0.35 * np.sin(np.pi * np.clip(back, 0, 1)) - 0.5 * back**2
        thick = 0.32 + 0.35 * back
        groove = -0.1 * np.exp(-((p[:, 0] / 0.25) ** 2)) * (p[:, 2] > 1e-9)
        return np.stack(
            [p[:, 0] * (2.15 + 0.35 * back), front + 1.65 + 5.0 * back, middle + thick * p[:, 2] + groove], -1
        )

    ball(builder, shape, 24, np.linspace(9, 171, 16), [0] * 17)
    points = builder.sites().points
    keys = _jaw_moves(points)
    tip = smoothstep(front + 6.0, front + 1.6, points[:, 1])[:, None]
    rise = 0.9 * smoothstep(0.0, 0.6, tip) - 0.45 * tip**3
    keys["tongueOut"] = np.concatenate([-0.1 * points[:, :1] * tip, -3.4 * tip, rise], -1)
    return Part("Tongue", builder, ("Tongue",), keys)


def _jaw_moves(points: Floats) -> dict[str, Floats]:
    still = np.zeros_like(points)
    return {
        "jawForward": still + (0.0, -0.9, -0.12),
        "jawLeft": still + (0.9, 0.0, 0.0),
        "jawRight": still - (0.9, 0.0, 0.0),
        "jawOpen": turned(points, JAW_ANGLE),
    }
