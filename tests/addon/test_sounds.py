"""Add Sound, and a sound that lies in another scene than the face."""

from pathlib import Path

import bpy
import pytest
from helpers import add_mesh, add_strip, part

WITH_SOUND = pytest.mark.skipif(bpy.app.version < (4, 3), reason="Blender 4.2's module has no sound")


def _strips(scene: "bpy.types.Scene") -> "list[bpy.types.Strip]":
    return part("addon.generation.sound_strip").sound_strips(scene)


@WITH_SOUND
def test_sound_goes_to_the_current_frame_and_ends_an_empty_scene(scene: "bpy.types.Scene", speech: Path) -> None:
    scene.frame_set(5)
    assert bpy.ops.lipsync.add_sound(filepath=str(speech)) == {"FINISHED"}
    (added,) = _strips(scene)
    sound_strip = part("addon.generation.sound_strip")
    assert sound_strip.first_frame(added) == 5 and scene.frame_end == sound_strip.stop_frame(added) - 1
    assert scene.sync_mode == "AUDIO_SYNC" and scene.lipsync.strip == added.name
    end = scene.frame_end
    scene.sync_mode = "FRAME_DROP"
    scene.frame_set(100)
    assert bpy.ops.lipsync.add_sound(filepath=str(speech)) == {"FINISHED"}
    assert scene.frame_end == end and scene.sync_mode == "FRAME_DROP"  # it wasn't empty; that follows the sound too


@WITH_SOUND
def test_end_of_an_animated_scene_stays(scene: "bpy.types.Scene", speech: Path) -> None:
    add_mesh("Prop", []).keyframe_insert("location", frame=1)
    end = scene.frame_end
    assert bpy.ops.lipsync.add_sound(filepath=str(speech)) == {"FINISHED"}
    assert scene.frame_end == end


def test_what_is_no_sound_is_reported(scene: "bpy.types.Scene", tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.lipsync.add_sound(filepath=str(tmp_path / "gone.wav"))
    assert not _strips(scene)


@WITH_SOUND
@pytest.mark.parametrize("face_is_here", [True, False])
def test_sound_is_brought_to_the_face(
    scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path, face_is_here: bool
) -> None:
    """The sound is in a scene of its own, of another frame rate, and trimmed."""
    other = bpy.data.scenes.new("Edit")
    other.render.fps = 2 * scene.render.fps
    strip = add_strip(other, speech, 21)
    setattr(strip, "left_handle" if bpy.app.version >= (5, 1) else "frame_final_start", 41)
    sounds, sound_strip = part("addon.operators.sounds"), part("addon.generation.sound_strip")
    if face_is_here and not hasattr(bpy.context.workspace, "sequencer_scene"):
        pytest.skip("this Blender's Sequencer shows the scene of the face")
    before = sound_strip.read_span(strip, sound_strip.frame_rate(other))
    if face_is_here:
        bpy.context.workspace.sequencer_scene = other
    else:
        bpy.context.window.scene = other
    assert sounds.apart(bpy.context) == (other, scene)

    assert bpy.ops.lipsync.bring_sound() == {"FINISHED"}
    assert bpy.context.scene == scene and sounds.apart(bpy.context) is None
    (copied,) = _strips(scene)
    after = sound_strip.read_span(copied, sound_strip.frame_rate(scene))
    assert scene.lipsync.strip == copied.name and copied.sound == strip.sound and len(bpy.data.sounds) == 1
    assert after.start == pytest.approx(before.start, abs=0.02) and after.end == pytest.approx(before.end, abs=0.05)
    assert after.first_frame == 20  # frame 41 at twice the rate
    assert _strips(other) == [strip]


def test_scenes_without_sound_or_face_are_not_apart(scene: "bpy.types.Scene", face: "bpy.types.Object") -> None:
    assert part("addon.operators.sounds").apart(bpy.context) is None


def test_sample_face_stands_on_what_encloses_its_place(extension: Path) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert bpy.ops.mesh.arkit_sample_face_add() == {"FINISHED"}
    head = bpy.context.active_object
    assert tuple(head.location) == (0, 0, 1)  # the top of Blender's cube
    assert head.select_get() and not bpy.data.objects["Cube"].select_get()
    assert not bpy.data.objects["Face Rig"].show_in_front  # its bones would cover the face
