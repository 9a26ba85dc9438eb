"""The operator that locks the timeline's preview range. Runs in Blender."""

from typing import ClassVar

import bpy

from ..locale import tr
from ..properties import settings


class LIPSYNC_OT_lock_preview_range(bpy.types.Operator):
    """Lock the frames of the timeline's preview range"""

    bl_idname = "lipsync.lock_preview_range"
    bl_label = "Lock Preview Range"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.use_preview_range:
            cls.poll_message_set(tr("Set a preview range in the timeline first (press P and drag)"))
        return context.scene.use_preview_range

    def execute(self, context: bpy.types.Context) -> set[str]:
        locks, scene = settings(context).locks, context.scene
        locks.use_frames = True
        locks.first_frame, locks.last_frame = scene.frame_preview_start, scene.frame_preview_end
        return {"FINISHED"}


def register() -> None:
    bpy.utils.register_class(LIPSYNC_OT_lock_preview_range)


def unregister() -> None:
    bpy.utils.unregister_class(LIPSYNC_OT_lock_preview_range)
