"""What operators share: the need of a face, and the way in which a job runs beside Blender. Runs in Blender."""

from typing import ClassVar, Protocol

import bpy

from ..backend.messages import UserMessage
from .locale import tr
from .properties import chosen_face
from .rig import face_rig

_STEP_SECONDS = 0.1  # between two steps of a job
_EDITORS = ("VIEW_3D", "SEQUENCE_EDITOR")


class NeedsFace:
    """Base of the operators that need a face."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            face_rig.read_face(chosen_face(context))
        except face_rig.RigError as error:
            cls.poll_message_set(tr(error.message))  # type: ignore[attr-defined]
            return False
        return True


class SaysWhyDisabled:
    """Base of the operators whose disabled button says why it is."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        why = cls.disabled_reason(context)
        if why:
            cls.poll_message_set(tr(why))  # type: ignore[attr-defined]
        return not why

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        """Return why the operator is disabled; None when it isn't."""
        raise NotImplementedError


class JobState(Protocol):
    """The state of a job that outlives its operator and belongs to no .blend file."""

    timer: bpy.types.Timer | None
    error: UserMessage | None  # of the last job; None when it succeeded


class RunsJob(SaysWhyDisabled):
    """Base of the operators that run a job: modal in a window, blocking without one.

    They don't REGISTER, or Adjust Last Operation would run the job again.
    """

    bl_options: ClassVar = {"UNDO"}
    _running: ClassVar[JobState]

    def _begin(self, context: bpy.types.Context) -> set[str] | None:
        """Start the job; {"CANCELLED"} when it can't start."""
        raise NotImplementedError

    def _step(self, context: bpy.types.Context, wait: float = 0.0) -> set[str] | None:
        """Advance the job for `wait` seconds. Returns how the operator ends, or None while the job runs."""
        raise NotImplementedError

    def _release(self) -> None:
        """Give up the job, which has ended or is to end."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            state = self._begin(context)
            while state is None:
                state = self._step(context, wait=0.2)
            return state
        finally:
            self._end(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if state := self._begin(context):
            self._end(context)
            return state
        self._running.timer = context.window_manager.event_timer_add(_STEP_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        state: set[str] | None = {"CANCELLED"}
        try:
            state = self._step(context)
        finally:  # a bug must not leave the panel waiting forever
            if state:
                self._end(context)
        _redraw(context)
        return state or {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Cancel the job. Blender calls this when another file is opened or the window closes."""
        self._end(context)

    def _fail(self, message: UserMessage) -> set[str]:
        """Show why the job failed. Returns {"CANCELLED"}."""
        self._running.error = message
        self.report({"ERROR"}, tr(message))  # type: ignore[attr-defined]
        return {"CANCELLED"}

    def _end(self, context: bpy.types.Context) -> None:
        self._release()
        stop_timer(self._running)
        _redraw(context)


def stop_timer(state: JobState) -> None:
    """Take the timer of a job away. Blender doesn't end a running operator when the add-on is disabled."""
    if state.timer:
        bpy.context.window_manager.event_timer_remove(state.timer)
        state.timer = None


def _redraw(context: bpy.types.Context) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _EDITORS:
                area.tag_redraw()
