"""Lid contact: the value of eyeBlink at which a rig's lids meet, and full blinks that close them there."""

import bpy
import numpy as np
import pytest
from helpers import add_mesh, add_rows, fcurves, part

from backend.arkit import CHANNELS
from backend.curves.base import Curves

WIDTH = 9  # vertices along each lid
BLINK = 'key_blocks["eyeBlinkLeft"].value'


@pytest.fixture
def eye(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add a brow, an open eye's upper and lower lid, and a cheek: rows of vertices from top to bottom."""
    return add_rows((2.0, 0.5, -0.5, -2.0), WIDTH)


def _add(ob: "bpy.types.Object", name: str, upper: float, lower: float) -> None:
    """Add a shape key that moves the upper lid down and the lower lid up by the given distances."""
    points = np.array([vertex.co for vertex in ob.data.vertices], np.float32).reshape(4, WIDTH, 3)
    points[1, :, 2] -= upper
    points[2, :, 2] += lower
    key = ob.shape_key_add(name=name, from_mix=False)
    key.data.foreach_set("co", points.ravel())
    key.value = 0.0


def _face(ob: "bpy.types.Object"):
    return part("addon.rig.face_rig").read_face(ob)


def _measure(ob: "bpy.types.Object") -> dict[str, float]:
    return part("addon.rig.lid_contact").measure(_face(ob))


def test_meeting_is_measured_from_the_keys(eye: "bpy.types.Object") -> None:
    _add(eye, "eyeBlinkLeft", 1.15, 0.1)  # a gap of 1, closed by 1.25 in all
    _add(eye, "eyeBlinkRight", 0.9, 0.1)
    assert _measure(eye) == pytest.approx({"eyeBlinkLeft": 0.8, "eyeBlinkRight": 1.0}, abs=1e-4)


def test_lids_that_do_not_tell_are_left_alone(scene: "bpy.types.Scene", eye: "bpy.types.Object") -> None:
    _add(eye, "eyeBlinkLeft", 3.0, 0.1)  # nothing that a lid does
    assert _measure(eye) == {}
    assert _measure(add_mesh("Eyes", ["eyeBlinkLeft"])) == {}


def test_sample_face_closes_its_lids(face: "bpy.types.Object") -> None:
    assert set(_measure(face)) == {"eyeBlinkLeft", "eyeBlinkRight"}
    assert all(value > 0.9 for value in _measure(face).values())


def test_full_blinks_end_where_the_lids_meet(eye: "bpy.types.Object") -> None:
    _add(eye, "eyeBlinkLeft", 1.15, 0.1)
    _add(eye, "eyeBlinkRight", 1.15, 0.1)
    values = np.zeros((90, 52), np.float32)
    for channel in ("eyeBlinkLeft", "eyeBlinkRight"):
        values[43:48, CHANNELS.index(channel)] = [0.2, 0.4, 0.5, 0.3, 0.1]
    take = Curves(CHANNELS, values, 30.0)
    controls, adjust = part("addon.takes.controls"), part("backend.curves.adjust")
    lids = controls.fit(_face(eye), take, adjust.NEW_TAKES, None).values[:, CHANNELS.index("eyeBlinkLeft")]
    assert 0.9 * 0.8 <= lids.max() <= 0.8
    as_generated = controls.fit(_face(eye), take, adjust.Controls(), None).values
    np.testing.assert_array_equal(as_generated, values)


def test_new_takes_have_full_blinks_and_earlier_ones_stay(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    """A take that stores nothing of full blinks is one from before they existed."""
    scene.lipsync.key_density, scene.lipsync.seed = "DENSE", 4
    active = part("addon.properties").active_take
    scene.lipsync.controls.full_blinks = False
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    earlier = active(bpy.context)
    scene.lipsync.controls.property_unset("full_blinks")
    earlier.lipsync_controls.property_unset("full_blinks")
    before = [point.co[1] for point in fcurves(earlier)[BLINK].keyframe_points]

    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    again = active(bpy.context)
    assert again != earlier and [point.co[1] for point in fcurves(again)[BLINK].keyframe_points] == before

    face_action, rig = part("addon.keyframes.face_action"), part("addon.rig.face_rig")
    face_action.assign(earlier, rig.read_face(face))
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    full = active(bpy.context)
    assert full.lipsync_controls.full_blinks and not earlier.lipsync_controls.full_blinks
    assert max(point.co[1] for point in fcurves(full)[BLINK].keyframe_points) >= 0.9 > max(before)
    full.lipsync_controls.full_blinks = False
    np.testing.assert_allclose([point.co[1] for point in fcurves(full)[BLINK].keyframe_points], before, atol=1e-4)
    assert bpy.ops.lipsync.controls_reset() == {"FINISHED"} and full.lipsync_controls.full_blinks


def test_locked_lids_of_full_blinks_stay(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    scene.lipsync.key_density = "DENSE"
    locks, active = scene.lipsync.locks, part("addon.properties").active_take
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    before = [tuple(point.co) for point in fcurves(active(bpy.context))[BLINK].keyframe_points]
    locks.all_mouth, locks.all_lids = False, True
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = active(bpy.context)
    assert [tuple(point.co) for point in fcurves(other)[BLINK].keyframe_points] == before
    other.lipsync_controls.lids = 0.5  # keyed again from what the take stores
    after = [point.co[1] for point in fcurves(other)[BLINK].keyframe_points]
    np.testing.assert_allclose(after, [value / 2 for _, value in before], atol=1e-4)
