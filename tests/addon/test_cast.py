"""The cast list and Generate All: several strips and characters in one go, skipped lines, and joined Actions."""

import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from helpers import add_mesh, add_strip, fcurves, nla_tracks, part, read_action, snapshot
from tolerances import BEZIER

from backend.arkit import CHANNELS

NEW_NAMES = bpy.app.version >= (5, 1)
JAW = 'key_blocks["jawOpen"].value'
FIRST, SECOND = 11, 111  # where the hero's strips begin
LENGTH = 48  # frames of a strip


def _cut(strip: "bpy.types.Strip", frames: int = LENGTH) -> "bpy.types.Strip":
    setattr(
        strip,
        "right_handle" if NEW_NAMES else "frame_final_end",
        round(part("addon.generation.sound_strip").first_frame(strip)) + frames,
    )
    return strip


@pytest.fixture
def hero(face: "bpy.types.Object") -> "bpy.types.Object":
    face.name = "Hero"
    return face


@pytest.fixture
def guard(hero: "bpy.types.Object") -> "bpy.types.Object":
    """Add another face with teeth, active."""
    head = add_mesh("Guard", list(CHANNELS))
    add_mesh("Fangs", ["jawOpen"], head)
    bpy.context.view_layer.objects.active = head
    return head


@pytest.fixture
def dialogue(scene: "bpy.types.Scene", speech: Path) -> "list[bpy.types.Strip]":
    """Add three strips, none selected: the hero's, the guard's and the hero's again."""
    strips = [_cut(add_strip(scene, speech, frame)) for frame in (FIRST, 61, SECOND)]
    for strip, name in zip(strips, ("Who?", "Me.", "Oh!"), strict=True):
        strip.name, strip.select = name, False
    return strips


@pytest.fixture
def cast(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", guard: "bpy.types.Object", dialogue: "list[bpy.types.Strip]"
) -> Any:
    members = scene.lipsync_cast
    for strip, ob in zip(dialogue, (hero, guard, hero), strict=True):
        line = members.lines.add()
        line.strip, line.face = strip.name, ob
    return members


def _lines(scene: "bpy.types.Scene") -> list[tuple[str, str]]:
    return [(line.strip, line.face.name) for line in scene.lipsync_cast.lines]


def _action(ob: "bpy.types.Object") -> Any:
    return ob.data.shape_keys.animation_data.action


def _batch():
    return part("addon.operators.cast").LIPSYNC_OT_generate_cast.job(None, bpy.context)


def _finish(batch) -> None:
    deadline = time.monotonic() + 120
    while not batch.pump(0.1):
        assert time.monotonic() < deadline


def test_strips_are_assigned_to_chosen_face(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", guard: "bpy.types.Object", dialogue: "list[bpy.types.Strip]"
) -> None:
    with pytest.raises(RuntimeError, match="Select sound strips in the Sequencer"):
        bpy.ops.lipsync.cast_add_selected()
    dialogue[1].select = True
    assert bpy.ops.lipsync.cast_add_selected() == {"FINISHED"}
    assert _lines(scene) == [("Me.", "Guard")]
    scene.lipsync.face = hero
    assert bpy.ops.lipsync.cast_add_all() == {"FINISHED"}
    assert _lines(scene) == [("Me.", "Guard"), ("Who?", "Hero"), ("Oh!", "Hero")]  # what others speak stays theirs
    with pytest.raises(RuntimeError, match="All sound strips are in the list"):
        bpy.ops.lipsync.cast_add_all()
    assert bpy.ops.lipsync.cast_add_selected() == {"FINISHED"}
    assert _lines(scene)[0] == ("Me.", "Hero")  # unless it is meant
    scene.lipsync_cast.active = 2
    assert bpy.ops.lipsync.cast_remove() == {"FINISHED"}
    assert _lines(scene) == [("Me.", "Hero"), ("Who?", "Hero")] and scene.lipsync_cast.active == 1


def test_adding_needs_face_and_strips(scene: "bpy.types.Scene") -> None:
    for operator in (bpy.ops.lipsync.cast_add_all, bpy.ops.lipsync.cast_add_selected):
        with pytest.raises(RuntimeError, match="Select a face"):
            operator()
    add_mesh("Head", ["jawOpen"])
    with pytest.raises(RuntimeError, match="Press Add Sound or add a sound strip in the Sequencer"):
        bpy.ops.lipsync.cast_add_all()
    with pytest.raises(RuntimeError, match="Choose a strip in the list"):
        bpy.ops.lipsync.cast_remove()
    with pytest.raises(RuntimeError, match="Add strips to the cast"):
        bpy.ops.lipsync.generate_cast()


def test_selected_meta_strip_adds_contents(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", dialogue: "list[bpy.types.Strip]"
) -> None:
    editor = scene.sequence_editor
    meta = (editor.strips if hasattr(editor, "strips") else editor.sequences).new_meta("Meta", 5, 1)
    for strip in dialogue[:2]:
        strip.move_to_meta(meta)
    meta.select, dialogue[0].select = False, True  # left over from before it was put there
    with pytest.raises(RuntimeError, match="Select sound strips in the Sequencer"):
        bpy.ops.lipsync.cast_add_selected()
    meta.select = True
    bpy.ops.lipsync.cast_add_selected()
    assert _lines(scene) == [("Who?", "Hero"), ("Me.", "Hero")]


def test_strips_of_character_share_action(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", guard: "bpy.types.Object", cast: Any
) -> None:
    scene.lipsync.key_density = "DENSE"
    before = {line: getattr(scene, line) for line in ("frame_start", "frame_end", "frame_current")}
    bpy.ops.ed.undo_push(message="Before")
    assert bpy.ops.lipsync.generate_cast("EXEC_DEFAULT", True) == {"FINISHED"}
    hero, guard = bpy.data.objects["Hero"], bpy.data.objects["Guard"]
    action, takes = _action(hero), part("addon.takes.take_store")
    assert len(bpy.data.actions) == 2 and action.name.startswith("Hero ") and action.use_fake_user
    assert _action(guard).name.startswith("Me. ") and _action(bpy.data.objects["Fangs"]) == _action(guard)
    jaw = dict(read_action(action)[JAW])
    assert (min(jaw), max(jaw)) == (FIRST, SECOND + LENGTH - 1)
    still = [jaw[frame] for frame in range(FIRST + LENGTH + 5, SECOND - 5)]
    assert max(still) == 0
    spoken = [[jaw[frame] for frame in range(first, first + LENGTH)] for first in (FIRST, SECOND)]
    assert max(spoken[0]) > 0.05 and spoken[0] == pytest.approx(
        spoken[1], abs=1e-3
    )  # the same seconds of the same file
    assert takes.read_parts(action) == ("Who?", "Oh!") and takes.read_info(action).strip == "Who?"
    assert "joins the takes of 2 strips" in str(takes.regenerate_disabled_reason(action))
    assert takes.read_parts(_action(guard)) == () and takes.regenerate_disabled_reason(_action(guard)) is None
    assert len(takes.read_curves(action).values) == SECOND + LENGTH - FIRST
    assert {line: getattr(scene, line) for line in before} == before
    bpy.ops.ed.undo()
    assert not bpy.data.actions


def test_meshes_of_face_are_one_character(
    scene: "bpy.types.Scene", guard: "bpy.types.Object", dialogue: "list[bpy.types.Strip]"
) -> None:
    for strip, name in zip(dialogue[:2], ("Guard", "Fangs"), strict=True):
        line = scene.lipsync_cast.lines.add()
        line.strip, line.face = strip.name, bpy.data.objects[name]
    assert bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    assert len(bpy.data.actions) == 1 and part("addon.takes.take_store").read_parts(_action(guard)) == (
        "Who?",
        "Me.",
    )


def test_each_strip_can_have_own_action(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", guard: "bpy.types.Object", cast: Any
) -> None:
    own = bpy.data.actions.new("Own")
    hero.data.shape_keys.animation_data_create().action = own
    cast.actions = "STRIP"
    assert bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    assert own.use_fake_user and _action(hero) is None
    (track,) = nla_tracks(hero.data.shape_keys.animation_data)
    assert track.name == "Lip Sync" and len(track.strips) == 2
    fangs = nla_tracks(bpy.data.objects["Fangs"].data.shape_keys.animation_data)
    assert fangs[0].strips[0].action == nla_tracks(guard.data.shape_keys.animation_data)[0].strips[0].action
    key = hero.data.shape_keys.key_blocks["jawOpen"]
    for strip, first in zip(track.strips, (FIRST, SECOND), strict=True):
        curve = fcurves(strip.action)[JAW]
        for frame in range(first, first + LENGTH, 5):
            scene.frame_set(frame)
            assert key.value == pytest.approx(curve.evaluate(frame), abs=BEZIER)
        last = curve.evaluate(first + LENGTH - 1)
        scene.frame_set(first + LENGTH + 1)
        assert 0 < key.value < last  # on its way to rest
    for frame in (1, 85, 190):
        scene.frame_set(frame)
        assert key.value == 0


def test_overlapping_strips_use_two_tracks(scene: "bpy.types.Scene", hero: "bpy.types.Object", speech: Path) -> None:
    for frame in (FIRST, FIRST + 30, FIRST + 100):
        line = scene.lipsync_cast.lines.add()
        line.strip, line.face = _cut(add_strip(scene, speech, frame)).name, hero
    scene.lipsync_cast.actions = "STRIP"
    assert bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    below, above = nla_tracks(hero.data.shape_keys.animation_data)
    assert [len(below.strips), len(above.strips)] == [2, 1]
    later = fcurves(above.strips[0].action)[JAW]
    scene.frame_set(FIRST + 40)
    assert hero.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(later.evaluate(FIRST + 40), abs=BEZIER)


def test_unusable_strips_are_skipped_and_reported(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", cast: Any, dialogue: "list[bpy.types.Strip]", tmp_path: Path
) -> None:
    dialogue[0].mute = True
    (tmp_path / "noise.wav").write_text("not a sound " * 100)
    dialogue[1].sound.filepath = str(tmp_path / "noise.wav")
    if dialogue[2].sound == dialogue[1].sound:  # which later Blenders share
        dialogue[2].sound = bpy.data.sounds.load(str(Path(__file__).parents[1] / "data/speech.ogg"))
    lost = cast.lines.add()
    lost.strip, lost.face = "Lost", hero
    cast.lines.add().strip = "Oh!"
    batch = _batch()
    _finish(batch)
    outcome = batch.apply()
    assert str(outcome.info) == "1 take made" and outcome.actions == (_action(hero).name,)
    assert str(outcome.warnings[0]).startswith(
        '4 strips skipped: "Who?" is muted \u00b7 The sound strip "Lost" is gone: choose another \u00b7 '
    )
    assert '"Oh!" has no character: choose one \u00b7 and 1 more' in str(outcome.warnings[0])
    assert bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    cast.lines.remove(2)
    before = snapshot()
    with pytest.raises(RuntimeError, match="No take was made: 4 strips skipped"):
        bpy.ops.lipsync.generate_cast()
    assert snapshot() == before and part("addon.generation.current_job").current.job is None


@pytest.mark.parametrize("what", ["strip", "channel", "meta"])
def test_mute_of_channel_and_meta_strip(scene: "bpy.types.Scene", dialogue: "list[bpy.types.Strip]", what: str) -> None:
    is_muted, (strip, other, _) = part("addon.generation.sound_strip").is_muted, dialogue
    editor = scene.sequence_editor
    strip.channel = 3
    meta = (editor.strips if hasattr(editor, "strips") else editor.sequences).new_meta("Meta", 5, 1)
    if what == "meta":
        strip.move_to_meta(meta)
    assert not is_muted(strip)
    {"strip": strip, "channel": editor.channels[3], "meta": meta}[what].mute = True
    assert is_muted(strip) and not is_muted(other)


def test_cancel_keeps_finished_strips(scene: "bpy.types.Scene", hero: "bpy.types.Object", cast: Any) -> None:
    before, batch = snapshot(), _batch()
    fractions, stages = [], []
    while not batch.pump(0.01) and not str(batch.stage).startswith("2 of 3"):
        fractions.append(batch.fraction)
        stages.append(str(batch.stage))
    assert (
        fractions == sorted(fractions)
        and fractions[-1] <= 1 / 3
        and all(stage.startswith("1 of 3: ") for stage in stages)
    )
    assert snapshot() == before  # all is keyed at the end
    batch.pump(0.01)
    batch.cancel()
    assert not batch.cancelled and batch.pump()
    outcome = batch.apply()
    assert str(outcome.info) == "Canceled: 1 take made, 2 strips left" and not outcome.warnings
    assert [action.name for action in bpy.data.actions] == [*outcome.actions] == [_action(hero).name]
    assert bpy.ops.lipsync.generate_cast() == {"FINISHED"}


def test_early_cancel_changes_nothing(cast: Any) -> None:
    before, batch = snapshot(), _batch()
    batch.pump(0.01)
    batch.cancel()
    assert batch.cancelled and snapshot() == before


def test_face_deleted_during_job_is_skipped(guard: "bpy.types.Object", hero: "bpy.types.Object", cast: Any) -> None:
    batch = _batch()
    _finish(batch)
    bpy.data.objects.remove(guard)
    outcome = batch.apply()
    assert len(outcome.actions) == 1 and '1 strip skipped: "Me.": The face was deleted' in str(outcome.warnings[0])


def test_character_keeps_identity_of_first_strip(scene: "bpy.types.Scene", cast: Any) -> None:
    for line, emotion in zip(cast.lines, ("auto", "auto", "anger"), strict=True):
        line.emotion = emotion
    batch = _batch()
    _finish(batch)
    first, _, third = (job.request.performance for job in batch._done)
    assert first.identity == "auto" and third.identity == batch._done[0].take.identity
    assert third.emotion == batch._done[2].take.emotion == "anger"


def test_packed_sound_and_nested_strip(
    scene: "bpy.types.Scene", hero: "bpy.types.Object", cast: Any, dialogue, tmp_path: Path
) -> None:
    editor = scene.sequence_editor
    meta = (editor.strips if hasattr(editor, "strips") else editor.sequences).new_meta("Meta", 5, 1)
    dialogue[0].move_to_meta(meta)
    setattr(meta, "right_handle" if NEW_NAMES else "frame_final_end", FIRST + 30)
    dialogue[1].sound.pack()
    assert bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    assert (
        len(bpy.data.actions) == 2
        and list(part("addon.generation.backend_process").process.folder().glob("packed*")) == []
    )


@pytest.mark.skipif(bpy.app.version < (5, 0), reason="the Sequencer shows its own scene since 5.0")
def test_strips_of_sequencer_scene(scene: "bpy.types.Scene", hero: "bpy.types.Object", speech: Path) -> None:
    edit = bpy.data.scenes.new("Edit")
    _cut(add_strip(edit, speech))
    bpy.context.workspace.sequencer_scene = edit
    assert bpy.ops.lipsync.cast_add_all() == {"FINISHED"} and bpy.ops.lipsync.generate_cast() == {"FINISHED"}
    assert np.ptp(read_action(_action(hero))[JAW][:, 0]) == LENGTH - 1
