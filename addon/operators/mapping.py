"""The mapping of a face: reset, saved, loaded."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ..locale import said
from ..properties import chosen_face
from ..rig import face_rig, mapping, mapping_file

_SHOWN = 4  # entries of a file named that fit nothing


class _OfFace:
    """What the three share."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            face_rig.find_face(chosen_face(context))
        except face_rig.RigError as error:
            cls.poll_message_set(said(str(error)))  # type: ignore[attr-defined]
            return False
        return True


class _OfChoices(_OfFace):
    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        has_choices = any(mapping.choices(mesh.key) for mesh in face_rig.find_face(chosen_face(context)).meshes)
        if not has_choices:
            cls.poll_message_set(said("Nothing was chosen by hand: the whole mapping is automatic"))  # type: ignore[attr-defined]
        return has_choices


class LIPSYNC_OT_mapping_reset(_OfChoices, bpy.types.Operator):
    """Forget what was chosen by hand, on all meshes of the face: keys are found by their names again"""

    bl_idname = "lipsync.mapping_reset"
    bl_label = "Reset Lip Sync Mapping"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    curve: bpy.props.StringProperty(
        name="Channel", description="The only one to reset. Empty: all", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.curve and self.curve not in mapping.CURVES:
            self.report({"ERROR"}, said(f'There is no channel "{self.curve}": choose one of the list'))
            return {"CANCELLED"}
        for mesh in face_rig.find_face(chosen_face(context)).meshes:
            mapping.reset(mesh.key, self.curve)
        return {"FINISHED"}


class LIPSYNC_OT_mapping_save(_OfChoices, ExportHelper, bpy.types.Operator):
    """Write what was chosen by hand to a file, for this face or another one"""

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
            self.report({"ERROR"}, said(f'"{path.name}" can\'t be written ({error.strerror}): choose another folder'))
            return {"CANCELLED"}
        self.report({"INFO"}, said(_told(path, chosen)))
        return {"FINISHED"}


class LIPSYNC_OT_mapping_load(_OfFace, ImportHelper, bpy.types.Operator):
    """Read a mapping from a file that Save Mapping wrote, in place of what was chosen so far"""

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
            return self._fail(f'"{path.name}" can\'t be loaded: {error}')
        except (OSError, UnicodeDecodeError) as error:
            return self._fail(f'"{path.name}" can\'t be read ({error}): choose another file')
        names = {name: {block.name for block in key.key_blocks[1:]} for name, key in meshes.items()}
        chosen, misfits = mapping_file.fit(stored, mapping.CURVES, names)
        rest = ", ".join(misfits[:_SHOWN]) + (", ..." if len(misfits) > _SHOWN else "")
        if misfits and not any(chosen.values()):
            return self._fail(f'Nothing of "{path.name}" fits this face, so nothing was changed: {rest}')
        for name, key in meshes.items():
            mapping.reset(key)
            for curve, block in chosen[name].items():
                mapping.choose(key, curve, block)
        if misfits:
            self.report({"WARNING"}, said(f"{_told(path, chosen)}; not on this face: {rest}"))
        else:
            self.report({"INFO"}, said(_told(path, chosen)))
        return {"FINISHED"}

    def _fail(self, message: str) -> set[str]:
        self.report({"ERROR"}, said(message))
        return {"CANCELLED"}


def _told(path: Path, chosen: mapping_file.Chosen) -> str:
    """How much of a mapping a file holds or gave."""
    count = sum(map(len, chosen.values()))
    return f'"{path.name}": 1 choice' if count == 1 else f'"{path.name}": {count} choices'


register, unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_OT_mapping_reset, LIPSYNC_OT_mapping_save, LIPSYNC_OT_mapping_load)
)
