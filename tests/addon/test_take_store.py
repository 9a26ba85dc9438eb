"""The take list: duplicating, pushing down, deleting and regenerating takes, and detecting manual edits."""

import shutil
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from helpers import add_mesh, add_strip, fcurves, nla_tracks, part, read_action, snapshot
from tolerances import FLOAT32

from backend.arkit import CHANNELS
from backend.curve_files import write
from backend.curves.base import Curves

JAW = 'key_blocks["jawOpen"].value'


@pytest.fixture
def head(scene: "bpy.types.Scene") -> "bpy.types.Object":
    """Add a head with teeth, active."""
    teeth = add_mesh("Teeth", ["jawOpen"])
    head = add_mesh("Head", list(CHANNELS))
    teeth.parent = head
    return head


def _capture(folder: Path, name: str, frames: int = 48) -> Path:
    phase = np.arange(frames)[:, None] / 9 + np.arange(52)
    path = folder / f"{name}.csv"
    write(path, Curves(CHANNELS, (0.5 + 0.4 * np.sin(phase)).astype(np.float32), 24.0, 0.0))
    return path


def _import(folder: Path, name: str = "Line", frame: int = 11) -> "bpy.types.Action":
    """Import a take on the active face, from a frame on, without sound or backend."""
    bpy.context.scene.frame_set(frame)
    assert bpy.ops.lipsync.import_capture(filepath=str(_capture(folder, name))) == {"FINISHED"}
    return _moving()


def _generate(file: Path, **changes: object) -> "bpy.types.Action":
    """Generate a take of a sound file on the active face, even in a Blender without sound."""
    span = part("addon.generation.sound_strip").Span("Hello", "", str(file), False, 0.5, 2.5, 11, 24.0)
    job, style = part("addon.generation.job"), part("addon.properties").key_style(bpy.context)
    performance = part("backend.performance").Performance(**{"seed": 3, "fps": 24.0} | changes)
    setup = part("addon.preferences").backend_setup(bpy.context)
    running = job.Job(job.JobRequest(span, bpy.context.active_object.session_uid, performance, style, setup))
    deadline = time.monotonic() + 60
    while not running.pump(0.1):
        assert time.monotonic() < deadline
    (name,) = running.apply().actions
    bpy.context.view_layer.update()
    return bpy.data.actions[name]


def _moving(name: str = "Head") -> Any:
    data = bpy.data.objects[name].data.shape_keys.animation_data
    return data.action if data else None


def _change(action: "bpy.types.Action") -> None:
    """Move a key of the jaw as a manual edit does, and notify Blender."""
    fcurves(action)[JAW].keyframe_points[3].co.y += 0.1
    bpy.context.view_layer.update()


def _reason(operator) -> str:
    """Return why a button is disabled."""
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operator()
    assert snapshot() == before
    return str(caught.value)


# Edited or not


@pytest.mark.parametrize("interpolation", ["BEZIER", "LINEAR"])
def test_edits_are_detected_and_undone(
    scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path, interpolation: str
) -> None:
    edits = part("addon.takes.edit_tracking")
    scene.lipsync.key_interpolation = interpolation
    name = _import(tmp_path).name
    assert not edits.is_edited(_moving()) and not edits.shows_edited(_moving())
    bpy.ops.ed.undo_push(message="Before")
    _change(_moving())
    assert edits.is_edited(_moving()) and edits.shows_edited(_moving())
    bpy.ops.ed.undo_push(message="After")
    bpy.ops.ed.undo()
    assert not edits.is_edited(bpy.data.actions[name]) and not edits.shows_edited(bpy.data.actions[name])
    bpy.ops.ed.redo()
    assert edits.is_edited(bpy.data.actions[name]) and edits.shows_edited(bpy.data.actions[name])


@pytest.mark.parametrize(
    "edit",
    {
        "value": lambda curve: setattr(curve.keyframe_points[3].co, "y", 0.123),
        "frame": lambda curve: setattr(curve.keyframe_points[3].co, "x", curve.keyframe_points[3].co.x + 0.5),
        "handle": lambda curve: _bend(curve.keyframe_points[3]),
        "interpolation": lambda curve: setattr(curve.keyframe_points[3], "interpolation", "CONSTANT"),
        "new key": lambda curve: curve.keyframe_points.insert(12.5, 0.5),
        "removed key": lambda curve: curve.keyframe_points.remove(curve.keyframe_points[3]),
        "all at once": lambda curve: curve.keyframe_points.foreach_set(
            "co", np.zeros(2 * len(curve.keyframe_points), np.float32)
        ),
        "keyed by property": lambda curve: _key_the_jaw(),
    }.items(),
    ids=lambda case: case[0],
)
def test_every_kind_of_edit_is_detected(head: "bpy.types.Object", tmp_path: Path, edit) -> None:
    edits, action = part("addon.takes.edit_tracking"), _import(tmp_path)
    assert not edits.shows_edited(action)
    edit[1](fcurves(action)[JAW])
    fcurves(action)[JAW].update()
    bpy.context.view_layer.update()
    assert edits.shows_edited(action) and edits.is_edited(action)


def _bend(point: "bpy.types.Keyframe") -> None:
    point.handle_left_type = point.handle_right_type = "FREE"
    point.handle_left.y += 0.1


def _key_the_jaw() -> None:
    assert bpy.data.objects["Head"].data.shape_keys.key_blocks["jawOpen"].keyframe_insert("value", frame=33)


def test_drawing_is_no_edit(scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path) -> None:
    edits, action = part("addon.takes.edit_tracking"), _import(tmp_path)
    for curve in fcurves(action).values():
        curve.keyframe_points[2].select_control_point = True
        curve.mute = curve.select = True
        curve.update()
    action.name = "Renamed"
    scene.frame_set(20)
    assert not edits.is_edited(action) and not edits.shows_edited(action)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert not edits.shows_edited(bpy.data.actions["Renamed"])
    _change(bpy.data.actions["Renamed"])
    assert edits.shows_edited(bpy.data.actions["Renamed"])  # the handlers outlive the file


def test_reverted_change_is_no_edit(head: "bpy.types.Object", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, action = part("addon.takes.edit_tracking"), _import(tmp_path)
    point = fcurves(action)[JAW].keyframe_points[3]
    before, asked = point.co.y, []
    really = edits.is_edited

    def counted(action: "bpy.types.Action") -> bool:
        asked.append(action)
        return really(action)

    monkeypatch.setattr(edits, "is_edited", counted)
    for value in (before + 0.1, before + 0.2, before):  # dragged, and Escape pressed
        point.co.y = value
        bpy.context.view_layer.update()
        assert edits.shows_edited(action)
    assert len(asked) == 1
    time.sleep(0.6)
    assert not edits.shows_edited(action)


def test_marking_makes_keys_unedited(head: "bpy.types.Object", tmp_path: Path) -> None:
    takes, edits, action = (
        part("addon.takes.take_store"),
        part("addon.takes.edit_tracking"),
        _import(tmp_path),
    )
    _change(action)
    assert takes.is_edited(action) and edits.shows_edited(action)
    takes.mark_unedited(action)
    assert not takes.is_edited(action) and not edits.shows_edited(action)


def test_edit_state_is_fast_to_draw(scene: "bpy.types.Scene", head: "bpy.types.Object") -> None:
    """Five dense takes of ten minutes, at 30 fps. Processor time, so other processes don't count."""
    edits, takes = part("addon.takes.edit_tracking"), part("addon.takes.take_store")
    keys, rig = part("addon.keyframes.face_action"), part("addon.rig.face_rig")
    curves = Curves(CHANNELS, np.random.default_rng(0).random((18000, 52), np.float32), 30.0)
    face = rig.read_face(head)
    for number in range(5):
        action = keys.write_action(f"Long {number}", keys.columns(face, curves), 1, keys.Style(0.0, True))
        takes.mark(action, takes.imported_info("Long.csv", 0.0, 600.0, 1, 30.0), curves)
    began = time.process_time()
    assert not any(edits.shows_edited(action) for action in takes.all_takes())
    assert time.process_time() - began < 3
    fastest = float("inf")
    for _ in range(5):
        began = time.process_time()
        assert not any(edits.shows_edited(action) for action in takes.all_takes())
        fastest = min(fastest, time.process_time() - began)
    assert fastest < 0.001


def test_handlers_are_removed_with_addon(head: "bpy.types.Object") -> None:
    lists = [
        getattr(bpy.app.handlers, name) for name in ("depsgraph_update_post", "undo_post", "redo_post", "load_post")
    ]
    edits = part("addon.takes.edit_tracking")
    before = [len(handlers) for handlers in lists]
    edits.unregister()
    assert [len(handlers) for handlers in lists] == [count - 1 for count in before]
    edits.register()


# Duplicate


def test_duplicate_keeps_edits(head: "bpy.types.Object", tmp_path: Path) -> None:
    takes, action = part("addon.takes.take_store"), _import(tmp_path)
    _change(action)
    began = time.time()
    assert bpy.ops.lipsync.take_duplicate() == {"FINISHED"}
    copy = _moving()
    assert (
        copy != action
        and (action.name, copy.name) == ("Line capture take 001", "Line capture take 002")
        and copy.use_fake_user
    )
    assert _moving("Teeth") == copy and takes.is_edited(copy)
    before, after = read_action(action), read_action(copy)
    assert before.keys() == after.keys() and all((before[path] == after[path]).all() for path in before)
    assert (
        takes.read_info(copy).made >= began
        and (takes.read_curves(copy).values == takes.read_curves(action).values).all()
    )
    _change(copy)
    assert read_action(action)[JAW][3, 1] != read_action(copy)[JAW][3, 1]


# Push down


def test_pushed_down_take_plays(scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path) -> None:
    action, keys = _import(tmp_path), head.data.shape_keys
    scene.frame_set(20)
    expected = [block.value for block in keys.key_blocks]
    assert bpy.ops.lipsync.take_push_down() == {"FINISHED"}
    for name in ("Head", "Teeth"):
        data = bpy.data.objects[name].data.shape_keys.animation_data
        (track,) = nla_tracks(data)
        (strip,) = track.strips
        assert (
            data.action is None
            and strip.action == action
            and (strip.frame_start, strip.frame_end) == tuple(action.frame_range)
        )
        assert (strip.scale, strip.mute, track.mute) == (1.0, False, False)
        if hasattr(action, "slots"):
            assert strip.action_slot == action.slots[0]
    for frame in (1, 20):
        scene.frame_set(frame)
    np.testing.assert_allclose([block.value for block in keys.key_blocks], expected, atol=FLOAT32)
    assert "The face has no active take" in _reason(bpy.ops.lipsync.take_push_down)


def test_pushed_down_takes_play_in_turn(scene: "bpy.types.Scene", head: "bpy.types.Object", tmp_path: Path) -> None:
    jaw = head.data.shape_keys.key_blocks["jawOpen"]
    values = {}
    for name, frame in (("First", 11), ("Second", 101), ("Third", 201)):
        _import(tmp_path, name, frame)
        scene.frame_set(frame + 5)
        values[frame + 5] = jaw.value
        if name != "Third":  # that one stays the face's own
            assert bpy.ops.lipsync.take_push_down() == {"FINISHED"}
    for frame, value in [*values.items(), *values.items()]:
        scene.frame_set(frame)
        assert jaw.value == pytest.approx(value, abs=FLOAT32) and value > 0.1
    scene.frame_set(80)
    assert jaw.value == 0.0


def test_push_down_keeps_subframes(head: "bpy.types.Object", tmp_path: Path) -> None:
    action = _import(tmp_path)
    for curve in fcurves(action).values():
        for point in curve.keyframe_points:
            point.co_ui.x += 0.25
        curve.update()
    assert bpy.ops.lipsync.take_push_down() == {"FINISHED"}
    strip = nla_tracks(head.data.shape_keys.animation_data)[0].strips[0]
    assert (strip.frame_start, strip.action_frame_start, strip.scale) == (11.25, 11.25, 1.0)


def test_push_down_needs_active_take(head: "bpy.types.Object", tmp_path: Path) -> None:
    first = _import(tmp_path)
    _import(tmp_path)
    assert "isn't the active take: assign it first" in _reason(lambda: bpy.ops.lipsync.take_push_down(take=first.name))


# Delete


def _three(folder: Path) -> list[str]:
    _import(folder, "Other")
    return [_import(folder).name for _ in range(3)]


def test_delete_activates_previous_take(head: "bpy.types.Object", tmp_path: Path) -> None:
    first, second, third = _three(tmp_path)
    assert bpy.ops.lipsync.take_delete() == {"FINISHED"}
    assert third not in bpy.data.actions and _moving().name == _moving("Teeth").name == second
    bpy.ops.lipsync.take_assign(take=first)
    assert bpy.ops.lipsync.take_delete() == {"FINISHED"}
    assert _moving().name == second
    assert bpy.ops.lipsync.take_delete() == {"FINISHED"}
    assert _moving() is None and [action.name for action in bpy.data.actions] == ["Other capture take 001"]
    assert "The face has no active take" in _reason(bpy.ops.lipsync.take_delete)


def test_deleting_inactive_take_keeps_face(head: "bpy.types.Object", tmp_path: Path) -> None:
    first, *_, third = _three(tmp_path)
    stranger = add_mesh("Stranger", ["jawOpen"])
    bpy.ops.lipsync.take_assign(take=first)
    bpy.context.view_layer.objects.active = head
    assert bpy.ops.lipsync.take_delete(take=first) == {"FINISHED"}
    assert _moving().name == third and stranger.data.shape_keys.animation_data.action is None
    assert 'There is no take "Gone"' in _reason(lambda: bpy.ops.lipsync.take_delete(take="Gone"))


def test_delete_undoes_in_one_step(head: "bpy.types.Object", tmp_path: Path) -> None:
    names = _three(tmp_path)
    bpy.ops.ed.undo_push(message="Before")
    assert bpy.ops.lipsync.take_delete("EXEC_DEFAULT", True) == {"FINISHED"}
    bpy.ops.ed.undo()
    assert {*names} < {action.name for action in bpy.data.actions} and _moving().name == _moving("Teeth").name == names[
        -1
    ]


def test_take_on_nla_is_not_deleted(head: "bpy.types.Object", tmp_path: Path) -> None:
    first = _import(tmp_path)
    bpy.ops.lipsync.take_push_down()
    bpy.ops.lipsync.take_assign(take=first.name)
    assert "is on an NLA track: delete its NLA strip first" in _reason(bpy.ops.lipsync.take_delete)
    other = _import(tmp_path).name
    assert "is on an NLA track" in _reason(lambda: bpy.ops.lipsync.take_delete(take=first.name))
    assert bpy.ops.lipsync.take_delete() == {"FINISHED"} and _moving() == first and other not in bpy.data.actions


# Regenerate


def test_regenerated_take_is_the_same(scene: "bpy.types.Scene", head: "bpy.types.Object", speech: Path) -> None:
    takes, began = part("addon.takes.take_store"), time.time()
    first = _generate(speech)
    assert began <= takes.read_info(first).made <= time.time()
    expected = read_action(first)
    _change(first)
    edited = read_action(first)
    scene.lipsync.seed, scene.lipsync.emotion_name, scene.frame_current = 77, "anger", 99
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    again = _moving()
    assert again != first and again.name[-3:] == "002" and _moving("Teeth") == again and scene.lipsync.seed == 77
    assert not takes.is_edited(again) and takes.is_edited(first)
    made, kept = read_action(again), read_action(first)
    assert made.keys() == expected.keys() and all((made[path] == expected[path]).all() for path in expected)
    assert all((kept[path] == edited[path]).all() for path in edited)
    assert (takes.read_curves(again).values == takes.read_curves(first).values).all()
    before, after = takes.read_info(first), takes.read_info(again)
    fields = set(before.__dataclass_fields__) - {"made"}
    assert {name: getattr(before, name) for name in fields} == {name: getattr(after, name) for name in fields}


def test_differences_of_regenerated_take_warn(
    scene: "bpy.types.Scene", head: "bpy.types.Object", speech: Path, tmp_path: Path
) -> None:
    file = Path(shutil.copy(speech, tmp_path / "line.ogg"))
    first = _generate(file)
    warnings = part("addon.generation.regenerate").warnings
    info = part("addon.takes.take_store").read_info(first)
    assert warnings(info, info, 24.0) == []
    file.write_bytes(file.read_bytes() + b"\0")  # still sound, but another file
    first["lipsync_take"]["model_sha256"] = "0" * 64
    scene.render.fps = 25
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    sound, model, rate = map(
        str,
        warnings(
            part("addon.takes.take_store").read_info(first),
            part("addon.takes.take_store").read_info(_moving()),
            25.0,
        ),
    )
    assert sound.startswith("The sound has changed") and model.startswith("The model has changed") and "24 fps" in rate


def test_missing_sound_is_reported(head: "bpy.types.Object", speech: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(speech, tmp_path / "line.ogg"))
    _generate(file)
    file.unlink()
    assert f"The sound of this take is missing ({file}): put the file back" in _reason(bpy.ops.lipsync.take_again)
    _import(tmp_path)
    assert 'imported from "Line.csv": import that file again' in _reason(bpy.ops.lipsync.take_again)


def test_packed_or_moved_sound_is_found(
    scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, tmp_path: Path
) -> None:
    file = Path(shutil.copy(speech, tmp_path / "line.ogg"))
    strip = add_strip(scene, file)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    expected = read_action(face.data.shape_keys.animation_data.action)
    strip.sound.pack()
    file.unlink()
    (tmp_path / "elsewhere").mkdir()
    for _ in range(2):
        assert bpy.ops.lipsync.take_again() == {"FINISHED"}
        made = read_action(face.data.shape_keys.animation_data.action)
        assert all((made[path] == expected[path]).all() for path in expected)
        if strip.sound.packed_file:
            strip.sound.unpack(method="REMOVE")
            strip.sound.filepath = str(shutil.copy(speech, tmp_path / "elsewhere" / "line.ogg"))
    shutil.rmtree(tmp_path / "elsewhere")
    assert "is missing" in _reason(bpy.ops.lipsync.take_again)


# Several at once


def test_three_takes_at_once(scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert bpy.ops.lipsync.resample(count=3) == {"FINISHED"}
    takes = part("addon.takes.take_store")
    first, *others = sorted(takes.all_takes(), key=lambda action: action.name)
    assert [takes.read_info(action).performance.seed for action in others] == [1, 2, 3] and scene.lipsync.seed == 1
    assert face.data.shape_keys.animation_data.action == others[0]
    assert not any(takes.is_edited(action) for action in (first, *others))
    if hasattr(first, "slots"):
        assert {action.slots[0].target_id_type for action in others} == {"KEY"}


def test_unassigned_takes_have_key_slot(head: "bpy.types.Object", tmp_path: Path) -> None:
    """Otherwise Blender 4.4 and newer couldn't assign the take of an older file."""
    action = _import(tmp_path).copy()
    assert action.id_root == "KEY" if not hasattr(action, "slots") else action.slots[0].target_id_type == "KEY"


# What the list says


def test_list_shows_what_differs(head: "bpy.types.Object", speech: Path, tmp_path: Path) -> None:
    panel, takes = part("addon.panels.takes"), part("addon.takes.take_store")
    action = _generate(speech, emotion="happiness")
    info = takes.read_info(action)
    now = time.strftime("%H:%M", time.localtime(info.made))
    assert (
        panel._description(action, False)
        == f"{info.performance.identity.replace('_', ' ').title()} \u00b7 Happiness \u00b7 Seed 3 \u00b7 {now}"
    )
    assert panel._description(_import(tmp_path), True) == "Edited \u00b7 Imported \u00b7 Line.csv"
    day = time.mktime((2001, 2, 3, 4, 5, 6, 0, 0, -1))
    assert panel._short_time(day) == "2001-02-03"
