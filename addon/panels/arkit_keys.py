"""The panel "ARKit Keys": give a head its keys, and work on them. Runs in Blender."""

from typing import ClassVar

import bpy

from ..key_making.key_tools import (
    LIPSYNC_OT_key_strength,
    LIPSYNC_OT_keys_delete_unused,
    LIPSYNC_OT_keys_preview,
    LIPSYNC_OT_landmarks_mirror,
    LIPSYNC_OT_landmarks_remove,
)
from ..key_making.make_keys import (
    LIPSYNC_OT_key_redo,
    LIPSYNC_OT_keys_cancel,
    LIPSYNC_OT_landmarks_propose,
    OBJECT_OT_arkit_keys_make,
    chosen_head,
    disabled_reason,
    made_keys,
)
from ..key_making.running_key_job import running
from ..key_making.scene_landmarks import landmark_objects
from ..locale import tr
from .text import draw_text


def draw_make(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button that makes keys, or the job that does."""
    if running.job:
        row = layout.row(align=True)
        row.progress(factor=running.job.fraction, text=tr("Making keys {share:.0%}", share=running.job.fraction))
        row.operator(LIPSYNC_OT_keys_cancel.bl_idname, text="", icon="X")
        return
    head = chosen_head(context)
    again = bool(made_keys(head))
    row = layout.row()
    row.scale_y = 1.4
    if again:
        row.operator(OBJECT_OT_arkit_keys_make.bl_idname, text="Make All Again", icon="SHAPEKEY_DATA").replace = True
    else:
        row.operator(OBJECT_OT_arkit_keys_make.bl_idname, icon="SHAPEKEY_DATA")
    if running.error:
        draw_text(layout, context, running.error, "ERROR")


def offers_keys(context: bpy.types.Context) -> bool:
    """Return whether the active object is a mesh without keys, which the main panel offers to give some."""
    head = chosen_head(context)
    return (
        head is not None
        and head.type == "MESH"
        and not (head.data.shape_keys and len(head.data.shape_keys.key_blocks) > 1)
    )


class LIPSYNC_UL_keys(bpy.types.UIList):
    """The shape keys of a head with their values. Blender 5.2 no longer has its own list of them."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        row = layout.split(factor=0.75)
        row.prop(item, "name", text="", emboss=False)
        if index:  # the first is the basis, which has no value
            row.prop(item, "value", text="", emboss=False)


class VIEW3D_PT_lipsync_make_keys(bpy.types.Panel):
    """Landmarks, the keys, and what can be done with them."""

    bl_label = "ARKit Keys"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_parent_id = "VIEW3D_PT_lipsync"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, head = self.layout, chosen_head(context)
        why = disabled_reason(context)
        if why and not running.job:
            draw_text(layout, context, why, "INFO")
        if landmark_objects(head):
            row = layout.row(align=True)
            row.operator(LIPSYNC_OT_landmarks_propose.bl_idname, text="Find Again", icon="FILE_REFRESH")
            row.operator(LIPSYNC_OT_landmarks_mirror.bl_idname, text="Mirror", icon="MOD_MIRROR")
            row.operator(LIPSYNC_OT_landmarks_remove.bl_idname, text="", icon="X")
        else:
            layout.operator(LIPSYNC_OT_landmarks_propose.bl_idname, icon="OUTLINER_OB_EMPTY")
        draw_make(layout, context)
        if not made_keys(head):
            return
        layout.operator(LIPSYNC_OT_keys_preview.bl_idname, icon="PLAY")
        assert head
        layout.template_list(
            LIPSYNC_UL_keys.__name__, "", head.data.shape_keys, "key_blocks", head, "active_shape_key_index", rows=4
        )
        row = layout.row(align=True)
        row.operator(LIPSYNC_OT_key_strength.bl_idname, text="Strength", icon="ARROW_LEFTRIGHT")
        row.operator(LIPSYNC_OT_key_redo.bl_idname, text="Make Again", icon="FILE_REFRESH")
        layout.operator(LIPSYNC_OT_keys_delete_unused.bl_idname, icon="TRASH")


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_UL_keys, VIEW3D_PT_lipsync_make_keys))
