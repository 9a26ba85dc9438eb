"""The operators on the cast list: add and remove strips, and Generate All. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from .. import preferences
from ..cast_list import assign_strips, cast_settings, find_line_span
from ..generation import model_info, sound_strip
from ..generation.backend_process import disabled_reason as backend_disabled_reason
from ..generation.batch_job import Batch
from ..generation.current_job import current
from ..locale import tr
from ..properties import chosen_face
from ..rig import face_rig
from .generate import Generating, request_for, with_emotion_keys


class _Adding:
    """Base of the operators that add strips."""

    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @staticmethod
    def strips(context: bpy.types.Context) -> "list[bpy.types.Strip]":
        """Return the strips to add. Raises StripError when there are none."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            face_rig.read_face(chosen_face(context))
            cls.strips(context)
        except (face_rig.RigError, sound_strip.StripError) as error:
            cls.poll_message_set(tr(error.message))  # type: ignore[attr-defined]
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        face = chosen_face(context)
        assert face  # poll
        sounds = sorted(self.strips(context), key=sound_strip.first_frame)
        added, changed = assign_strips(cast_settings(context), sounds, face)
        done = UserMessage(
            '"{face}": {added} added, {changed} taken from other characters',
            face=face.name,
            added=added,
            changed=changed,
        )
        self.report({"INFO"}, tr(done))  # type: ignore[attr-defined]
        return {"FINISHED"}


class LIPSYNC_OT_cast_add_selected(_Adding, bpy.types.Operator):
    """Assign all sound strips selected in the Sequencer to the face, including strips of other characters"""

    bl_idname = "lipsync.cast_add_selected"
    bl_label = "Add Selected Strips to Cast"

    @staticmethod
    def strips(context: bpy.types.Context) -> "list[bpy.types.Strip]":
        if selected := sound_strip.selected_strips(sound_strip.strip_scene(context)):
            return selected
        raise sound_strip.StripError("Select sound strips in the Sequencer")


class LIPSYNC_OT_cast_add_all(_Adding, bpy.types.Operator):
    """Assign all sound strips that aren't in the list yet to the face"""

    bl_idname = "lipsync.cast_add_all"
    bl_label = "Add All Strips to Cast"

    @staticmethod
    def strips(context: bpy.types.Context) -> "list[bpy.types.Strip]":
        listed = {line.strip for line in cast_settings(context).lines}
        if new := [
            sound for sound in sound_strip.sound_strips(sound_strip.strip_scene(context)) if sound.name not in listed
        ]:
            return new
        if listed:
            raise sound_strip.StripError("All sound strips are in the list")
        raise sound_strip.StripError("Press Add Sound or add a sound strip in the Sequencer")


class LIPSYNC_OT_cast_remove(bpy.types.Operator):
    """Remove the strip from the list"""

    bl_idname = "lipsync.cast_remove"
    bl_label = "Remove Strip from Cast"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        cast = cast_settings(context)
        if not 0 <= cast.active < len(cast.lines):
            cls.poll_message_set(tr("Choose a strip in the list"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        cast = cast_settings(context)
        cast.lines.remove(cast.active)
        cast.active = max(0, min(cast.active, len(cast.lines) - 1))
        return {"FINISHED"}


class LIPSYNC_OT_generate_cast(Generating, bpy.types.Operator):
    """Make every character in the list speak its strips; muted and unusable strips are skipped"""

    bl_idname = "lipsync.generate_cast"
    bl_label = "Generate All Lip Sync"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        why = backend_disabled_reason(preferences.backend_python(context)) or model_info.problem(
            preferences.backend_model(context)
        )
        if current.job:
            why = UserMessage("A take is being generated: wait for it or cancel it")
        elif not len(cast_settings(context).lines):
            why = UserMessage("Add strips to the cast list")
        if why:
            cls.poll_message_set(tr(why))
        return not why

    def job(self, context: bpy.types.Context) -> Batch:
        cast, requests, skipped = cast_settings(context), [], []
        for line in cast.lines:
            try:
                span = find_line_span(context, line)
                requests.append(
                    with_emotion_keys(
                        context, request_for(context, span, line.face, line.identity_name, line.emotion_name)
                    )
                )
            except (sound_strip.StripError, face_rig.RigError) as error:
                skipped.append(error.message)
        return Batch(requests, skipped, cast.actions == "CHARACTER")


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_OT_cast_add_selected, LIPSYNC_OT_cast_add_all, LIPSYNC_OT_cast_remove, LIPSYNC_OT_generate_cast)
)
