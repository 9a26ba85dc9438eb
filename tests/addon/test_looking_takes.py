"""A look target: the eyes of takes hold it wherever it and the head move, and without it takes are as they were."""

from math import atan2, degrees, radians

import bpy
import numpy as np
import pytest
from helpers import part, read_action
from mathutils import Vector
from tolerances import STORED

from backend.curves.eye_darts import DEGREES
from backend.curves.look_target import breaks

CLOSE = 0.5  # degrees: eyes that converge or lag by so little seem to hold a target


@pytest.fixture(autouse=True)
def chosen(scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    scene.lipsync.key_density, scene.lipsync.seed, scene.lipsync.identity_name = "DENSE", 4, "Ada"
    scene.lipsync.controls.eye_darts = False  # they are tested without Blender
    scene.lipsync.controls.head = 0.0  # the eyes make up for its turns


@pytest.fixture
def take(chosen: None) -> "bpy.types.Action":
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    return _active()


@pytest.fixture
def target(face: "bpy.types.Object") -> "bpy.types.Object":
    """Add an object half a meter in front of the eyes."""
    ob = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(ob)
    ob.location = _eyes(face) + Vector((0, -0.5, 0))
    return ob


def _active() -> "bpy.types.Action":
    return part("addon.properties").active_take(bpy.context)


def _face(ob: "bpy.types.Object"):
    return part("addon.rig.face_rig").read_face(ob)


def _eyes(ob: "bpy.types.Object") -> Vector:
    bpy.context.view_layer.update()
    return part("addon.rig.eye_line").read_eyes(_face(ob)).world


def _gaze(action: "bpy.types.Action") -> np.ndarray:
    """Return how far a dense take turns the left eye, (frames, 2) degrees to the person's left and up."""
    keys = read_action(action)
    out, back, up, down = (keys[f'key_blocks["eyeLook{way}Left"].value'][:, 1] for way in ("Out", "In", "Up", "Down"))
    return DEGREES * np.stack([out - back, up - down], axis=1)


def _held(action: "bpy.types.Action") -> np.ndarray:
    """Return on which frames the eyes take no break, (frames,) bool."""
    return np.asarray(~breaks(action["lipsync_take"]["seed"], len(_gaze(action)), 24.0).any(axis=1))


def _slide(ob: "bpy.types.Object", frames: int) -> None:
    """Let an object move by 20 cm to the person's left, on each of its keys' frames by the same distance."""
    for frame, x in ((11, 0.0), (10 + frames, 0.2)):
        ob.location.x = x
        ob.keyframe_insert("location", index=0, frame=frame)


def test_eyes_lie_between_the_sample_faces_eyes(face: "bpy.types.Object") -> None:
    eyes = [ob for ob in face.children if ob.name.startswith("Eye")]
    corners = [ob.matrix_world @ Vector(corner) for ob in eyes for corner in ob.bound_box]
    middle = sum(corners, Vector()) / len(corners)
    assert (_eyes(face) - middle).length < 0.02


def test_eyes_follow_an_animated_target_but_for_breaks(
    face: "bpy.types.Object", take: "bpy.types.Action", target: "bpy.types.Object"
) -> None:
    frames = len(_gaze(take))
    _slide(target, frames)
    bpy.context.scene.frame_set(33)
    take.lipsync_controls.look_target = target
    assert bpy.context.scene.frame_current == 33
    held, eyes = _held(take), _eyes(face)
    expected = []
    for frame in range(11, 11 + frames):
        bpy.context.scene.frame_set(frame)
        expected.append(degrees(atan2(target.matrix_world.translation.x - eyes.x, 0.5)))
    np.testing.assert_allclose(_gaze(take)[held, 0], np.array(expected)[held], atol=CLOSE)
    assert 0.6 < held.mean() < 1
    away = np.abs(_gaze(take)[~held, 0] - np.array(expected)[~held]) + np.abs(_gaze(take)[~held, 1])
    assert away.max() > 5


def test_eyes_stay_on_the_target_while_the_head_turns(
    face: "bpy.types.Object", take: "bpy.types.Action", target: "bpy.types.Object"
) -> None:
    rig = part("addon.rig.face_rig").armatures(face).pop()
    bone = rig.pose.bones["head"]
    bone.rotation_mode = "XYZ"
    for frame, angle in ((11, 0.0), (60, 20.0)):
        bone.rotation_euler.y = radians(angle)  # about the bone, which points up
        bone.keyframe_insert("rotation_euler", frame=frame)
    take.lipsync_controls.look_target = target
    bpy.context.scene.frame_set(60)
    ahead = (rig.matrix_world @ bone.matrix @ bone.bone.matrix_local.inverted()).to_3x3() @ Vector((0, -1, 0))
    turned = degrees(atan2(ahead.x, -ahead.y))
    assert abs(turned) > 15
    gaze, held = _gaze(take)[49:, 0], _held(take)[49:]
    assert np.median(np.abs(gaze[held] + turned)) < 6  # the eyes also move aside when the head turns about the neck
    assert np.sign(np.median(gaze[held])) == -np.sign(turned)


def test_without_the_target_the_take_is_as_it_was(take: "bpy.types.Action", target: "bpy.types.Object") -> None:
    before = read_action(take)
    take.lipsync_controls.look_target = target
    assert np.abs(_gaze(take)[_held(take)]).max() < CLOSE
    take.lipsync_controls.brows = 0.5
    take.lipsync_controls.brows = 1.0
    take.lipsync_controls.look_target = None
    after = read_action(take)
    assert after.keys() == before.keys()
    for path, keys in before.items():
        np.testing.assert_allclose(after[path], keys, atol=STORED)


def test_later_takes_and_regenerated_ones_keep_the_target(
    take: "bpy.types.Action", target: "bpy.types.Object", face: "bpy.types.Object"
) -> None:
    target.location.x += 0.1
    take.lipsync_controls.look_target = target
    angle = degrees(atan2(0.1, 0.5))
    for job in (bpy.ops.lipsync.resample, bpy.ops.lipsync.take_again):
        before = _active()
        assert job() == {"FINISHED"}
        other = _active()
        assert other != before and other.lipsync_controls.look_target == target
        assert np.median(_gaze(other)[_held(other), 0]) == pytest.approx(angle, abs=CLOSE)
    np.testing.assert_array_equal(_gaze(_active()), _gaze(before))


def test_update_follows_a_target_that_was_moved(take: "bpy.types.Action", target: "bpy.types.Object") -> None:
    take.lipsync_controls.look_target = target
    target.location.x += 0.1
    assert np.median(_gaze(take)[:, 0]) == pytest.approx(0, abs=1)
    assert bpy.ops.lipsync.look_again() == {"FINISHED"}
    assert np.median(_gaze(take)[:, 0]) == pytest.approx(degrees(atan2(0.1, 0.5)), abs=1)
    assert bpy.ops.lipsync.controls_reset() == {"FINISHED"}
    assert take.lipsync_controls.look_target is None
    assert not bpy.ops.lipsync.look_again.poll()


def test_another_face_is_looked_in_the_eyes_and_the_own_is_refused(
    face: "bpy.types.Object", take: "bpy.types.Action"
) -> None:
    own = _gaze(take)
    take.lipsync_controls.look_target = face
    np.testing.assert_allclose(_gaze(take), own, atol=DEGREES * STORED)
    assert part("addon.takes.controls").look_problem(_face(face), face)

    eyes = _eyes(face)
    bpy.ops.mesh.arkit_sample_face_add()
    other = bpy.context.active_object
    other.location = (0.1, -0.6, 0.05)
    other.rotation_euler.z = radians(180)
    bpy.context.view_layer.objects.active = face
    take.lipsync_controls.look_target = other
    way = _eyes(other) - eyes
    held = _held(take)
    assert np.median(_gaze(take)[held, 0]) == pytest.approx(degrees(atan2(way.x, -way.y)), abs=1)
    assert np.median(_gaze(take)[held, 1]) == pytest.approx(degrees(atan2(way.z, way.xy.length)), abs=1)
