"""Eye darts of takes: new ones have them, earlier ones stay, and locked gaze keeps what was shown."""

import bpy
import numpy as np
import pytest
from helpers import fcurves, part
from tolerances import STORED

LOOK = 'key_blocks["eyeLookDownLeft"].value'


@pytest.fixture(autouse=True)
def chosen(scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    scene.lipsync.key_density, scene.lipsync.seed, scene.lipsync.identity_name = "DENSE", 4, "Ada"


def _active() -> "bpy.types.Action":
    return part("addon.properties").active_take(bpy.context)


def _look(action: "bpy.types.Action") -> np.ndarray:
    return np.array([point.co[1] for point in fcurves(action)[LOOK].keyframe_points])


def test_new_takes_have_eye_darts_and_earlier_ones_stay(scene: "bpy.types.Scene", face: "bpy.types.Object") -> None:
    """A take that stores nothing of eye darts is one from before they existed."""
    scene.lipsync.controls.eye_darts = False
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    earlier = _active()
    scene.lipsync.controls.property_unset("eye_darts")
    earlier.lipsync_controls.property_unset("eye_darts")
    before = _look(earlier)

    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    assert _active() != earlier
    np.testing.assert_array_equal(_look(_active()), before)

    part("addon.keyframes.face_action").assign(earlier, part("addon.rig.face_rig").read_face(face))
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    darting = _active()
    assert darting.lipsync_controls.eye_darts and not earlier.lipsync_controls.eye_darts
    assert np.abs(np.diff(_look(darting))).max() > 2 * np.abs(np.diff(before)).max()  # 2.6 with model 4.2.0
    darting.lipsync_controls.eye_darts = False
    np.testing.assert_allclose(_look(darting), before, atol=STORED)
    assert bpy.ops.lipsync.controls_reset() == {"FINISHED"} and darting.lipsync_controls.eye_darts


def test_seeds_differ_and_one_seed_repeats() -> None:
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    first = _look(_active())
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    np.testing.assert_array_equal(_look(_active()), first)
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    assert np.abs(_look(_active()) - first).max() > 0.05


def test_locked_gaze_keeps_its_darts(scene: "bpy.types.Scene") -> None:
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    before = _look(_active())
    scene.lipsync.locks.all_mouth, scene.lipsync.locks.all_gaze = False, True
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    np.testing.assert_array_equal(_look(_active()), before)
    _active().lipsync_controls.gaze = 0.5  # keyed again from what the take stores
    np.testing.assert_allclose(_look(_active()), before / 2, atol=STORED)
