"""The operators on takes: assign, duplicate, push down, delete, regenerate. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from collections.abc import Sequence
from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from .. import preferences
from ..generation import regenerate, sound_strip
from ..generation.request import JobRequest, JobResult
from ..keyframes import face_action
from ..locale import tr
from ..operator_bases import NeedsFace
from ..properties import chosen_face, key_style
from ..rig import face_rig
from ..takes import nla, take_store
from .generate import Generating, disabled_reason

_REFUSALS = (face_rig.RigError, take_store.TakeError)


def _require_active_take(context: bpy.types.Context) -> bpy.types.Action:
    """Return the active take. Raises RigError or TakeError."""
    return take_store.require_active_take(face_rig.read_face(chosen_face(context)))


class _OnTake:
    """Base of the operators on a take. The panel's buttons, and so poll(), mean the active one."""

    bl_options: ClassVar = {"REGISTER", "UNDO"}

    take: bpy.props.StringProperty(
        name="Take", description="Name of the take's Action. Empty: the active take", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            cls.refuse(_require_active_take(context))
        except _REFUSALS as error:
            cls.poll_message_set(tr(error.message))  # type: ignore[attr-defined]
            return False
        return True

    @classmethod
    def refuse(cls, action: bpy.types.Action) -> None:
        """Raise TakeError when a take does not allow this."""

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            face = face_rig.read_face(chosen_face(context))
            action = take_store.find_take(self.take) if self.take else take_store.require_active_take(face)
            self.refuse(action)
            done = self.do(action, face)
        except _REFUSALS as error:
            self.report({"ERROR"}, tr(error.message))  # type: ignore[attr-defined]
            return {"CANCELLED"}
        self.report({"INFO"}, tr(done))  # type: ignore[attr-defined]
        return {"FINISHED"}

    def do(self, action: bpy.types.Action, face: face_rig.Face) -> UserMessage:
        """Change a take and return what was done. Changes nothing when it raises TakeError."""
        raise NotImplementedError


class LIPSYNC_OT_take_assign(NeedsFace, _OnTake, bpy.types.Operator):
    """Make this the active take; the previous one stays in the file"""

    bl_idname = "lipsync.take_assign"
    bl_label = "Assign Lip Sync Take"

    def do(self, action: bpy.types.Action, face: face_rig.Face) -> UserMessage:
        face_action.assign(action, face)
        return UserMessage('"{action}" is the active take', action=action.name)


class LIPSYNC_OT_take_duplicate(_OnTake, bpy.types.Operator):
    """Copy this take with its current keys, and make the copy the active take"""

    bl_idname = "lipsync.take_duplicate"
    bl_label = "Duplicate Lip Sync Take"

    def do(self, action: bpy.types.Action, face: face_rig.Face) -> UserMessage:
        copy = take_store.duplicate(action)
        face_action.assign(copy, face)
        return UserMessage('"{copy}" is a copy of "{action}"', copy=copy.name, action=action.name)


class LIPSYNC_OT_take_push_down(_OnTake, bpy.types.Operator):
    """Move this take onto an NLA track of each mesh of the face, so another take can follow or replace it"""

    bl_idname = "lipsync.take_push_down"
    bl_label = "Push Down Lip Sync Take"

    def do(self, action: bpy.types.Action, face: face_rig.Face) -> UserMessage:
        if take_store.assigned_action(face) != action:
            raise take_store.TakeError('"{action}" isn\'t the active take: assign it first', action=action.name)
        nla.push_down(action, face)
        return UserMessage('"{action}" is on an NLA track of {meshes}', action=action.name, meshes=face.extent)


class LIPSYNC_OT_take_delete(_OnTake, bpy.types.Operator):
    """Remove this take from the file; the previous take of the same strip becomes active"""

    bl_idname = "lipsync.take_delete"
    bl_label = "Delete Lip Sync Take"

    @classmethod
    def refuse(cls, action: bpy.types.Action) -> None:
        if nla.has_strip(action):
            raise take_store.TakeError('"{action}" is on an NLA track: delete its NLA strip first', action=action.name)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        name = self.take or _require_active_take(context).name
        question = tr('Delete "{action}"?', action=name)
        return context.window_manager.invoke_confirm(
            self, event, title="Delete Take", message=question, confirm_text="Delete"
        )

    def do(self, action: bpy.types.Action, face: face_rig.Face) -> UserMessage:
        name, was_active = action.name, take_store.assigned_action(face) == action
        successor = take_store.delete(action)
        if successor and was_active:
            face_action.assign(successor, face)
            return UserMessage(
                '"{action}" was deleted, "{other}" is the active take', action=name, other=successor.name
            )
        return UserMessage('"{action}" was deleted', action=name)


class LIPSYNC_OT_take_again(Generating, bpy.types.Operator):
    """Generate this take again as it was before any edit, from the same sound, identity, emotion and seed"""

    bl_idname = "lipsync.take_again"
    bl_label = "Regenerate Lip Sync Take"

    _before: take_store.TakeInfo

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        return disabled_reason(context, _request_again)

    def request(self, context: bpy.types.Context) -> JobRequest:
        action = _require_active_take(context)
        self._before = take_store.read_info(action)
        return _request_again(context).with_performance(locked=regenerate.read_locked(action))

    def applied(self, context: bpy.types.Context, result: JobResult) -> Sequence[UserMessage]:
        return regenerate.warnings(
            self._before,
            take_store.read_info(bpy.data.actions[result.actions[0]]),
            sound_strip.frame_rate(context.scene),
        )


def _request_again(context: bpy.types.Context) -> JobRequest:
    """Build the request that makes the active take again. Raises RigError or TakeError."""
    action, face = _require_active_take(context), chosen_face(context)
    assert face is not None
    return regenerate.make_request(action, face, key_style(context), preferences.backend_setup(context))


register, unregister = bpy.utils.register_classes_factory(
    (
        LIPSYNC_OT_take_assign,
        LIPSYNC_OT_take_duplicate,
        LIPSYNC_OT_take_push_down,
        LIPSYNC_OT_take_delete,
        LIPSYNC_OT_take_again,
    )
)
