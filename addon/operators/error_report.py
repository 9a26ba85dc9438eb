"""The operators for when a job failed: copy details for a bug report, and show the backend's log. Runs in Blender."""

import platform
from typing import ClassVar

import bpy

from ...backend import __version__
from ...backend.ipc.client import log_tail
from .. import preferences
from ..generation import model_info
from ..generation.backend_process import process
from ..generation.current_job import current
from ..locale import tr

_LOG_LINES = 40
_LOG_NAME = "Lip Sync Log"  # of the text in Blender


def error_details(context: bpy.types.Context) -> str:
    """Return everything that helps to find out why the last job failed, as English text."""
    setup = preferences.backend_setup(context)
    card = model_info.card(setup.model)
    return "\n".join(
        (
            str(current.error),
            "",
            f"DiffusionTalker {__version__}",
            f"Blender {bpy.app.version_string}, {platform.platform()}",
            f"Python {platform.python_version()}, backend: {setup.python or 'the same'}, on {setup.runtime}",
            f"Model: {card.name} {card.version}, {card.sha256}"
            if card
            else f"Model: {model_info.problem(setup.model)}",
            "",
            "The backend's log ends with:",
            (log_tail(process.log, _LOG_LINES) if process.log else "") or "(nothing)",
        )
    )


class LIPSYNC_OT_copy_error(bpy.types.Operator):
    """Copy the message, all versions and the end of the backend's log to the clipboard, to paste into a bug report"""

    bl_idname = "lipsync.copy_error"
    bl_label = "Copy Error Details"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not current.error:
            cls.poll_message_set(tr("Nothing has failed"))
        return bool(current.error)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = error_details(context)
        self.report({"INFO"}, tr("Copied: paste it into a bug report"))
        return {"FINISHED"}


class LIPSYNC_OT_show_log(bpy.types.Operator):
    """Show what the backend has logged since it was last started, in a Text Editor"""

    bl_idname = "lipsync.show_log"
    bl_label = "Show Lip Sync Log"
    bl_options: ClassVar = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if process.log is None:
            cls.poll_message_set(tr("The backend hasn't been started yet: generate first"))
        return process.log is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        assert process.log  # poll
        text = bpy.data.texts.get(_LOG_NAME) or bpy.data.texts.new(_LOG_NAME)
        text.from_string(process.log.read_text("utf-8", "replace"))
        text.cursor_set(0)
        if bpy.ops.wm.window_new.poll() and not _is_shown(context, text):
            bpy.ops.wm.window_new()
            area = context.window_manager.windows[-1].screen.areas[0]
            area.type = "TEXT_EDITOR"
            area.spaces.active.text = text
            area.spaces.active.show_word_wrap = True
        return {"FINISHED"}


def _is_shown(context: bpy.types.Context, text: bpy.types.Text) -> bool:
    areas = (area for window in context.window_manager.windows for area in window.screen.areas)
    return any(area.type == "TEXT_EDITOR" and area.spaces.active.text == text for area in areas)


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_copy_error, LIPSYNC_OT_show_log))
