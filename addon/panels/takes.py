"""The panel "Takes": a list of all takes, and what can be done with them. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import os
import time

import bpy

from ...backend.messages import SEPARATOR, UserMessage
from ..generation import sound_strip
from ..locale import tr
from ..operators.import_export import LIPSYNC_OT_export_take, LIPSYNC_OT_import_capture
from ..operators.rotations import LIPSYNC_OT_key_rotations
from ..operators.takes import (
    LIPSYNC_OT_take_again,
    LIPSYNC_OT_take_assign,
    LIPSYNC_OT_take_delete,
    LIPSYNC_OT_take_duplicate,
    LIPSYNC_OT_take_push_down,
)
from ..properties import active_take, settings, shown_name
from ..takes import edit_tracking, rotations, take_store
from .text import draw_text


class LIPSYNC_UL_takes(bpy.types.UIList):
    """The rows of the takes: the name and, below it, a short description."""

    this_strip: bpy.props.BoolProperty(name="This Strip", description="List only takes of the chosen strip")

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        column = layout.column(align=True)
        is_active = getattr(active_data, active_property) == index
        column.prop(item, "name", text="", emboss=False, icon="RADIOBUT_ON" if is_active else "RADIOBUT_OFF")
        is_edited = edit_tracking.shows_edited(item)
        row = column.row()
        row.active, row.alignment = False, "LEFT"
        text, icon = _description(item, is_edited), "GREASEPENCIL" if is_edited else "BLANK1"
        # An operator, since a label can't be clicked.
        row.operator(LIPSYNC_OT_take_assign.bl_idname, text=text, icon=icon, emboss=False).take = item.name

    def draw_filter(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        row = layout.row(align=True)
        row.prop(self, "filter_name", text="", icon="VIEWZOOM")
        row.prop(self, "this_strip", toggle=True)

    def filter_items(self, context, data, property):  # type: ignore[no-untyped-def]
        name, strip = self.filter_name.lower(), _strip_name(context) if self.this_strip else ""
        shown = [
            take_store.is_take(action)
            and name in action.name.lower()
            and (not strip or take_store.read_info(action).strip == strip)
            for action in getattr(data, property)
        ]
        return [self.bitflag_filter_item if show else 0 for show in shown], []


def _description(action: bpy.types.Action, is_edited: bool) -> str:
    """Describe a take in a few words that tell it from others."""
    info, strips = take_store.read_info(action), take_store.read_parts(action)
    words: tuple[str, ...] = (
        shown_name(info.performance.identity),
        tr(shown_name(info.performance.emotion)),
        tr("Seed {number}", number=info.performance.seed),
    )
    if strips:
        words = (tr("{count} Strips", count=len(strips)),)
    elif info.imported:
        words = (tr("Imported"), os.path.basename(info.sound))
    if is_edited:  # in the place of the time: both don't fit into a panel of the usual width
        return SEPARATOR.join((tr("Edited"), *words))
    return SEPARATOR.join((*words, _short_time(info.made)) if info.made else words)


def _short_time(seconds: float) -> str:
    """Return the time of day or, for another day, the date. Both are numbers, which are the same in every language."""
    then, now = time.localtime(seconds), time.localtime()
    return time.strftime("%H:%M" if then[:3] == now[:3] else "%Y-%m-%d", then)


def _strip_name(context: bpy.types.Context) -> str:
    try:
        return sound_strip.find_span(context, settings(context).strip).strip
    except sound_strip.StripError:
        return ""


class VIEW3D_PT_lipsync_takes(bpy.types.Panel):
    bl_label = "Takes"
    bl_region_type = "UI"
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"

    def draw(self, context: bpy.types.Context) -> None:
        _draw_takes(self.layout, context)


def _draw_takes(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    row = layout.row(align=True)
    row.alignment = "RIGHT"
    row.operator(LIPSYNC_OT_import_capture.bl_idname, text="", icon="IMPORT")
    row.operator(LIPSYNC_OT_export_take.bl_idname, text="", icon="EXPORT")
    if not any(take_store.all_takes()):
        return
    layout.template_list("LIPSYNC_UL_takes", "", bpy.data, "actions", settings(context), "take", rows=4)
    row = layout.row(align=True)
    row.operator(LIPSYNC_OT_take_again.bl_idname, text="Regenerate", icon="FILE_REFRESH")
    row.operator(LIPSYNC_OT_take_push_down.bl_idname, text="Push Down", icon="NLA_PUSHDOWN")
    row = layout.row(align=True)
    row.operator(LIPSYNC_OT_take_duplicate.bl_idname, text="Duplicate", icon="DUPLICATE")
    row.operator(LIPSYNC_OT_take_delete.bl_idname, text="Delete", icon="TRASH")
    action = active_take(context)
    if action and rotations.has(action):
        layout.operator(LIPSYNC_OT_key_rotations.bl_idname, icon="ORIENTATION_GIMBAL")
    if strips := take_store.read_parts(action) if action else ():
        names = '", "'.join(strips)
        draw_text(layout, context, UserMessage('Joins "{strips}"', strips=names), "SOUND")


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_UL_takes, VIEW3D_PT_lipsync_takes))
