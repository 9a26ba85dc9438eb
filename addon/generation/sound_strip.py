"""Sound strips: find them, and read which seconds of which file they play and when. Runs in Blender."""

import math
import os
from pathlib import Path

import bpy

from ...backend.messages import UserError, UserMessage
from ..keyframes import face_action
from ..span import Span

# First frame, frame after the last, frame of the content's start, frames trimmed off the content. Blender 5.1 renamed them.
_TIMES = (
    ("left_handle", "right_handle", "content_start", "content_trim_start")
    if bpy.app.version >= (5, 1)
    else ("frame_final_start", "frame_final_end", "frame_start", "animation_offset_start")
)
_HIGHEST_CHANNEL = 128
_ROUNDING = 1e-4  # of a frame


class StripError(UserError):
    """A strip can't be used."""


def all_strips(scene: bpy.types.Scene | None) -> "list[bpy.types.Strip]":
    """List all strips of a scene, including those inside meta strips."""
    editor = scene.sequence_editor if scene else None
    if editor is None:
        return []
    return [*(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)]


def sound_strips(scene: bpy.types.Scene | None) -> "list[bpy.types.Strip]":
    """List all sound strips of a scene, including those inside meta strips."""
    return [strip for strip in all_strips(scene) if strip.type == "SOUND"]


def add_sound(
    scene: bpy.types.Scene, file: Path, frame: int, sound: bpy.types.Sound | None = None
) -> "bpy.types.Strip":
    """Add a sound strip from a frame on, active, in a channel above all others. Raises StripError.

    sound: the data-block of the file, which may be packed, if it is in the .blend already.
    """
    if not file.is_file() and not (sound and sound.packed_file):
        raise StripError('There is no file "{file}": choose another', file=file)
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    channel = max((other.channel for other in strips), default=0) + 1
    try:
        editor.active_strip = added = strips.new_sound(file.stem, str(file), min(channel, _HIGHEST_CHANNEL), frame)
    except RuntimeError as error:
        raise StripError('"{file}" can\'t be added as a sound: {reason}', file=file.name, reason=error) from error
    if sound and added.sound != sound:
        unused, added.sound = added.sound, sound
        if unused and not unused.users:
            bpy.data.sounds.remove(unused)
    return added


def copy_strip(strip: "bpy.types.Strip", scene: bpy.types.Scene) -> "bpy.types.Strip":
    """Copy a sound strip to another scene: the same part of the same sound at the same seconds. Raises StripError."""
    if strip.sound is None:
        raise StripError('The strip "{strip}" has no sound: choose another', strip=strip.name)
    if len(strip.retiming_keys) or strip.parent_meta():
        raise StripError(
            '"{strip}" is retimed or inside a meta strip: copy it in the Sequencer and paste it in "{scene}"',
            strip=strip.name,
            scene=scene.name,
        )
    ratio = frame_rate(scene) / frame_rate(strip.id_data)
    first, stop, content, trimmed = (getattr(strip, name) * ratio for name in _TIMES)
    copied = add_sound(scene, Path(sound_file(strip.sound)), round(content), strip.sound)
    copied.name, copied.volume, copied.mute = strip.name, strip.volume, strip.mute
    if trimmed:
        setattr(copied, _TIMES[3], round(trimmed))
    setattr(copied, _TIMES[0], round(first))
    setattr(copied, _TIMES[1], round(stop))
    return copied


def strip_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene whose strips are used: the animated one or, if it has no sound, the one in the Sequencer (Blender 5.0+)."""
    shown = getattr(context, "sequencer_scene", None)
    return shown if shown and not sound_strips(context.scene) else context.scene


def find_span(context: bpy.types.Context, name: str = "") -> Span:
    """Return the span of the strip with a name, or of the active one. Raises StripError."""
    scene = strip_scene(context)
    fps, animated = frame_rate(scene), frame_rate(context.scene)
    if not math.isclose(fps, animated):
        raise StripError(
            'The strip\'s scene "{scene}" runs at {fps:g} fps and "{other_scene}" at {other_fps:g}: give both the same frame rate',
            scene=scene.name,
            fps=fps,
            other_scene=context.scene.name,
            other_fps=animated,
        )
    return read_span(find(scene, name), fps)


def find_strip(scene: bpy.types.Scene, name: str) -> "bpy.types.Strip | None":
    """Find the sound strip with a name; None if there is none."""
    return next((strip for strip in sound_strips(scene) if strip.name == name), None)


def first_frame(strip: "bpy.types.Strip") -> float:
    """Return the first frame of a strip."""
    return getattr(strip, _TIMES[0])


def stop_frame(strip: "bpy.types.Strip") -> float:
    """Return the frame after the last of a strip."""
    return getattr(strip, _TIMES[1])


def selected_strips(scene: bpy.types.Scene) -> "list[bpy.types.Strip]":
    """List the selected sound strips, including those inside selected meta strips. An opened meta strip limits the search."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    shown = editor.meta_stack[-1] if len(editor.meta_stack) else None

    def is_selected(strip: "bpy.types.Strip | None") -> bool:
        while strip and strip.parent_meta() != shown:
            strip = strip.parent_meta()
        return strip is not None and strip.select

    return [strip for strip in sound_strips(scene) if is_selected(strip)]


def is_muted(strip: "bpy.types.Strip") -> bool:
    """Return True if a strip, its channel, or a meta strip around it is muted."""
    return any(each.mute or channels_of(each)[each.channel].mute for each in with_metas(strip))


def with_metas(strip: "bpy.types.Strip") -> "list[bpy.types.Strip]":
    """Return a strip and the meta strips around it, from inside out."""
    found = [strip]
    while meta := found[-1].parent_meta():
        found.append(meta)
    return found


def channels_of(strip: "bpy.types.Strip") -> "bpy.types.bpy_prop_collection":
    """Return the channels of the timeline or meta strip that contains a strip."""
    return (strip.parent_meta() or strip.id_data.sequence_editor).channels


def frame_rate(scene: bpy.types.Scene) -> float:
    """Return the frames per second of a scene."""
    return scene.render.fps / scene.render.fps_base


def find(scene: bpy.types.Scene, name: str) -> "bpy.types.Strip":
    """Find the sound strip with a name or, without one, the active strip's. Raises StripError."""
    if name:
        if strip := find_strip(scene, name):
            return strip
        raise StripError('The sound strip "{name}" is gone: choose another', name=name)
    if not sound_strips(scene):
        raise StripError("Press Add Sound or add a sound strip in the Sequencer")
    active = scene.sequence_editor.active_strip
    if active and active.type == "META":
        raise StripError('"{active}" is a meta strip: choose a sound strip inside it', active=active.name)
    if active and active.type == "MOVIE":
        return _sound_of(active)
    if active is None or active.type != "SOUND":
        raise StripError("Select a sound strip in the Sequencer or choose one here")
    return active


def _sound_of(movie: "bpy.types.Strip") -> "bpy.types.Strip":
    """Find the sound strip that Blender added beside a movie strip, with the same file. Raises StripError."""
    file = os.path.normpath(bpy.path.abspath(movie.filepath))
    beside = [strip for strip in sound_strips(movie.id_data) if strip.sound and sound_file(strip.sound) == file]
    if not beside:
        raise StripError(
            'The sound of the movie strip "{strip}" isn\'t in the Sequencer: add its file as a sound strip',
            strip=movie.name,
        )
    return min(beside, key=lambda strip: abs(first_frame(strip) - first_frame(movie)))


def read_span(strip: "bpy.types.Strip", fps: float) -> Span:
    """Return the span of a strip in a scene of fps frames a second. Raises StripError when it is silent or has no file."""
    if strip.sound is None:
        raise StripError('The strip "{strip}" has no sound: choose another', strip=strip.name)
    retimed = len(strip.retiming_keys) > 0
    first, stop, content, trimmed = (getattr(strip, name) for name in _TIMES)
    for meta in with_metas(strip)[1:]:
        first, stop = max(first, getattr(meta, _TIMES[0])), min(stop, getattr(meta, _TIMES[1]))

    def seconds(frame: float) -> float:
        return (frame - content + trimmed) / fps - strip.sound_offset

    if seconds(first) < 0 and not retimed:  # held before the sound begins
        first = math.ceil(content - trimmed + strip.sound_offset * fps - _ROUNDING)
    if first >= stop:
        raise StripError(
            'The strip "{strip}" is silent at every frame it covers: move its handles or choose another',
            strip=strip.name,
        )
    packed, file = strip.sound.packed_file is not None, sound_file(strip.sound)
    if not packed and not os.path.isfile(file):
        raise StripError(
            'The file of the strip "{strip}" is missing ({file}): find it with File > External Data',
            strip=strip.name,
            file=file,
        )
    start, end = (0.0, (stop - int(first)) / fps) if retimed else (max(0.0, seconds(first)), seconds(stop))
    return Span(
        strip.name,
        strip.sound.name,
        file,
        packed,
        start,
        end,
        int(first),
        fps,
        strip.id_data.name,
        retimed,
        _is_faded(strip),
    )


def notices(scene: bpy.types.Scene | None, name: str) -> list[UserMessage]:
    """Return how the generated speech differs from what the artist hears of the strip with a name."""
    strip = find_strip(scene, name) if scene else None
    if strip is None:
        return []
    messages = []
    if is_muted(strip):
        messages.append(UserMessage('The strip "{strip}" is muted: its speech was generated anyway', strip=name))
    if strip.volume == 0 and not _is_faded(strip):
        messages.append(UserMessage('The strip "{strip}" has volume 0: its speech was generated anyway', strip=name))
    return messages


def _is_faded(strip: "bpy.types.Strip") -> bool:
    """Return True if the volume of a strip, or of a meta strip around it, is animated or driven."""
    data = strip.id_data.animation_data
    if data is None:
        return False
    curves = [*data.drivers, *(face_action.fcurves(data.action, "SCENE") if data.action else ())]
    moved = {curve.data_path for curve in curves if not curve.mute}
    return any(each.path_from_id("volume") in moved for each in with_metas(strip) if hasattr(each, "volume"))


def sound_file(sound: bpy.types.Sound) -> str:
    """Return the path of a sound's file, also if the sound is packed."""
    return os.path.normpath(bpy.path.abspath(sound.filepath, library=sound.library))


def unpack(span: Span, folder: Path) -> Path:
    """Write the bytes of a packed sound to a file in folder, for the backend to read. Raises StripError or OSError."""
    sound = bpy.data.sounds.get(span.sound)
    if sound is None or sound.packed_file is None:
        raise StripError('The sound of the strip "{strip}" is gone: choose another strip', strip=span.strip)
    path = folder / f"packed{Path(span.file).suffix}"
    try:
        path.write_bytes(sound.packed_file.data)
    except OSError as error:  # a full disk leaves half a file, and its error has no name
        path.unlink(missing_ok=True)
        error.filename = str(path)
        raise
    return path
