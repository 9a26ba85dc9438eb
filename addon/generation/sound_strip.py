"""Which seconds of which file a sound strip plays, and where they fall on the timeline."""

import math
import os
from pathlib import Path

import bpy

from ...backend.messages import UserError, UserMessage
from ..keyframes import face_action
from ..span import Span

# (first frame, frame after the last, frame of the content's start, frames trimmed off the content): 5.1 renamed and deprecated the old.
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
    """All strips of a scene, those inside meta strips too."""
    editor = scene.sequence_editor if scene else None
    if editor is None:
        return []
    return [*(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)]


def sound_strips(scene: bpy.types.Scene | None) -> "list[bpy.types.Strip]":
    """All sound strips of a scene, those inside meta strips too."""
    return [strip for strip in all_strips(scene) if strip.type == "SOUND"]


def add_sound(scene: bpy.types.Scene, file: Path, frame: int) -> "bpy.types.Strip":
    """A new sound strip from a frame on, active, in a channel above all others. Raises StripError."""
    if not file.is_file():
        raise StripError('There is no file "{file}": choose another', file=file)
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    channel = max((other.channel for other in strips), default=0) + 1
    try:
        editor.active_strip = added = strips.new_sound(file.stem, str(file), min(channel, _HIGHEST_CHANNEL), frame)
    except RuntimeError as error:
        raise StripError('"{file}" can\'t be added as a sound: {reason}', file=file.name, reason=error) from error
    return added


def strip_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene whose strips are meant: the one that is animated or, where it has no sound, the one that the Sequencer shows (5.0+)."""
    shown = getattr(context, "sequencer_scene", None)
    return shown if shown and not sound_strips(context.scene) else context.scene


def find_span(context: bpy.types.Context, name: str = "") -> Span:
    """What the strip of that name, or the active one, plays. Raises StripError."""
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
    return read_span(_find(scene, name), fps)


def find_strip(scene: bpy.types.Scene, name: str) -> "bpy.types.Strip | None":
    """The sound strip of that name."""
    return next((strip for strip in sound_strips(scene) if strip.name == name), None)


def first_frame(strip: "bpy.types.Strip") -> float:
    """Where a strip begins."""
    return getattr(strip, _TIMES[0])


def selected_strips(scene: bpy.types.Scene) -> "list[bpy.types.Strip]":
    """The sound strips that are selected where the artist looks, the inside of a meta strip or all, and those inside selected meta strips."""
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
    """Whether a strip, its channel, or a meta strip around it is muted."""
    return any(each.mute or channels_of(each)[each.channel].mute for each in with_metas(strip))


def with_metas(strip: "bpy.types.Strip") -> "list[bpy.types.Strip]":
    """A strip and the meta strips around it, from inside out."""
    found = [strip]
    while meta := found[-1].parent_meta():
        found.append(meta)
    return found


def channels_of(strip: "bpy.types.Strip") -> "bpy.types.bpy_prop_collection":
    """The channels that a strip lies in one of."""
    return (strip.parent_meta() or strip.id_data.sequence_editor).channels


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames a second."""
    return scene.render.fps / scene.render.fps_base


def _find(scene: bpy.types.Scene, name: str) -> "bpy.types.Strip":
    if name:
        if strip := find_strip(scene, name):
            return strip
        raise StripError('The sound strip "{name}" is gone: choose another', name=name)
    if not sound_strips(scene):
        raise StripError("Add a sound strip in the Sequencer")
    active = scene.sequence_editor.active_strip
    if active and active.type == "META":
        raise StripError('"{active}" is a meta strip: choose a sound strip inside it', active=active.name)
    if active and active.type == "MOVIE":
        return _sound_of(active)
    if active is None or active.type != "SOUND":
        raise StripError("Select a sound strip in the Sequencer or choose one here")
    return active


def _sound_of(movie: "bpy.types.Strip") -> "bpy.types.Strip":
    """The sound strip that Blender put beside a movie strip, of the same file. Raises StripError."""
    file = os.path.normpath(bpy.path.abspath(movie.filepath))
    beside = [strip for strip in sound_strips(movie.id_data) if strip.sound and sound_file(strip.sound) == file]
    if not beside:
        raise StripError(
            'The sound of the movie strip "{strip}" isn\'t in the Sequencer: add its file as a sound strip',
            strip=movie.name,
        )
    return min(beside, key=lambda strip: abs(first_frame(strip) - first_frame(movie)))


def read_span(strip: "bpy.types.Strip", fps: float) -> Span:
    """What can be heard of a strip, in a scene of fps frames a second. Raises StripError when it can't be told or is nothing."""
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
    """Return why what is spoken is not what the artist hears of the strip of that name."""
    strip = find_strip(scene, name) if scene else None
    if strip is None:
        return []
    told = []
    if is_muted(strip):
        told.append(UserMessage('The strip "{strip}" is muted: its speech was generated anyway', strip=name))
    if strip.volume == 0 and not _is_faded(strip):
        told.append(UserMessage('The strip "{strip}" has volume 0: its speech was generated anyway', strip=name))
    return told


def _is_faded(strip: "bpy.types.Strip") -> bool:
    """Whether the volume of a strip, or of a meta strip around it, is animated or driven."""
    data = strip.id_data.animation_data
    if data is None:
        return False
    curves = [*data.drivers, *(face_action.fcurves(data.action, "SCENE") if data.action else ())]
    moved = {curve.data_path for curve in curves if not curve.mute}
    return any(each.path_from_id("volume") in moved for each in with_metas(strip) if hasattr(each, "volume"))


def sound_file(sound: bpy.types.Sound) -> str:
    """Where a sound's file is, or was before it was packed."""
    return os.path.normpath(bpy.path.abspath(sound.filepath, library=sound.library))


def unpack(span: Span, folder: Path) -> Path:
    """Write the bytes of a packed sound to a file in folder, for the backend to read. Raises StripError or OSError."""
    sound = bpy.data.sounds.get(span.sound)
    if sound is None or sound.packed_file is None:
        raise StripError('The sound of the strip "{strip}" is gone: choose another strip', strip=span.strip)
    path = folder / f"packed{Path(span.file).suffix}"
    try:
        path.write_bytes(sound.packed_file.data)
    except OSError as error:  # such as of a full disk, which has half of it and doesn't say where
        path.unlink(missing_ok=True)
        error.filename = str(path)
        raise
    return path
