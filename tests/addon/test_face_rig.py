"""Finding the face around an object, and the shape keys that can be animated."""

from collections.abc import Callable
from pathlib import Path

import bpy
import pytest
from helpers import add_mesh, override, part

from backend.arkit import CHANNELS


@pytest.fixture
def read_face(scene: "bpy.types.Scene") -> Callable:
    return part("addon.rig.face_rig").read_face


def _names(face) -> set[str]:
    return {mesh.object.name for mesh in face.meshes}


def test_parent_joins_meshes_into_face(read_face: Callable) -> None:
    root = bpy.data.objects.new("Root", None)
    bpy.context.scene.collection.objects.link(root)
    head = add_mesh("Head", list(CHANNELS), root)
    teeth = add_mesh("Teeth", ["jawOpen"], root)
    add_mesh("Hat", [], root)
    add_mesh("Coat", ["Flap"], root)
    tongue = add_mesh("Tongue", ["tongueOut"], teeth)
    add_mesh("Stranger", ["jawOpen"])
    for ob in (head, teeth, tongue, root):
        face = read_face(ob)
        assert _names(face) == (
            {"Head", "Teeth", "Tongue"} if ob != tongue else {"Head", "Teeth", "Tongue"} & _names(face)
        )
        assert "jawOpen" in face.channels or ob == tongue
    assert read_face(head).channels == CHANNELS and read_face(head).warnings() == []


def test_armature_joins_meshes_into_face(read_face: Callable) -> None:
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(armature)
    head, brows = add_mesh("Head", ["JawOpen", "EyeBlinkLeft"]), add_mesh("Brows", ["browInnerUp_L", "browInnerUp_R"])
    for ob in (head, brows):
        ob.modifiers.new("Armature", "ARMATURE").object = armature
    add_mesh("Lashes", ["eyeBlink_L"], armature)
    for ob in (head, brows, armature):
        assert _names(read_face(ob)) == {"Head", "Brows", "Lashes"}
    assert read_face(head).channels == ("eyeBlinkLeft", "jawOpen", "browInnerUp")


def test_characters_sharing_parent_stay_separate(read_face: Callable) -> None:
    root = bpy.data.objects.new("Cast", None)
    bpy.context.scene.collection.objects.link(root)
    for name in ("Anna", "Bert"):
        armature = bpy.data.objects.new(f"{name} Rig", bpy.data.armatures.new(name))
        bpy.context.scene.collection.objects.link(armature)
        armature.parent = root
        face_rig = bpy.data.objects.new(f"{name} Face Rig", bpy.data.armatures.new(name))
        bpy.context.scene.collection.objects.link(face_rig)
        face_rig.parent = armature
        head = add_mesh(f"{name} Head", ["jawOpen"], root)
        head.modifiers.new("Armature", "ARMATURE").object = face_rig
        add_mesh(f"{name} Teeth", ["jawOpen"], armature)
        add_mesh(f"{name} Lashes", ["eyeBlinkLeft"], head)
    for name in ("Anna", "Bert"):
        expected = {f"{name} {part}" for part in ("Head", "Teeth", "Lashes")}
        assert all(_names(read_face(bpy.data.objects[member])) == expected for member in expected)


def test_coverage_by_region(read_face: Callable) -> None:
    head = add_mesh("Head", ["Jaw_Open", "Jaw_L", "Brow_Raise_Inner_L", "Brow_Raise_Inner_R"])
    head.data.shape_keys.key_blocks["Jaw_L"].mute = True
    assert read_face(head).coverage == {
        "jaw": (1, 4), "lips": (0, 24), "cheeks": (0, 5), "brows": (1, 5), "lids": (0, 6), "gaze": (0, 8)
    }  # fmt: skip


def test_visemes_combine_with_arkit(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen", "EyeBlinkLeft", *(f"Fcl_MTH_{name}" for name in "AIUEO")])
    blocks = head.data.shape_keys.key_blocks
    face = read_face(head)
    assert (
        face.channels == ("eyeBlinkLeft",)
        and face.visemes == ("aa", "E", "ih", "oh", "ou")
        and face.viseme_set.label == "VRM"
    )
    blocks["Fcl_MTH_A"].mute = True
    face = read_face(head)
    assert face.visemes == ("E", "ih", "oh", "ou") and [*map(str, face.warnings())] == [
        "Not animated (muted): Fcl_MTH_A"
    ]
    for block in blocks[1:]:
        block.mute = True
    with pytest.raises(
        part("addon.rig.face_rig").RigError,
        match='Every ARKit shape key or viseme of "Head" is driven, muted or locked',
    ):
        read_face(head)


def test_muted_driver_is_ignored(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen", "mouthClose"])
    head.data.shape_keys.key_blocks["jawOpen"].driver_add("value").mute = True
    face = read_face(head)
    assert face.channels == ("jawOpen", "mouthClose") and _others(face) == []


def test_shared_mesh_data_counts_once(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen"])
    twin = bpy.data.objects.new("Twin", head.data)
    twin.parent = head
    assert _names(read_face(head)) == {"Head"}


def test_blocked_keys_are_named(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen", "jawLeft", "jawRight", "mouthClose"])
    blocks = head.data.shape_keys.key_blocks
    blocks["jawOpen"].driver_add("value")
    blocks["jawLeft"].mute = True
    blocks["jawRight"].lock_shape = True
    face = read_face(head)
    assert face.channels == ("mouthClose",)
    assert sorted(_others(face)) == [
        "Not animated (driven): jawOpen",
        "Not animated (locked): jawRight",
        "Not animated (muted): jawLeft",
    ]
    blocks["mouthClose"].mute = True
    with pytest.raises(
        part("addon.rig.face_rig").RigError, match='Every ARKit shape key of "Head" is driven, muted or locked'
    ):
        read_face(head)


def test_driven_teeth_cause_no_warning(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen"])
    teeth = add_mesh("Teeth", ["jawOpen"], head)
    teeth.data.shape_keys.key_blocks["jawOpen"].driver_add("value")
    assert _others(read_face(head)) == []


def _others(face) -> list[str]:
    """Return the warnings of a face with few keys, without the one about that."""
    first, *others = map(str, face.warnings())
    assert first.startswith("The lower face has few keys")
    return others


def test_face_with_few_lips_warns(read_face: Callable) -> None:
    """A DAZ rig with only those of its 52 keys that have no suffix."""
    head = add_mesh("Head", ["jawOpen", "jawLeft", "jawRight", "jawForward", "tongueOut", "browInnerUp"])
    (warning,) = map(str, read_face(head).warnings())
    assert "jaw 4 of 4, lips 1 of 24" in warning and "Mapping" in warning
    for name in ("mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight"):
        head.shape_key_add(name=name, from_mix=False)
    assert read_face(head).warnings() == []
    vowels = add_mesh("Anime", ["jawOpen", *"AIUEO"])
    assert read_face(vowels).warnings() == []


def test_names_come_from_gltf(read_face: Callable) -> None:
    """VRM 0 stores the names beside the primitives, and importers call the keys target_0, target_1 ..."""
    names = ["neutral", "ah", "ih", "uu", "ee", "oh", "blink_left", "blink_right"]
    for owner in ("data", "object", "extras"):
        head = add_mesh("Head", [f"target_{number}" for number in range(len(names))])
        if owner == "extras":
            head.data["extras"] = {"targetNames": names}
        else:
            (head if owner == "object" else head.data)["targetNames"] = names
        face = read_face(head)
        assert face.visemes == ("aa", "E", "ih", "oh", "ou") and face.channels == ("eyeBlinkLeft", "eyeBlinkRight")
        assert face.meshes[0].sums["target_1"] == {"aa": 1.0}
        head.data.shape_keys.lipsync_mapping.aa = "target_0"
        assert read_face(head).meshes[0].sums["target_0"] == {"aa": 1.0}
        bpy.data.objects.remove(head)
    assert _refusal(add_mesh("Nameless", ["target_0", "target_1"])).startswith("Found none")


def test_curves_and_lattices_are_faces(read_face: Callable) -> None:
    for data in (
        bpy.data.curves.new("Mouth", "CURVE"),
        bpy.data.curves.new("Lips", "SURFACE"),
        bpy.data.lattices.new("Cage"),
    ):
        if hasattr(data, "splines"):
            data.splines.new("POLY" if data.name == "Mouth" else "NURBS").points.add(3)
        ob = bpy.data.objects.new(data.name, data)
        bpy.context.scene.collection.objects.link(ob)
        for name in ("Basis", "jawOpen", "mouthClose"):
            ob.shape_key_add(name=name, from_mix=False).value = 0.0
        assert read_face(ob).channels == ("jawOpen", "mouthClose")
        bpy.context.view_layer.objects.active = ob
        assert part("addon.properties").is_keyed_mesh(None, ob)
    head = add_mesh("Head", [])
    head.modifiers.new("Lattice", "LATTICE").object = bpy.data.objects["Cage"]
    assert _names(read_face(head)) == {"Cage"}


def test_lattice_is_animated(scene: "bpy.types.Scene", strip: "bpy.types.Strip") -> None:
    cage = bpy.data.objects.new("Cage", bpy.data.lattices.new("Cage"))
    scene.collection.objects.link(cage)
    for name in ("Basis", *CHANNELS):
        cage.shape_key_add(name=name, from_mix=False).value = 0.0
    bpy.context.view_layer.objects.active = cage
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert cage.data.shape_keys.animation_data.action


def _refusal(ob: "bpy.types.Object | None") -> str:
    with pytest.raises(part("addon.rig.face_rig").RigError) as caught:
        part("addon.rig.face_rig").read_face(ob)
    return str(caught.value)


def test_refusals_of_faces_have_reasons(scene: "bpy.types.Scene") -> None:
    assert _refusal(None) == "Select a face: a mesh with ARKit shape keys"
    assert _refusal(add_mesh("Cube", [])) == '"Cube" has no shape keys: select a face with ARKit shape keys'
    other = add_mesh("Alien", ["Antenna", "Wiggle", "Smile", "Hiss", "Blink"])
    assert _refusal(other) == (
        'Found none of the 52 ARKit shape keys on "Alien" (it has Antenna, Wiggle, Smile, Hiss, ...): '
        "choose them under Mapping, rename them or select another face"
    )
    absolute = add_mesh("Absolute", ["jawOpen"])
    absolute.data.shape_keys.use_relative = False
    assert "aren't relative" in _refusal(absolute)


def test_linked_face_is_refused(scene: "bpy.types.Scene", tmp_path: Path) -> None:
    library = tmp_path / "hero.blend"
    head = add_mesh("Hero", ["jawOpen"])
    bpy.data.libraries.write(str(library), {head})
    bpy.data.objects.remove(head)
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.objects = ["Hero"]
    (hero,) = linked.objects
    bpy.context.scene.collection.objects.link(hero)
    assert _refusal(hero).startswith(
        '"Hero" can\'t be keyed: its shape keys are linked; make its mesh a library override'
    )
    local = add_mesh("Beard", ["jawOpen"])
    local.parent = hero
    face = part("addon.rig.face_rig").read_face(local)
    assert _names(face) == {"Beard"} and _others(face)[0].startswith('"Hero" was skipped')


def test_overridden_mesh_can_be_keyed(scene: "bpy.types.Scene", strip: "bpy.types.Strip", tmp_path: Path) -> None:
    library = tmp_path / "hero.blend"
    head = add_mesh("Hero", ["jawOpen"])
    head.data.shape_keys.animation_data_create()
    hero = override(head, library)
    assert part("addon.rig.face_rig").read_face(hero).warnings()[1:] == []
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    name = hero.data.shape_keys.animation_data.action.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    (hero,) = (ob for ob in bpy.context.scene.objects if ob.type == "MESH")
    assert hero.data.shape_keys.animation_data.action.name == name


def test_override_losing_its_action_warns(scene: "bpy.types.Scene", tmp_path: Path) -> None:
    hero = override(add_mesh("Hero", ["jawOpen"]), tmp_path / "hero.blend")
    _, warning = map(str, part("addon.rig.face_rig").read_face(hero).warnings())
    assert warning.startswith('"Hero" will lose its animation on reload')
