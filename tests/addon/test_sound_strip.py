"""The spans of strips: trimmed, held, moved and packed ones, and strips that can't be used."""

from pathlib import Path

import bpy
import pytest
from helpers import add_strip, part, read_action

NEW_NAMES = bpy.app.version >= (5, 1)


def _set(strip: "bpy.types.Strip", new: str, old: str, value: float) -> None:
    setattr(strip, new if NEW_NAMES else old, value)


def _span():
    return part("addon.generation.sound_strip").find_span(bpy.context)


def _refusal(name: str = "") -> str:
    with pytest.raises(part("addon.generation.sound_strip").StripError) as caught:
        part("addon.generation.sound_strip").find_span(bpy.context, name)
    return str(caught.value)


def test_whole_strip_is_spoken(strip: "bpy.types.Strip", speech: Path) -> None:
    span = _span()
    assert (span.strip, span.file, span.packed) == ("Hello There", str(speech), False)
    assert (span.start, span.first_frame, span.fps) == (0.0, 11, 24.0)


def test_trimmed_strip_at_ntsc_rate(scene: "bpy.types.Scene", speech: Path) -> None:
    scene.render.fps, scene.render.fps_base = 30, 1.001
    strip = add_strip(scene, speech, frame=101)
    _set(strip, "left_handle", "frame_final_start", 116)
    _set(strip, "right_handle", "frame_final_end", 161)
    span = _span()
    assert span.first_frame == 116
    assert span.start == pytest.approx(15 * 1.001 / 30) and span.end == pytest.approx(60 * 1.001 / 30)
    _set(strip, "content_start", "frame_start", 1)
    moved = _span()
    assert moved.first_frame == 16 and moved.start == pytest.approx(span.start) and moved.end == pytest.approx(span.end)


def test_held_start_is_skipped(strip: "bpy.types.Strip") -> None:
    _set(strip, "left_handle", "frame_final_start", 1)
    span = _span()
    assert span.first_frame == 11 and span.start == 0.0


def test_held_end_gets_no_keys(scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip") -> None:
    frames = strip.right_handle - 11 if NEW_NAMES else strip.frame_final_end - 11
    _set(strip, "right_handle", "frame_final_end", 11 + frames + 200)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    (keys, *_) = read_action(face.data.shape_keys.animation_data.action).values()
    assert keys[0, 0] == 11 and abs(keys[-1, 0] - 10 - frames) <= 1


def test_strip_is_picked_by_name(scene: "bpy.types.Scene", strip: "bpy.types.Strip", speech: Path) -> None:
    other = add_strip(scene, speech, frame=500)
    scene.lipsync.strip = strip.name
    assert other.name != strip.name and _span().strip == other.name
    assert part("addon.generation.sound_strip").find_span(bpy.context, scene.lipsync.strip).strip == strip.name


def test_nested_strip_ends_with_meta_strip(scene: "bpy.types.Scene", strip: "bpy.types.Strip") -> None:
    editor = scene.sequence_editor
    meta = (editor.strips if hasattr(editor, "strips") else editor.sequences).new_meta("Meta", 2, 1)
    strip.move_to_meta(meta)
    _set(meta, "right_handle", "frame_final_end", 45)
    _set(meta, "left_handle", "frame_final_start", 21)
    editor.active_strip = meta
    assert _refusal() == '"Meta" is a meta strip: choose a sound strip inside it'
    span = part("addon.generation.sound_strip").find_span(bpy.context, strip.name)
    assert span.first_frame == 21 and span.start == pytest.approx(10 / 24) and span.end == pytest.approx(34 / 24)


def test_packed_sound_needs_no_file(
    scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, tmp_path: Path
) -> None:
    file = tmp_path / speech.name
    file.write_bytes(speech.read_bytes())
    strip = add_strip(scene, file)
    strip.sound.pack()
    file.unlink()
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert list(part("addon.generation.backend_process").process.folder().glob("packed*")) == []


def test_unusable_strips_are_refused(
    scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, tmp_path: Path
) -> None:
    assert _refusal() == "Press Add Sound or add a sound strip in the Sequencer"
    with pytest.raises(RuntimeError, match="Press Add Sound or add a sound strip in the Sequencer"):
        bpy.ops.lipsync.generate()
    file = tmp_path / "lost.ogg"
    file.write_bytes(speech.read_bytes())
    strip = add_strip(scene, file)
    assert _refusal("Gone") == 'The sound strip "Gone" is gone: choose another'
    file.unlink()
    assert _refusal() == f'The file of the strip "lost" is missing ({file}): find it with File > External Data'
    scene.sequence_editor.active_strip = None
    assert _refusal() == "Select a sound strip in the Sequencer or choose one here"
    assert strip.name == "lost"


@pytest.mark.skipif(bpy.app.version < (5, 0), reason="the Sequencer shows its own scene since 5.0")
def test_sequencer_scene_needs_same_fps(scene: "bpy.types.Scene", speech: Path) -> None:
    edit = bpy.data.scenes.new("Edit")
    edit.render.fps = scene.render.fps = 25
    add_strip(edit, speech)
    bpy.context.workspace.sequencer_scene = edit
    assert _span().first_frame == 11 and _span().fps == 25
    edit.render.fps = 50
    assert _refusal() == 'The strip\'s scene "Edit" runs at 50 fps and "Scene" at 25: give both the same frame rate'
