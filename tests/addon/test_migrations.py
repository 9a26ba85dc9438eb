"""Takes of earlier versions open with their meaning; those of newer versions stay unchanged, and a sentence says why."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest
from helpers import PACKAGE, add_mesh, part

from backend.arkit import CHANNELS
from tests.addon_source import source

versions = source("takes.migrations")

FIRST: dict[str, Any] = {
    "strip": "Hello There",
    "sound": "//hello.wav",
    "start": 0.5,
    "end": 2.5,
    "first_frame": 11,
    "fps": 24.0,
    "identity": "Ada",
    "emotion": "anger",
    "seed": 3,
    "audio_sha256": "aa",
    "model_sha256": "bb",
}
MOODS, LOCKS = [[0.0, "anger", 1.0], [1.5, "neutral", 0.5]], {"channels": ["jawOpen"], "frames": [20, 30]}
NESTED = {"intensity": 0.5, "moods": json.dumps(MOODS), "locks": json.dumps(LOCKS)}
LIKENESS = {"likeness": json.dumps([["Ada", 0.9], ["Bruno", 0.1]])}

# What takes stored, in the order of the history.
EARLIER: dict[str, dict[str, Any]] = {
    "generated, as at first": FIRST,
    "imported, as at first": {
        **FIRST,
        "identity": "imported",
        "emotion": "",
        "seed": 0,
        "audio_sha256": "",
        "model_sha256": "",
    },
    "with the time it was made": {**FIRST, "made": 1.7e9},
    "with moods and locks, without the time": {**FIRST, **NESTED},
    "retimed, without the time": {**FIRST, "retimed": True},
    "imported, called a capture": {**FIRST, "identity": "capture", "model_sha256": "", "made": 1.7e9},
    "with all but likeness and retiming": {**FIRST, **NESTED, "made": 1.7e9},
    "with all but the version": {**FIRST, **NESTED, **LIKENESS, "made": 1.7e9, "retimed": False},
}
TODAY: dict[str, Any] = {**FIRST, **NESTED, **LIKENESS, "made": 1.7e9, "retimed": True, "version": 2}


@pytest.fixture
def action(scene: "bpy.types.Scene") -> "bpy.types.Action":
    """Create an Action that animates a head and is not a take yet."""
    add_mesh("Head", list(CHANNELS))
    (action,) = _import_nothing()
    return action


def _import_nothing() -> list["bpy.types.Action"]:
    face, action = bpy.data.objects["Head"], bpy.data.actions.new("Some Take")
    part("addon.keyframes.face_action").assign(action, part("addon.rig.face_rig").read_face(face))
    return [action]


def _store(action: "bpy.types.Action", stored: dict[str, Any]) -> None:
    action["lipsync_take"] = stored


@pytest.mark.parametrize("form", EARLIER)
def test_earlier_take_opens(form: str, action: "bpy.types.Action", tmp_path: Path) -> None:
    stored, takes = EARLIER[form], part("addon.takes.take_store")
    _store(action, stored)
    action.use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    action = bpy.data.actions["Some Take"]
    assert list(takes.all_takes()) == [action]
    info = takes.read_info(action)
    for name in (
        "strip",
        "sound",
        "start",
        "end",
        "first_frame",
        "audio_sha256",
        "model_sha256",
    ):
        assert getattr(info, name) == stored[name]
    for name in ("fps", "emotion", "seed"):
        assert getattr(info.performance, name) == stored[name]
    assert info.performance.identity == ("Ada" if info.model_sha256 else "capture") and info.imported is not bool(
        info.model_sha256
    )
    assert info.made == stored.get("made", 0.0) and info.retimed is bool(stored.get("retimed", False))
    nested = "moods" in stored
    assert info.performance.intensity == (0.5 if nested else 1.0)
    assert info.performance.emotion_keys == (((0.0, "anger", 1.0), (1.5, "neutral", 0.5)) if nested else ())
    assert info.locks == (
        part("addon.takes.locks").Locks(("jawOpen",), (20, 30)) if nested else part("addon.takes.locks").UNLOCKED
    )
    assert info.likeness == ((("Ada", 0.9), ("Bruno", 0.1)) if "likeness" in stored else ())
    description = part("addon.panels.takes")._description(action, False)
    assert ("1970" in description) is False and description.count("\u00b7") == (2 if "made" in stored else 1) + (
        1 if info.model_sha256 else 0
    )
    assert part("addon.takes.locked_keys").is_manual(
        action
    )  # it has no seal that says that it isn't, and is not overwritten
    copy = takes.duplicate(action)
    assert takes.read_info(copy).strip == info.strip and takes.read_info(copy).made > 1.7e9


def test_stored_form_is_current(action: "bpy.types.Action") -> None:
    """If this fails because takes store something else: raise VERSION, add a migration, and add this form to EARLIER."""
    takes = part("addon.takes.take_store")
    _store(action, TODAY)
    assert {**takes._stored(takes.read_info(action))} == {
        **TODAY,
        "moods": TODAY["moods"],
        "likeness": TODAY["likeness"],
    }
    assert versions.VERSION == TODAY["version"]


def test_new_controls_need_no_migration(action: "bpy.types.Action") -> None:
    """A take from before a control was added has the control's default."""
    takes = part("addon.takes.take_store")
    _store(action, {name: value for name, value in TODAY.items() if name != "intensity"})
    info = takes.read_info(action)
    assert info.performance.intensity == 1.0
    assert info.performance.identity == "Ada"


def test_migration_keeps_its_input() -> None:
    before = {form: dict(stored) for form, stored in EARLIER.items()}
    for form, stored in EARLIER.items():
        assert versions.current(stored).keys() == TODAY.keys() and stored == before[form]
        assert versions.current(versions.current(stored)) == versions.current(stored)
    assert versions.current(TODAY) == TODAY


def test_newer_take_stays_unchanged(action: "bpy.types.Action") -> None:
    takes = part("addon.takes.take_store")
    _store(action, {**TODAY, "version": 3, "locks": "of another kind"})
    assert list(takes.all_takes()) == []
    says = '"Some Take" was made with a newer version of this extension: update the extension to edit it'
    with pytest.raises(takes.TakeError, match=says):
        takes.require_active_take(part("addon.rig.face_rig").read_face(bpy.data.objects["Head"]))
    for operator in ("take_assign", "take_duplicate", "take_delete"):
        with pytest.raises(RuntimeError, match="newer version"):
            getattr(bpy.ops.lipsync, operator)("EXEC_DEFAULT", take="Some Take")
    assert not bpy.ops.lipsync.take_again.poll()
    assert action["lipsync_take"]["locks"] == "of another kind" and bpy.data.actions.get("Some Take") == action
    add = part("addon.takes.controls")
    add.update_keys()
    assert bpy.data.objects["Head"].data.shape_keys.animation_data.action == action


@pytest.mark.parametrize(
    "stored", [5, "x", {}, {"strip": "x"}, {**TODAY, "version": 0}, {**TODAY, "version": "new"}], ids=repr
)
def test_malformed_take_is_ignored(action: "bpy.types.Action", stored: Any) -> None:
    action["lipsync_take"] = stored
    takes = part("addon.takes.take_store")
    known = isinstance(stored, dict) and stored.get("version") == "new"  # of no version: as if there were none
    assert takes.is_take(action) is known and PACKAGE
    for name in ("VIEW3D_PT_lipsync", "VIEW3D_PT_lipsync_takes"):
        assert hasattr(bpy.types, name)
    assert part("addon.properties").active_take(bpy.context) == (action if known else None)
    assert takes.unused_seed("x", 0) == 1
