"""Many jobs as one: a cast's strips, worked off one after another and keyed together at the end."""

import dataclasses
import time
from collections import deque
from collections.abc import Iterator, Sequence

import bpy

from ...backend.curves.base import Curves
from ...backend.messages import UserMessage
from ..keyframes import face_action
from ..rig.face_rig import Face
from ..takes import crossfade, nla, take_store
from .job import Job, time_left
from .request import JobError, JobRequest, JobResult
from .sound_strip import StripError
from .take_writer import all_or_none, take_info, write_take

_EASE = 0.2  # seconds in which a face comes to rest after a strip, and sets out before one
_REASONS = 3  # of what was skipped, told at once


class Batch:
    """To the panel and the operators a Job like any other. What fails is skipped; nothing is keyed before the end.

    auto: the identity that leaves the choice to the voice. A character keeps the one that its first strip is matched to.
    """

    def __init__(self, orders: Sequence[JobRequest], skipped: Sequence[UserMessage], joined: bool, auto: str) -> None:
        self.cancelled = False
        self._count = len(orders)
        self._waiting = deque(orders)
        self._skipped = [*skipped]  # why, one a strip
        self._joined = joined
        self._auto = auto
        self._identities: dict[int, str] = {}  # face -> what its first strip got
        self._job: Job | None = None
        self._done: list[Job] = []
        self._began: tuple[float, float] | None = None  # when the first job began
        self._left = 0  # strips that were not done when the artist cancelled

    @property
    def stage(self) -> UserMessage:
        """A caption: which of how many, and how far that is."""
        return UserMessage(
            "{number} of {count}: {stage}",
            number=min(self._finished + 1, self._count),
            count=self._count,
            stage=self._job.stage if self._job else UserMessage("Starting"),
        )

    @property
    def fraction(self) -> float:
        """Of all jobs, 0..1."""
        return (self._finished + (self._job.fraction if self._job else 0.0)) / max(self._count, 1)

    @property
    def remaining(self) -> float | None:
        """As Job.remaining."""
        return time_left(self._began, self.fraction)

    @property
    def _finished(self) -> int:
        return self._count - len(self._waiting) - (self._job is not None)

    def pump(self, wait: float = 0.0) -> bool:
        """Move the current job on, see Job.pump(); True when no job is left."""
        self._began = self._began or (time.monotonic(), 0.0)
        if self._job is None and not self._begin_next():
            return True
        assert self._job is not None
        try:
            if not self._job.pump(wait):
                return False
            self._identities.setdefault(self._job.order.face, self._job.take.identity)
            self._done.append(self._job)
        except JobError as error:
            self._skipped.append(_skipped(self._job, error))
        self._job = None
        return not self._waiting

    def cancel(self) -> None:
        """Give up what is not done yet. Where something is, pump() ends at once and it can be applied."""
        self._left = len(self._waiting) + (self._job is not None)
        self._waiting.clear()
        if self._job:
            self._job.cancel()
            self._job = None
        self.cancelled = not self._done

    def _begin_next(self) -> bool:
        while self._waiting:
            order = self._waiting.popleft()
            if order.identity == self._auto:
                order = dataclasses.replace(order, identity=self._identities.get(order.face, self._auto))
            try:
                self._job = Job(order)
                return True
            except (StripError, JobError) as error:
                self._skipped.append(error.message)
        return False

    def apply(self) -> JobResult:
        """Key all that is done. Raises JobError when that is nothing."""
        actions: list[bpy.types.Action] = []
        warnings: dict[UserMessage, None] = {}  # an ordered set
        spoken = 0
        for face, jobs in self._faces():
            actions += _write_joined(face, jobs) if self._joined else _write_apart(face, jobs)
            warnings |= dict.fromkeys([*face.warnings(), *(notice for job in jobs for notice in job.notices)])
            spoken += len(jobs)
        if not actions:
            raise JobError("No take was made: {why}", why=self._told_skipped())
        count = len(actions)
        info = UserMessage("1 take made") if count == 1 else UserMessage("{count} takes made", count=count)
        if spoken > count:
            info = UserMessage("{info} of {strips} strips", info=info, strips=spoken)
        if self._left:
            info = UserMessage("Cancelled: {info}, {strips} left", info=info, strips=_strips(self._left))
        if self._skipped:
            warnings = {self._told_skipped(): None} | warnings
        return JobResult(tuple(action.name for action in actions), info, tuple(warnings), self._done[0].order.seed)

    def _faces(self) -> Iterator[tuple[Face, list[Job]]]:
        """The faces that are still there, each with its jobs in the order of the timeline. A face may have been named by different meshes."""
        found: dict[int, tuple[Face, list[Job]]] = {}
        for job in sorted(self._done, key=lambda job: job.order.span.first_frame):
            try:
                face = job.face()
            except JobError as error:
                self._skipped.append(_skipped(job, error))
                continue
            found.setdefault(min(mesh.key.session_uid for mesh in face.meshes), (face, []))[1].append(job)
        yield from found.values()

    def _told_skipped(self) -> UserMessage:
        reasons = list(dict.fromkeys(self._skipped))
        return UserMessage(
            "{strips} skipped: {reasons}", strips=_strips(len(self._skipped)), reasons=shortened(reasons, _REASONS)
        )


def _write_apart(face: Face, jobs: Sequence[Job]) -> list[bpy.types.Action]:
    """An Action a strip, each in an NLA strip of its own."""
    with all_or_none() as actions:
        for job in jobs:
            actions.append(write_take(job.take, face, job.order, job.draft))
        for job, action in zip(jobs, actions, strict=True):  # only when all could be written
            nla.push_down(action, face, round(_EASE * job.take.fps))
    return actions


def _write_joined(face: Face, jobs: Sequence[Job]) -> list[bpy.types.Action]:
    """One Action of all strips, assigned."""
    first = jobs[0]
    with all_or_none() as actions:
        if len(jobs) == 1:
            actions.append(write_take(first.take, face, first.order, first.draft))
        else:
            parts = [
                (job.order.span.first_frame, Curves(job.take.names, job.take.values, job.take.fps)) for job in jobs
            ]
            values = crossfade.join(parts, round(_EASE * first.take.fps)).values
            actions.append(
                write_take(dataclasses.replace(first.take, values=values, frames=len(values)), face, first.order)
            )
            actions[0].name = take_store.new_name(face.meshes[0].object.name, first.take.identity)
            take_store.mark_parts(actions[0], [take_info(job.order, job.take) for job in jobs])
        face_action.assign(actions[0], face)
    return actions


def _skipped(job: Job, error: JobError) -> UserMessage:
    return UserMessage('"{strip}": {why}', strip=job.order.span.strip, why=error.message)


def shortened(messages: Sequence[UserMessage], most: int) -> list[UserMessage]:
    """Return the first of the messages, and how many more there are."""
    more = len(messages) - most
    return [*messages[:most], *([UserMessage("and {count} more", count=more)] if more > 0 else [])]


def _strips(number: int) -> UserMessage:
    return UserMessage("1 strip") if number == 1 else UserMessage("{count} strips", count=number)
