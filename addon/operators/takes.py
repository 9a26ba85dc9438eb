"""What can be done with the takes made so far."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from .. import keys, rig, takes
from ..locale import said
from ..properties import chosen_face


class LIPSYNC_OT_take_assign(bpy.types.Operator):
    """Make this take move the face; the one that does now stays in the file"""

    bl_idname = "lipsync.take_assign"
    bl_label = "Assign Lip Sync Take"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    take: bpy.props.StringProperty(name="Take", description="Name of the take's Action")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            rig.read_face(chosen_face(context))
        except rig.RigError as error:
            cls.poll_message_set(said(str(error)))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        action = bpy.data.actions.get(self.take)
        if action is None or not takes.is_take(action):
            self.report({"ERROR"}, said(f'There is no take "{self.take}": choose one of the list'))
            return {"CANCELLED"}
        keys.assign(action, rig.read_face(chosen_face(context)))
        return {"FINISHED"}


def register() -> None:
    bpy.utils.register_class(LIPSYNC_OT_take_assign)


def unregister() -> None:
    bpy.utils.unregister_class(LIPSYNC_OT_take_assign)
