"""What Blender plays of a sound, as a file that the backend can read.

It is needed where no seconds of the strip's own file are what is heard: of retimed strips, of which Blender doesn't tell what plays when, of
strips whose volume is animated, and of files that the backend's decoder doesn't know and Blender's does (m4a, mp4, wma ...).
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
from .sound_strip import StripError, all_strips, channels_of, find_strip, with_metas

_RATE = 48000
_BLOCK = 1 << 16  # frames read at once
_PATIENCE = 0.0 if bpy.app.background else 5.0  # seconds for which the file may not grow


def mix_down(span: Span, folder: Path) -> Path:
    """Write what is heard of a strip, and of nothing else, to a file in folder; its start is span.first_frame. Raises StripError.

    It is played in a copy of the scene, so the artist's own isn't touched.
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
    """Write the seconds [span.start, span.end) of a file as Blender's own decoder reads them to a file in folder; None where it hears nothing
    either. Raises StripError.

    The strip that it is played from is one in a scene of its own, so it is the file's sound as it is, whatever the artist's strip does to it.
    """
    with _strip_of(file, span) as scene:
        path = _write(scene, span, folder) if scene else None
    return path if path and _is_audible(path) else None


@contextlib.contextmanager
def _strip_of(file: Path, span: Span) -> Iterator[bpy.types.Scene | None]:
    """A scene that plays a file from span.start on, at its frames; None where Blender can't open the file."""
    scene, before = bpy.data.scenes.new("Lip Sync Sound"), set(bpy.data.sounds)
    try:
        scene.render.fps, scene.render.fps_base = round(span.fps), round(span.fps) / span.fps
        editor = scene.sequence_editor_create()
        strips = editor.strips if hasattr(editor, "strips") else editor.sequences
        try:
            strip = strips.new_sound("Sound", str(file), 1, span.first_frame)
            # Blender may have given it a sound of that name that was loaded before the file changed.
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
    """What a scene plays in its frames, as a WAV. Raises StripError."""
    path = folder / "mixdown.wav"
    path.unlink(missing_ok=True)
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
    if not _wait(path, span.end - span.start):  # of which Blender makes no error
        raise _unheard(span, UserMessage("Blender didn't write {file}", file=path))
    return path


def _is_audible(path: Path) -> bool:
    """Whether a WAV that _write() made is anything but silence."""
    with wave.open(str(path)) as file:
        return any(any(file.readframes(_BLOCK)) for _ in range(0, file.getnframes(), _BLOCK))


def _unheard(span: Span, why: str | UserMessage) -> StripError:
    return StripError(
        'The strip "{strip}" can\'t be mixed down ({why}): bake it to a new file', strip=span.strip, why=why
    )


def _wait(path: Path, seconds: float) -> bool:
    """Until a WAV of so many seconds is whole: in a window Blender 5.2 returns before it is. False when it will never be."""
    enough, size, deadline = seconds * _RATE * 2 * 0.95, -1, 0.0
    while True:
        content = path.stat().st_size if path.is_file() else 0
        if content > enough and _told_size(path) == content:
            return True
        if content > size:
            size, deadline = content, time.monotonic() + _PATIENCE
        elif time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def _told_size(path: Path) -> int:
    """How many bytes a WAV's first lines say that it has, which are written last."""
    with open(path, "rb") as file:
        return int.from_bytes(file.read(8)[4:], "little") + 8


def _solo(scene: bpy.types.Scene, span: Span) -> None:
    """Let a scene play the strip alone, in its frames alone, and evaluate no objects for it."""
    for collection in list(scene.collection.children):
        scene.collection.children.unlink(collection)
    for ob in list(scene.collection.objects):
        scene.collection.objects.unlink(ob)
    sound = find_strip(scene, span.strip)
    heard = with_metas(sound) if sound else []
    for strip in all_strips(scene):
        strip.mute = strip not in heard
    for strip in heard:
        channels_of(strip)[strip.channel].mute = False
    scene.use_audio = True
    scene.frame_start, scene.frame_end = span.first_frame, _last_frame(span)


def _last_frame(span: Span) -> int:
    return span.first_frame + math.ceil((span.end - span.start) * span.fps) - 1
