"""One generation under way: asked of the backend, pumped by a timer or a loop, applied to the face when all of it is there."""

import contextlib
import os
import time
from pathlib import Path

import bpy

from ...backend.ipc.client import Client, Gone, LaunchError
from ...backend.ipc.protocol import Cancel, Cancelled, Done, Error, Generate, Notice, Progress, Reply, TakeReady
from ...backend.messages import UserMessage, listed
from ..keyframes import face_action
from ..rig import face_rig
from . import mixdown, sound_strip
from .backend_process import session
from .key_reduction_thread import KeyReductionThread
from .reply_check import describe_mismatch
from .request import JobError, JobRequest, JobResult
from .take_writer import all_or_none, start_key_reduction, write_take

_HUNCH = 1.0  # seconds that a job must have run before its end can be guessed
_BUDGET = 0.03  # seconds of Blender's time that one pump() may take
_PATIENCE = 20.0  # seconds that the backend may go on with the cancelled job before


class Job:
    """A running generation. It is of use until pump() returns True or raises, or it is cancelled. Raises StripError or JobError."""

    def __init__(self, order: JobRequest) -> None:
        self.order = order
        self.stage = UserMessage("Starting")
        self.fraction = 0.0
        self.cancelled = False
        self._id = next(session.ids)
        self._client: Client | None = None
        self._asked = 0.0  # when it was
        self._takes: list[TakeReady] = []
        self._drafts: list[KeyReductionThread | None] = []  # of the same takes
        self._told_all = False  # the backend has
        self.notices: list[UserMessage] = []  # what the backend said the artist should know
        self._temporary = _own_file(order.span)
        self._began: tuple[float, float] | None = None  # when the backend first told of progress, and how far it was

    def pump(self, wait: float = 0.0) -> bool:
        """Work off what the backend has said, waiting for it at most so many seconds; True when the takes are there. Raises JobError."""
        if self._told_all:
            return self._drafted(wait)
        if self._client is None and not self._start():
            time.sleep(wait)
            return False
        assert self._client is not None
        deadline = time.monotonic() + _BUDGET
        reply = self._client.poll(wait)
        while reply is not None:
            if self._take_in(reply):
                self._clean()
                self._told_all = True
                return self._drafted(_BUDGET)  # what a short take needs
            if time.monotonic() > deadline:
                break
            reply = self._client.poll()
        return False

    def cancel(self) -> None:
        """Give up. What the backend still says of this job, the next one passes over."""
        self.cancelled = True
        if self._client:
            self._client.send(Cancel(next(session.ids), self._id))
        self._clean()

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest will take if it goes on as it did; None while it's too early to tell."""
        return time_left(self._began, self.fraction)

    def _start(self) -> bool:
        """Ask the backend; False while it rests after a crash."""
        span = self.order.span
        try:
            self._client = session.client(self.order.setup)
        except LaunchError as error:
            raise self._failed(error.message) from error
        except OSError as error:
            raise self._failed(_unwritable(error)) from error
        if self._client is None:
            self.stage = UserMessage("Restarting")
            return False
        self._asked = time.monotonic()
        self._client.send(
            Generate(
                id=self._id,
                file=str(self._temporary or span.file),
                start=span.start,
                end=span.end,
                identity=self.order.identity,
                emotion=self.order.emotion,
                seed=self.order.seed,
                count=self.order.count,
                fps=span.fps,
                intensity=self.order.intensity,
                moods=self.order.moods,
                kept=self.order.kept,
            )
        )
        return True

    def _take_in(self, reply: Reply | Gone) -> bool:
        """True when this was the last of the job."""
        if isinstance(reply, Gone):
            raise self._failed(listed(reply.reason, *reply.log_tail.splitlines()))
        if reply.id != self._id and not (isinstance(reply, Error) and reply.id == 0):
            self._hear_other(reply)
            return False
        if isinstance(reply, Progress):
            self.stage, self.fraction = (
                reply.translatable or UserMessage(reply.stage),
                min(max(reply.fraction, 0.0), 1.0),
            )
            self._began = self._began or (time.monotonic(), self.fraction)
        elif isinstance(reply, Notice):
            self.notices.append(_message_of(reply))
        elif isinstance(reply, TakeReady):
            span, count = self.order.span, self.order.count
            if what := describe_mismatch(reply, len(self._takes), count, span.fps, span.end - span.start):
                raise self._failed(
                    UserMessage(
                        "The backend sent a take that doesn't match the request ({what}): generate again",
                        what=what,
                    )
                )
            self._takes.append(reply)
            self._drafts.append(self._draft(reply))
        elif isinstance(reply, Error):
            raise self._failed(_message_of(reply))
        elif isinstance(reply, Cancelled):
            raise self._failed(UserMessage("The backend cancelled the take: generate again"))
        elif isinstance(reply, Done):
            if len(self._takes) != self.order.count:
                raise self._failed(
                    UserMessage(
                        "The backend sent {count} of {expected} takes: generate again",
                        count=len(self._takes),
                        expected=self.order.count,
                    )
                )
            return True
        return False

    def _hear_other(self, other: Reply) -> None:
        """Hear of another job. Raises JobError when that was given up long ago and goes on all the same: it hangs."""
        if isinstance(other, Progress) and other.id and time.monotonic() > self._asked + _PATIENCE:
            session.restart()
            raise self._failed(UserMessage("The backend didn't stop a cancelled take and was ended: generate again"))

    def _drafted(self, wait: float) -> bool:
        """Whether the takes' keys are found."""
        deadline = time.monotonic() + wait
        return all(draft.ready(max(deadline - time.monotonic(), 0)) for draft in self._drafts if draft)

    def _draft(self, take: TakeReady) -> KeyReductionThread | None:
        """Begin to find a take's keys, if there is anything to find and a face to find them for."""
        try:
            face = self.face()
        except JobError:  # apply() will say so
            return None
        return start_key_reduction(take, face, self.order)

    def _failed(self, message: UserMessage) -> JobError:
        self._clean()
        return JobError(message)

    def _clean(self) -> None:
        if self._temporary:
            with contextlib.suppress(OSError):
                os.remove(self._temporary)
            self._temporary = None

    @property
    def take(self) -> TakeReady:
        """The first of the takes. Raises JobError when there is none."""
        if not self._takes:
            raise JobError("The backend sent no take: generate again")
        return self._takes[0]

    @property
    def draft(self) -> KeyReductionThread | None:
        """That of the first of the takes."""
        return self._drafts[0] if self._drafts else None

    def face(self) -> face_rig.Face:
        """The face as it is now. Raises JobError."""
        face_object = next((ob for ob in bpy.data.objects if ob.session_uid == self.order.face), None)
        if face_object is None or not face_object.users_scene:
            raise JobError("The face was deleted or another file was opened, so nothing was keyed: generate again")
        try:
            return face_rig.read_face(face_object)
        except face_rig.RigError as error:
            raise JobError(error.message) from error

    def apply(self) -> JobResult:
        """Key the takes on the face, each as a new Action, and assign the first. Raises JobError, and then has changed nothing."""
        face, first = self.face(), self.take
        with all_or_none() as actions:
            for take, draft in zip(self._takes, self._drafts, strict=True):
                actions.append(write_take(take, face, self.order, draft))
            face_action.assign(actions[0], face)
        info = UserMessage(
            '"{action}": {frames} frames on {keys} keys of {meshes}',
            action=actions[0].name,
            frames=first.frames,
            keys=len(face_action.fcurves(actions[0])),
            meshes=face.extent,
        )
        if len(actions) > 1:
            info = UserMessage("{info}, and {count} more", info=info, count=len(actions) - 1)
        return JobResult(
            tuple(action.name for action in actions), info, (*face.warnings(), *self.notices), self.order.seed
        )


def time_left(began: tuple[float, float] | None, fraction: float) -> float | None:
    """Seconds that the rest will take, from when progress was first seen and how far it was then; None while it's too early to tell."""
    if began is None:
        return None
    elapsed, done = time.monotonic() - began[0], fraction - began[1]
    return elapsed / done * (1.0 - fraction) if elapsed >= _HUNCH and done > 0 else None


def _own_file(span: sound_strip.Span) -> Path | None:
    """A file with what is heard of a strip, to be deleted, where no file on disk has it. Raises StripError or JobError."""
    try:
        if span.retimed:
            return mixdown.mix_down(span, session.folder())
        return sound_strip.unpack(span, session.folder()) if span.packed else None
    except OSError as error:
        raise JobError(_unwritable(error)) from error


def _message_of(reply: Notice | Error) -> UserMessage:
    """Return what to show for a reply: what can be translated, where it says so."""
    return reply.translatable or UserMessage(reply.message.rstrip("."))


def _unwritable(error: OSError) -> UserMessage:
    reason = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return UserMessage(
        "Can't write a temporary file ({reason}): free some disk space or make the folder writable, then generate again",
        reason=reason,
    )
