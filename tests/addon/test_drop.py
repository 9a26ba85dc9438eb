"""A sound file dropped into the 3D View: it is added and spoken."""

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from helpers import add_mesh, add_strip, part

WITH_SOUND = pytest.mark.skipif(bpy.app.version < (4, 3), reason="Blender 4.2's module has no sound")


def _at(area: str | None) -> SimpleNamespace:
    return SimpleNamespace(area=area and SimpleNamespace(type=area))


def test_sounds_drop_on_3d_views_only(extension: Path) -> None:
    handler = part("addon.operators.drop").LIPSYNC_FH_sound
    assert handler.is_registered and set(handler.bl_file_extensions.split(";")) == {".wav", ".ogg", ".mp3", ".flac"}
    assert handler.poll_drop(_at("VIEW_3D"))
    assert not handler.poll_drop(_at("SEQUENCE_EDITOR")) and not handler.poll_drop(_at(None))


@WITH_SOUND
def test_dropped_sound_is_spoken(scene: "bpy.types.Scene", face: "bpy.types.Object", speech: Path) -> None:
    add_strip(scene, speech)
    scene.frame_set(31)
    assert bpy.ops.lipsync.speak_sound(filepath=str(speech)) == {"FINISHED"}
    span = part("addon.generation.sound_strip").find_span(bpy.context, scene.lipsync.strip)
    assert span.strip != "Hello There" and span.first_frame == 31 and span.file == str(speech)
    strips = part("addon.generation.sound_strip").sound_strips(scene)
    assert len({strip.channel for strip in strips}) == 2 and scene.sequence_editor.active_strip.name == span.strip
    (take,) = part("addon.takes.take_store").all_takes()
    assert face.data.shape_keys.animation_data.action == take and round(take.curve_frame_range[0]) == 31


@WITH_SOUND
def test_dropped_sound_is_added_without_face(scene: "bpy.types.Scene", speech: Path) -> None:
    add_mesh("Alien", ["Antenna"])
    assert bpy.ops.lipsync.speak_sound(filepath=str(speech)) == {"FINISHED"}
    assert len(part("addon.generation.sound_strip").sound_strips(scene)) == 1 and not bpy.data.actions


def test_missing_file_is_reported(scene: "bpy.types.Scene", face: "bpy.types.Object", tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.lipsync.speak_sound(filepath=str(tmp_path / "gone.wav"))
    assert not part("addon.generation.sound_strip").sound_strips(scene)
