"""Make ARKit Keys on heads that aren't the sample face. Most are slow: python -m pytest -m slow tests/addon/test_made_heads.py."""

import bpy
import numpy as np
import pytest
from helpers import part

from backend.arkit import CHANNELS
from tests.made_heads import HEADS, add_head

QUICK = {"huge-eyed"}
LIPS, LIDS = 0.005, 0.003  # of the head's height: how far lips and lids that are closed may be apart
OPEN = 0.02  # of the head's height: how far apart they are when open


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in HEADS]
)
def test_head_gets_its_keys(scene: "bpy.types.Scene", name: str) -> None:
    head = add_head(name)
    before = _coordinates(head)
    job, lines = part("addon.key_making.key_job"), part("addon.key_transfer.face_landmarks")
    found = job.KeyJob(part("addon.key_making.scene_head").read_head(bpy.context, head), None, False)
    assert found.done(600.0) and found.face, found.missing
    assert bpy.ops.object.arkit_keys_make() == {"FINISHED"}
    keys = head.data.shape_keys.key_blocks
    assert set(CHANNELS) <= set(keys.keys())
    assert np.array_equal(_coordinates(head), before)
    assert np.array_equal(_coordinates(head, keys[0].name), before)

    face, number, frame = found.face.analysis.head(), found.face.skin.vertices, found.face.analysis.frame
    to_frame = np.array(head.matrix_world)[:3, :3].T @ frame.rows.T / frame.size

    def lines_of(pair: tuple[str, str], posed: dict[str, float]) -> list[np.ndarray]:
        """Return two lines of points, x to the left of the face, y back, z up, in units of the head's height."""
        points = before + sum(value * (_coordinates(head, key) - before) for key, value in posed.items())
        return [points[number[face.lines[line]]] @ to_frame for line in pair]

    def gap(pair: tuple[str, str], *at_one: str) -> float:
        """Return the widest gap between two lines."""
        return _apart(*lines_of(pair, dict.fromkeys(at_one, 1.0)))

    lips, left, right = lines.PAIRS
    assert gap(lips, "jawOpen") > OPEN
    assert gap(lips, "jawOpen", "mouthClose") < LIPS
    # Of a mouth that is open at rest, the lower lip comes to lie before the upper one. From the front, no gap is seen.
    upper, lower = (line[:, [0, 2]] for line in lines_of(lips, _mouth_at_a_p(head)))
    assert _apart(upper, lower) < LIPS
    for lids, side in ((left, "Left"), (right, "Right")):
        assert gap(lids) > OPEN
        assert gap(lids, f"eyeBlink{side}") < LIDS


def _mouth_at_a_p(head: "bpy.types.Object") -> dict[str, float]:
    """Return the channels that are keyed in the middle of a p between two vowels."""
    names = ("jawOpen", "mouthClose")
    values = np.zeros((31, len(names)), np.float32)
    values[:, 0] = 0.5
    values[12:19] = 0.2
    face = part("addon.rig.face_rig").read_face(head)
    take, controls = part("backend.curves.base").Curves(names, values, 30.0), part("backend.curves.adjust").Controls()
    keyed = part("addon.takes.controls").fit(face, take, controls, None)
    return dict(zip(names, keyed.values[15].tolist(), strict=True))


def _coordinates(ob: "bpy.types.Object", key: str = "") -> np.ndarray:
    data = ob.data.shape_keys.key_blocks[key].data if key else ob.data.vertices
    flat = np.empty(3 * len(data), np.float32)
    data.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def _apart(points: np.ndarray, line: np.ndarray) -> float:
    """Return the largest distance of points (n, d) from a line (k, d)."""
    starts, ways = line[:-1], np.diff(line, axis=0)
    share = ((points[:, None] - starts) * ways).sum(-1) / np.maximum((ways**2).sum(-1), 1e-30)
    nearest = starts + np.clip(share, 0.0, 1.0)[..., None] * ways
    return float(np.linalg.norm(points[:, None] - nearest, axis=-1).min(1).max())
