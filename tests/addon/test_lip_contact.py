"""Lip contact on rigs whose mouthClose is too weak or missing."""

import bpy
import numpy as np
import pytest
from helpers import add_mesh, add_rows, part

from backend.curves.base import Curves

NAMES = ("jawOpen", "mouthClose", "mouthLowerDownLeft", "mouthLowerDownRight")
WIDTH = 9  # vertices of each lip


@pytest.fixture
def head(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add two lips that touch at rest, the lower one on a jaw with a chin."""
    return add_rows((0.6, 0.0, -0.001, -0.6), WIDTH)  # nose, lips, chin


def _add(ob: "bpy.types.Object", name: str, upper: float, lower: float, chin: float = 0.0) -> None:
    """Add a shape key that moves the lips and the chin down by the given distances."""
    points = np.array([vertex.co for vertex in ob.data.vertices], np.float32).reshape(4, WIDTH, 3)
    points[1:, :, 2] -= np.array([upper, lower, chin])[:, None]
    key = ob.shape_key_add(name=name, from_mix=False)
    key.data.foreach_set("co", points.ravel())
    key.value = 0.0


def _face(ob: "bpy.types.Object"):
    return part("addon.rig.face_rig").read_face(ob)


def _speech() -> Curves:
    """Return curves of a lip closure between two vowels, with the jaw open behind the lips."""
    values = np.zeros((31, len(NAMES)), np.float32)
    values[:, 0] = 0.5
    values[12:19, 0] = values[12:19, 1] = 0.3
    return Curves(NAMES, values, 30.0)


def _gap(take: Curves, closes: float) -> np.ndarray:
    return take.values[:, 0] - closes * take.values[:, 1]


def test_gaps_are_measured_from_the_keys(head: "bpy.types.Object") -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    _add(head, "mouthClose", 0.04, -0.2)
    _add(head, "mouthUpperUpLeft", -0.1, 0.0)
    lips = part("addon.rig.lip_contact").measure(_face(head))
    assert lips.parted == pytest.approx({"jawOpen": 1.0, "mouthClose": -0.6, "mouthUpperUpLeft": 0.25}, abs=1e-4)
    assert lips.rest == 0.0


def test_split_channels_add_up(head: "bpy.types.Object") -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    for name, upper, lower in (("Upper", 0.1, 0.0), ("Lower", 0.0, -0.1)):
        _add(head, f"mouthClose{name}", upper, lower)
    assert part("addon.rig.lip_contact").measure(_face(head)).parted["mouthClose"] == pytest.approx(-0.5, abs=1e-4)


@pytest.mark.parametrize("closes", [0.9, 0.6, 0.4])
def test_closures_reach_contact_and_vowels_stay(head: "bpy.types.Object", closes: float) -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    _add(head, "mouthClose", 0.0, -0.4 * closes)
    take = _speech()
    assert _gap(take, closes)[15] > 0.02
    closed = part("addon.rig.lip_contact").reach_contact(_face(head), take)
    assert abs(_gap(closed, closes)[15]) < 1e-3  # contact, and not one lip through the other
    assert closed.values.max() <= 1.0
    np.testing.assert_array_equal(closed.values[:11], take.values[:11])
    np.testing.assert_array_equal(closed.values[:, 2:], take.values[:, 2:])


def test_lips_that_are_apart_at_rest_meet(scene: "bpy.types.Scene") -> None:
    head = add_rows((0.6, 0.1, -0.1, -0.6), WIDTH)
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    _add(head, "mouthClose", 0.2, -0.4)
    contact = part("addon.rig.lip_contact")
    lips = contact.measure(_face(head))
    assert (lips.rest, lips.parted["mouthClose"]) == pytest.approx((0.5, -1.5), abs=1e-4)
    take = _speech()
    closed = contact.reach_contact(_face(head), take)
    assert abs(0.5 + _gap(closed, 1.5)[15]) < 1e-3
    np.testing.assert_array_equal(closed.values[:11], take.values[:11])


def test_mouth_close_that_goes_too_far_leaves_no_gap_at_rest(head: "bpy.types.Object") -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    _add(head, "mouthClose", 0.1, -0.5)
    assert part("addon.rig.lip_contact").measure(_face(head)).rest < 0.01


def test_jaw_shuts_without_mouth_close(head: "bpy.types.Object") -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    closed = part("addon.rig.lip_contact").reach_contact(_face(head), _speech())
    assert closed.values[15, 0] < 1e-3 and closed.values[0, 0] == 0.5


def test_arkit_rig_stays_as_generated(head: "bpy.types.Object") -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    _add(head, "mouthClose", 0.0, -0.4)
    take = _speech()
    assert part("addon.rig.lip_contact").reach_contact(_face(head), take) is take


def test_faces_without_seam_stay_unchanged(scene: "bpy.types.Scene") -> None:
    """Teeth move as a whole, a triangle has no lips, and visemes need no correction."""
    contact = part("addon.rig.lip_contact")
    assert contact.measure(_face(add_mesh("Teeth", ["jawOpen", "mouthClose"]))) is None
    assert contact.measure(_face(add_mesh("Anime", [*"AIUEO"]))) is None


def test_keys_of_a_take_reach_contact(head: "bpy.types.Object") -> None:
    _add(head, "jawOpen", 0.0, 0.4, 0.5)
    _add(head, "mouthClose", 0.0, -0.2)
    controls = part("backend.curves.adjust").Controls()
    fitted = part("addon.takes.controls").fit(_face(head), _speech(), controls, None)
    jaw, close = fitted.values[:, :2].T
    assert abs(jaw[15] - 0.5 * close[15]) < 1e-3
