"""Generate, Resample, Cancel: modal and out of the artist's way in a window, blocking where there is none."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import dataclasses
from collections.abc import Callable, Sequence
from typing import ClassVar

import bpy

from ...backend.messages import UserMessage
from .. import preferences
from ..generation import model_info, sound_strip
from ..generation.backend_process import disabled_reason as backend_disabled_reason
from ..generation.backend_process import session
from ..generation.batch_job import Batch
from ..generation.emotion_markers import read_emotion_keys
from ..generation.job import Job
from ..generation.request import JobError, JobRequest, JobResult
from ..locale import tr
from ..lock_settings import read_locks
from ..properties import chosen_face, key_style, model_card, settings
from ..rig import face_rig
from ..takes.locked_keys import read_kept, speaks
from ..takes.take_store import TakeError, current_take, unused_seed

_PERIOD = 0.1  # seconds between two looks at the backend
_REFUSALS = (sound_strip.StripError, face_rig.RigError, TakeError)
_EDITORS = ("VIEW_3D", "SEQUENCE_EDITOR")


def make_order(context: bpy.types.Context) -> JobRequest:
    """What the panel asks for. Raises StripError or RigError."""
    wanted, face = settings(context), chosen_face(context)
    span = sound_strip.find_span(context, wanted.strip)
    face_rig.read_face(face)
    assert face is not None
    return order_for(context, span, face, wanted.identity_name, wanted.emotion_name)


def order_for(
    context: bpy.types.Context, span: sound_strip.Span, face: bpy.types.Object, identity: str, emotion: str
) -> JobRequest:
    """One take of a span for a face, with all else as the panel says."""
    setup = preferences.backend_setup(context)
    return JobRequest(span, face.session_uid, identity, emotion, settings(context).seed, 1, key_style(context), setup)


def disabled_reason(
    context: bpy.types.Context, make: Callable[[bpy.types.Context], JobRequest] = make_order
) -> UserMessage | None:
    """Return why nothing can be generated now, None when it can. make: what would order it."""
    if session.job:
        return UserMessage("A take is being generated: wait for it or cancel it")
    try:
        make(context)
    except _REFUSALS as error:
        return error.message
    no_model = None if model_card() else model_info.problem(preferences.backend_model(context))
    return backend_disabled_reason(preferences.backend_python(context)) or no_model


def with_emotion_keys(context: bpy.types.Context, order: JobRequest) -> JobRequest:
    """The same with what the scene says of emotions over time."""
    intensity = settings(context).intensity
    card = model_card()
    moods = read_emotion_keys(context.scene, order.span, order.emotion, intensity, card.emotions) if card else ()
    return dataclasses.replace(order, intensity=intensity, moods=moods)


def _with_locks(context: bpy.types.Context, order: JobRequest) -> JobRequest:
    """The same with what is locked of the Action that moves the face, if it is of the same strip."""
    locks, face = read_locks(settings(context).locks), face_rig.read_face(chosen_face(context))
    action = current_take(face)
    if action is None or not locks or not speaks(action, order.span):
        return order
    return dataclasses.replace(
        order, locks=locks, kept=read_kept(face, action, locks, order.span), kept_of=action.session_uid
    )


class Generating:
    """What operators that generate share. They don't REGISTER, or Adjust Last Operation would generate once more."""

    bl_options: ClassVar = {"UNDO"}

    _scene = 0  # session_uid of the one that it began in

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        why = cls.disabled_reason(context)
        if why:
            cls.poll_message_set(tr(why))  # type: ignore[attr-defined]
        return not why

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        return disabled_reason(context)

    def order(self, context: bpy.types.Context) -> JobRequest:
        return with_emotion_keys(context, make_order(context))

    def applied(self, context: bpy.types.Context, outcome: JobResult) -> Sequence[UserMessage]:
        """Called when the takes are on the face; messages to warn with."""
        for scene in bpy.data.scenes:  # the artist may have gone to another one
            if scene.session_uid == self._scene:
                scene.lipsync.seed = outcome.seed
        return ()

    def job(self, context: bpy.types.Context) -> Job | Batch:
        """What is to be done. Raises StripError, RigError, TakeError or JobError."""
        return Job(self.order(context))

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
            return state
        session.timer = context.window_manager.event_timer_add(_PERIOD, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        state: set[str] | None = {"CANCELLED"}
        try:
            state = self._step(context)
        finally:  # an error of ours must not leave the panel waiting forever
            if state:
                self._end(context)
        _redraw(context)
        return state or {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends us: another file is opened, or the window closes."""
        if session.job:
            session.job.cancel()
            session.message = UserMessage(
                "Stopped because another file was opened or the window was closed: generate again"
            )
        self._end(context)

    def _begin(self, context: bpy.types.Context) -> set[str] | None:
        """{"CANCELLED"} when the job can't even begin."""
        session.message = None
        self._scene = context.scene.session_uid
        try:
            session.job = self.job(context)
        except (*_REFUSALS, JobError) as error:
            return self._fail(error.message)
        return None

    def _step(self, context: bpy.types.Context, wait: float = 0.0) -> set[str] | None:
        """Move the job on; how the operator ends, or None while it goes on."""
        job = session.job
        if job is None or job.cancelled:
            self.report({"INFO"}, tr("Cancelled: nothing was changed"))  # type: ignore[attr-defined]
            return {"CANCELLED"}
        try:
            if not job.pump(wait):
                return None
            outcome = job.apply()
        except JobError as error:
            return self._fail(error.message)
        warnings = [*outcome.warnings, *self.applied(context, outcome)]
        self.report({"WARNING"} if warnings else {"INFO"}, ". ".join(map(tr, [outcome.info, *warnings])))  # type: ignore[attr-defined]
        return {"FINISHED"}

    def _fail(self, message: UserMessage) -> set[str]:
        session.message = message
        self.report({"ERROR"}, tr(message))  # type: ignore[attr-defined]
        return {"CANCELLED"}

    def _end(self, context: bpy.types.Context) -> None:
        session.job = None
        _stop_timer(context)
        _redraw(context)


class LIPSYNC_OT_generate(Generating, bpy.types.Operator):
    """Make the face speak the sound strip, as a new take"""

    bl_idname = "lipsync.generate"
    bl_label = "Generate Lip Sync"


class LIPSYNC_OT_resample(Generating, bpy.types.Operator):
    """Make new takes of the same strip with the next unused seeds; locked channels and frames keep their values"""

    bl_idname = "lipsync.resample"
    bl_label = "Resample Lip Sync"

    count: bpy.props.IntProperty(
        name="Takes", description="How many takes to make at once", min=1, max=20, default=1, options={"SKIP_SAVE"}
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: "LIPSYNC_OT_resample") -> str:
        count = properties.count
        takes = UserMessage("a new take") if count == 1 else UserMessage("{count} new takes", count=count)
        return tr(
            "Make {takes} of the same strip with unused seeds; locked channels and frames keep their values",
            takes=takes,
        )

    def order(self, context: bpy.types.Context) -> JobRequest:
        order = _with_locks(context, super().order(context))
        return dataclasses.replace(order, seed=unused_seed(order.span.strip, order.seed, self.count), count=self.count)


class LIPSYNC_OT_cancel(bpy.types.Operator):
    """Stop the running job; strips that are already done are kept"""

    bl_idname = "lipsync.cancel"
    bl_label = "Cancel Lip Sync"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if session.job is None:
            cls.poll_message_set(tr("Nothing is being generated"))
        return session.job is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if session.job:
            session.job.cancel()
        return {"FINISHED"}


def _redraw(context: bpy.types.Context) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _EDITORS:
                area.tag_redraw()


def _stop_timer(context: bpy.types.Context) -> None:
    if session.timer:
        context.window_manager.event_timer_remove(session.timer)
        session.timer = None


register, _unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_OT_generate, LIPSYNC_OT_resample, LIPSYNC_OT_cancel)
)


def unregister() -> None:
    _stop_timer(bpy.context)  # an operator that is under way is not asked to any more
    _unregister()
