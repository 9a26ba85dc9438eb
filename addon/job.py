"""One generation under way: asked of the backend, pumped by a timer or a loop, applied to the face when all of it is there."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..backend.adjust import Controls, adjust
from ..backend.client import Client, Gone, LaunchError
from ..backend.curves import Curves
from ..backend.protocol import Cancel, Cancelled, Done, Error, Generate, Notice, Progress, Reply, TakeReady
from . import controls, keys, mixdown, rig, strip, takes
from .draft import Draft
from .fitting import misfit
from .keeping import copy_kept, is_by_hand, mark_by_hand
from .locale import AND
from .locks import UNLOCKED, Locks
from .session import Setup, session

_HUNCH = 1.0  # seconds that a job must have run before its end can be guessed
_BUDGET = 0.03  # seconds of Blender's time that one pump() may take


class JobError(Exception):
    """A job came to nothing; the text is a sentence for the artist."""


@dataclass(frozen=True)
class Order:
    """What is wanted. face: session_uid of an object, which outlives undo where a reference would not; moods and kept: as in Generate;
    locks: what of an Action stays as it is, keys and all where that Action is named: kept_of, a session_uid."""

    span: strip.Span
    face: int
    identity: str
    emotion: str
    seed: int
    count: int
    style: keys.Style
    setup: Setup
    intensity: float = 1.0
    moods: tuple[tuple[float, str, float], ...] = ()
    locks: Locks = UNLOCKED
    kept: np.ndarray | None = None
    kept_of: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What a job did: the new Actions' names, and sentences on them."""

    actions: tuple[str, ...]
    info: str
    warnings: tuple[str, ...]
    seed: int


class Job:
    """A running generation. It is of use until pump() returns True or raises, or it is cancelled. Raises StripError or JobError."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.stage = "Starting"
        self.fraction = 0.0
        self.cancelled = False
        self._id = next(session.ids)
        self._client: Client | None = None
        self._takes: list[TakeReady] = []
        self._drafts: list[Draft | None] = []  # of the same takes
        self._told_all = False  # the backend has
        self.notices: list[str] = []  # what the backend said the artist should know, sentences without a full stop
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
            raise self._failed(str(error)) from error
        except OSError as error:
            raise self._failed(_unwritable(error)) from error
        if self._client is None:
            self.stage = "Restarting"
            return False
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
            raise self._failed(AND.join([reply.reason.rstrip("."), *reply.log_tail.splitlines()]))
        if reply.id != self._id and not (isinstance(reply, Error) and reply.id == 0):
            return False
        if isinstance(reply, Progress):
            self.stage, self.fraction = reply.stage, min(max(reply.fraction, 0.0), 1.0)
            self._began = self._began or (time.monotonic(), self.fraction)
        elif isinstance(reply, Notice):
            self.notices.append(reply.message.rstrip("."))
        elif isinstance(reply, TakeReady):
            span, count = self.order.span, self.order.count
            if what := misfit(reply, len(self._takes), count, span.fps, span.end - span.start):
                raise self._failed(f"The backend sent a take that does not fit what was asked for ({what}): generate again")
            self._takes.append(reply)
            self._drafts.append(self._draft(reply))
        elif isinstance(reply, Error):
            raise self._failed(reply.message)
        elif isinstance(reply, Cancelled):
            raise self._failed("The backend gave up")
        elif isinstance(reply, Done):
            if len(self._takes) != self.order.count:
                raise self._failed(f"The backend sent {len(self._takes)} takes of {self.order.count}: generate again")
            return True
        return False

    def _drafted(self, wait: float) -> bool:
        """Whether the takes' keys are found."""
        deadline = time.monotonic() + wait
        return all(draft.ready(max(deadline - time.monotonic(), 0)) for draft in self._drafts if draft)

    def _draft(self, take: TakeReady) -> Draft | None:
        """Begin to find a take's keys, if there is anything to find and a face to find them for."""
        try:
            face = self.face()
        except JobError:  # apply() will say so
            return None
        return Draft(_table(take, face, controls.for_new_takes(face)), self.order.style) if self.order.style.tolerance else None

    def _failed(self, message: str) -> JobError:
        self._clean()
        return JobError(message.rstrip("."))

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
    def draft(self) -> Draft | None:
        """That of the first of the takes."""
        return self._drafts[0] if self._drafts else None

    def face(self) -> rig.Face:
        """The face as it is now. Raises JobError."""
        face_object = next((ob for ob in bpy.data.objects if ob.session_uid == self.order.face), None)
        if face_object is None or not face_object.users_scene:
            raise JobError("The face is gone (deleted, or another file was opened), so nothing was keyed")
        try:
            return rig.read_face(face_object)
        except rig.RigError as error:
            raise JobError(str(error)) from error

    def apply(self) -> Outcome:
        """Key the takes on the face, each as a new Action, and assign the first. Raises JobError, and then has changed nothing."""
        face, first = self.face(), self.take
        with all_or_none() as actions:
            for take, draft in zip(self._takes, self._drafts, strict=True):
                actions.append(write_take(take, face, self.order, draft))
            keys.assign(actions[0], face)
        info = f'"{actions[0].name}": {first.frames} frames on {len(keys.fcurves(actions[0]))} keys of {face.extent}'
        if len(actions) > 1:
            info = f"{info}, and {len(actions) - 1} more"
        return Outcome(tuple(action.name for action in actions), info, (*face.warnings(), *self.notices), self.order.seed)


def time_left(began: tuple[float, float] | None, fraction: float) -> float | None:
    """Seconds that the rest will take, from when progress was first seen and how far it was then; None while it's too early to tell."""
    if began is None:
        return None
    elapsed, done = time.monotonic() - began[0], fraction - began[1]
    return elapsed / done * (1.0 - fraction) if elapsed >= _HUNCH and done > 0 else None


def _own_file(span: strip.Span) -> Path | None:
    """A file with what is heard of a strip, to be deleted, where no file on disk has it. Raises StripError or JobError."""
    try:
        if span.retimed:
            return mixdown.mix_down(span, session.folder())
        return strip.unpack(span, session.folder()) if span.packed else None
    except OSError as error:
        raise JobError(_unwritable(error)) from error


def _unwritable(error: OSError) -> str:
    reason = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"No temporary file can be written ({reason}): free some space there, or make the folder writable, and generate again"


def write_take(take: TakeReady, face: rig.Face, order: Order, draft: Draft | None = None) -> bpy.types.Action:
    """A take as a new Action that nothing uses yet, with the controls of the one that moves the face, and its keys where they are locked.
    Raises JobError, and whatever it raises, no Action stays."""
    held = _held(order)
    copied = copy_kept(face, held, order.locks) if held else {}
    wanted = controls.for_new_takes(face)
    table, style = _table(take, face, wanted), order.style
    name, thinned = takes.new_name(order.span.strip, take.identity), draft.keys(table, style) if draft else None
    with all_or_none() as written:
        action = keys.write_action(name, table, order.span.first_frame, style, copied, thinned)
        written.append(action)
        controls.start(action, wanted, style)
        if held and copied and is_by_hand(held):
            mark_by_hand(action)
        takes.mark(action, take_info(order, take), _curves(take))
    return action


def _held(order: Order) -> bpy.types.Action | None:
    """The Action of which an order's locks keep something, if any. Raises JobError when it was deleted since."""
    if order.kept_of is None:
        return None
    for action in bpy.data.actions:
        if action.session_uid == order.kept_of:
            return action
    raise JobError("The take whose locked keys were to stay is gone, so nothing was keyed: generate again")


@contextlib.contextmanager
def all_or_none() -> Iterator[list[bpy.types.Action]]:
    """A list of new Actions to fill, of which none stays when that fails."""
    actions: list[bpy.types.Action] = []
    try:
        yield actions
    except BaseException:
        for action in actions:
            bpy.data.actions.remove(action)
        raise


def _table(take: TakeReady, face: rig.Face, wanted: Controls) -> list[keys.Column]:
    return keys.columns(face, adjust(_curves(take), wanted))


def _curves(take: TakeReady) -> Curves:
    return Curves(take.names, take.values, take.fps)


def take_info(order: Order, take: TakeReady) -> takes.TakeInfo:
    """How a take was made."""
    span = order.span
    return takes.TakeInfo(
        strip=span.strip,
        sound=span.file,
        start=span.start,
        end=span.end,
        first_frame=span.first_frame,
        fps=span.fps,
        identity=take.identity,
        emotion=take.emotion,
        seed=take.seed,
        audio_sha256=take.audio_sha256,
        model_sha256=take.model_sha256,
        likeness=take.likeness,
        made=time.time(),
        intensity=order.intensity,
        moods=order.moods,
        locks=order.locks,
        retimed=span.retimed,
    )
