"""The operators Generate, Resample and Cancel: modal in a window, blocking without one. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import dataclasses
from collections.abc import Callable, Sequence

import bpy

from ...backend.messages import UserMessage
from ...backend.performance import read_performance
from .. import preferences
from ..generation import model_info, sound_strip
from ..generation.backend_process import disabled_reason as backend_disabled_reason
from ..generation.batch_job import Batch
from ..generation.current_job import current
from ..generation.emotion_markers import read_emotion_keys
from ..generation.job import Job
from ..generation.request import JobError, JobRequest, JobResult
from ..locale import tr
from ..lock_settings import read_locks
from ..operator_bases import RunsJob, stop_timer
from ..properties import chosen_face, key_style, model_card, settings
from ..rig import face_rig
from ..takes import take_sounds
from ..takes.locked_keys import may_share_keys, read_locked
from ..takes.take_store import TakeError, assigned_action, is_take, unused_seed

_REFUSALS = (sound_strip.StripError, face_rig.RigError, TakeError)


def make_request(context: bpy.types.Context) -> JobRequest:
    """Build the request of the panel. Raises StripError or RigError."""
    panel, face = settings(context), chosen_face(context)
    span = sound_strip.find_span(context, panel.strip)
    face_rig.read_face(face)
    assert face is not None
    return request_for(context, span, face, panel.identity_name, panel.emotion_name)


def request_for(
    context: bpy.types.Context, span: sound_strip.Span, face: bpy.types.Object, identity: str, emotion: str
) -> JobRequest:
    """Build the request for one take of a span, with everything else from the panel."""
    performance = read_performance(settings(context), identity=identity, emotion=emotion, fps=span.fps)
    return JobRequest(span, face.session_uid, performance, key_style(context), preferences.backend_setup(context))


def disabled_reason(
    context: bpy.types.Context, make: Callable[[bpy.types.Context], JobRequest] = make_request
) -> UserMessage | None:
    """Return why nothing can be generated now; None when it can. make: builds the request."""
    if current.job:
        return UserMessage("A take is being generated: wait for it or cancel it")
    try:
        make(context)
    except _REFUSALS as error:
        return error.message
    no_model = None if model_card() else model_info.problem(preferences.backend_model(context))
    return backend_disabled_reason(preferences.backend_python(context)) or no_model


def with_emotion_keys(context: bpy.types.Context, request: JobRequest) -> JobRequest:
    """Return the same request with the emotion keys of the scene."""
    card, performance = model_card(), request.performance
    if card is None:
        return request
    keys = read_emotion_keys(context.scene, request.span, performance.emotion, performance.intensity, card.emotions)
    return request.with_performance(emotion_keys=keys)


def _with_locks(context: bpy.types.Context, request: JobRequest) -> JobRequest:
    """Return the same request with the locked values and keys of the active take, if that is of the same strip."""
    locks, face = read_locks(settings(context).locks), face_rig.read_face(chosen_face(context))
    action = assigned_action(face)
    if action is None or not locks or not may_share_keys(action, request.span):
        return request
    request = dataclasses.replace(request, locks=locks, locked_action=action.session_uid)
    return request.with_performance(locked=read_locked(face, action, locks, request.span))


def _with_sounds(context: bpy.types.Context, request: JobRequest) -> JobRequest:
    """Return the same request with the edited sounds of the active take, if that is of the same strip."""
    action = assigned_action(face_rig.read_face(chosen_face(context)))
    if action is None or not is_take(action) or not may_share_keys(action, request.span):
        return request
    return dataclasses.replace(request, sounds=take_sounds.read(action))


class Generating(RunsJob):
    """Base of the operators that generate."""

    _running = current
    _scene = 0  # session_uid of the scene that the job began in

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> UserMessage | None:
        return disabled_reason(context)

    def request(self, context: bpy.types.Context) -> JobRequest:
        """Build the request. Raises StripError, RigError or TakeError."""
        return with_emotion_keys(context, make_request(context))

    def applied(self, context: bpy.types.Context, result: JobResult) -> Sequence[UserMessage]:
        """Act when the takes are on the face. Returns warnings."""
        for scene in bpy.data.scenes:  # the artist may have switched to another one
            if scene.session_uid == self._scene:
                scene.lipsync.seed = result.seed
        return ()

    def job(self, context: bpy.types.Context) -> Job | Batch:
        """Start the job. Raises StripError, RigError, TakeError or JobError."""
        return Job(self.request(context))

    def cancel(self, context: bpy.types.Context) -> None:
        if current.job:
            current.job.cancel()
            current.error = UserMessage(
                "Stopped because another file was opened or the window was closed: generate again"
            )
        super().cancel(context)

    def _begin(self, context: bpy.types.Context) -> set[str] | None:
        current.error = None
        self._scene = context.scene.session_uid
        try:
            current.job = self.job(context)
        except (*_REFUSALS, JobError) as error:
            return self._fail(error.message)
        return None

    def _step(self, context: bpy.types.Context, wait: float = 0.0) -> set[str] | None:
        job = current.job
        if job is None or job.cancelled:
            self.report({"INFO"}, tr("Canceled: nothing was changed"))  # type: ignore[attr-defined]
            return {"CANCELLED"}
        try:
            if not job.pump(wait):
                return None
            result = job.apply()
        except JobError as error:
            return self._fail(error.message)
        warnings = [*result.warnings, *self.applied(context, result)]
        self.report({"WARNING"} if warnings else {"INFO"}, ". ".join(map(tr, [result.info, *warnings])))  # type: ignore[attr-defined]
        return {"FINISHED"}

    def _release(self) -> None:
        current.job = None


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

    def request(self, context: bpy.types.Context) -> JobRequest:
        request = _with_sounds(context, _with_locks(context, super().request(context)))
        seed = unused_seed(request.span.strip, request.performance.seed, self.count)
        return request.with_performance(seed=seed, count=self.count)


class LIPSYNC_OT_cancel(bpy.types.Operator):
    """Stop the running job; strips that are already done are kept"""

    bl_idname = "lipsync.cancel"
    bl_label = "Cancel Lip Sync"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if current.job is None:
            cls.poll_message_set(tr("Nothing is being generated"))
        return current.job is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if current.job:
            current.job.cancel()
        return {"FINISHED"}


register, _unregister = bpy.utils.register_classes_factory(
    (LIPSYNC_OT_generate, LIPSYNC_OT_resample, LIPSYNC_OT_cancel)
)


def unregister() -> None:
    stop_timer(current)
    _unregister()
