"""The operators on the mapping of a face: reset, save, load. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...backend.messages import UserMessage
from ..locale import tr
from ..properties import chosen_face
from ..rig import face_rig, mapping, mapping_file

_MAX_MISFITS = 4  # entries reported that don't fit the face


class _NeedsFace:
    """Base of the operators on the mapping of the chosen face."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            face_rig.find_face(chosen_face(context))
        except face_rig.RigError as error:
            cls.poll_message_set(tr(error.message))  # type: ignore[attr-defined]
            return False
        return True


class _NeedsChoices(_NeedsFace):
    """Base of the operators that need channels mapped manually."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        has_choices = any(mapping.choices(mesh.key) for mesh in face_rig.find_face(chosen_face(context)).meshes)
        if not has_choices:
            cls.poll_message_set(tr("The whole mapping is automatic: nothing to reset or save"))  # type: ignore[attr-defined]
        return has_choices


class LIPSYNC_OT_mapping_reset(_NeedsChoices, bpy.types.Operator):
    """Reset manual choices on all meshes of the face, so shape keys are found by their names again"""

    bl_idname = "lipsync.mapping_reset"
    bl_label = "Reset Lip Sync Mapping"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    curve: bpy.props.StringProperty(
        name="Channel", description="The channel to reset. Empty: all", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.curve and self.curve not in mapping.CURVES:
            self.report({"ERROR"}, tr('There is no channel "{channel}": choose one in the list', channel=self.curve))
            return {"CANCELLED"}
        for mesh in face_rig.find_face(chosen_face(context)).meshes:
            mapping.reset(mesh.key, self.curve)
        return {"FINISHED"}


class LIPSYNC_OT_mapping_save(_NeedsChoices, ExportHelper, bpy.types.Operator):
    """Write the manual choices to a file, for this face or another"""

    bl_idname = "lipsync.mapping_save"
    bl_label = "Save Lip Sync Mapping"

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        face = chosen_face(context)
        assert face  # poll
        self.filepath = str(Path(bpy.data.filepath).parent / f"{bpy.path.clean_name(face.name)}_mapping.json")
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        chosen = {
            mesh.object.name: dict(mapping.choices(mesh.key))
            for mesh in face_rig.find_face(chosen_face(context)).meshes
        }
        try:
            path.write_text(mapping_file.dump(chosen), encoding="utf-8")
        except OSError as error:
            why = UserMessage(
                '"{file}" can\'t be written ({reason}): choose another folder', file=path.name, reason=error.strerror
            )
            self.report({"ERROR"}, tr(why))
            return {"CANCELLED"}
        self.report({"INFO"}, tr(_summary(path, chosen)))
        return {"FINISHED"}


class LIPSYNC_OT_mapping_load(_NeedsFace, ImportHelper, bpy.types.Operator):
    """Read a mapping from a file that Save Mapping wrote, replacing the current choices"""

    bl_idname = "lipsync.mapping_load"
    bl_label = "Load Lip Sync Mapping"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        meshes = {mesh.object.name: mesh.key for mesh in face_rig.find_face(chosen_face(context)).meshes}
        try:
            stored = mapping_file.read(path)
        except mapping_file.MappingError as error:
            return self._fail(UserMessage('"{file}" can\'t be loaded: {why}', file=path.name, why=error.message))
        except (OSError, UnicodeDecodeError) as error:
            return self._fail(
                UserMessage('"{file}" can\'t be read ({reason}): choose another file', file=path.name, reason=error)
            )
        names = {name: {block.name for block in key.key_blocks[1:]} for name, key in meshes.items()}
        chosen, misfits = mapping_file.fit(stored, mapping.CURVES, names)
        rest = ", ".join(misfits[:_MAX_MISFITS]) + (", ..." if len(misfits) > _MAX_MISFITS else "")
        if misfits and not any(chosen.values()):
            return self._fail(
                UserMessage(
                    'Nothing in "{file}" fits this face, so nothing was changed: {rest}', file=path.name, rest=rest
                )
            )
        for name, key in meshes.items():
            mapping.reset(key)
            for curve, block in chosen[name].items():
                mapping.choose(key, curve, block)
        if misfits:
            done = _summary(path, chosen)
            self.report({"WARNING"}, tr("{done}; not on this face: {rest}", done=done, rest=rest))
        else:
            self.report({"INFO"}, tr(_summary(path, chosen)))
        return {"FINISHED"}

    def _fail(self, message: UserMessage) -> set[str]:
        self.report({"ERROR"}, tr(message))
        return {"CANCELLED"}


def _summary(path: Path, chosen: mapping_file.Chosen) -> UserMessage:
    """Describe how many choices were saved or loaded."""
    count = sum(map(len, chosen.values()))
    if count == 1:
        return UserMessage('"{file}": 1 choice', file=path.name)
    return UserMessage('"{file}": {count} choices', file=path.name, count=count)


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_OT_mapping_reset, LIPSYNC_OT_mapping_save, LIPSYNC_OT_mapping_load)
)
