"""The head: keys that takes animate and that turn a bone or object, on top of the artist's own keys."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_armature, add_mesh, fcurves, part
from mathutils import Euler, Vector

from backend.arkit import CHANNELS, HEAD
from backend.curve_files import write
from backend.curves.base import Curves

AHEAD = Vector((0, -1, 0))
ANGLES = {"HeadYaw": 0.3, "HeadPitch": 0.2, "HeadRoll": 0.15}


@pytest.fixture
def armature(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add an armature that doesn't face the front view, with a head bone rolled at will."""
    bones = {"neck": ((0, 0, 1.4), (0, 0.05, 1.6), 0.0), "CC_Base_Head": ((0, 0, 1.6), (0, 0.05, 1.8), 0.9)}
    ob = add_armature(bones, "neck")
    ob.rotation_euler = (0, 0, 1.0)
    bpy.context.view_layer.update()
    return ob


@pytest.fixture
def head(armature: "bpy.types.Object") -> "bpy.types.Object":
    head = add_mesh("Head", [*CHANNELS])
    head.modifiers.new("Armature", "ARMATURE").object = armature
    return head


def _drive(**where: object) -> None:
    assert bpy.ops.lipsync.drive_head(**where) == {"FINISHED"}


def _look(ob: "bpy.types.Object", bone: str) -> tuple[Vector, Vector]:
    """Return where the face looks and where its left ear is now, in the object's space, if it looks along -Y at rest."""
    bpy.context.view_layer.update()
    now = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    rest = ob.data.bones[bone].matrix_local.to_3x3()
    turn = now.pose.bones[bone].matrix.to_3x3() @ rest.inverted()
    return turn @ AHEAD, turn @ Vector((1, 0, 0))


def _turn(head: "bpy.types.Object", **angles: float) -> None:
    for name in HEAD:
        head.data.shape_keys.key_blocks[name].value = angles.get(name, 0.0)


def _capture(folder: Path, frames: int = 48) -> Curves:
    angles = {name: np.full(frames, angle, np.float32) for name, angle in ANGLES.items()}
    curves = Curves(CHANNELS, np.full((frames, 52), 0.2, np.float32), 24.0, rotations=angles)
    write(folder / "line.csv", curves)
    return curves


def _import(folder: Path) -> "bpy.types.Action":
    assert bpy.ops.lipsync.import_capture(filepath=str(folder / "line.csv")) == {"FINISHED"}
    return part("addon.properties").active_take(bpy.context)


def _values(action: "bpy.types.Action") -> dict[str, float]:
    curves = fcurves(action)
    return {name: curves[f'key_blocks["{name}"].value'].evaluate(10) for name in HEAD}


def test_bone_is_found_by_name(extension: Path) -> None:
    guess = part("addon.rig.head_joint").guess
    assert guess(["Neck", "mixamorig:Head", "mixamorig:HeadTop_End"]) == "mixamorig:Head"
    assert guess(["CC_Base_Head", "CC_Base_NeckTwist01", "CC_Base_JawRoot"]) == "CC_Base_Head"
    assert guess(["spine", "tail"]) == ""


def test_yaw_pitch_and_roll_turn_the_head(armature: "bpy.types.Object", head: "bpy.types.Object") -> None:
    _drive(object="Rig", bone="CC_Base_Head")
    _turn(head)
    assert _look(armature, "CC_Base_Head")[0].angle(AHEAD) < 1e-4
    _turn(head, HeadYaw=0.3)  # to the person's right, which is -X
    look, _ = _look(armature, "CC_Base_Head")
    assert look.x < -0.28 and abs(look.z) < 1e-3 and look.angle(AHEAD) == pytest.approx(0.3, rel=0.03)
    _turn(head, HeadPitch=0.3)  # down
    look, _ = _look(armature, "CC_Base_Head")
    assert look.z < -0.28 and abs(look.x) < 1e-3
    _turn(head, HeadRoll=0.3)  # to the right shoulder: the left ear rises
    look, left = _look(armature, "CC_Base_Head")
    assert left.z > 0.28 and look.angle(AHEAD) < 1e-3


def test_turn_is_added_to_the_artists_keys(armature: "bpy.types.Object", head: "bpy.types.Object") -> None:
    bone = armature.pose.bones["CC_Base_Head"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = Euler((0.1, 0.3, 0.0))
    bone.keyframe_insert("rotation_euler", frame=1)
    own, _ = _look(armature, "CC_Base_Head")
    _drive(object="Rig", bone="CC_Base_Head")
    _turn(head)
    assert _look(armature, "CC_Base_Head")[0].angle(own) < 1e-4
    _turn(head, HeadYaw=0.3)
    assert _look(armature, "CC_Base_Head")[0].angle(own) == pytest.approx(0.3, rel=0.05)
    assert len(armature.animation_data.action.layers if hasattr(bpy.types, "ActionSlot") else [1]) == 1
    _drive(object="")
    assert _look(armature, "CC_Base_Head")[0].angle(own) < 1e-4
    assert not bone.constraints and not [ob for ob in bpy.data.objects if ob.name.startswith("Lip Sync")]


def test_objects_turn_too_and_another_choice_replaces_the_first(
    scene: "bpy.types.Scene", head: "bpy.types.Object", armature: "bpy.types.Object"
) -> None:
    empty = bpy.data.objects.new("Empty", None)
    scene.collection.objects.link(empty)
    _drive(object="Rig", bone="CC_Base_Head")
    _drive(object="Empty", influence=0.5)
    assert not armature.pose.bones["CC_Base_Head"].constraints
    _turn(head, HeadYaw=0.4)
    bpy.context.view_layer.update()
    turned = empty.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world.to_3x3() @ AHEAD
    assert turned.angle(AHEAD) == pytest.approx(0.2, rel=0.05) and turned.x < 0


def test_wrong_choices_are_explained(head: "bpy.types.Object", armature: "bpy.types.Object") -> None:
    for where, why in (
        ({"object": "Rig"}, "is an armature"),
        ({"object": "Rig", "bone": "Tail"}, "has no bone"),
        ({"object": "Nobody"}, "There is no object"),
    ):
        with pytest.raises(RuntimeError, match=why):
            bpy.ops.lipsync.drive_head(**where)
    assert "HeadYaw" not in head.data.shape_keys.key_blocks


def test_takes_key_the_head_and_controls_change_it(head: "bpy.types.Object", tmp_path: Path) -> None:
    _capture(tmp_path)
    before = _import(tmp_path)
    assert not any("Head" in path for path in fcurves(before))
    _drive(object="Rig", bone="CC_Base_Head")
    take = _import(tmp_path)
    assert _values(take) == pytest.approx(ANGLES, abs=1e-3)
    take.lipsync_controls.head = 2.0
    assert _values(take) == pytest.approx({name: 2 * angle for name, angle in ANGLES.items()}, abs=1e-3)
    take.lipsync_controls.mirror = True
    signs = {"HeadYaw": -2, "HeadPitch": 2, "HeadRoll": -2}
    assert _values(take) == pytest.approx({name: signs[name] * angle for name, angle in ANGLES.items()}, abs=1e-3)


def test_head_comes_to_rest_with_a_take_that_does_not_turn_it(head: "bpy.types.Object", tmp_path: Path) -> None:
    _capture(tmp_path)
    still = _import(tmp_path)
    _drive(object="Rig", bone="CC_Base_Head")
    _import(tmp_path)
    bpy.context.scene.frame_set(10)
    assert head.data.shape_keys.key_blocks["HeadYaw"].value == pytest.approx(0.3, abs=1e-3)
    assert bpy.ops.lipsync.take_assign(take=still.name) == {"FINISHED"}
    bpy.context.scene.frame_set(11)
    assert head.data.shape_keys.key_blocks["HeadYaw"].value == 0


def test_edited_head_is_exported(head: "bpy.types.Object", tmp_path: Path) -> None:
    _capture(tmp_path)
    _drive(object="Rig", bone="CC_Base_Head")
    take = _import(tmp_path)
    yaw = fcurves(take)['key_blocks["HeadYaw"].value']
    for point in yaw.keyframe_points:
        point.co.y = 0.5
    yaw.update()
    assert bpy.ops.lipsync.export_take(filepath=str(tmp_path / "out.csv")) == {"FINISHED"}
    from backend.curve_files import read

    assert read(tmp_path / "out.csv").rotations["HeadYaw"][5] == pytest.approx(0.5, abs=1e-3)


def test_sample_face_turns_its_head(face: "bpy.types.Object", tmp_path: Path) -> None:
    _capture(tmp_path)
    joint = part("addon.rig.head_joint").find(part("addon.rig.face_rig").read_face(face))
    assert joint.bone == "head" and joint.owner.constraints["Lip Sync Head"].influence == pytest.approx(0.6)
    _import(tmp_path)
    bpy.context.scene.frame_set(10)
    look, _ = _look(joint.object, "head")
    assert 0.6 * 0.2 < look.angle(AHEAD) < 0.6 * 0.45


def test_locked_head_keeps_its_keys(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path
) -> None:
    _capture(tmp_path)
    before = _values(_import(tmp_path))
    scene.lipsync.locks.all_head = True
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    assert _values(part("addon.properties").active_take(bpy.context)) == pytest.approx(before, abs=1e-5)


def test_locked_head_is_known_to_the_model(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip", tmp_path: Path
) -> None:
    _capture(tmp_path)
    action, locks = _import(tmp_path), part("addon.takes.locks").Locks(channels=HEAD)
    span = part("addon.generation.sound_strip").find_span(bpy.context)
    read_locked, read_face = part("addon.takes.locked_keys").read_locked, part("addon.rig.face_rig").read_face
    known = read_locked(read_face(face), action, locks, span)
    assert known.shape[1] == 55 and np.isnan(known[:, :52]).all()
    assert known[5, 52:] == pytest.approx([*ANGLES.values()], abs=1e-3)
    assert read_locked(read_face(face), action, part("addon.takes.locks").Locks(), span).shape[1] == 52
