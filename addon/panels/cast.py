"""The panel "Cast": which character speaks which strip. Runs in Blender."""

import bpy

from ...backend.messages import UserMessage
from ..cast_list import LipSyncLine, cast_settings, find_line_span
from ..generation import sound_strip
from ..locale import tr
from ..operators.cast import (
    LIPSYNC_OT_cast_add_all,
    LIPSYNC_OT_cast_add_selected,
    LIPSYNC_OT_cast_remove,
    LIPSYNC_OT_generate_cast,
)
from ..rig import face_rig
from .sub_panels import in_both_editors
from .text import draw_text


class LIPSYNC_UL_cast(bpy.types.UIList):
    """The rows of the cast list: a strip and its character."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        row = layout.split(factor=0.6)
        icon = "ERROR" if skipped_reason(context, item) else "SOUND"
        row.label(text=item.strip or tr("No Strip"), translate=False, icon=icon)
        row.label(text=item.face.name if item.face else tr("Nobody"), translate=False)

    def filter_items(self, context, data, property):  # type: ignore[no-untyped-def]
        filter_name = self.filter_name.lower()
        names = [f"{line.strip} {line.face.name if line.face else ''}".lower() for line in getattr(data, property)]
        return [self.bitflag_filter_item if filter_name in name else 0 for name in names], []


class _CastPanel:
    """The cast list, the settings of its active line, and Generate All."""

    bl_label = "Cast"

    def draw(self, context: bpy.types.Context) -> None:
        layout, cast = self.layout, cast_settings(context)  # type: ignore[attr-defined]
        if not cast.lines:
            about = UserMessage(
                "For dialogues: list sound strips and the character that speaks each, and Generate All makes all of them speak"
            )
            draw_text(layout, context, about, "INFO")
        row = layout.row()
        row.template_list("LIPSYNC_UL_cast", "", cast, "lines", cast, "active", rows=4)
        row.column().operator(LIPSYNC_OT_cast_remove.bl_idname, text="", icon="REMOVE")
        row = layout.row(align=True)
        row.operator(LIPSYNC_OT_cast_add_selected.bl_idname, text="Add Selected Strips")
        row.operator(LIPSYNC_OT_cast_add_all.bl_idname, text="Add All Strips")
        layout.use_property_split = True
        layout.use_property_decorate = False
        if 0 <= cast.active < len(cast.lines):
            _draw_line(layout, context, cast.lines[cast.active])
        layout.prop(cast, "actions")
        row = layout.row()
        row.scale_y = 1.4
        row.operator(LIPSYNC_OT_generate_cast.bl_idname, text="Generate All", icon="PLAY")


def _draw_line(layout: bpy.types.UILayout, context: bpy.types.Context, line: LipSyncLine) -> None:
    column = layout.column()
    column.prop(line, "strip", icon="SOUND")
    column.prop(line, "face")
    column.prop(line, "identity")
    column.prop(line, "emotion")
    if why := skipped_reason(context, line):
        draw_text(layout, context, UserMessage("This line will be skipped: {why}", why=why), "ERROR")


def skipped_reason(context: bpy.types.Context, line: LipSyncLine) -> UserMessage | None:
    """Return why Generate All would skip a line; None if it wouldn't."""
    try:
        find_line_span(context, line)
    except (sound_strip.StripError, face_rig.RigError) as error:
        return error.message
    return None


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_UL_cast, *in_both_editors("lipsync_cast", _CastPanel))
)
