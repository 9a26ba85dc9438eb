"""Actions of a face: values clipped to the sliders, F-curves in groups, and partial or split faces."""

import time

import bpy
import numpy as np
import pytest
from helpers import add_mesh, fcurves, part, read_action
from tolerances import FLOAT32

from backend.arkit import CHANNELS
from backend.curves.base import Curves


def _write(
    ob: "bpy.types.Object", values: np.ndarray, tolerance: float = 0.0, bezier: bool = False
) -> "bpy.types.Action":
    keys = part("addon.keyframes.face_action")
    face = part("addon.rig.face_rig").read_face(ob)
    action = keys.write_action(
        "Take", keys.columns(face, Curves(CHANNELS, values, 30.0)), 5, keys.Style(tolerance, bezier)
    )
    keys.assign(action, face)
    return action


def test_values_stay_within_the_sliders(scene: "bpy.types.Scene") -> None:
    head = add_mesh("Head", ["jawOpen", "mouthClose"])
    head.data.shape_keys.key_blocks["jawOpen"].slider_max = 0.5
    curves = read_action(_write(head, np.linspace(0, 1, 10, dtype=np.float32)[:, None].repeat(52, axis=1)))
    assert curves['key_blocks["jawOpen"].value'][:, 1].max() == 0.5
    assert curves['key_blocks["mouthClose"].value'][:, 1].max() == 1.0


def test_face_names_and_sides_match(scene: "bpy.types.Scene") -> None:
    head = add_mesh("Head", ["JawOpen", "eyeBlink_L", "browInnerUp_L", "browInnerUp_R", "Wink"])
    teeth = add_mesh("Teeth", ["jawOpen"], head)
    values = np.random.default_rng(0).random((8, 52), np.float32)
    action = _write(head, values)
    curves = read_action(action)
    paths = {
        'key_blocks["JawOpen"].value': "jawOpen",
        'key_blocks["jawOpen"].value': "jawOpen",
        'key_blocks["eyeBlink_L"].value': "eyeBlinkLeft",
        'key_blocks["browInnerUp_L"].value': "browInnerUp",
        'key_blocks["browInnerUp_R"].value': "browInnerUp",
    }
    assert curves.keys() == paths.keys()
    for path, channel in paths.items():
        assert (curves[path][:, 0] == np.arange(5, 13)).all()
        np.testing.assert_array_equal(curves[path][:, 1], values[:, CHANNELS.index(channel)])
    scene.frame_set(7)
    jaw = values[2, CHANNELS.index("jawOpen")]
    assert head.data.shape_keys.key_blocks["JawOpen"].value == teeth.data.shape_keys.key_blocks["jawOpen"].value == jaw


# Rigs as they come out of other tools: the names of each mesh's keys, the first mesh the one selected; then key -> what moves it.
RIGS = {
    "Character Creator 4": (
        {
            "CC_Base_Body": "Eye_Blink_L Eye_L_Look_L Eye_R_Look_L Brow_Raise_Inner_L Brow_Raise_Inner_R Jaw_Open Mouth_Funnel_Up_L V_Open",
            "CC_Base_Tongue": "Jaw_Open V_Tongue_Out",
            "CC_Base_EyeOcclusion": "Eye_Blink_L Eye_Wide_L",
        },
        {
            "Eye_Blink_L": ["eyeBlinkLeft"],
            "Eye_L_Look_L": ["eyeLookOutLeft"],
            "Eye_R_Look_L": ["eyeLookInRight"],
            "Brow_Raise_Inner_L": ["browInnerUp"],
            "Brow_Raise_Inner_R": ["browInnerUp"],
            "Jaw_Open": ["jawOpen"],
            "Mouth_Funnel_Up_L": ["mouthFunnel"],
            "V_Tongue_Out": ["tongueOut"],
            "Eye_Wide_L": ["eyeWideLeft"],
        },
    ),
    "MetaHuman": (
        {
            "head_lod0": "head_lod0_mesh__eye_blink_L head_lod0_mesh__jaw_open head_lod0_mesh__mouth_lipsPurse_UL wrinkle",
            "teeth_lod0": "teeth_lod0_mesh__jaw_open teeth_lod0_mesh__tongue_out",
            "eyelashes_lod0": "eyelashes_lod0_mesh__eye_blink_L",
        },
        {
            "head_lod0_mesh__eye_blink_L": ["eyeBlinkLeft"],
            "head_lod0_mesh__jaw_open": ["jawOpen"],
            "head_lod0_mesh__mouth_lipsPurse_UL": ["mouthPucker"],
            "teeth_lod0_mesh__jaw_open": ["jawOpen"],
            "teeth_lod0_mesh__tongue_out": ["tongueOut"],
            "eyelashes_lod0_mesh__eye_blink_L": ["eyeBlinkLeft"],
        },
    ),
    "Ready Player Me's short list": (
        {"Wolf3D_Head": "mouthOpen mouthSmile eyesClosed", "Wolf3D_Teeth": "mouthOpen mouthSmile"},
        {
            "mouthOpen": ["jawOpen"],
            "mouthSmile": ["mouthSmileLeft", "mouthSmileRight"],
            "eyesClosed": ["eyeBlinkLeft", "eyeBlinkRight"],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("rig", RIGS)
def test_meshes_use_their_own_names(rig: str, scene: "bpy.types.Scene") -> None:
    meshes, expected = RIGS[rig]
    armature = bpy.data.objects.new("Armature", bpy.data.armatures.new("Armature"))
    scene.collection.objects.link(armature)
    objects = [add_mesh(name, keys.split(), armature) for name, keys in meshes.items()]
    values = np.random.default_rng(0).random((8, 52), np.float32)
    curves = read_action(_write(objects[0], values))
    assert curves.keys() == {f'key_blocks["{name}"].value' for name in expected}
    scene.frame_set(8)
    for ob in objects:
        for block in ob.data.shape_keys.key_blocks[1:]:
            channels = [CHANNELS.index(name) for name in expected.get(block.name, [])]
            assert block.value == pytest.approx(values[3, channels].mean() if channels else 0.0, abs=FLOAT32)


def test_visemes_replace_missing_lips(scene: "bpy.types.Scene") -> None:
    head = add_mesh(
        "Face", [*(f"Fcl_MTH_{name}" for name in "AIUEO"), "Fcl_EYE_Close_L", "Fcl_EYE_Close_R", "Fcl_BRW_Fun"]
    )
    teeth = add_mesh("Teeth", [f"Fcl_MTH_{name}" for name in "AIUEO"], head)
    values = np.zeros((3, 52), np.float32)
    values[0, CHANNELS.index("jawOpen")] = 0.5
    # Rounded lips that are apart: where they meet, no pose that parts them may show.
    values[1, [CHANNELS.index("mouthPucker"), CHANNELS.index("jawOpen")]] = 0.8, 0.1
    values[2, CHANNELS.index("eyeBlinkLeft")] = 1.0
    action = _write(head, values)
    seen = {}
    for frame in (5, 6, 7):
        scene.frame_set(frame)
        seen[frame] = {
            block.name: round(block.value, 1) for block in head.data.shape_keys.key_blocks[1:] if block.value > 0.05
        }
        assert all(
            block.value == head.data.shape_keys.key_blocks[block.name].value
            for block in teeth.data.shape_keys.key_blocks
        )
    assert seen == {5: {"Fcl_MTH_A": 0.9}, 6: {"Fcl_MTH_U": 0.8}, 7: {"Fcl_EYE_Close_L": 1.0}}
    bag = action.layers[0].strips[0].channelbag(action.slots[0]) if hasattr(action, "slots") else action
    assert {group.name for group in bag.groups} == {"Lids", "Visemes"}


def test_curves_are_grouped_by_region(scene: "bpy.types.Scene") -> None:
    action = _write(add_mesh("Head", list(CHANNELS)), np.zeros((3, 52), np.float32))
    bag = action.layers[0].strips[0].channelbag(action.slots[0]) if hasattr(action, "slots") else action
    assert [group.name for group in bag.groups] == ["Lids", "Gaze", "Jaw", "Lips", "Brows", "Cheeks"]
    assert {fcurve.group.name for fcurve in bag.fcurves if "brow" in fcurve.data_path} == {"Brows"}
    assert {point.interpolation for fcurve in bag.fcurves for point in fcurve.keyframe_points} == {"LINEAR"}
    colors = {(fcurve.group.name, tuple(fcurve.color)) for fcurve in bag.fcurves}
    assert len(colors) == len({color for _, color in colors}) == 6


def test_long_takes_are_written_fast(scene: "bpy.types.Scene") -> None:
    head = add_mesh("Head", list(CHANNELS))
    began = time.monotonic()
    _write(head, np.zeros((36000, 52), np.float32))  # 20 minutes at 30 fps
    assert time.monotonic() - began < 5


def test_key_edit_moves_only_neighbors(scene: "bpy.types.Scene") -> None:
    values = np.sin(np.arange(200) / 9)[:, None].repeat(52, axis=1).astype(np.float32) / 2 + 0.5
    curve = fcurves(_write(add_mesh("Head", list(CHANNELS)), values, 0.01, True))['key_blocks["jawOpen"].value']
    before = [(tuple(key.handle_left), tuple(key.handle_right)) for key in curve.keyframe_points]
    curve.keyframe_points[5].co.y += 0.1
    curve.update()
    after = [(tuple(key.handle_left), tuple(key.handle_right)) for key in curve.keyframe_points]
    assert {index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]} <= {4, 5, 6}
