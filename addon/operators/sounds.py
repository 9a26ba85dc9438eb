"""The operators that add a sound to the scene of the face, or bring it there. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import math
from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.io_utils import ImportHelper

from ...backend.messages import UserMessage
from ..generation import sound_strip
from ..locale import tr
from ..properties import chosen_face, settings
from ..rig import face_rig


def add_sound(context: bpy.types.Context, file: Path) -> "bpy.types.Strip":
    """Add a sound strip at the current frame of the current scene, and choose it. Raises StripError.

    Playback will follow the sound. A scene that animates nothing yet ends with it.
    """
    scene = context.scene
    was_empty = not sound_strip.all_strips(scene) and not any(map(_is_animated, scene.objects))
    added = sound_strip.add_sound(scene, file, scene.frame_current)
    if was_empty:
        scene.frame_end = max(scene.frame_start, math.ceil(sound_strip.stop_frame(added)) - 1)
    if scene.sync_mode == "NONE":
        scene.sync_mode = "AUDIO_SYNC"
    _show_in_sequencer(context, scene)
    settings(context).strip = added.name
    return added


def _is_animated(ob: bpy.types.Object) -> bool:
    keys = getattr(ob.data, "shape_keys", None)
    return any(each and each.animation_data and each.animation_data.action for each in (ob, ob.data, keys))


def _show_in_sequencer(context: bpy.types.Context, scene: bpy.types.Scene) -> None:
    """Let the Sequencer show a scene, unless it shows strips of another one (Blender 5.0+)."""
    if hasattr(context.workspace, "sequencer_scene") and not sound_strip.all_strips(context.workspace.sequencer_scene):
        context.workspace.sequencer_scene = scene


def apart(context: bpy.types.Context) -> tuple[bpy.types.Scene, bpy.types.Scene] | None:
    """Return the scene of the sound and that of the face, if they differ: then Play shows one without the other."""
    source, target = sound_strip.strip_scene(context), _face_scene(context)
    if target is None or source == target or not sound_strip.sound_strips(source):
        return None
    return None if sound_strip.sound_strips(target) else (source, target)


def _face_scene(context: bpy.types.Context) -> bpy.types.Scene | None:
    """Return the scene of the chosen face or, where the current scene has none, the first scene that has a face."""
    scene, face = context.scene, chosen_face(context)
    if face and face_rig.has_keys(face):
        return scene if scene in face.users_scene else face.users_scene[0]
    if any(face_rig.has_keys(ob) for ob in scene.objects):
        return scene
    return next((other for other in bpy.data.scenes if any(map(_is_face, other.objects))), None)


def _is_face(ob: bpy.types.Object) -> bool:
    try:
        return face_rig.has_keys(ob) and bool(face_rig.read_face(ob).channels)
    except face_rig.RigError:
        return False


class LIPSYNC_OT_add_sound(ImportHelper, bpy.types.Operator):
    """Add a sound file to the Sequencer of this scene, at the current frame"""

    bl_idname = "lipsync.add_sound"
    bl_label = "Add Sound"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    filter_sound: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_movie: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            added = add_sound(context, Path(bpy.path.abspath(self.filepath)))
        except sound_strip.StripError as error:
            self.report({"ERROR"}, tr(error.message))
            return {"CANCELLED"}
        frame = round(sound_strip.first_frame(added))
        self.report({"INFO"}, tr('"{strip}" was added at frame {frame}', strip=added.name, frame=frame))
        return {"FINISHED"}


class LIPSYNC_OT_bring_sound(bpy.types.Operator):
    """Copy the sound strip to the scene of the face and open that scene, so that Play shows both; the strip stays where it is, too"""

    bl_idname = "lipsync.bring_sound"
    bl_label = "Bring Sound to the Face"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if apart(context) is None:
            cls.poll_message_set(tr("The sound is in the scene of the face already"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scenes = apart(context)
        assert scenes  # poll
        source, target = scenes
        try:
            copied = sound_strip.copy_strip(sound_strip.find(source, settings(context).strip), target)
        except sound_strip.StripError as error:
            self.report({"ERROR"}, tr(error.message))
            return {"CANCELLED"}
        if target.sync_mode == "NONE":
            target.sync_mode = "AUDIO_SYNC"
        if context.window:
            context.window.scene = target
            if hasattr(context.workspace, "sequencer_scene"):
                context.workspace.sequencer_scene = target
        target.lipsync.strip = copied.name
        done = UserMessage('"{strip}" is in the scene "{scene}" now', strip=copied.name, scene=target.name)
        self.report({"INFO"}, tr(done))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_add_sound, LIPSYNC_OT_bring_sound))
