"""The panel "Lip Sync": what to generate, and the running job. All other panels lie below it. Runs in Blender."""

import bpy

from ...backend.messages import UserMessage
from ...backend.performance import AUTO
from ..generation import sound_strip
from ..generation.current_job import current
from ..locale import tr
from ..operators.error_report import LIPSYNC_OT_copy_error
from ..operators.generate import LIPSYNC_OT_cancel, LIPSYNC_OT_generate, LIPSYNC_OT_resample, disabled_reason
from ..operators.sounds import LIPSYNC_OT_add_sound, LIPSYNC_OT_bring_sound, apart
from ..properties import active_take, chosen_face, model_card, settings, shown_name
from ..rig import face_rig
from ..root_package import ROOT_PACKAGE
from ..sample_face import LIPSYNC_OT_sample_face_add
from ..takes import take_store
from .arkit_keys import draw_make, offers_keys
from .text import draw_text, progress_caption

_CATEGORY = "Lip Sync"


class _LipSyncPanel:
    """The settings of the request, and the running job or the Generate buttons."""

    bl_label = "Lip Sync"
    bl_category = _CATEGORY
    bl_region_type = "UI"

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        layout = self.layout  # type: ignore[attr-defined]
        layout.operator("preferences.addon_show", text="", icon="PREFERENCES", emboss=False).module = ROOT_PACKAGE

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        _draw_choices(layout, context)
        _draw_job(layout, context)


class VIEW3D_PT_lipsync(_LipSyncPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"


class SEQUENCER_PT_lipsync(_LipSyncPanel, bpy.types.Panel):
    bl_space_type = "SEQUENCE_EDITOR"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.space_data.view_type in {"SEQUENCER", "SEQUENCER_PREVIEW"}


def _draw_choices(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    panel = settings(context)
    column = layout.column()
    # Blender would translate names in the placeholders too.
    row = column.row(align=True)
    row.prop(panel, "strip", text=tr("Strip"), translate=False, icon="SOUND", placeholder=_active_strip(context))
    if sound_strip.sound_strips(sound_strip.strip_scene(context)):
        row.operator(LIPSYNC_OT_add_sound.bl_idname, text="", icon="ADD")
    else:
        column.operator(LIPSYNC_OT_add_sound.bl_idname, icon="ADD")
    column.prop(panel, "face", text=tr("Face"), translate=False, placeholder=_active_name(context))
    if not any(map(face_rig.has_keys, context.scene.objects)):
        column.operator(LIPSYNC_OT_sample_face_add.bl_idname, text="Add Sample Face", icon="ADD")
    _draw_scenes(column, context)
    _draw_coverage(column, context)
    column = layout.column()
    column.prop(panel, "identity")
    if panel.identity_name == AUTO:
        _draw_likeness(column, context)
    column.prop(panel, "emotion")
    column.row().prop(panel, "intensity", slider=True)
    column.prop(panel, "seed")


def _draw_scenes(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Say if Play can't show the face and its sound together, and offer to change that."""
    if scenes := apart(context):
        sound, face = (scene.name for scene in scenes)
        why = UserMessage(
            'The sound is in the scene "{sound}" and the face in "{face}", so Play shows one without the other',
            sound=sound,
            face=face,
        )
        draw_text(layout, context, why, "ERROR")
        layout.operator(LIPSYNC_OT_bring_sound.bl_idname, icon="IMPORT")


def _draw_likeness(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Show the identity that Auto chose for the active take, and how sure it was.

    Without a take the line is empty, so that it moves no button when it appears.
    """
    take = active_take(context)
    info = take_store.read_info(take) if take else None
    row = layout.row()
    row.alignment = "RIGHT"
    if info is None or not info.likeness:
        row.label(text="")
        return
    (best, share), identity = info.likeness[0], info.performance.identity
    match = UserMessage("Auto: {identity} ({share:.0%} match)", identity=_described(identity), share=share)
    if identity != best:
        match = UserMessage("Auto: {identity} (no match)", identity=_described(identity))
    row.label(text=tr(match), translate=False)


def _described(identity: str) -> str:
    """Return an identity with its description, such as "Joan, low and wry"."""
    card = model_card()
    known = {entry.name: entry.description for entry in card.identities} if card else {}
    return ", ".join(word for word in (shown_name(identity), known.get(identity, "")) if word)


def _active_strip(context: bpy.types.Context) -> str:
    scene = sound_strip.strip_scene(context)
    active = scene.sequence_editor.active_strip if scene.sequence_editor else None
    return active.name if active and active.type == "SOUND" else tr("Active Strip")


def _active_name(context: bpy.types.Context) -> str:
    face = chosen_face(context)
    return face.name if face else tr("Active Object")


def _draw_coverage(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    try:
        face = face_rig.read_face(chosen_face(context))
    except face_rig.RigError:
        return  # shown below, as the reason why nothing can be generated
    lines = [tr("{count} of 52 shape keys on {meshes}", count=len(face.channels), meshes=face.extent)]
    if face.viseme_set:
        lines.append(tr("Mouth: {count} {name} visemes", count=len(face.visemes), name=face.viseme_set.label))
    for line in lines:
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(text=line, translate=False)
    for problem in face.problems():
        draw_text(layout, context, problem, "ERROR")


def _draw_job(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    job = current.job
    if job:
        row = layout.row(align=True)
        row.progress(factor=job.fraction, text=progress_caption(job))
        row.operator(LIPSYNC_OT_cancel.bl_idname, text="", icon="X")
        return
    row = layout.row(align=True)
    row.scale_y = 1.4
    row.operator(LIPSYNC_OT_generate.bl_idname, text="Generate", icon="PLAY")
    row.operator(LIPSYNC_OT_resample.bl_idname, text="Resample", icon="FILE_REFRESH")
    several = row.row(align=True)
    several.ui_units_x = 1.5
    several.operator(LIPSYNC_OT_resample.bl_idname, text="\u00d73").count = 3
    if why := disabled_reason(context):
        draw_text(layout, context, why, "INFO")
        if context.area.type == "VIEW_3D" and offers_keys(context):
            draw_make(layout, context)
    elif current.error:
        draw_text(layout, context, current.error, "ERROR")
        layout.operator(LIPSYNC_OT_copy_error.bl_idname, icon="COPYDOWN")


register, unregister = bpy.utils.register_classes_factory((VIEW3D_PT_lipsync, SEQUENCER_PT_lipsync))
