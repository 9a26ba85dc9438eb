"""Bones of jaw and eyes, turned by the face's keys."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from ..locale import said
from ..properties import chosen_face
from ..rig import bones, face_rig


def _armature_names(self: "LIPSYNC_OT_drive_bones", context: bpy.types.Context, text: str) -> list[str]:
    return [armature.name for armature in _armatures(context)]


def _bone_names(self: "LIPSYNC_OT_drive_bones", context: bpy.types.Context, text: str) -> list[str]:
    armature = bpy.data.objects.get(self.armature)
    return [bone.name for bone in armature.data.bones] if armature and armature.type == "ARMATURE" else []


def _armatures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Those that move the face, the one with most bones called like jaw and eyes first."""
    face = chosen_face(context)
    found = sorted(face_rig.armatures(face), key=lambda armature: armature.name) if face else []
    return sorted(found, key=lambda armature: -len(bones.guess(bone.name for bone in armature.data.bones)))


def _bone(name: str, description: str) -> bpy.types.StringProperty:
    return bpy.props.StringProperty(name=name, description=description, search=_bone_names, options={"SKIP_SAVE"})


class LIPSYNC_OT_drive_bones(bpy.types.Operator):
    """Let the face's keys turn bones of its jaw and eyes, with drivers; channels without a key get one that deforms nothing"""

    bl_idname = "lipsync.drive_bones"
    bl_label = "Drive Face Bones"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    armature: bpy.props.StringProperty(
        name="Armature", description="The armature that moves the face", search=_armature_names, options={"SKIP_SAVE"}
    )
    jaw: _bone("Jaw", "The bone that turns the lower jaw. Empty: none")
    left_eye: _bone("Left Eye", "The bone that turns the character's left eye. Empty: none")
    right_eye: _bone("Right Eye", "The bone that turns the character's right eye. Empty: none")
    jaw_degrees: bpy.props.FloatProperty(
        name="Jaw Degrees",
        description="How far the jaw turns where jawOpen is 1; below 0 the other way",
        default=20.0,
        min=-90.0,
        max=90.0,
    )
    eye_degrees: bpy.props.FloatProperty(
        name="Eye Degrees",
        description="How far the eyes turn where eyeLook is 1; below 0 the other way",
        default=30.0,
        min=-90.0,
        max=90.0,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            face_rig.find_face(chosen_face(context))
        except face_rig.RigError as error:
            cls.poll_message_set(said(str(error)))
            return False
        if not _armatures(context):
            cls.poll_message_set(said("No armature moves this face: it has no bones to turn"))
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        armature = _armatures(context)[0]
        self.armature = armature.name
        for part, name in bones.guess(bone.name for bone in armature.data.bones).items():
            setattr(self, part, name)
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        armature = next((armature for armature in _armatures(context) if armature.name == self.armature), None)
        if armature is None:
            return self._fail(f'No armature "{self.armature}" moves this face: choose one that does')
        chosen = bones.Bones(self.jaw, self.left_eye, self.right_eye, self.jaw_degrees, self.eye_degrees)
        try:
            added = bones.drive(face_rig.find_face(chosen_face(context)), armature, chosen)
        except bones.BonesError as error:
            return self._fail(str(error))
        count = len(chosen.by_part)
        done = "1 bone is driven" if count == 1 else f"{count} bones are driven"
        self.report({"INFO"}, said(f"{done}; new keys: {', '.join(added)}" if added else done))
        return {"FINISHED"}

    def _fail(self, message: str) -> set[str]:
        self.report({"ERROR"}, said(message))
        return {"CANCELLED"}


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_drive_bones,))
