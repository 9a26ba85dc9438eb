"""The operator that lets takes turn the head. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from ..locale import tr
from ..operator_bases import NeedsFace
from ..properties import chosen_face
from ..rig import face_rig, head_joint

_ERRORS = (face_rig.RigError, head_joint.HeadError)


class LIPSYNC_OT_drive_head(NeedsFace, bpy.types.Operator):
    """Let takes turn a bone or an object with the head; the artist's own keys there stay, and the turn is added to them"""

    bl_idname = "lipsync.drive_head"
    bl_label = "Drive Head"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    object: bpy.props.StringProperty(
        name="Object",
        description="The armature, or the object, that turns with the head. Empty: none does any more",
        options={"SKIP_SAVE"},
    )
    bone: bpy.props.StringProperty(name="Bone", description="The bone of the head", options={"SKIP_SAVE"})
    influence: bpy.props.FloatProperty(
        name="Influence",
        description="How much of the turn is added: 1 is all of it. Strength Head in the controls goes beyond",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        face = chosen_face(context)
        assert face  # poll
        proposed = [(ob, head_joint.guess(bone.name for bone in ob.data.bones)) for ob in face_rig.armatures(face)]
        for ob, bone in sorted(proposed, key=lambda each: each[0].name):
            if bone:
                self.object, self.bone = ob.name, bone
                break
        if joint := head_joint.find(face_rig.read_face(face)):
            self.object, self.bone = joint.object.name, joint.bone
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop_search(self, "object", context.scene, "objects")
        ob = context.scene.objects.get(self.object)
        if ob and ob.pose:
            layout.prop_search(self, "bone", ob.pose, "bones")
        layout.prop(self, "influence")

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            face = face_rig.read_face(chosen_face(context))
            if not self.object:
                head_joint.release(face)
                done = UserMessage("Takes turn no head")
            else:
                ob = context.scene.objects.get(self.object)
                if ob is None:
                    raise head_joint.HeadError('There is no object "{object}": choose another', object=self.object)
                joint = head_joint.Joint(ob, self.bone if ob.pose else "")
                head_joint.drive(face, joint, self.influence)
                done = UserMessage('Takes turn "{name}"', name=joint.bone or ob.name)
        except _ERRORS as error:
            self.report({"ERROR"}, tr(error.message))
            return {"CANCELLED"}
        self.report({"INFO"}, tr(done))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_drive_head,))
