"""Import and export of takes: round trips, and reports about files and faces that don't fit."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_armature, add_mesh, fcurves, part, read_action, snapshot
from mathutils import Vector

from backend.arkit import CHANNELS
from backend.curve_files import read, write
from backend.curves.base import ROTATIONS, Curves, resample


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Write a capture of two seconds at 60 fps that starts at a timecode of 12:15."""
    phase = np.arange(120)[:, None] / 20 + np.arange(52)
    path = tmp_path / "Take One.csv"
    write(path, Curves(CHANNELS, (0.5 + 0.4 * np.sin(phase)).astype(np.float32), 60.0, 12.25 * 3600))
    return path


@pytest.fixture
def head(scene: "bpy.types.Scene") -> "bpy.types.Object":
    return add_mesh("Head", list(CHANNELS))


def _action(ob: "bpy.types.Object") -> "bpy.types.Action":
    return ob.data.shape_keys.animation_data.action


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz"])
def test_export_and_import_round_trip(
    suffix: str, scene: "bpy.types.Scene", head: "bpy.types.Object", capture: Path, tmp_path: Path
) -> None:
    scene.lipsync.key_density = "DENSE"
    scene.frame_set(7)
    assert bpy.ops.lipsync.import_capture(filepath=str(capture)) == {"FINISHED"}
    first, out = _action(head), tmp_path / f"out{suffix}"
    assert bpy.ops.lipsync.export_take(filepath=str(out)) == {"FINISHED"}
    assert bpy.ops.lipsync.import_capture(filepath=str(out)) == {"FINISHED"}
    assert _action(head) != first
    before, after = read_action(first), read_action(_action(head))
    assert before.keys() == after.keys() and len(before) == 52
    wanted, exported = resample(read(capture), 24.0, 49), read(out)
    assert (exported.names, exported.fps, exported.start) == (CHANNELS, 24.0, pytest.approx(12.25 * 3600, abs=1e-3))
    np.testing.assert_allclose(exported.values, wanted.values, atol=1e-3)
    for path, keys in before.items():
        assert keys[0, 0] == 7 and keys[-1, 0] == 7 + 48
        np.testing.assert_allclose(keys, after[path], atol=1e-3)


def test_import_makes_a_take(scene: "bpy.types.Scene", head: "bpy.types.Object", capture: Path) -> None:
    teeth = add_mesh("Teeth", ["jawOpen"], head)
    assert bpy.ops.lipsync.import_capture(filepath=str(capture)) == {"FINISHED"}
    action, takes = _action(head), part("addon.takes.take_store")
    assert action.name == "Take One capture take 001" and action.use_fake_user and _action(teeth) == action
    info = takes.read_info(action)
    assert info.imported and info.sound == str(capture) and info.end - info.start == pytest.approx(49 / 24)
    keys = fcurves(action)['key_blocks["jawOpen"].value'].keyframe_points
    assert len(keys) < 30 and {key.interpolation for key in keys} == {"BEZIER"}


def test_export_matches_the_face(
    scene: "bpy.types.Scene", head: "bpy.types.Object", capture: Path, tmp_path: Path
) -> None:
    assert bpy.ops.lipsync.import_capture(filepath=str(capture)) == {"FINISHED"}
    curve = fcurves(_action(head))['key_blocks["jawOpen"].value']
    curve.keyframe_points[1].co.y = 0.77  # by hand
    curve.update()
    frame = round(curve.keyframe_points[1].co.x)
    assert bpy.ops.lipsync.export_take(filepath=str(tmp_path / "out.json")) == {"FINISHED"}
    exported = read(tmp_path / "out.json")
    first = round(_action(head).curve_frame_range[0])
    assert exported.values[frame - first, CHANNELS.index("jawOpen")] == pytest.approx(0.77, abs=1e-5)
    scene.frame_set(first + 20)
    np.testing.assert_allclose(
        [head.data.shape_keys.key_blocks[name].value for name in CHANNELS], exported.values[20], atol=1e-5
    )


def test_partial_face_exports_what_it_has(scene: "bpy.types.Scene", capture: Path, tmp_path: Path) -> None:
    add_mesh("Head", ["JawOpen", "browInnerUp_L", "browInnerUp_R"])
    assert bpy.ops.lipsync.import_capture(filepath=str(capture)) == {"FINISHED"}
    assert bpy.ops.lipsync.export_take(filepath=str(tmp_path / "out.json")) == {"FINISHED"}
    assert read(tmp_path / "out.json").names == ("jawOpen", "browInnerUp")


def test_import_undoes_in_one_step(scene: "bpy.types.Scene", head: "bpy.types.Object", capture: Path) -> None:
    bpy.ops.ed.undo_push(message="Before")
    assert bpy.ops.lipsync.import_capture("EXEC_DEFAULT", True, filepath=str(capture)) == {"FINISHED"}
    assert len(bpy.data.actions) == 1
    bpy.ops.ed.undo()
    assert not bpy.data.actions and bpy.data.objects["Head"].data.shape_keys


def _refused(operator, path: Path) -> str:
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operator(filepath=str(path))
    assert snapshot() == before
    return str(caught.value)


def test_unusable_files_and_faces_are_reported(
    scene: "bpy.types.Scene", head: "bpy.types.Object", capture: Path, tmp_path: Path
) -> None:
    load, save = bpy.ops.lipsync.import_capture, bpy.ops.lipsync.export_take
    assert "The face has no take: generate or import one first" in _refused(save, tmp_path / "out.csv")
    (tmp_path / "clip.mov").write_bytes(b"\0\0\0\x14ftypqt  \0\0" + b"film" * 20)
    assert "has no supported format: choose a .csv (LiveLinkFace), .json (BEAT, Audio2Face) or .npz" in _refused(
        load, tmp_path / "clip.mov"
    )
    assert "There is no file" in _refused(load, tmp_path / "gone.csv")
    (tmp_path / "bad.csv").write_text("Name,Age\nMax,3\n")
    assert "no line of it names a channel" in _refused(load, tmp_path / "bad.csv")
    write(tmp_path / "brows.json", Curves(("browInnerUp",), np.zeros((9, 1), np.float32), 30.0))
    add_mesh("Jaw", ["jawOpen"])
    assert "animates none of the face's ARKit shape keys" in _refused(load, tmp_path / "brows.json")
    assert load(filepath=str(capture)) == {"FINISHED"}
    assert "use the suffix .csv (LiveLinkFace), .json" in _refused(save, tmp_path / "out.fbx")
    assert "There is no folder" in _refused(save, tmp_path / "gone" / "out.csv")
    add_mesh("Alien", ["Antenna"])
    assert "Found none of the 52 ARKit shape keys" in _refused(load, capture)


def _turned(folder: Path) -> Path:
    turns = {name: np.linspace(0.0, 0.1 * (k + 1), 120, dtype=np.float32) for k, name in enumerate(ROTATIONS)}
    path = folder / "turned.csv"
    write(path, Curves(CHANNELS, np.full((120, 52), 0.5, np.float32), 60.0, 0.0, turns))
    return path


def test_rotations_survive_on_the_take(scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path) -> None:
    scene.render.fps = 60
    assert bpy.ops.lipsync.import_capture(filepath=str(_turned(tmp_path))) == {"FINISHED"}
    assert bpy.ops.lipsync.export_take(filepath=str(tmp_path / "out.csv")) == {"FINISHED"}
    before, after = read(tmp_path / "turned.csv"), read(tmp_path / "out.csv")
    assert [*after.rotations] == [*ROTATIONS]
    for name in ROTATIONS:
        np.testing.assert_allclose(after.rotations[name], before.rotations[name], atol=2e-6)


@pytest.mark.parametrize("mode", ["XYZ", "QUATERNION"])
def test_head_turns_empty_or_bone(
    mode: str, scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path
) -> None:
    scene.render.fps = 60
    empty = bpy.data.objects.new("Aim", None)
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    for ob in (empty, rig):
        ob.rotation_mode = mode
        scene.collection.objects.link(ob)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("head")
    bone.head, bone.tail = (0, 0, 0), (0, 0.3, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones["head"].rotation_mode = mode
    bpy.context.view_layer.objects.active = head
    file = str(_turned(tmp_path))
    assert bpy.ops.lipsync.import_capture(filepath=file, head="Aim") == {"FINISHED"}
    assert bpy.ops.lipsync.import_capture(filepath=file, head="Rig", head_bone="head") == {"FINISHED"}
    scene.frame_set(scene.frame_current + 119)
    ahead = empty.matrix_basis.to_3x3() @ Vector((0, -1, 0))
    assert ahead.x == pytest.approx(-np.sin(0.1), abs=0.01) and ahead.z < -0.15  # to the person's right, and down
    posed = rig.pose.bones["head"].matrix.to_3x3() @ rig.data.bones["head"].matrix_local.to_3x3().inverted()
    assert (posed @ Vector((0, -1, 0)) - ahead).length < 1e-4
    with pytest.raises(RuntimeError, match="already has rotation keys"):
        bpy.ops.lipsync.import_capture(filepath=file, head="Aim")
    with pytest.raises(RuntimeError, match="choose one of its bones too"):
        bpy.ops.lipsync.import_capture(filepath=file, head="Rig")
    with pytest.raises(RuntimeError, match='no object "Gone"'):
        bpy.ops.lipsync.import_capture(filepath=file, head="Gone")


@pytest.fixture
def eyes(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add an armature with eye bones that are rolled at will, below a head bone."""
    tails = {"head": ((0, 0.3, 1), 0.0), "eye.L": ((0.1, -1, 0), 1.1), "eye.R": ((0, 0, 1), -0.4)}
    return add_armature({name: ((0, 0, 0), tail, roll) for name, (tail, roll) in tails.items()}, "head")


def test_stored_rotations_are_keyed_later(
    scene: "bpy.types.Scene", head: "bpy.types.Object", eyes: "bpy.types.Object", tmp_path: Path
) -> None:
    bpy.context.view_layer.objects.active = head
    scene.frame_set(7)
    assert bpy.ops.lipsync.import_capture(filepath=str(_turned(tmp_path))) == {"FINISHED"}
    assert eyes.animation_data is None
    scene.render.fps = 48  # twice the rate at the import
    chosen = {"left_eye": "Rig", "left_eye_bone": "eye.L", "right_eye": "Rig", "right_eye_bone": "eye.R"}
    assert bpy.ops.lipsync.key_rotations(**chosen) == {"FINISHED"}
    keyed = fcurves(bpy.data.objects["Rig"].animation_data.action).values()
    frames = sorted({point.co.x for curve in keyed for point in curve.keyframe_points})
    assert frames == [*range(7, 7 + 97)]
    scene.frame_set(7 + 96)  # the last: yaw, pitch and roll of 0.4, 0.5, 0.6 and of 0.7, 0.8, 0.9
    for bone, (yaw, pitch) in {"eye.L": (0.4, 0.5), "eye.R": (0.7, 0.8)}.items():
        posed = eyes.pose.bones[bone].matrix.to_3x3() @ eyes.data.bones[bone].matrix_local.to_3x3().inverted()
        wanted = (-np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), -np.sin(pitch))
        np.testing.assert_allclose(posed @ Vector((0, -1, 0)), wanted, atol=0.01)  # the capture ends between two frames


def test_unusable_rotation_targets_are_reported(
    scene: "bpy.types.Scene", head: "bpy.types.Object", eyes: "bpy.types.Object", capture: Path, tmp_path: Path
) -> None:
    bpy.context.view_layer.objects.active = head
    key = bpy.ops.lipsync.key_rotations
    assert not key.poll()  # no take
    assert bpy.ops.lipsync.import_capture(filepath=str(capture)) == {"FINISHED"}
    assert not key.poll()  # a take without rotations
    assert bpy.ops.lipsync.import_capture(filepath=str(_turned(tmp_path))) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="No bone or object was chosen"):
        key()
    with pytest.raises(RuntimeError, match='"eye.L" is chosen twice'):
        key(left_eye="Rig", left_eye_bone="eye.L", head="Rig", head_bone="eye.L")
    eyes.pose.bones["eye.R"].driver_add("rotation_quaternion", 1)
    with pytest.raises(RuntimeError, match='"eye.R" has drivers on its rotation'):
        key(left_eye="Rig", left_eye_bone="eye.L", right_eye="Rig", right_eye_bone="eye.R")
    assert eyes.animation_data.action is None  # the left eye isn't keyed either


def test_missing_rotations_are_reported(scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path) -> None:
    turns = {"HeadYaw": np.linspace(0.0, 0.2, 30, dtype=np.float32)}
    write(tmp_path / "head.json", Curves(CHANNELS, np.full((30, 52), 0.5, np.float32), 24.0, 0.0, turns))
    for name in ("Aim", "Eye"):
        scene.collection.objects.link(bpy.data.objects.new(name, None))
    assert bpy.ops.lipsync.import_capture(filepath=str(tmp_path / "head.json"), head="Aim", left_eye="Eye") == {
        "FINISHED"
    }
    assert bpy.data.objects["Aim"].animation_data.action and bpy.data.objects["Eye"].animation_data is None


def test_missing_frame_rate_is_chosen(scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("\n".join(["jawOpen", *["0.5", "0.1"] * 24]))
    scene.render.fps = 24
    assert bpy.ops.lipsync.import_capture(filepath=str(tmp_path / "bare.csv"), fps=24) == {"FINISHED"}
    assert _action(head).curve_frame_range[1] - _action(head).curve_frame_range[0] == 47
