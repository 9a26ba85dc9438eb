"""Warnings about takes that can't be seen to move the face, whatever the obstacle."""

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_mesh, override, part
from tolerances import FLOAT32

FRAME = 20  # on which the take is widest open


def _bend(ob: "bpy.types.Object") -> None:
    """Make the keys of a triangle deform it."""
    for number, block in enumerate(ob.data.shape_keys.key_blocks[1:], 1):
        points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
        points[number % 3] += (0.0, -0.3, 0.1)
        block.data.foreach_set("co", points.ravel())
    ob.data.update()


@pytest.fixture
def head(scene: "bpy.types.Scene") -> "bpy.types.Object":
    ob = add_mesh(
        "Head",
        ["jawOpen", "mouthClose", "mouthPucker", "mouthFunnel", *(f"mouthRoll{lip}" for lip in ("Upper", "Lower"))],
    )
    ob.shape_key_add(name="mouthLeft", from_mix=False).value = 0.0
    ob.shape_key_add(name="mouthRight", from_mix=False).value = 0.0
    _bend(ob)
    return ob


@pytest.fixture
def take(head: "bpy.types.Object") -> "bpy.types.Action":
    """Assign an Action that opens the mouth at FRAME."""
    return _take(head)


def _take(ob: "bpy.types.Object") -> "bpy.types.Action":
    write = part("addon.keyframes.face_action")
    face = part("addon.rig.face_rig").read_face(ob)
    values = 0.6 * np.exp(-(((np.arange(30) - (FRAME - 11)) / 4) ** 2)).astype(np.float32)
    table = [
        write.Column(f'key_blocks["{name}"].value', "Jaw", values * (1.0 if name == "jawOpen" else 0.1))
        for name in face.meshes[0].sums
    ]
    action = write.write_action("Take", table, 11, write.Style(0.0, False))
    write.assign(action, face)
    return action


def _obstacles(ob: "bpy.types.Object", action: "bpy.types.Action") -> str:
    face = part("addon.rig.face_rig").read_face(ob)
    scene = bpy.context.scene
    scene.frame_set(3, subframe=0.25)
    values = [block.value for block in ob.data.shape_keys.key_blocks]
    found = part("addon.generation.motion_check").find_obstacles(face, action, scene)
    assert (scene.frame_current, scene.frame_subframe) == (3, 0.25)
    assert [block.value for block in ob.data.shape_keys.key_blocks] == pytest.approx(values, abs=FLOAT32)
    assert not any(block.mute for block in ob.data.shape_keys.key_blocks)
    return "\n".join(map(str, found))


def _track(key: "bpy.types.Key") -> "bpy.types.NlaTrack":
    """Add an NLA track whose Action keeps the mouth shut."""
    write = part("addon.keyframes.face_action")
    shut = write.write_action(
        "Shut",
        [write.Column('key_blocks["jawOpen"].value', "Jaw", np.zeros(40, np.float32))],
        1,
        write.Style(0.0, False),
    )
    track = key.animation_data.nla_tracks.new()
    write.choose_slot(track.strips.new("Shut", 1, shut), shut)
    return track


def _solo(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    _track(key).is_solo = True


def _influence(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    _track(key)
    key.animation_data.action_influence = 0.1


def _blend(kind: str) -> Callable:
    def change(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
        _track(key)
        key.animation_data.action_blend_type = kind

    return change


def _mute_curve(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    for curve in part("addon.keyframes.face_action").fcurves(key.animation_data.action):
        curve.mute = True


def _mute_group(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    part("addon.keyframes.face_action").fcurves(key.animation_data.action)[0].group.mute = True


def _another_slot(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    if not hasattr(bpy.types, "ActionSlot"):
        pytest.skip("no slots")
    key.animation_data.action_slot = key.animation_data.action.slots.new(id_type="KEY", name="Other")


def _no_slot(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    if not hasattr(bpy.types, "ActionSlot"):
        pytest.skip("no slots")
    key.animation_data.action_slot = None


def _solo_key(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.active_shape_key_index, ob.show_only_shape_key = 0, True


def _narrow(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    key.key_blocks["jawOpen"].slider_max = 0.05


def _vertex_group(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.vertex_groups.new(name="Nothing").add([0], 0.0, "REPLACE")
    key.key_blocks["jawOpen"].vertex_group = "Nothing"


def _mask(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.vertex_groups.new(name="Nothing")
    ob.modifiers.new("Mask", "MASK").vertex_group = "Nothing"


def _nodes(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    """Add geometry nodes that replace the face with another mesh."""
    tree = bpy.data.node_groups.new("Cube", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    cube, out = tree.nodes.new("GeometryNodeMeshCube"), tree.nodes.new("NodeGroupOutput")
    tree.links.new(cube.outputs[0], out.inputs[0])
    ob.modifiers.new("Nodes", "NODES").node_group = tree


def _weld(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.modifiers.new("Flat", "CAST").factor = 0.0
    wrap = ob.modifiers.new("Wrap", "SHRINKWRAP")
    wrap.target = add_mesh("Point", [])
    wrap.target.scale = (0, 0, 0)


def _hide(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.hide_set(True)


def _disable(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.hide_viewport = True


def _collection(how: str) -> Callable:
    def change(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
        scene, layer = bpy.context.scene, bpy.context.view_layer
        collection = bpy.data.collections.new("Faces")
        scene.collection.children.link(collection)
        scene.collection.objects.unlink(ob)
        collection.objects.link(ob)
        setattr(collection if how == "hide_viewport" else layer.layer_collection.children["Faces"], how, True)

    return change


def _bounds(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    ob.display_type = "BOUNDS"


def _flatten(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    limit = ob.constraints.new("LIMIT_SCALE")
    limit.use_max_x, limit.max_x = True, 0.0


OBSTACLES = {
    "solo": (_solo, "is solo"),
    "influence": (_influence, "influence of 10 %"),
    "subtract": (_blend("SUBTRACT"), "Blending to Replace"),
    "multiply": (_blend("MULTIPLY"), "Blending to Replace"),
    "muted curve": (_mute_curve, "F-curves are muted"),
    "muted group": (_mute_group, "F-curves are muted"),
    "another slot": (_another_slot, 'choose the slot "Face"'),
    "no slot": (_no_slot, 'choose the slot "Face"'),
    "solo key": (_solo_key, "Solo Active Shape Key"),
    "narrow slider": (_narrow, "sliders end early (jawOpen)"),
    "vertex group": (_vertex_group, "vertex groups (jawOpen)"),
    "mask": (_mask, 'its modifier "Mask"'),
    "nodes": (_nodes, 'its modifier "Nodes"'),
    "shrinkwrap": (_weld, 'its modifier "Wrap"'),
    "hidden": (_hide, "click its eye"),
    "disabled": (_disable, "click its screen"),
    "excluded": (_collection("exclude"), "excluded from the view layer"),
    "hidden collection": (_collection("hide_viewport"), "its collection is hidden"),
    "bounds": (_bounds, "displayed as Bounds"),
    "flat": (_flatten, "is scaled to 0"),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_obstacles_are_reported(head: "bpy.types.Object", take: "bpy.types.Action", name: str) -> None:
    change, words = OBSTACLES[name]
    change(head, head.data.shape_keys)
    warnings = [*map(str, part("addon.rig.face_rig").read_face(head).warnings()), _obstacles(head, take)]
    assert any('"Head"' in sentence and words in sentence for sentence in warnings), warnings


def _pushed(ob: "bpy.types.Object") -> "bpy.types.NlaStrip":
    """Push the take down to an NLA track. Returns its strip."""
    face = part("addon.rig.face_rig").read_face(ob)
    part("addon.takes.nla").push_down(ob.data.shape_keys.animation_data.action, face)
    return ob.data.shape_keys.animation_data.nla_tracks[-1].strips[0]


def _weaken(ob: "bpy.types.Object", influence: float) -> None:
    strip = _pushed(ob)
    strip.use_animated_influence, strip.influence = True, influence
    strip.keyframe_insert("influence", frame=FRAME)


PUSHED_DOWN = {
    "muted strip": (lambda ob: setattr(_pushed(ob), "mute", True), "is muted: unmute it"),
    "muted track": (
        lambda ob: (_pushed(ob), setattr(ob.data.shape_keys.animation_data.nla_tracks[-1], "mute", True)),
        "of its shape keys is muted: tick its box",
    ),
    "low influence": (lambda ob: _weaken(ob, 0.1), "has an influence of 10 %"),
    "no influence": (lambda ob: _weaken(ob, 0.0), "has an influence of 0 %"),
    "covered": (lambda ob: (_pushed(ob), _track(ob.data.shape_keys)), 'the NLA strip "Shut" lies above'),
    "another track solo": (lambda ob: (_pushed(ob), _solo(ob, ob.data.shape_keys)), "is solo"),
    "no NLA": (
        lambda ob: (_pushed(ob), setattr(ob.data.shape_keys.animation_data, "use_nla", False)),
        "its NLA is turned off",
    ),
    "subtracted": (lambda ob: setattr(_pushed(ob), "blend_type", "SUBTRACT"), "set its Blending to Replace"),
}


@pytest.mark.parametrize("name", PUSHED_DOWN)
def test_obstacles_in_the_nla_are_reported(head: "bpy.types.Object", take: "bpy.types.Action", name: str) -> None:
    change, words = PUSHED_DOWN[name]
    change(head)
    found = _obstacles(head, take)
    assert words in found, found


def test_take_in_the_nla_causes_no_warning(head: "bpy.types.Object", take: "bpy.types.Action") -> None:
    _pushed(head)
    assert _obstacles(head, take) == ""


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT"])
def test_other_modes_are_reported(head: "bpy.types.Object", take: "bpy.types.Action", mode: str) -> None:
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.mode_set(mode=mode)
    face = part("addon.rig.face_rig").read_face(head)
    found = [*map(str, part("addon.generation.motion_check").find_obstacles(face, take, bpy.context.scene))]
    bpy.ops.object.mode_set(mode="OBJECT")
    assert all("switch to Object Mode" in sentence for sentence in found) and (found or mode == "SCULPT")
    assert _obstacles(head, take) == ""


def _armature(ob: "bpy.types.Object", key: "bpy.types.Key") -> None:
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(armature)
    armature.rotation_euler, armature.location = (0.3, 0.2, 1.0), (1, 2, 3)
    ob.modifiers.new("Armature", "ARMATURE").object = armature


HARMLESS = {
    "nothing": lambda ob, key: None,
    "armature": _armature,
    "subdivision": lambda ob, key: ob.modifiers.new("Subdivision", "SUBSURF"),
    "mirror": lambda ob, key: ob.modifiers.new("Mirror", "MIRROR"),
    "smoothing": lambda ob, key: ob.modifiers.new("Smooth", "CORRECTIVE_SMOOTH"),
    "thickness": lambda ob, key: ob.modifiers.new("Solidify", "SOLIDIFY"),
    "a track below": lambda ob, key: _track(key),
    "influence without tracks": lambda ob, key: setattr(key.animation_data, "action_influence", 0.0),
    "a modifier that is off": lambda ob, key: (_mask(ob, key), setattr(ob.modifiers[0], "show_viewport", False)),
    "scaled": lambda ob, key: setattr(ob, "scale", (0.01, 0.01, 0.01)),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_settings_cause_no_warning(head: "bpy.types.Object", take: "bpy.types.Action", name: str) -> None:
    HARMLESS[name](head, head.data.shape_keys)
    assert _obstacles(head, take) == ""
    assert part("addon.rig.face_rig").read_face(head).warnings() == []


@pytest.mark.parametrize("name", ["nothing", "solo", "mask", "hidden", "muted curve", "solo key"])
def test_library_overrides_are_checked(head: "bpy.types.Object", tmp_path: Path, name: str) -> None:
    change, words = OBSTACLES.get(name, (lambda ob, key: None, ""))
    head.data.shape_keys.animation_data_create()  # or Blender would drop the take
    if name == "mask":  # in the library: the check turns it off and on
        change(head, head.data.shape_keys)
    hero = override(head, tmp_path / "hero.blend")
    take = _take(hero)
    if name != "mask":
        change(hero, hero.data.shape_keys)
    warnings = [*map(str, part("addon.rig.face_rig").read_face(hero).warnings()[1:]), _obstacles(hero, take)]
    assert words in "".join(warnings) if words else warnings == [""]
    assert all(modifier.show_viewport for modifier in hero.modifiers)


def test_hidden_teeth_cause_no_warning(head: "bpy.types.Object") -> None:
    teeth = add_mesh("Teeth", ["jawOpen"], head)
    _bend(teeth)
    take = _take(head)
    teeth.hide_set(True)
    assert _obstacles(head, take) == ""


def test_keys_without_effect_are_ignored(scene: "bpy.types.Scene") -> None:
    ob = add_mesh("Head", ["jawOpen"])
    assert _obstacles(ob, _take(ob)) == ""


def test_generate_reports_obstacles(
    scene: "bpy.types.Scene", strip: "bpy.types.Strip", face: "bpy.types.Object", monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    job = part("addon.generation.job")
    monkeypatch.setattr(job, "JobResult", lambda *args, made=job.JobResult: results.append(made(*args)) or results[-1])
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert results[-1].warnings == ()
    _mask(face, face.data.shape_keys)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert any('modifier "Mask"' in str(sentence) for sentence in results[-1].warnings)
