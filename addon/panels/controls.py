"""The controls: of the take that moves the face, or of new takes."""

from typing import ClassVar

import bpy
from bl_ui.utils import PresetPanel

from ..locale import tr
from ..operators.controls import (
    PRESETS,
    LIPSYNC_OT_controls_add_preset,
    LIPSYNC_OT_controls_apply_preset,
    LIPSYNC_OT_controls_reset,
)
from ..properties import settings, shown_take
from ..takes import edit_tracking
from ..takes.controls import untouchable
from .text import draw_text


class LIPSYNC_PT_control_presets(PresetPanel, bpy.types.Panel):
    """Opens from the header of the panel below."""

    bl_label = "Presets"
    preset_subdir = PRESETS
    preset_operator = LIPSYNC_OT_controls_apply_preset.bl_idname
    preset_add_operator = LIPSYNC_OT_controls_add_preset.bl_idname


class _ControlsPanel:
    """What the panels of both editors show."""

    bl_label = "Controls"
    bl_region_type = "UI"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        LIPSYNC_PT_control_presets.draw_panel_header(self.layout)  # type: ignore[attr-defined]

    def draw(self, context: bpy.types.Context) -> None:
        layout, take, shown = self.layout, shown_take(context), settings(context).shown_controls()  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.label(
            text=f"{tr('Take')}: {take.name}" if take else tr("New Takes"),
            translate=False,
            icon="ACTION" if take else "ADD",
        )
        why = untouchable(take, edit_tracking.shows_edited(take)) if take else None
        if why:
            draw_text(layout, context, why, "INFO")
        body = layout.column()
        body.enabled = not why
        strengths = body.column(align=True)
        strengths.prop(shown, "jaw", text="Strength Jaw")
        for name in ("lips", "cheeks", "brows", "lids", "gaze"):
            strengths.prop(shown, name)
        others = body.column()
        for name in ("smoothing", "blinks", "closing", "offset"):
            others.prop(shown, name, slider=True)
        others.prop(shown, "mirror")
        layout.operator(LIPSYNC_OT_controls_reset.bl_idname, text="Reset Controls", icon="LOOP_BACK")


class VIEW3D_PT_lipsync_controls(_ControlsPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"


class SEQUENCER_PT_lipsync_controls(_ControlsPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"
    bl_parent_id = "SEQUENCER_PT_lipsync"


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_PT_control_presets, VIEW3D_PT_lipsync_controls, SEQUENCER_PT_lipsync_controls)
)
