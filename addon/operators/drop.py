"""Drop a sound file into the 3D View: the face under the mouse, or else the chosen one, speaks it. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d

from ...backend.messages import UserMessage
from ..generation import sound_strip
from ..generation.current_job import current
from ..locale import tr
from ..properties import settings
from ..rig import face_rig
from .generate import disabled_reason
from .sounds import add_sound


class LIPSYNC_OT_speak_sound(bpy.types.Operator):
    """Add a sound file to the Sequencer at the current frame, and make the face speak it"""

    bl_idname = "lipsync.speak_sound"
    bl_label = "Speak Sound"
    bl_options: ClassVar = {"UNDO"}  # no REGISTER: Adjust Last Operation would add the sound again

    filepath: bpy.props.StringProperty(
        name="File Path", description="The sound file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if current.job:
            cls.poll_message_set(tr("A take is being generated: wait for it or cancel it"))
        return current.job is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        return self._speak(context, "EXEC_DEFAULT")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if face := _face_at(context, event.mouse_region_x, event.mouse_region_y):
            settings(context).face = face
        return self._speak(context, "INVOKE_DEFAULT")

    def _speak(self, context: bpy.types.Context, how: str) -> set[str]:
        file = Path(bpy.path.abspath(self.filepath))
        try:
            added = add_sound(context, file)
        except sound_strip.StripError as error:
            self.report({"ERROR"}, tr(error.message))
            return {"CANCELLED"}
        why: str | UserMessage | None = disabled_reason(context)
        if why is None:
            try:
                bpy.ops.lipsync.generate(how)
            except RuntimeError as error:
                why = str(error).removeprefix("Error: ").strip()
        if why:
            self.report({"WARNING"}, tr('"{strip}" was added, but no take was made: {why}', strip=added.name, why=why))
        return {"FINISHED"}


def _face_at(context: bpy.types.Context, x: int, y: int) -> bpy.types.Object | None:
    """Return the face, or the part of one, seen at a position of a 3D View in pixels; None if there is none."""
    region, view = context.region, context.region_data
    if region is None or view is None:
        return None
    origin, direction = region_2d_to_origin_3d(region, view, (x, y)), region_2d_to_vector_3d(region, view, (x, y))
    *_, hit, _ = context.scene.ray_cast(context.evaluated_depsgraph_get(), origin, direction)
    try:
        face_rig.read_face(hit)
    except face_rig.RigError:
        return None
    return hit


class LIPSYNC_FH_sound(bpy.types.FileHandler):
    """The sounds that can be dropped, and where."""

    bl_idname = "LIPSYNC_FH_sound"
    bl_label = "Speech"
    bl_import_operator = LIPSYNC_OT_speak_sound.bl_idname
    bl_file_extensions = ".wav;.ogg;.mp3;.flac"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_speak_sound, LIPSYNC_FH_sound))
