"""The panel "Controls": the controls of the active take or, without one, of new takes. Runs in Blender."""

import bpy
from bl_ui.utils import PresetPanel

from ..locale import tr
from ..operators.controls import (
    PRESETS,
    LIPSYNC_OT_controls_add_preset,
    LIPSYNC_OT_controls_apply_preset,
    LIPSYNC_OT_controls_reset,
    LIPSYNC_OT_look_again,
)
from ..properties import active_take, chosen_face, settings
from ..rig import face_rig
from ..takes import edit_tracking
from ..takes.controls import Group, disabled_reason, look_problem
from .sub_panels import in_both_editors
from .text import draw_text


class LIPSYNC_PT_control_presets(PresetPanel, bpy.types.Panel):
    """The list of presets, which opens from the header of the panel "Controls"."""

    bl_label = "Presets"
    bl_description = "Saved settings of all controls: choose one, or save the present ones under a name"
    preset_subdir = PRESETS
    preset_operator = LIPSYNC_OT_controls_apply_preset.bl_idname
    preset_add_operator = LIPSYNC_OT_controls_add_preset.bl_idname


class _ControlsPanel:
    """The name of the take, its controls, and why they are disabled if they are."""

    bl_label = "Controls"

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        LIPSYNC_PT_control_presets.draw_panel_header(self.layout)  # type: ignore[attr-defined]

    def draw(self, context: bpy.types.Context) -> None:
        layout, take = self.layout, active_take(context)  # type: ignore[attr-defined]
        controls = settings(context).shown_controls()
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.label(
            text=f"{tr('Take')}: {take.name}" if take else tr("New Takes"),
            translate=False,
            icon="ACTION" if take else "ADD",
        )
        why = disabled_reason(take, edit_tracking.shows_edited(take)) if take else None
        if why:
            draw_text(layout, context, why, "INFO")
        body = layout.column()
        body.enabled = not why
        strengths = body.column(align=True)
        strengths.prop(controls, "jaw", text="Strength Jaw")
        for name in ("lips", "cheeks", "brows", "lids", "gaze", "head"):
            strengths.prop(controls, name)
        others = body.column()
        for name in ("smoothing", "blinks", "closing", "offset"):
            others.prop(controls, name, slider=True)
        others.prop(controls, "full_blinks")
        others.prop(controls, "eye_darts")
        others.prop(controls, "mirror")
        _draw_look_target(body, context, controls, take)
        layout.operator(LIPSYNC_OT_controls_reset.bl_idname, text="Reset Controls", icon="LOOP_BACK")


def _draw_look_target(
    layout: bpy.types.UILayout, context: bpy.types.Context, controls: Group, take: bpy.types.Action | None
) -> None:
    row = layout.row(align=True)
    row.prop(controls, "look_target")
    if not controls.look_target:
        return
    if take:
        row.operator(LIPSYNC_OT_look_again.bl_idname, text="", icon="FILE_REFRESH")
    try:
        face = face_rig.read_face(chosen_face(context))
    except face_rig.RigError:
        return
    if why := look_problem(face, controls.look_target):
        draw_text(layout, context, why, "ERROR")


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_PT_control_presets, *in_both_editors("lipsync_controls", _ControlsPanel))
)
