"""The operator that drives jaw and eye bones by the face's shape keys. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from ..locale import tr
from ..properties import chosen_face
from ..rig import bones, face_rig


def _armature_names(self: "LIPSYNC_OT_drive_bones", context: bpy.types.Context, text: str) -> list[str]:
    return [armature.name for armature in _armatures(context)]


def _bone_names(self: "LIPSYNC_OT_drive_bones", context: bpy.types.Context, text: str) -> list[str]:
    armature = bpy.data.objects.get(self.armature)
    return [bone.name for bone in armature.data.bones] if armature and armature.type == "ARMATURE" else []


def _armatures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Return the armatures that move the face; the one with the most jaw and eye bones comes first."""
    face = chosen_face(context)
    found = sorted(face_rig.armatures(face), key=lambda armature: armature.name) if face else []
    return sorted(found, key=lambda armature: -len(bones.guess(bone.name for bone in armature.data.bones)))


def _bone(name: str, description: str) -> bpy.types.StringProperty:
    return bpy.props.StringProperty(name=name, description=description, search=_bone_names, options={"SKIP_SAVE"})


class LIPSYNC_OT_drive_bones(bpy.types.Operator):
    """Drive the jaw and eye bones by the face's shape keys; a channel without a shape key gets an empty one"""

    bl_idname = "lipsync.drive_bones"
    bl_label = "Drive Face Bones"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    armature: bpy.props.StringProperty(
        name="Armature", description="The armature that deforms the face", search=_armature_names, options={"SKIP_SAVE"}
    )
    jaw: _bone("Jaw", "The bone that turns the lower jaw. Empty: none")
    left_eye: _bone("Left Eye", "The bone that turns the character's left eye. Empty: none")
    right_eye: _bone("Right Eye", "The bone that turns the character's right eye. Empty: none")
    jaw_degrees: bpy.props.FloatProperty(
        name="Jaw Degrees",
        description="How far the jaw turns at jawOpen 1; negative values turn it the other way",
        default=20.0,
        min=-90.0,
        max=90.0,
    )
    eye_degrees: bpy.props.FloatProperty(
        name="Eye Degrees",
        description="How far the eyes turn at eyeLook 1; negative values turn them the other way",
        default=30.0,
        min=-90.0,
        max=90.0,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            face_rig.find_face(chosen_face(context))
        except face_rig.RigError as error:
            cls.poll_message_set(tr(error.message))
            return False
        if not _armatures(context):
            cls.poll_message_set(tr("No armature deforms this face: parent it to one that has jaw or eye bones"))
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
            return self._fail(
                UserMessage('No armature "{armature}" deforms this face: choose one that does', armature=self.armature)
            )
        chosen = bones.Bones(self.jaw, self.left_eye, self.right_eye, self.jaw_degrees, self.eye_degrees)
        try:
            added = bones.drive(face_rig.find_face(chosen_face(context)), armature, chosen)
        except bones.BonesError as error:
            return self._fail(error.message)
        count = len(chosen.by_part)
        done = UserMessage("1 bone is driven") if count == 1 else UserMessage("{count} bones are driven", count=count)
        if added:
            done = UserMessage("{done}; new shape keys: {keys}", done=done, keys=", ".join(added))
        self.report({"INFO"}, tr(done))
        return {"FINISHED"}

    def _fail(self, message: UserMessage) -> set[str]:
        self.report({"ERROR"}, tr(message))
        return {"CANCELLED"}


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_drive_bones,))
