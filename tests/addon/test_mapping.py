"""Manual choices in the mapping: their effect on a face, where they are stored, and as a file."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_mesh, part, read_action

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from tests.addon_source import source

mapping_file = source("rig.mapping_file")


@pytest.fixture
def read_face(scene: "bpy.types.Scene") -> Callable:
    return part("addon.rig.face_rig").read_face


def _choose(ob: "bpy.types.Object", **keys: str) -> None:
    """Choose keys as the panel's fields do."""
    for curve, key in keys.items():
        setattr(ob.data.shape_keys.lipsync_mapping, curve, key)


def _sums(face) -> dict[str, dict]:
    return {mesh.object.name: mesh.sums for mesh in face.meshes}


def test_choice_replaces_automatic_mapping(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen", "Maw", "cheekPuff", "Smile", "mouthSmileLeft", "mouthSmileRight"])
    _choose(head, jawOpen="Maw", cheekPuff="(None)", mouthSmileLeft="Smile", mouthSmileRight="Smile")
    face = read_face(head)
    assert _sums(face) == {"Head": {"Maw": {"jawOpen": 1.0}, "Smile": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}}}
    assert face.coverage["jaw"] == (1, 4) and face.coverage["cheeks"] == (0, 5) and face.coverage["lips"] == (2, 24)
    _choose(head, jawOpen="", cheekPuff="", mouthSmileLeft="", mouthSmileRight="")
    assert set(_sums(read_face(head))["Head"]) == {"jawOpen", "cheekPuff", "mouthSmileLeft", "mouthSmileRight"}


def test_same_names_move_together(read_face: Callable) -> None:
    """The meshes share an Action, so a choice or its reset applies to keys of that name on all meshes."""
    head = add_mesh("Head", ["jawOpen", "Maw"])
    teeth = add_mesh("Teeth", ["jawOpen", "Maw", "Jaw_Open_Wide"], head)
    tongue = add_mesh("Tongue", ["Jaw_Open"], head)
    _choose(head, jawOpen="Maw")
    assert _sums(read_face(head)) == {
        "Head": {"Maw": {"jawOpen": 1.0}},
        "Teeth": {"Maw": {"jawOpen": 1.0}},
        "Tongue": {"Jaw_Open": {"jawOpen": 1.0}},
    }
    _choose(teeth, jawOpen="Jaw_Open_Wide")
    _choose(tongue, jawOpen="(None)")
    assert _sums(read_face(head)) == {
        "Head": {"Maw": {"jawOpen": 1.0}},
        "Teeth": {"Maw": {"jawOpen": 1.0}, "Jaw_Open_Wide": {"jawOpen": 1.0}},
    }


def test_choice_of_deleted_key_is_ignored(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen", "Maw"])
    _choose(head, jawOpen="Maw")
    head.data.shape_keys.key_blocks["Maw"].name = "Gob"
    assert _sums(read_face(head)) == {"Head": {"jawOpen": {"jawOpen": 1.0}}}


def test_unknown_names_work_by_choice(read_face: Callable) -> None:
    keys, rig = part("addon.keyframes.face_action"), part("addon.rig.face_rig")
    alien = add_mesh("Alien", ["Antenna", "Gape"])
    with pytest.raises(rig.RigError, match="choose them under Mapping"):
        read_face(alien)
    _choose(alien, jawOpen="Gape")
    values = np.random.default_rng(0).random((8, 52), np.float32)
    action = keys.write_action(
        "Take", keys.columns(read_face(alien), Curves(CHANNELS, values, 30.0)), 1, keys.Style(0.0, False)
    )
    (curve,) = read_action(action).items()
    assert curve[0] == 'key_blocks["Gape"].value'
    np.testing.assert_array_equal(curve[1][:, 1], values[:, CHANNELS.index("jawOpen")])


def test_visemes_can_be_chosen_manually(read_face: Callable) -> None:
    head = add_mesh("Head", ["eyeBlinkLeft", "jawOpen", "Ah", "Ooh", "Shut"])
    _choose(head, aa="Ah", ou="Ooh", PP="Shut")
    face = read_face(head)
    assert (
        face.channels == ("eyeBlinkLeft",) and face.visemes == ("PP", "aa", "ou") and face.viseme_set.label == "custom"
    )
    vrm = add_mesh("Anime", [f"Fcl_MTH_{name}" for name in "AIUEO"] + ["Shout"])
    _choose(vrm, aa="Shout", ih="(None)")
    face = read_face(vrm)
    assert face.viseme_set.label == "VRM" and face.visemes == ("aa", "E", "oh", "ou")
    assert _sums(face)["Anime"]["Shout"] == {"aa": 1.0} and "Fcl_MTH_A" not in _sums(face)["Anime"]


def test_chosen_arkit_lips_replace_visemes(read_face: Callable) -> None:
    lips = part("addon.rig.visemes").VISEME_CHANNELS
    head = add_mesh(
        "Head", [f"Fcl_MTH_{name}" for name in "AIUEO"] + [f"Shape {number}" for number in range(len(lips))]
    )
    assert read_face(head).viseme_set.label == "VRM"
    _choose(head, **{channel: f"Shape {number}" for number, channel in enumerate(lips)})
    assert read_face(head).viseme_set is None and set(read_face(head).channels) == set(lips)


def test_choices_stay_with_shape_keys(read_face: Callable, tmp_path: Path) -> None:
    choices = part("addon.rig.mapping").choices
    head = add_mesh("Head", ["jawOpen", "Maw"])
    _choose(head, jawOpen="Maw", cheekPuff="(None)")
    expected = (("jawOpen", "Maw"), ("cheekPuff", ""))
    head.select_set(True)
    bpy.ops.object.duplicate()
    assert bpy.context.active_object != head and choices(bpy.context.active_object.data.shape_keys) == expected
    bpy.data.libraries.write(str(tmp_path / "hero.blend"), {head})
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert choices(bpy.data.objects["Head"].data.shape_keys) == expected

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "hero.blend"), link=True) as (_, linked):
        linked.objects = ["Head"]
    hero = linked.objects[0].override_create()
    hero.data.override_create(remap_local_usages=True)
    bpy.context.scene.collection.objects.link(hero)
    assert choices(hero.data.shape_keys) == expected
    _choose(hero, cheekPuff="Maw", jawOpen="")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    (hero,) = (ob for ob in bpy.context.scene.objects if ob.type == "MESH")
    assert choices(hero.data.shape_keys) == (("cheekPuff", "Maw"),)


def test_reset_restores_automatic_mapping(read_face: Callable) -> None:
    head = add_mesh("Head", ["jawOpen", "Maw"])
    teeth = add_mesh("Teeth", ["jawOpen", "Maw"], head)
    bpy.context.view_layer.objects.active = head
    with pytest.raises(RuntimeError, match="whole mapping is automatic"):
        bpy.ops.lipsync.mapping_reset()
    _choose(head, jawOpen="Maw", cheekPuff="Maw")
    _choose(teeth, jawOpen="Maw")
    assert bpy.ops.lipsync.mapping_reset(curve="jawOpen") == {"FINISHED"}
    choices = part("addon.rig.mapping").choices
    assert choices(head.data.shape_keys) == (("cheekPuff", "Maw"),) and choices(teeth.data.shape_keys) == ()
    assert bpy.ops.lipsync.mapping_reset() == {"FINISHED"}
    assert choices(head.data.shape_keys) == ()
    with pytest.raises(RuntimeError, match="whole mapping is automatic"):
        bpy.ops.lipsync.mapping_save(filepath="/nowhere.json")


def test_mapping_saves_and_loads(read_face: Callable, tmp_path: Path) -> None:
    file = tmp_path / "Head mapping.json"
    head = add_mesh("Head", ["jawOpen", "Maw", "Smîle"])
    teeth = add_mesh("Teeth", ["jawOpen"], head)
    bpy.context.view_layer.objects.active = head
    _choose(head, jawOpen="Maw", mouthSmileLeft="Smîle")
    _choose(teeth, jawOpen="(None)")
    before = _sums(read_face(head))
    assert bpy.ops.lipsync.mapping_save(filepath=str(file)) == {"FINISHED"}
    assert json.loads(file.read_text(encoding="utf-8"))["meshes"] == {
        "Head": {"jawOpen": "Maw", "mouthSmileLeft": "Smîle"},
        "Teeth": {"jawOpen": None},
    }
    bpy.ops.lipsync.mapping_reset()
    _choose(head, cheekPuff="Maw")
    assert bpy.ops.lipsync.mapping_load(filepath=str(file)) == {"FINISHED"}
    assert _sums(read_face(head)) == before

    other = add_mesh("Somebody", ["Maw"])  # none of the file's meshes, and without one of its keys
    assert bpy.ops.lipsync.mapping_load(filepath=str(file)) == {"FINISHED"}
    assert part("addon.rig.mapping").choices(other.data.shape_keys) == (("jawOpen", "Maw"),)


@pytest.mark.parametrize(
    "text, why",
    [
        ("{", "isn't JSON"),
        ("[1, 2]", "isn't \"lip sync mapping"),
        ('{"format": "lip sync mapping", "version": 9, "meshes": {}}', "version 9"),
        ('{"format": "lip sync mapping", "version": 1, "meshes": {"Head": "jawOpen"}}', "save the mapping again"),
        (
            '{"format": "lip sync mapping", "version": 1, "meshes": {"Head": {"jawOpen": 3}}}',
            "isn't the name of a shape key",
        ),
        (
            '{"format": "lip sync mapping", "version": 1, "meshes": {"Head": {"jawOpen": "Gob"}}}',
            'Nothing in "mapping.json" fits',
        ),
    ],
)
def test_invalid_mapping_changes_nothing(scene: "bpy.types.Scene", tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "mapping.json"
    file.write_text(text)
    head = add_mesh("Head", ["jawOpen", "Maw"])
    _choose(head, jawOpen="Maw")
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.lipsync.mapping_load(filepath=str(file))
    with pytest.raises(RuntimeError, match="can't be read"):
        bpy.ops.lipsync.mapping_load(filepath=str(tmp_path / "gone.json"))
    assert part("addon.rig.mapping").choices(head.data.shape_keys) == (("jawOpen", "Maw"),)


def test_misfits_of_mapping_are_reported() -> None:
    stored = {
        "Head": {"jawOpen": "Maw", "wagEars": "Ears"},
        "Teeth": {"jawOpen": "Gob", "cheekPuff": ""},
        "Hat": {"browInnerUp": "Brim"},
    }
    chosen, misfits = mapping_file.fit(stored, CHANNELS, {"Head": {"Maw"}, "Teeth": {"Maw"}})
    assert chosen == {"Head": {"jawOpen": "Maw"}, "Teeth": {"cheekPuff": ""}}
    assert sorted(misfits) == ["Hat: browInnerUp \u2192 Brim", "Head: wagEars \u2192 Ears", "Teeth: jawOpen \u2192 Gob"]


def test_unknown_mesh_stands_for_all() -> None:
    stored = {"Anna Head": {"jawOpen": "Maw"}, "Anna Teeth": {"jawOpen": ""}}
    chosen, misfits = mapping_file.fit(stored, CHANNELS, {"Bert Head": {"Maw"}, "Bert Teeth": {"Grin"}})
    assert chosen == {"Bert Head": {"jawOpen": "Maw"}, "Bert Teeth": {"jawOpen": ""}} and misfits == []
    assert mapping_file.parse(mapping_file.dump(stored)) == stored


def test_panel_lists_keys_with_problems(read_face: Callable) -> None:
    panel, view = part("addon.panels.mapping"), bpy.context.window_manager.lipsync_mapping
    head = add_mesh("Head", ["jawOpen", "jawLeft", "Maw"])
    teeth = add_mesh("Teeth", ["Jaw_Open"], head)
    key = head.data.shape_keys
    key.key_blocks["jawOpen"].mute = True
    meshes = part("addon.rig.face_rig").find_face(head).meshes
    why = panel._keys(meshes, "jawOpen")
    assert str(why.pop("jawOpen")) == "muted" and why == {"Jaw_Open": None}
    assert panel._keys(meshes, "jawRight") == {}
    _choose(head, jawLeft="Maw")
    assert not panel._is_gone(key, "jawLeft") and not panel._is_gone(teeth.data.shape_keys, "jawLeft")
    key.key_blocks["Maw"].name = "Gob"
    assert panel._is_gone(key, "jawLeft")
    view.region = "gaze"
    assert part("addon.panels.mapping").shown_curve(view) == "eyeLookDownLeft"
    assert [row.identifier for row in view.bl_rna.properties["curves"].enum_items] == [
        *CHANNELS,
        *part("addon.rig.visemes").POSES,
    ]


def test_mapping_is_fast_to_draw(read_face: Callable) -> None:
    head = add_mesh("Head", list(CHANNELS))
    for number in range(4):
        _choose(add_mesh(f"Part {number}", list(CHANNELS), head), cheekPuff="(None)", jawOpen="jawLeft")
    read_face(head)
    began = time.process_time()
    for _ in range(100):
        read_face(head)
    assert time.process_time() - began < 0.2  # 2 ms each; 0.4 on a machine that does nothing else
