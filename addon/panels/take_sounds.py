"""The panel "Sounds": the sounds of the active take around the current frame, and what can be done with them. Runs in Blender."""

import bpy

from ...backend.messages import UserMessage
from ...backend.sounds.edit_list import Row, row_at
from ..locale import tr
from ..operators.import_export import LIPSYNC_OT_export_sounds, LIPSYNC_OT_import_sounds
from ..operators.take_sounds import (
    LIPSYNC_OT_sound_change,
    LIPSYNC_OT_sound_close,
    LIPSYNC_OT_sound_delete,
    LIPSYNC_OT_sound_go,
    LIPSYNC_OT_sound_move,
    LIPSYNC_OT_sound_reset,
    LIPSYNC_OT_sound_strength,
    LIPSYNC_OT_sounds_from_script,
    LIPSYNC_OT_sounds_to_markers,
    disabled_reason,
    playhead,
    shown_shape,
)
from ..properties import active_take, settings
from ..takes import take_sounds, take_store
from .sub_panels import in_both_editors
from .text import draw_text

_BESIDE = 3  # rows before the current sound, and after it


class _SoundsPanel:
    """The sounds around the current frame; the one on it can be edited."""

    bl_label = "Sounds"

    def draw(self, context: bpy.types.Context) -> None:
        layout, action = self.layout, active_take(context)  # type: ignore[attr-defined]
        row = layout.row()
        row.scale_y = 1.4
        row.operator(LIPSYNC_OT_sound_close.bl_idname, icon="KEYTYPE_KEYFRAME_VEC")
        if why := disabled_reason(context):
            draw_text(layout, context, why, "INFO")
        if action is None:
            return
        known = take_sounds.read(action)
        rows, at = known.rows(), playhead(context, action)
        current = row_at(rows, at)
        if not known.heard:
            draw_text(
                layout, context, UserMessage("The sounds of this take aren't known: regenerate it to find them"), "INFO"
            )
        if known.words:
            word = next((word.text for word in known.words if word.start <= at < word.end), "\u2026")
            layout.label(text=f"\u201c{word}\u201d", translate=False)
        _draw_rows(layout, action, rows, at, current)
        if rows and current is None:
            draw_text(layout, context, UserMessage("Go to a frame with a sound to change it"), "INFO")
        _draw_edits(layout, current is not None)
        _draw_script(layout, context)


def _draw_edits(layout: bpy.types.UILayout, is_on_sound: bool) -> None:
    """Draw what can be done with the sound on the current frame."""
    column = layout.column(align=True)
    column.enabled = is_on_sound
    row = column.row(align=True)
    row.operator_menu_enum(LIPSYNC_OT_sound_change.bl_idname, "phone", text="Change")
    row.operator(LIPSYNC_OT_sound_strength.bl_idname, text="Strength")
    row = column.row(align=True)
    row.operator(LIPSYNC_OT_sound_move.bl_idname, text="Move Edge Here")
    row.operator(LIPSYNC_OT_sound_delete.bl_idname, text="Delete")
    row = column.row(align=True)
    row.operator(LIPSYNC_OT_sound_reset.bl_idname, text="Reset", icon="LOOP_BACK")
    row.operator(LIPSYNC_OT_sound_reset.bl_idname, text="Reset All").every = True


def _draw_script(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the script, and where the sounds can go."""
    panel = settings(context)
    column = layout.column(align=True)
    if not panel.script_text:
        column.prop(panel, "script", text="", placeholder=tr("What Is Said"), icon="TEXT")
    column.prop(panel, "script_text", text="")
    column.operator(LIPSYNC_OT_sounds_from_script.bl_idname)
    row = layout.row(align=True)
    row.operator(LIPSYNC_OT_sounds_to_markers.bl_idname, icon="MARKER_HLT")
    row.operator(LIPSYNC_OT_sounds_to_markers.bl_idname, text="", icon="X").remove = True
    row.operator(LIPSYNC_OT_import_sounds.bl_idname, text="", icon="IMPORT")
    row.operator(LIPSYNC_OT_export_sounds.bl_idname, text="", icon="EXPORT")
    layout.prop(panel, "show_sounds")


def _draw_rows(
    layout: bpy.types.UILayout, action: bpy.types.Action, rows: list[Row], at: float, current: int | None
) -> None:
    info = take_store.read_info(action)
    middle = current if current is not None else sum(row.sound.start <= at for row in rows)
    # The same number of rows everywhere, or buttons below would jump as the playhead moves.
    first = min(max(middle - _BESIDE, 0), max(len(rows) - 2 * _BESIDE - 1, 0))
    box = layout.box().column(align=True)
    for index, row in enumerate(rows[first : first + 2 * _BESIDE + 1], start=first):
        line = box.row(align=True)
        line.active = index == current
        line.alignment = "LEFT"
        frame = info.first_frame + row.sound.start * info.performance.fps
        icon = "GREASEPENCIL" if row.is_edited else "RIGHTARROW" if index == current else "BLANK1"
        text = f"{frame:7.1f}   {describe(row)}"
        line.operator(LIPSYNC_OT_sound_go.bl_idname, text=text, translate=False, icon=icon, emboss=False).frame = (
            info.first_frame + row.sound.center * info.performance.fps
        )


def describe(row: Row) -> str:
    """Return a sound's shape, and its strength if that was changed."""
    text = shown_shape(row.sound)
    if row.sound.strength == 0:
        return tr("{sound} (deleted)", sound=text)
    return text if row.sound.strength == 1 else f"{text} \u00d7{row.sound.strength:.2g}"


register, unregister = bpy.utils.register_classes_factory(in_both_editors("lipsync_sounds", _SoundsPanel, is_open=True))
