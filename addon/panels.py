"""The panel "Lip Sync" in the 3D View's sidebar, and the small one in the Sequencer's."""

import os
import textwrap
from typing import ClassVar

import bpy

from . import rig, strip, takes
from .operators.exchange import LIPSYNC_OT_export_take, LIPSYNC_OT_import_capture
from .operators.generate import LIPSYNC_OT_cancel, LIPSYNC_OT_generate, LIPSYNC_OT_resample, disabled_reason
from .properties import chosen_face, settings, shown_name
from .session import session

_CATEGORY = "Lip Sync"
_LETTER = 6.5  # pixels that a letter takes at 100 %, on average


class LIPSYNC_UL_takes(bpy.types.UIList):
    """The takes among the file's Actions."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:  # type: ignore[no-untyped-def]
        row = layout.split(factor=0.75)
        row.prop(item, "name", text="", emboss=False, icon="ACTION")
        info = takes.read_info(item)
        row.label(text="Imported" if info.imported else f"Seed {info.seed}")

    def filter_items(self, context, data, property):  # type: ignore[no-untyped-def]
        actions = getattr(data, property)
        wanted = self.filter_name.lower()
        shown = [takes.is_take(action) and wanted in action.name.lower() for action in actions]
        return [self.bitflag_filter_item if show else 0 for show in shown], []


class _LipSyncPanel:
    """What the panels of both editors show."""

    bl_label = "Lip Sync"
    bl_category = _CATEGORY
    bl_region_type = "UI"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        _draw_choices(layout, context)
        _draw_job(layout, context)


class VIEW3D_PT_lipsync(_LipSyncPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"

    def draw(self, context: bpy.types.Context) -> None:
        super().draw(context)
        _draw_takes(self.layout, context)


class SEQUENCER_PT_lipsync(_LipSyncPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.space_data.view_type in {"SEQUENCER", "SEQUENCER_PREVIEW"}


class _KeysPanel:
    """How new takes are keyed, below the panel of either editor."""

    bl_label = "Keys"
    bl_region_type = "UI"
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, wanted = self.layout, settings(context)  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.row().prop(wanted, "key_density", expand=True)
        row = layout.row()
        row.active = wanted.key_density == "SIMPLIFIED"
        row.prop(wanted, "key_tolerance")
        layout.row().prop(wanted, "key_interpolation", expand=True)


class VIEW3D_PT_lipsync_keys(_KeysPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "VIEW3D_PT_lipsync"


class SEQUENCER_PT_lipsync_keys(_KeysPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"
    bl_parent_id = "SEQUENCER_PT_lipsync"


def _draw_choices(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    wanted = settings(context)
    column = layout.column()
    column.prop(wanted, "strip", icon="SOUND", placeholder=_active_strip(context))
    column.prop(wanted, "face", placeholder=_active_name(context))
    _draw_coverage(column, context)
    column = layout.column()
    column.prop(wanted, "identity")
    column.prop(wanted, "emotion")
    column.prop(wanted, "seed")


def _active_strip(context: bpy.types.Context) -> str:
    scene = strip.strip_scene(context)
    active = scene.sequence_editor.active_strip if scene.sequence_editor else None
    return active.name if active and active.type == "SOUND" else "Active Strip"


def _active_name(context: bpy.types.Context) -> str:
    face = chosen_face(context)
    return face.name if face else "Active Object"


def _draw_coverage(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    try:
        face = rig.read_face(chosen_face(context))
    except rig.RigError:
        return  # said below, as the reason why nothing can be generated
    meshes = "1 mesh" if len(face.meshes) == 1 else f"{len(face.meshes)} meshes"
    lines = [f"{len(face.channels)} of 52 keys on {meshes}"]
    if face.viseme_set:
        lines.append(f"Mouth by {len(face.visemes)} {face.viseme_set.label} visemes")
    for line in lines:
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(text=line)


def _draw_job(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    job = session.job
    if job:
        row = layout.row(align=True)
        row.progress(factor=job.fraction, text=f"{job.stage} {job.fraction:.0%}")
        row.operator(LIPSYNC_OT_cancel.bl_idname, text="", icon="X")
        return
    row = layout.row(align=True)
    row.scale_y = 1.4
    row.operator(LIPSYNC_OT_generate.bl_idname, text="Generate", icon="PLAY")
    row.operator(LIPSYNC_OT_resample.bl_idname, text="Resample", icon="FILE_REFRESH")
    if why := disabled_reason(context):
        _draw_text(layout, context, why, "INFO")
    elif session.message:
        _draw_text(layout, context, session.message, "ERROR")


def _draw_takes(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    row = layout.row(align=True)
    row.label(text="Takes")
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
        layout.label(text=f"Imported from {os.path.basename(info.sound)}" if info.imported else made, icon="CHECKMARK")


def _draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str) -> None:
    """A sentence on as many lines as it needs: Blender's labels don't break."""
    width = context.region.width / context.preferences.system.ui_scale if context.region else 250
    box = layout.box().column(align=True)
    box.alert = icon == "ERROR"
    box.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, max(16, int((width - 60) / _LETTER)))):
        box.label(text=line, icon="NONE" if number else icon)


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_UL_takes, VIEW3D_PT_lipsync, VIEW3D_PT_lipsync_keys, SEQUENCER_PT_lipsync, SEQUENCER_PT_lipsync_keys)
)
