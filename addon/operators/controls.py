"""The operators on the controls that the panel shows: reset, and presets. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import ClassVar

import bpy
from bl_operators.presets import AddPresetBase

from ...backend.messages import UserMessage
from ..locale import tr
from ..properties import active_take, chosen_face, settings
from ..rig import face_rig
from ..takes import controls, edit_tracking

PRESETS = "diffusion_talker/controls"  # below Blender's folders for presets, and below the add-on's own
_FOLDER = str(Path(__file__).parents[1])  # has presets/ with those that come with the add-on
_MENU = "LIPSYNC_PT_control_presets"
_ABOUT = {
    "Subtle": UserMessage("Smaller movements, for calm speech and close-ups"),
    "Lively": UserMessage("Larger movements, livelier brows and more blinks"),
    "Crisp_Lips": UserMessage("Lips that move further and close firmly"),
    "Mumbling": UserMessage("A mouth that hardly opens, with smooth movements"),
}


class _OnShown:
    """Base of the operators that change the controls which the panel shows."""

    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        take = active_take(context)
        why = controls.disabled_reason(take, edit_tracking.shows_edited(take)) if take else None
        if why:
            cls.poll_message_set(tr(why))  # type: ignore[attr-defined]
        return not why


class LIPSYNC_OT_controls_reset(_OnShown, bpy.types.Operator):
    """Set every control back to its default"""

    bl_idname = "lipsync.controls_reset"
    bl_label = "Reset Lip Sync Controls"

    def execute(self, context: bpy.types.Context) -> set[str]:
        controls.reset(settings(context).shown_controls())
        controls.update_keys()
        return {"FINISHED"}


class LIPSYNC_OT_look_again(_OnShown, bpy.types.Operator):
    """Let the eyes of the active take follow the look target as it moves now, after it or the head was animated"""

    bl_idname = "lipsync.look_again"
    bl_label = "Update Look Target"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        take = active_take(context)
        if take is None or take.lipsync_controls.look_target is None:
            cls.poll_message_set(tr(UserMessage("Choose a look target for the active take")))
            return False
        return super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        take = active_take(context)
        assert take  # poll
        face = face_rig.read_face(chosen_face(context))
        controls.update_look(take, face, settings(context).key_style())
        if why := controls.look_problem(face, take.lipsync_controls.look_target):
            self.report({"WARNING"}, tr(why))
        return {"FINISHED"}


class LIPSYNC_OT_controls_apply_preset(_OnShown, bpy.types.Operator):
    """Set the controls to the values of a preset"""

    bl_idname = "lipsync.controls_apply_preset"
    bl_label = "Apply Lip Sync Controls Preset"
    bl_options: ClassVar = {"UNDO"}  # no REGISTER: Adjust Last Operation would show a path

    filepath: bpy.props.StringProperty(
        name="File", description="The preset's file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: "LIPSYNC_OT_controls_apply_preset") -> str:
        return tr(_ABOUT.get(Path(properties.filepath).stem, "Set the controls to the values of a preset"))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.filepath:
            return self.execute(context)
        return bpy.ops.wm.call_panel(name=_MENU)  # found by F3, so no preset is chosen yet

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            self.report({"ERROR"}, tr("Choose a preset in the header of the Controls panel"))
            return {"CANCELLED"}
        # Blender's own operator can't be undone.
        result = bpy.ops.script.execute_preset(filepath=self.filepath, menu_idname=_MENU)
        controls.update_keys()
        return result


class LIPSYNC_OT_controls_add_preset(AddPresetBase, bpy.types.Operator):
    """Save the current controls as a preset, or remove one"""

    bl_idname = "lipsync.controls_add_preset"
    bl_label = "Add Lip Sync Controls Preset"
    bl_options: ClassVar = {"REGISTER"}
    preset_menu = _MENU
    preset_defines: ClassVar = ["controls = bpy.context.scene.lipsync.shown_controls()"]
    preset_values: ClassVar = [f"controls.{name}" for name in controls.NAMES]
    preset_subdir = PRESETS


_register, _unregister = bpy.utils.register_classes_factory(
    (
        LIPSYNC_OT_controls_reset,
        LIPSYNC_OT_look_again,
        LIPSYNC_OT_controls_apply_preset,
        LIPSYNC_OT_controls_add_preset,
    )
)


def register() -> None:
    _register()
    bpy.utils.register_preset_path(_FOLDER)


def unregister() -> None:
    bpy.utils.unregister_preset_path(_FOLDER)
    _unregister()
