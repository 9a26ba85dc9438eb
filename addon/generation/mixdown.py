"""What is heard of a retimed strip, as a file: Blender doesn't tell which seconds of the sound it plays when, so it has to play them."""

import math
import time
from pathlib import Path

import bpy

from ...backend.messages import UserMessage
from ..span import Span
from .sound_strip import StripError, all_strips, channels_of, find_strip, with_metas

_RATE = 48000
_PATIENCE = 0.0 if bpy.app.background else 5.0  # seconds for which the file may not grow


def mix_down(span: Span, folder: Path) -> Path:
    """Write what is heard of a strip, and of nothing else, to a file in folder; its start is span.first_frame. Raises StripError.

    It is played in a copy of the scene, so the artist's own isn't touched.
    """
    scene = bpy.data.scenes.get(span.scene)
    if scene is None or find_strip(scene, span.strip) is None:
        raise StripError('The strip "{strip}" is gone: choose another', strip=span.strip)
    path = folder / "mixdown.wav"
    path.unlink(missing_ok=True)
    copy = scene.copy()
    try:
        _solo(copy, span)
        with bpy.context.temp_override(scene=copy, view_layer=copy.view_layers[0]):
            bpy.ops.sound.mixdown(
                filepath=str(path),
                check_existing=False,
                container="WAV",
                codec="PCM",
                format="S16",
                channels="MONO",
                mixrate=_RATE,
            )
        if not _wait(path, span.end - span.start):  # of which Blender makes no error
            raise _unheard(span, UserMessage("Blender didn't write {file}", file=path))
    except RuntimeError as error:
        raise _unheard(span, str(error).strip()) from error
    finally:
        bpy.data.scenes.remove(copy)
    return path


def _unheard(span: Span, why: str | UserMessage) -> StripError:
    return StripError(
        'The retimed strip "{strip}" can\'t be mixed down ({why}): bake it to a new file', strip=span.strip, why=why
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
    scene.frame_start = span.first_frame
    scene.frame_end = span.first_frame + math.ceil((span.end - span.start) * span.fps) - 1
