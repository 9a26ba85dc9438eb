"""The panel "Locks": the channels and frames that Resample keeps. Runs in Blender."""

import bpy

from ...backend.arkit import REGIONS
from ..operators.locks import LIPSYNC_OT_lock_preview_range, LIPSYNC_OT_pose_hold, LIPSYNC_OT_pose_release
from ..properties import settings
from .sub_panels import in_both_editors

_TOGGLES = ("all_mouth", "all_cheeks", "all_brows", "all_lids", "all_gaze", "all_head")


class _LocksPanel:
    """Toggles for the regions of the face, and the locked frames."""

    bl_label = "Locks"

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
        row = layout.row(align=True)
        row.operator(LIPSYNC_OT_pose_hold.bl_idname, icon="PINNED")
        row.operator(LIPSYNC_OT_pose_release.bl_idname, text="Release", icon="UNPINNED")


class _ChannelsPanel:
    """A toggle for every channel, by region."""

    bl_label = "Channels"

    def draw(self, context: bpy.types.Context) -> None:
        layout, locks = self.layout, settings(context).locks  # type: ignore[attr-defined]
        for region in REGIONS:
            layout.label(text=region.title())
            layout.grid_flow(columns=2, align=True).prop(locks, region)


register, unregister = bpy.utils.register_classes_factory(
    (
        *in_both_editors("lipsync_locks", _LocksPanel),
        *in_both_editors("lipsync_lock_channels", _ChannelsPanel, parent="lipsync_locks"),
    )
)
