"""The cast: which character speaks which strip, and all of them at once."""

from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from ..cast_list import LipSyncLine, cast, span_of
from ..generation import sound_strip
from ..locale import tr
from ..operators.cast import (
    LIPSYNC_OT_cast_add_all,
    LIPSYNC_OT_cast_add_selected,
    LIPSYNC_OT_cast_remove,
    LIPSYNC_OT_generate_cast,
)
from ..rig import face_rig
from .text import draw_text


class LIPSYNC_UL_cast(bpy.types.UIList):
    """The strips, each with its character."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        row = layout.split(factor=0.6)
        icon = "ERROR" if why_skipped(context, item) else "SOUND"
        row.label(text=item.strip or tr("No Strip"), translate=False, icon=icon)
        row.label(text=item.face.name if item.face else tr("Nobody"), translate=False)

    def filter_items(self, context, data, property):  # type: ignore[no-untyped-def]
        wanted = self.filter_name.lower()
        names = [f"{line.strip} {line.face.name if line.face else ''}".lower() for line in getattr(data, property)]
        return [self.bitflag_filter_item if wanted in name else 0 for name in names], []


class _CastPanel:
    """Below the panel of either editor."""

    bl_label = "Cast"
    bl_region_type = "UI"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, members = self.layout, cast(context)  # type: ignore[attr-defined]
        row = layout.row()
        row.template_list("LIPSYNC_UL_cast", "", members, "lines", members, "active", rows=4)
        row.column().operator(LIPSYNC_OT_cast_remove.bl_idname, text="", icon="REMOVE")
        row = layout.row(align=True)
        row.operator(LIPSYNC_OT_cast_add_selected.bl_idname, text="Add Selected Strips")
        row.operator(LIPSYNC_OT_cast_add_all.bl_idname, text="Add All Strips")
        layout.use_property_split = True
        layout.use_property_decorate = False
        if 0 <= members.active < len(members.lines):
            _draw_line(layout, context, members.lines[members.active])
        layout.prop(members, "actions")
        row = layout.row()
        row.scale_y = 1.4
        row.operator(LIPSYNC_OT_generate_cast.bl_idname, text="Generate All", icon="PLAY")


class VIEW3D_PT_lipsync_cast(_CastPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"


class SEQUENCER_PT_lipsync_cast(_CastPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"
    bl_parent_id = "SEQUENCER_PT_lipsync"


def _draw_line(layout: bpy.types.UILayout, context: bpy.types.Context, line: LipSyncLine) -> None:
    column = layout.column()
    column.prop(line, "strip", icon="SOUND")
    column.prop(line, "face")
    column.prop(line, "identity")
    column.prop(line, "emotion")
    if why := why_skipped(context, line):
        draw_text(layout, context, UserMessage("This line will be skipped: {why}", why=why), "ERROR")


def why_skipped(context: bpy.types.Context, line: LipSyncLine) -> UserMessage | None:
    """Return why a line can't be spoken now, None when it can."""
    try:
        span_of(context, line)
    except (sound_strip.StripError, face_rig.RigError) as error:
        return error.message
    return None


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_UL_cast, VIEW3D_PT_lipsync_cast, SEQUENCER_PT_lipsync_cast)
)
