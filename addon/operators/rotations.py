"""The operator that keys a take's head and eye rotations, and the choice of bones and objects that it shares with the import. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from typing import ClassVar

import bpy

from ..generation import sound_strip
from ..locale import tr
from ..properties import chosen_face
from ..rig import face_rig
from ..takes import rotations, take_store

_PROPERTIES = dict(
    zip(rotations.PARTS, ("head", "left_eye", "right_eye"), strict=True)
)  # part -> property of its object
_LABELS = dict(zip(rotations.PARTS, ("Head", "Left Eye", "Right Eye"), strict=True))


def _object(name: str, description: str) -> bpy.types.StringProperty:
    return bpy.props.StringProperty(name=name, description=description)


class RotationTargets:
    """Base of operators that let the artist choose what gets the rotations."""

    head: _object(
        "Head", "Object or armature that gets the captured rotation of the head. Empty: the take only stores it"
    )
    head_bone: _object("Head Bone", "Bone of the armature that gets the captured rotation of the head")
    left_eye: _object(
        "Left Eye",
        "Object or armature that gets the captured rotation of the character's left eye. Empty: the take only stores it",
    )
    left_eye_bone: _object(
        "Left Eye Bone", "Bone of the armature that gets the captured rotation of the character's left eye"
    )
    right_eye: _object(
        "Right Eye",
        "Object or armature that gets the captured rotation of the character's right eye. Empty: the take only stores it",
    )
    right_eye_bone: _object(
        "Right Eye Bone", "Bone of the armature that gets the captured rotation of the character's right eye"
    )

    def draw_targets(self, context: bpy.types.Context) -> None:
        layout = self.layout  # type: ignore[attr-defined]
        for name in _PROPERTIES.values():
            layout.prop_search(self, name, context.scene, "objects")
            ob = context.scene.objects.get(getattr(self, name))
            if ob and ob.pose:
                layout.prop_search(self, f"{name}_bone", ob.pose, "bones")

    def find_targets(self, scene: bpy.types.Scene) -> dict[str, rotations.Target]:
        """Return part -> what the artist chose for it. Raises RotationError if an object is gone or can't get keys."""
        targets = {}
        for part, name in _PROPERTIES.items():
            if chosen := getattr(self, name):
                ob = scene.objects.get(chosen)
                if ob is None:
                    raise rotations.RotationError('There is no object "{object}": choose another', object=chosen)
                targets[part] = rotations.Target(ob, getattr(self, f"{name}_bone") if ob.pose else "")
        rotations.check_targets(targets)
        return targets

    def key_targets(self, action: bpy.types.Action, targets: dict[str, rotations.Target], fps: float) -> None:
        """Key a take's rotations on targets, and report for which of them the take has none. Raises RotationError."""
        turned = rotations.key(action, targets, fps)
        if missing := [tr(_LABELS[part]) for part in targets if part not in turned]:
            self.report(  # type: ignore[attr-defined]
                {"WARNING"}, tr('"{action}" has no rotation for: {parts}', action=action.name, parts=", ".join(missing))
            )


class LIPSYNC_OT_key_rotations(RotationTargets, bpy.types.Operator):
    """Key the head and eye rotations that the active take stores on bones or objects of your choice"""

    bl_idname = "lipsync.key_rotations"
    bl_label = "Key Head and Eyes"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            action = take_store.require_active_take(face_rig.read_face(chosen_face(context)))
        except (face_rig.RigError, take_store.TakeError) as error:
            cls.poll_message_set(tr(error.message))
            return False
        if not rotations.has(action):
            cls.poll_message_set(tr("The active take stores no rotations: import a capture that has them"))
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.use_property_split = True
        self.draw_targets(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            action = take_store.require_active_take(face_rig.read_face(chosen_face(context)))
            targets = self.find_targets(context.scene)
            if not targets:
                raise rotations.RotationError("No bone or object was chosen: choose one for the head or an eye")
            self.key_targets(action, targets, sound_strip.frame_rate(context.scene))
        except (face_rig.RigError, take_store.TakeError, rotations.RotationError) as error:
            self.report({"ERROR"}, tr(error.message))
            return {"CANCELLED"}
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((LIPSYNC_OT_key_rotations,))
