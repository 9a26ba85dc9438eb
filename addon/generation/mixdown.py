"""Mixdowns: what Blender plays of a strip or a file, as a WAV that the backend can read. Runs in Blender.

They are needed for retimed strips, for strips whose volume is animated, and for files that only Blender's decoder can read (m4a, mp4,
wma ...).
"""

import contextlib
import math
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import bpy

from ...backend.messages import UserMessage
from ..span import Span
from .key_reduction_thread import wait_for_reductions
from .sound_strip import StripError, all_strips, channels_of, find_strip, with_metas

_RATE = 48000
_BLOCK = 1 << 16  # samples read at once
# Seconds without growth of the file. Blender 5.2 mixes down in a thread, also in the background. Its module doesn't.
_TIMEOUT = 5.0 if bpy.app.binary_path else 0.0


def mix_down(span: Span, folder: Path) -> Path:
    """Write the sound of one strip to a WAV in folder, from span.first_frame on. Raises StripError.

    A copy of the scene plays it, so the artist's scene doesn't change.
    """
    scene = bpy.data.scenes.get(span.scene)
    if scene is None or find_strip(scene, span.strip) is None:
        raise StripError('The strip "{strip}" is gone: choose another', strip=span.strip)
    copy = scene.copy()
    try:
        _solo(copy, span)
        return _write(copy, span, folder)
    finally:
        bpy.data.scenes.remove(copy)


def decode(span: Span, file: Path, folder: Path) -> Path | None:
    """Write the seconds [span.start, span.end) of a file to a WAV in folder, with Blender's decoder. Raises StripError.

    Returns None when Blender can't read the file or hears only silence. A new scene plays the file, so the settings of the artist's
    strip don't matter.
    """
    with _scene_playing(file, span) as scene:
        path = _write(scene, span, folder) if scene else None
    if path and not _is_audible(path):
        path.unlink()
        return None
    return path


@contextlib.contextmanager
def _scene_playing(file: Path, span: Span) -> Iterator[bpy.types.Scene | None]:
    """Yield a scene that plays a file from span.start on, at the span's frames; None if Blender can't open the file."""
    scene, before = bpy.data.scenes.new("Lip Sync Sound"), set(bpy.data.sounds)
    try:
        scene.render.fps, scene.render.fps_base = round(span.fps), round(span.fps) / span.fps
        editor = scene.sequence_editor_create()
        strips = editor.strips if hasattr(editor, "strips") else editor.sequences
        try:
            strip = strips.new_sound("Sound", str(file), 1, span.first_frame)
            # Blender may have reused a sound of that name, loaded before the file changed.
            strip.sound, strip.sound_offset = bpy.data.sounds.load(str(file), check_existing=False), -span.start
        except RuntimeError:
            yield None
        else:
            scene.frame_start = span.first_frame
            scene.frame_end = _last_frame(span)
            yield scene
    finally:
        bpy.data.scenes.remove(scene)
        for sound in set(bpy.data.sounds) - before:
            bpy.data.sounds.remove(sound)


def _write(scene: bpy.types.Scene, span: Span, folder: Path) -> Path:
    """Write the sound of a scene's frames to a WAV. Raises StripError."""
    path = folder / "mixdown.wav"
    path.unlink(missing_ok=True)
    wait_for_reductions()  # Blender 4.5 crashes if other Python threads compute during a mixdown
    try:
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.sound.mixdown(
                filepath=str(path),
                check_existing=False,
                container="WAV",
                codec="PCM",
                format="S16",
                channels="MONO",
                mixrate=_RATE,
            )
    except RuntimeError as error:
        raise _unheard(span, str(error).strip()) from error
    if not _wait(path, span.end - span.start):  # Blender reports no error
        raise _unheard(span, UserMessage("Blender didn't write {file}", file=path))
    return path


def _is_audible(path: Path) -> bool:
    """Return True if a WAV that _write() made isn't silent."""
    with wave.open(str(path)) as file:
        return any(any(file.readframes(_BLOCK)) for _ in range(0, file.getnframes(), _BLOCK))


def _unheard(span: Span, why: str | UserMessage) -> StripError:
    return StripError(
        'The strip "{strip}" can\'t be mixed down ({why}): bake it to a new file', strip=span.strip, why=why
    )


def _wait(path: Path, seconds: float) -> bool:
    """Wait until a WAV with a length in seconds is complete: Blender 5.2 returns earlier. Returns False on failure."""
    min_bytes, size, deadline = seconds * _RATE * 2 * 0.95, -1, 0.0
    while True:
        content = path.stat().st_size if path.is_file() else 0
        if content > min_bytes and _size_in_header(path) == content:
            return True
        if content > size:
            size, deadline = content, time.monotonic() + _TIMEOUT
        elif time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def _size_in_header(path: Path) -> int:
    """Return the size in bytes that a WAV's header states. Blender writes it last."""
    with open(path, "rb") as file:
        return int.from_bytes(file.read(8)[4:], "little") + 8


def _solo(scene: bpy.types.Scene, span: Span) -> None:
    """Make a scene play only the strip, in its frames, without objects to evaluate."""
    for collection in list(scene.collection.children):
        scene.collection.children.unlink(collection)
    for ob in list(scene.collection.objects):
        scene.collection.objects.unlink(ob)
    sound = find_strip(scene, span.strip)
    played = with_metas(sound) if sound else []
    for strip in all_strips(scene):
        strip.mute = strip not in played
    for strip in played:
        channels_of(strip)[strip.channel].mute = False
    scene.use_audio = True
    scene.frame_start, scene.frame_end = span.first_frame, _last_frame(span)


def _last_frame(span: Span) -> int:
    return span.first_frame + math.ceil((span.end - span.start) * span.fps) - 1
