"""What Resample leaves as it is."""

from typing import ClassVar

import bpy

from ...backend.arkit import REGIONS
from ..operators.locks import LIPSYNC_OT_lock_preview_range
from ..properties import settings

_TOGGLES = ("all_mouth", "all_cheeks", "all_brows", "all_lids", "all_gaze")


class _LocksPanel:
    bl_label = "Locks"
    bl_region_type = "UI"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, locks = self.layout, settings(context).locks  # type: ignore[attr-defined]
        layout.label(text="Resample Keeps")
        grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
        for name in _TOGGLES:
            on = getattr(locks, name)
            grid.prop(locks, name, toggle=True, icon="LOCKED" if on else "UNLOCKED")
        row = layout.row(align=True, heading="")
        row.prop(locks, "use_frames", toggle=True, icon="LOCKED" if locks.use_frames else "UNLOCKED")
        part = row.row(align=True)
        part.active = locks.use_frames
        part.prop(locks, "first_frame", text="")
        part.prop(locks, "last_frame", text="")
        part.operator(LIPSYNC_OT_lock_preview_range.bl_idname, text="", icon="PREVIEW_RANGE")


class _ChannelsPanel:
    bl_label = "Channels"
    bl_region_type = "UI"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, locks = self.layout, settings(context).locks  # type: ignore[attr-defined]
        for region in REGIONS:
            layout.label(text=region.title())
            layout.grid_flow(columns=2, align=True).prop(locks, region)


class VIEW3D_PT_lipsync_locks(_LocksPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"


class VIEW3D_PT_lipsync_lock_channels(_ChannelsPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync_locks"


class SEQUENCER_PT_lipsync_locks(_LocksPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"
    bl_parent_id = "SEQUENCER_PT_lipsync"


class SEQUENCER_PT_lipsync_lock_channels(_ChannelsPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"
    bl_parent_id = "SEQUENCER_PT_lipsync_locks"


register, unregister = bpy.utils.register_classes_factory(
    (
        VIEW3D_PT_lipsync_locks,
        VIEW3D_PT_lipsync_lock_channels,
        SEQUENCER_PT_lipsync_locks,
        SEQUENCER_PT_lipsync_lock_channels,
    )
)
