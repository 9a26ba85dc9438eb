"""Compare keys that are made for a head with the head's own, which an artist sculpted or scanned: python -m tests.bench.own_shapes HEAD.npz

Run it with bpy. The file holds arrays: PART/vertices (n, 3), PART/faces (m, 4), with -1 in place of a triangle's fourth corner, and for each
expression PART/NAME/index (k,) and PART/NAME/offset (k, 3). The parts are face, eye_left and eye_right; y points up, the face looks along +z.
NAME is ARKit's, with _L and _R for sides; browInnerUp and cheekPuff may have sides too, which add up. ICT-FaceKit is such a head.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import bpy  # noqa: F401 - brings mathutils along
import numpy as np

from backend.arkit import CHANNELS
from tests.addon_source import source

from .table import Table, markdown

_TOGETHER = ("browInnerUp", "cheekPuff")


def measure(path: Path) -> Table:
    """Make keys for the head in a file, without a look at its own, and compare both."""
    face_parts, topology = source("key_transfer.face_parts"), source("key_transfer.topology")
    transfer = source("key_transfer.transfer")
    file = np.load(path)
    skin = _surface(topology, file, "face")
    eyes = [_surface(topology, file, part) for part in ("eye_left", "eye_right")]
    centers = np.array([face_parts.fit_ball(eye.points).center for eye in eyes])
    *_, analysis = source("key_transfer.analysis").analyze(skin, transfer.joined(eyes), centers)
    sample = source("key_transfer.sample_source").sample_source()
    *_, (_, made) = transfer.make_keys(sample, analysis, eyes)
    own = _own_keys(file, len(skin.points))
    rows = [(name, *_compared(made.skin[name], own[name])) for name in CHANNELS if name in own]
    means = tuple(float(np.mean([row[column] for row in rows])) for column in (1, 2, 3))
    return Table(
        f"Keys made for {path.stem} beside its own",
        "Over all vertices of the skin. Error: mean distance between both, as a share of the mean movement of the head's own key. Extent: "
        "how far the made key goes along the head's own, as a share of it. Likeness: cosine between both.",
        ("key", "error", "extent", "likeness"),
        (*rows, ("mean", *means)),
    )


def _surface(topology, file: Mapping[str, np.ndarray], part: str):
    faces = file[f"{part}/faces"].astype(np.int64)
    quads = faces[faces[:, 3] >= 0]
    return topology.Surface(_z_up(file[f"{part}/vertices"]), np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]]))


def _own_keys(file: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    keys: dict[str, np.ndarray] = {}
    for entry in file:
        part, *name = entry.split("/")
        if part != "face" or len(name) != 2 or name[1] != "index":
            continue
        moves = np.zeros((count, 3))
        moves[file[entry]] = _z_up(file[f"face/{name[0]}/offset"])
        channel = name[0].replace("_L", "Left").replace("_R", "Right")
        if channel.startswith(_TOGETHER):
            channel = channel.removesuffix("Left").removesuffix("Right")
        keys[channel] = keys.get(channel, 0.0) + moves
    return keys


def _z_up(points: np.ndarray) -> np.ndarray:
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], -1).astype(float)


def _compared(made: np.ndarray, own: np.ndarray) -> tuple[float, float, float]:
    """Return error, extent and likeness, see measure()."""
    both, size = (made * own).sum(), (own * own).sum()
    error = np.linalg.norm(made - own, axis=-1).mean() / np.linalg.norm(own, axis=-1).mean()
    return float(error), float(both / size), float(both / np.sqrt(size * (made * made).sum()))


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    print(markdown(measure(Path(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
