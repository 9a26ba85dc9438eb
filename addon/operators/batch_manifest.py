"""The operator that keys the takes of a batch on the characters of a scene. Runs in Blender, with or without a window."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.io_utils import ImportHelper

from ...backend import curve_files
from ...backend.curves.base import CurvesError
from ...backend.messages import UserMessage, listed
from ..generation import sound_strip
from ..generation.batch_job import shortened
from ..locale import tr
from ..properties import key_style
from ..rig import face_rig
from ..takes import batch_manifest, import_export, nla

_EASE = 0.2  # seconds in which a face leaves its rest before a line, and returns to it after
_MAX_REASONS = 3  # reported for skipped lines


class LIPSYNC_OT_key_manifest(ImportHelper, bpy.types.Operator):
    """Put the takes of a batch on the characters named in its manifest, each on an NLA track at its frame"""

    bl_idname = "lipsync.key_manifest"
    bl_label = "Key Lip Sync Manifest"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    filter_glob: bpy.props.StringProperty(default="*.jsonl", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            entries = batch_manifest.read_entries(Path(bpy.path.abspath(self.filepath)))
        except batch_manifest.ManifestError as error:
            self.report({"ERROR"}, tr(error.message))
            return {"CANCELLED"}
        reasons = [why for entry in entries if (why := _key(context, entry))]
        done = len(entries) - len(reasons)
        keyed = UserMessage("{count} of {lines} lines keyed", count=done, lines=len(entries))
        level = {"WARNING"} if reasons and done else {"ERROR"} if reasons else {"INFO"}
        self.report(level, tr(listed(keyed, *shortened(reasons, _MAX_REASONS))))
        return {"FINISHED"} if done else {"CANCELLED"}


def _key(context: bpy.types.Context, entry: batch_manifest.Entry) -> UserMessage | None:
    """Put a line's first take on its character. Returns why that is impossible, or None."""

    def named(why: UserMessage) -> UserMessage:
        return UserMessage('"{strip}": {why}', strip=entry.name, why=why)

    if entry.error or not entry.files:
        return named(UserMessage(entry.error.rstrip(".")) if entry.error else UserMessage("no take was made"))
    ob = bpy.data.objects.get(entry.character)
    if ob is None:
        return named(UserMessage('there is no object "{character}"', character=entry.character))
    fps = sound_strip.frame_rate(context.scene)
    try:
        face, file = face_rig.read_face(ob), entry.files[0]
        action = import_export.write_import(curve_files.read(file), file, face, entry.frame, fps, key_style(context))
    except (face_rig.RigError, CurvesError, import_export.ExchangeError) as error:
        return named(error.message)
    nla.push_down(action, face, round(_EASE * fps))
    return None


def register() -> None:
    bpy.utils.register_class(LIPSYNC_OT_key_manifest)


def unregister() -> None:
    bpy.utils.unregister_class(LIPSYNC_OT_key_manifest)
