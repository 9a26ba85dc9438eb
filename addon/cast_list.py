"""The cast list: the scene's strips, each with the character that speaks it. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from collections.abc import Iterable

import bpy

from .generation import sound_strip
from .locale import OURS
from .properties import SpeakerSettings, is_keyed_mesh, strip_names
from .rig import face_rig


class LipSyncLine(SpeakerSettings, bpy.types.PropertyGroup):
    """A strip, its character, and how that character speaks."""

    strip: bpy.props.StringProperty(
        name="Strip", description="The sound strip to speak", translation_context=OURS, search=strip_names
    )
    face: bpy.props.PointerProperty(
        name="Character",
        description="The mesh that speaks; other meshes of the same face are found automatically",
        type=bpy.types.Object,
        poll=is_keyed_mesh,
    )


class LipSyncCast(bpy.types.PropertyGroup):
    """scene.lipsync_cast: the cast list and its options."""

    lines: bpy.props.CollectionProperty(type=LipSyncLine, options={"HIDDEN"})
    active: bpy.props.IntProperty(
        name="Line",
        description="The strip whose character is shown below",
        translation_context=OURS,
        options={"SKIP_SAVE"},
    )
    actions: bpy.props.EnumProperty(
        name="Actions",
        description="How several strips of one character are stored",
        items=(
            (
                "CHARACTER",
                "One per Character",
                "One Action with all strips of a character; the face rests between them",
            ),
            ("STRIP", "One per Strip", 'One Action per strip, each in its own NLA strip on the track "Lip Sync"'),
        ),
    )


def cast_settings(context: bpy.types.Context) -> LipSyncCast:
    """Return the cast list of the scene."""
    return context.scene.lipsync_cast


def assign_strips(cast: LipSyncCast, strips: "Iterable[bpy.types.Strip]", face: bpy.types.Object) -> tuple[int, int]:
    """Make a face the character of strips. Returns how many were added to the list and how many changed their character."""
    lines = {line.strip: line for line in cast.lines}
    added = changed = 0
    for sound in strips:
        line = lines.get(sound.name)
        if line is None:
            line, line.strip = cast.lines.add(), sound.name
            cast.active = len(cast.lines) - 1
            added += 1
        elif line.face != face:
            changed += 1
        line.face = face
    return added, changed


def find_line_span(context: bpy.types.Context, line: LipSyncLine) -> sound_strip.Span:
    """Return the span that a line speaks. Raises StripError or RigError when it can't be spoken."""
    if not line.strip:
        raise sound_strip.StripError("A line of the cast list has no strip: choose one")
    sound = sound_strip.find_strip(sound_strip.strip_scene(context), line.strip)
    if sound and sound_strip.is_muted(sound):
        raise sound_strip.StripError('"{strip}" is muted', strip=line.strip)
    if line.face is None or not line.face.users_scene:
        raise face_rig.RigError('"{strip}" has no character: choose one', strip=line.strip)
    face_rig.read_face(line.face)
    return sound_strip.find_span(context, line.strip)


def register() -> None:
    bpy.utils.register_class(LipSyncLine)
    bpy.utils.register_class(LipSyncCast)
    bpy.types.Scene.lipsync_cast = bpy.props.PointerProperty(type=LipSyncCast)


def unregister() -> None:
    del bpy.types.Scene.lipsync_cast
    bpy.utils.unregister_class(LipSyncCast)
    bpy.utils.unregister_class(LipSyncLine)
