"""The operators that import and export takes, in the panel and in Blender's File menu. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...backend import curve_files
from ...backend.curves.base import CurvesError
from ...backend.messages import UserError
from ...backend.sounds.edit_list import edits_between
from ...backend.sounds.files import (
    SUFFIXES as SOUNDS_SUFFIXES,
)
from ...backend.sounds.files import (
    SoundsError,
    Transcript,
    check_sounds_path,
    read_transcript,
    write_transcript,
)
from ..generation import sound_strip
from ..locale import tr
from ..operator_bases import NeedsFace
from ..properties import active_take, chosen_face, key_style
from ..rig import face_rig
from ..takes import import_export, rotations, take_sounds, take_store
from .rotations import RotationTargets
from .take_sounds import perform

_ERRORS = (face_rig.RigError, import_export.ExchangeError, rotations.RotationError, CurvesError)
_FILTER_READABLE = ";".join(f"*{suffix}" for suffix in curve_files.READABLE)
_FILTER = ";".join(f"*{suffix}" for suffix in curve_files.SUFFIXES)
_FILTER_SOUNDS = ";".join(f"*{suffix}" for suffix in SOUNDS_SUFFIXES)
_KINDS = f"({'/'.join(curve_files.SUFFIXES)})"


class _OnFace(NeedsFace):
    """Base of the operators that import to a face or export from it."""

    def _fail(self, error: UserError) -> set[str]:
        self.report({"ERROR"}, tr(error.message))  # type: ignore[attr-defined]
        return {"CANCELLED"}


class LIPSYNC_OT_import_capture(_OnFace, RotationTargets, ImportHelper, bpy.types.Operator):
    """Import captured curves as a new take, from the current frame on: Live Link Face CSV, BEAT or Audio2Face JSON, or NPZ"""

    bl_idname = "lipsync.import_capture"
    bl_label = "Import Capture"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    filter_glob: bpy.props.StringProperty(default=_FILTER_READABLE, options={"HIDDEN"})
    fps: bpy.props.FloatProperty(
        name="Frame Rate",
        description="Frames per second of a file that doesn't tell its own. 0: as the file tells",
        default=0.0,
        min=0.0,
        max=1000.0,
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "fps")
        self.draw_targets(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, file = context.scene, Path(bpy.path.abspath(self.filepath))
        try:
            face, captured = face_rig.read_face(chosen_face(context)), curve_files.read(file, self.fps or None)
            fps, style = sound_strip.frame_rate(scene), key_style(context)
            targets = self.find_targets(scene)
            action = import_export.import_take(captured, file, face, scene.frame_current, fps, style)
            self.key_targets(action, targets, fps)
        except _ERRORS as error:
            return self._fail(error)
        self.report(
            {"INFO"},
            tr(
                '"{action}": {frames} frames at {fps:g} fps, keyed at {scene_fps:g} fps',
                action=action.name,
                frames=len(captured.values),
                fps=captured.fps,
                scene_fps=fps,
            ),
        )
        return {"FINISHED"}


class LIPSYNC_OT_export_take(_OnFace, ExportHelper, bpy.types.Operator):
    """Write the active take with one value per frame: as Live Link Face CSV, or as JSON or NPZ if the file name ends in .json or .npz"""

    bl_idname = "lipsync.export_take"
    bl_label = "Export Take"

    filename_ext = ".csv"
    check_extension = None  # the name says which
    filter_glob: bpy.props.StringProperty(default=_FILTER, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        has_take = take_store.assigned_action(face_rig.read_face(chosen_face(context))) is not None
        if not has_take:
            cls.poll_message_set(tr("The face has no take: generate or import one first"))
        return has_take

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        action = take_store.assigned_action(face_rig.read_face(chosen_face(context)))
        assert action  # poll
        self.filepath = str(Path(bpy.data.filepath).parent / (bpy.path.clean_name(action.name) + self.filename_ext))
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            curve_files.check_path(path)
            take = import_export.performed_by(
                face_rig.read_face(chosen_face(context)), sound_strip.frame_rate(context.scene)
            )
            curve_files.write(path, take)
        except _ERRORS as error:
            return self._fail(error)
        self.report(
            {"INFO"},
            tr(
                '"{file}": {frames} frames of {channels} channels at {fps:g} fps',
                file=path.name,
                frames=len(take.values),
                channels=len(take.names),
                fps=take.fps,
            ),
        )
        return {"FINISHED"}


class _WithSounds:
    """Base of the operators that read or write the sounds of the active take."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        why = take_sounds.disabled_reason(active_take(context))
        if why:
            cls.poll_message_set(tr(why))  # type: ignore[attr-defined]
        return not why

    def _fail(self, error: UserError) -> set[str]:
        self.report({"ERROR"}, tr(error.message))  # type: ignore[attr-defined]
        return {"CANCELLED"}


class LIPSYNC_OT_import_sounds(_WithSounds, ImportHelper, bpy.types.Operator):
    """Correct the sounds of the active take by a file: JSON, TextGrid or Rhubarb TSV"""

    bl_idname = "lipsync.import_sounds"
    bl_label = "Import Sounds"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    filter_glob: bpy.props.StringProperty(default=_FILTER_SOUNDS, options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        action = active_take(context)
        assert action  # poll
        try:
            found = read_transcript(Path(bpy.path.abspath(self.filepath))).shifted(-take_store.read_info(action).start)
            before = take_sounds.read(action)
            sounds = replace(before, heard=before.heard or found.sounds, words=found.words or before.words)
            edits = edits_between(sounds.heard, found.sounds)
            done = perform(context, action, replace(sounds, edits=edits))
        except (face_rig.RigError, take_store.TakeError, SoundsError) as error:
            return self._fail(error)
        self.report({"INFO"}, tr(done))
        return {"FINISHED"}


class LIPSYNC_OT_export_sounds(_WithSounds, ExportHelper, bpy.types.Operator):
    """Write the sounds of the active take, as edited, to JSON, TextGrid or Rhubarb TSV"""

    bl_idname = "lipsync.export_sounds"
    bl_label = "Export Sounds"
    bl_options: ClassVar = {"REGISTER"}

    filename_ext = ".json"
    check_extension = None  # the name says which
    filter_glob: bpy.props.StringProperty(default=_FILTER_SOUNDS, options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        action = active_take(context)
        assert action  # poll
        path, known = Path(bpy.path.abspath(self.filepath)), take_sounds.read(action)
        transcript = Transcript(tuple(row.sound for row in known.rows()), known.words)
        try:
            check_sounds_path(path)
            write_transcript(path, transcript.shifted(take_store.read_info(action).start))
        except SoundsError as error:
            return self._fail(error)
        self.report({"INFO"}, tr('"{file}": {count} sounds', file=path.name, count=len(transcript.sounds)))
        return {"FINISHED"}


_CLASSES = (
    LIPSYNC_OT_import_capture,
    LIPSYNC_OT_export_take,
    LIPSYNC_OT_import_sounds,
    LIPSYNC_OT_export_sounds,
)


def _draw_import(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(LIPSYNC_OT_import_capture.bl_idname, text=tr("ARKit Face Capture {kinds}", kinds=_KINDS))


def _draw_export(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    self.layout.operator(LIPSYNC_OT_export_take.bl_idname, text=tr("ARKit Face Take {kinds}", kinds=_KINDS))


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.TOPBAR_MT_file_import.append(_draw_import)
    bpy.types.TOPBAR_MT_file_export.append(_draw_export)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_export.remove(_draw_export)
    bpy.types.TOPBAR_MT_file_import.remove(_draw_import)
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
