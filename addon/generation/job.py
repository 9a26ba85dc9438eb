"""A running generation: sent to the backend, advanced by a timer or a loop, and applied when all takes have arrived. Runs in Blender."""

import contextlib
import os
import time
from dataclasses import replace
from pathlib import Path

import bpy

from ...backend.ipc.client import Client, Gone, LaunchError
from ...backend.ipc.protocol import Cancel, Cancelled, Done, Error, Generate, Heard, Notice, Progress, Reply, TakeReady
from ...backend.messages import UserMessage, listed
from ...backend.performance import Take
from ...backend.sounds.shapes import Sound
from ..keyframes import face_action
from ..rig import face_rig
from . import mixdown, model_info, motion_check, sound_strip
from .backend_process import process
from .key_reduction_thread import KeyReductionThread
from .reply_check import are_sounds, describe_mismatch
from .request import JobError, JobRequest, JobResult
from .take_writer import all_or_none, start_key_reduction, write_take

_MIN_ELAPSED = 1.0  # seconds of progress before the remaining time is estimated
_SHORTFALL = 0.3  # seconds that a sound may be shorter than its strip without a warning
_PUMP_SECONDS = 0.03  # that one pump() may block Blender
_CANCEL_TIMEOUT = 20.0  # seconds that the backend may continue with a canceled job


class Job:
    """A running generation, until pump() returns True or raises, or until it is canceled. Raises StripError or JobError."""

    def __init__(self, request: JobRequest) -> None:
        self.request = request
        self.stage = UserMessage("Starting")
        self.fraction = 0.0
        self.cancelled = False
        self._id = next(process.ids)
        self._client: Client | None = None
        self._sent = 0.0  # time.monotonic() when the backend was asked
        self._takes: list[Take] = []
        self._heard: list[Sound] = []
        self._reductions: list[KeyReductionThread | None] = []  # one a take
        self._received_all = False
        self.notices: list[UserMessage] = []  # the backend's
        self._temporary = _temporary_sound(request.span)
        self._is_mixdown = request.span.is_mixed  # of what the backend reads; the strip's start is its own then
        self._refusal: UserMessage | None = None  # why the backend couldn't read the strip's own file
        self._began: tuple[float, float] | None = None  # time.monotonic() and fraction at the first progress

    def pump(self, wait: float = 0.0) -> bool:
        """Handle the backend's replies, waiting for one at most `wait` seconds; True when the takes are ready. Raises JobError."""
        if self._received_all:
            return self._keys_ready(wait)
        if self._client is None and not self._start():
            time.sleep(wait)
            return False
        assert self._client is not None
        deadline = time.monotonic() + _PUMP_SECONDS
        reply = self._client.poll(wait)
        while reply is not None:
            if self._handle(reply):
                self._clean()
                self._received_all = True
                return self._keys_ready(_PUMP_SECONDS)  # enough for a short take
            if time.monotonic() > deadline:
                break
            reply = self._client.poll()
        return False

    def cancel(self) -> None:
        """Cancel. The next job ignores replies to this one."""
        self.cancelled = True
        if self._client:
            self._client.send(Cancel(next(process.ids), self._id))
        self._clean()

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end; None while it's too early to tell."""
        return time_left(self._began, self.fraction)

    def _start(self) -> bool:
        """Send the request; False while a restart of the backend is delayed."""
        span = self.request.span
        try:
            self._client = process.client(self.request.setup)
        except LaunchError as error:
            raise self._failed(error.message) from error
        except OSError as error:
            raise self._failed(_unwritable(error)) from error
        if self._client is None:
            self.stage = UserMessage("Restarting")
            return False
        self._sent = time.monotonic()
        start = 0.0 if self._is_mixdown else span.start
        end = start + span.end - span.start
        self._client.send(Generate(self._id, str(self._temporary or span.file), start, end, self.request.performance))
        return True

    def _handle(self, reply: Reply | Gone) -> bool:
        """Handle a reply; True when it is the last of the job. Raises JobError."""
        if isinstance(reply, Gone):
            raise self._failed(listed(reply.reason, *reply.log_tail.splitlines()))
        if reply.id != self._id and not (isinstance(reply, Error) and reply.id == 0):
            self._handle_other(reply)
            return False
        if isinstance(reply, Progress):
            self.stage, self.fraction = (
                reply.translatable or UserMessage(reply.stage),
                min(max(reply.fraction, 0.0), 1.0),
            )
            self._began = self._began or (time.monotonic(), self.fraction)
        elif isinstance(reply, Notice):
            self.notices.append(_message_of(reply))
        elif isinstance(reply, Heard):
            self._heard += reply.sounds
            if not are_sounds(reply.sounds):
                raise self._failed(_wrong(UserMessage("its sounds")))
        elif isinstance(reply, TakeReady):
            span, performance = self.request.span, self.request.performance
            if what := describe_mismatch(reply, len(self._takes), performance, span.end - span.start):
                raise self._failed(_wrong(what))
            if not self._takes:
                self.notices += _differences(span, reply.take)
            take = replace(reply.take, sounds=tuple(self._heard))
            self._takes.append(take)
            self._reductions.append(self._start_reduction(take))
        elif isinstance(reply, Error) and reply.kind == "audio" and self._decode():
            self._refusal = _message_of(reply)
            self._start()
        elif isinstance(reply, Error):
            raise self._failed(self._refusal or _message_of(reply))
        elif isinstance(reply, Cancelled):
            raise self._failed(UserMessage("The backend canceled the take: generate again"))
        elif isinstance(reply, Done):
            if len(self._takes) != self.request.performance.count:
                raise self._failed(
                    UserMessage(
                        "The backend sent {count} of {expected} takes: generate again",
                        count=len(self._takes),
                        expected=self.request.performance.count,
                    )
                )
            return True
        return False

    def _decode(self) -> bool:
        """Let Blender read the sound instead of the backend; False when it has already or can't."""
        if self._is_mixdown:
            return False
        span = self.request.span
        try:
            decoded = mixdown.decode(span, self._temporary or Path(span.file), process.folder())
        except (sound_strip.StripError, OSError):
            return False
        if decoded is None:
            return False
        self._clean()
        self._temporary, self._is_mixdown, self._id = decoded, True, next(process.ids)
        return True

    def _handle_other(self, other: Reply) -> None:
        """Handle a reply to another job. Raises JobError when that was canceled long ago and still runs: it hangs."""
        if isinstance(other, Progress) and other.id and time.monotonic() > self._sent + _CANCEL_TIMEOUT:
            process.restart()
            raise self._failed(UserMessage("The backend didn't stop a canceled take and was ended: generate again"))

    def _keys_ready(self, wait: float) -> bool:
        """Return True when the takes' keys are reduced, waiting at most `wait` seconds."""
        deadline = time.monotonic() + wait
        return all(thread.ready(max(deadline - time.monotonic(), 0)) for thread in self._reductions if thread)

    def _start_reduction(self, take: Take) -> KeyReductionThread | None:
        """Start to reduce a take's keys, if the style asks for it and the face is still there."""
        try:
            face = self.face()
        except JobError:  # apply() will report it
            return None
        return start_key_reduction(take, face, self.request)

    def _failed(self, message: UserMessage) -> JobError:
        self._clean()
        return JobError(message)

    def _clean(self) -> None:
        if self._temporary:
            with contextlib.suppress(OSError):
                os.remove(self._temporary)
            self._temporary = None

    @property
    def take(self) -> Take:
        """The first take. Raises JobError when there is none."""
        if not self._takes:
            raise JobError("The backend sent no take: generate again")
        return self._takes[0]

    @property
    def key_reduction(self) -> KeyReductionThread | None:
        """The key reduction of the first take; None when its style needs none."""
        return self._reductions[0] if self._reductions else None

    def face(self) -> face_rig.Face:
        """Read the face as it is now. Raises JobError."""
        face_object = next((ob for ob in bpy.data.objects if ob.session_uid == self.request.face), None)
        if face_object is None or not face_object.users_scene:
            raise JobError("The face was deleted or another file was opened, so nothing was keyed: generate again")
        try:
            return face_rig.read_face(face_object)
        except face_rig.RigError as error:
            raise JobError(error.message) from error

    def apply(self) -> JobResult:
        """Key the takes on the face, each as a new Action, and assign the first. Changes nothing when it raises JobError."""
        face, first = self.face(), self.take
        with all_or_none() as actions:
            for take, reduction in zip(self._takes, self._reductions, strict=True):
                actions.append(write_take(take, face, self.request, reduction))
            face_action.assign(actions[0], face)
        info = UserMessage(
            '"{action}": {frames} frames on {keys} keys of {meshes}',
            action=actions[0].name,
            frames=len(first.curves.values),
            keys=len(face_action.fcurves(actions[0])),
            meshes=face.extent,
        )
        if len(actions) > 1:
            info = UserMessage("{info}, and {count} more", info=info, count=len(actions) - 1)
        if self.request.sounds.edits and model_info.sounds_part(self.request.setup.model) is None:
            self.notices.append(
                UserMessage("The chosen model can't tell sounds apart, so the edits of sounds were left out")
            )
        warnings = [*face.warnings(), *motion_check.find_obstacles(face, actions[0], bpy.context.scene), *self.notices]
        return JobResult(
            tuple(action.name for action in actions),
            info,
            tuple(dict.fromkeys(warnings)),
            self.request.performance.seed,
        )


def _wrong(what: UserMessage) -> UserMessage:
    return UserMessage("The backend sent a take that doesn't match the request ({what}): generate again", what=what)


def time_left(began: tuple[float, float] | None, fraction: float) -> float | None:
    """Estimate the seconds to the end from (time, fraction) at the first progress; None while it's too early to tell."""
    if began is None:
        return None
    elapsed, done = time.monotonic() - began[0], fraction - began[1]
    return elapsed / done * (1.0 - fraction) if elapsed >= _MIN_ELAPSED and done > 0 else None


def _temporary_sound(span: sound_strip.Span) -> Path | None:
    """Write a temporary file with the sound of a strip whose sound is in no file on disk. Raises StripError or JobError."""
    try:
        if span.is_mixed:
            return mixdown.mix_down(span, process.folder())
        return sound_strip.unpack(span, process.folder()) if span.packed else None
    except OSError as error:
        raise JobError(_unwritable(error)) from error


def _message_of(reply: Notice | Error) -> UserMessage:
    """Return what to show for a reply: what can be translated, where it says so."""
    return reply.translatable or UserMessage(reply.message.rstrip("."))


def _differences(span: sound_strip.Span, take: Take) -> list[UserMessage]:
    """Describe how what was spoken differs from what the artist hears."""
    notices = sound_strip.notices(bpy.data.scenes.get(span.scene), span.strip)
    missing = span.end - span.start - len(take.curves.values) / take.curves.fps
    if missing > _SHORTFALL:
        notices.append(
            UserMessage('The sound ends {seconds:.1f} s before the strip "{strip}"', seconds=missing, strip=span.strip)
        )
    return notices


def _unwritable(error: OSError) -> UserMessage:
    reason = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return UserMessage(
        "Can't write a temporary file ({reason}): free some disk space or make the folder writable, then generate again",
        reason=reason,
    )
