"""The takes made so far."""

import os

import bpy

from .. import takes
from ..locale import said
from ..operators.exchange import LIPSYNC_OT_export_take, LIPSYNC_OT_import_capture
from ..properties import settings, shown_name


class LIPSYNC_UL_takes(bpy.types.UIList):
    """The takes among the file's Actions."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        row = layout.split(factor=0.75)
        row.prop(item, "name", text="", emboss=False, icon="ACTION")
        info = takes.read_info(item)
        row.label(text=said("Imported" if info.imported else f"Seed {info.seed}"))

    def filter_items(self, context, data, property):  # type: ignore[no-untyped-def]
        actions = getattr(data, property)
        wanted = self.filter_name.lower()
        shown = [takes.is_take(action) and wanted in action.name.lower() for action in actions]
        return [self.bitflag_filter_item if show else 0 for show in shown], []


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
    if not any(takes.all_takes()):
        return
    wanted = settings(context)
    layout.template_list("LIPSYNC_UL_takes", "", bpy.data, "actions", wanted, "take", rows=4)
    action = bpy.data.actions[wanted.take] if wanted.take >= 0 else None
    if action and takes.is_take(action):
        info = takes.read_info(action)
        made = f"{shown_name(info.identity)}, {shown_name(info.emotion)}, Seed {info.seed}"
        made = f"Imported from {os.path.basename(info.sound)}" if info.imported else made
        layout.label(text=said(made), icon="CHECKMARK")


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_UL_takes, VIEW3D_PT_lipsync_takes))
