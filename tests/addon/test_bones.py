"""Jaw and eye bones that the face's shape keys drive, in takes and when moved manually."""

from math import degrees

import bpy
import numpy as np
import pytest
from helpers import add_armature, add_mesh, part
from mathutils import Vector

from backend.arkit import CHANNELS
from backend.curves.base import Curves

BONES = {  # name -> (head, tail, roll): rolled at will, as rigs' bones are
    "neck": ((0, 0, 1.4), (0, 0, 1.6), 0.0),
    "CC_Base_JawRoot": ((0, -0.02, 1.55), (0, -0.1, 1.5), 0.7),
    "eye.L": ((0.03, -0.08, 1.6), (0.03, -0.1, 1.6), 1.1),
    "eye.R": ((-0.03, -0.08, 1.6), (-0.03, -0.08, 1.65), -0.3),
}
AHEAD = Vector((0, -1, 0))


@pytest.fixture
def armature(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add an armature that doesn't face the front view, as in a shot."""
    ob = add_armature(BONES, "neck")
    ob.rotation_euler = (0, 0, 1.0)
    bpy.context.view_layer.update()
    return ob


@pytest.fixture
def head(armature: "bpy.types.Object") -> "bpy.types.Object":
    head = add_mesh("Head", ["mouthClose", "eyeLookUpLeft"])
    head.modifiers.new("Armature", "ARMATURE").object = armature
    head.vertex_groups.new(name="CC_Base_JawRoot").add([0, 1, 2], 1.0, "REPLACE")
    return head


def _ahead(armature: "bpy.types.Object", name: str) -> Vector:
    """Return the direction that a bone looks in now, in the armature's space, if it looked ahead at rest."""
    posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones[name]
    return posed.matrix.to_3x3() @ (posed.bone.matrix_local.to_3x3().inverted() @ AHEAD)


def test_bones_are_guessed_by_name(extension: object) -> None:
    bones = part("addon.rig.bones")
    rigs = [
        ["CC_Base_JawRoot", "CC_Base_L_Eye", "CC_Base_R_Eye", "CC_Base_Head"],
        ["jaw", "eye.L", "eye.R", "DEF-eye.L", "lid.T.L", "brow.L", "jaw.L"],
        ["LeftEye", "RightEye", "HeadTop_End", "LeftHand"],
        ["FACIAL_C_Jaw", "FACIAL_L_Eye", "FACIAL_R_Eye", "FACIAL_L_EyelidUpperA"],
        ["J_Bip_C_Head", "J_Adj_L_FaceEye", "J_Adj_R_FaceEye"],
    ]
    assert [tuple(bones.guess(names).get(part) for part in ("jaw", "left_eye", "right_eye")) for names in rigs] == [
        ("CC_Base_JawRoot", "CC_Base_L_Eye", "CC_Base_R_Eye"),
        ("jaw", "eye.L", "eye.R"),
        (None, "LeftEye", "RightEye"),
        ("FACIAL_C_Jaw", "FACIAL_L_Eye", "FACIAL_R_Eye"),
        (None, "J_Adj_L_FaceEye", "J_Adj_R_FaceEye"),
    ]


@pytest.mark.parametrize(
    "channel, bone, wanted",
    [
        ("jawOpen", "CC_Base_JawRoot", (0, -0.940, -0.342)),  # 20 degrees down
        ("eyeLookUpLeft", "eye.L", (0, -0.866, 0.5)),
        ("eyeLookDownRight", "eye.R", (0, -0.866, -0.5)),
        ("eyeLookOutLeft", "eye.L", (0.5, -0.866, 0)),  # 30 degrees to the character's left
        ("eyeLookInRight", "eye.R", (0.5, -0.866, 0)),
        ("eyeLookOutRight", "eye.R", (-0.5, -0.866, 0)),
        ("eyeLookInLeft", "eye.L", (-0.5, -0.866, 0)),
    ],
)
def test_shape_key_turns_its_bone(
    armature: "bpy.types.Object", head: "bpy.types.Object", channel: str, bone: str, wanted: tuple[float, ...]
) -> None:
    how = {"armature": "Rig", "jaw": "CC_Base_JawRoot", "left_eye": "eye.L", "right_eye": "eye.R"}
    assert bpy.ops.lipsync.drive_bones(**how) == {"FINISHED"}
    face = part("addon.rig.face_rig").read_face(head)
    assert len(face.channels) == 10 and len(face.meshes) == 1
    still = [v.co.copy() for v in head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices]
    head.data.shape_keys.key_blocks[channel].value = 1.0
    bpy.context.view_layer.update()
    np.testing.assert_allclose(_ahead(armature, bone), wanted, atol=2e-3)
    assert all((_ahead(armature, other) - AHEAD).length < 1e-5 for other in BONES if other != bone)
    moved = [v.co.copy() for v in head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices]
    assert (still != moved) == (channel == "jawOpen")
    assert bpy.ops.lipsync.drive_bones(**how, jaw_degrees=-20.0) == {"FINISHED"}  # again, the other way
    bpy.context.view_layer.update()
    assert len(armature.animation_data.drivers) == 9 and all(
        curve.driver.is_simple_expression for curve in armature.animation_data.drivers
    )
    if channel == "jawOpen":
        np.testing.assert_allclose(_ahead(armature, bone), (0, -0.940, 0.342), atol=2e-3)


def test_takes_turn_bones(scene: "bpy.types.Scene", armature: "bpy.types.Object", head: "bpy.types.Object") -> None:
    keys = part("addon.keyframes.face_action")
    assert bpy.ops.lipsync.drive_bones(armature="Rig", jaw="CC_Base_JawRoot") == {"FINISHED"}
    face = part("addon.rig.face_rig").read_face(head)
    for peak in (1.0, 0.5):
        values = np.zeros((3, 52), np.float32)
        values[1, CHANNELS.index("jawOpen")] = peak
        keys.assign(
            keys.write_action("Take", keys.columns(face, Curves(CHANNELS, values, 24.0)), 1, keys.Style(0.0, False)),
            face,
        )
        turned = []
        for frame in (1, 2, 3):
            scene.frame_set(frame)
            turned.append(degrees(_ahead(armature, "CC_Base_JawRoot").angle(AHEAD)))
        assert turned == pytest.approx([0, 20 * peak, 0], abs=0.1)


def _refusal(**how: str) -> str:
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.lipsync.drive_bones(**how)
    return str(caught.value)


def test_unusable_bones_are_refused_unchanged(armature: "bpy.types.Object", head: "bpy.types.Object") -> None:
    blocks = head.data.shape_keys.key_blocks
    assert "No bone was chosen" in _refusal(armature="Rig")
    assert 'No armature "Rag"' in _refusal(armature="Rag", jaw="neck")
    assert 'has no bone "chin"' in _refusal(armature="Rig", jaw="chin")
    armature.pose.bones["eye.L"].driver_add("rotation_euler", 0)
    assert '"eye.L" already has drivers' in _refusal(armature="Rig", jaw="CC_Base_JawRoot", left_eye="eye.L")
    assert len(blocks) == 3 and len(armature.animation_data.drivers) == 1
    head.shape_key_add(name="jawOpen", from_mix=False).mute = True
    assert 'The shape key "jawOpen" is muted' in _refusal(armature="Rig", jaw="CC_Base_JawRoot")
    vrm = add_mesh("Anime", [f"Fcl_MTH_{name}" for name in "AIUEO"])
    assert "No armature deforms this face" in _refusal(armature="Rig", jaw="CC_Base_JawRoot")
    vrm.parent = armature
    bpy.data.objects.remove(head)
    assert "The mouth moves by visemes" in _refusal(armature="Rig", jaw="CC_Base_JawRoot")
