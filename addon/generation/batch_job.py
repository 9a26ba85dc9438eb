"""Generate all strips of a cast list: jobs that run one after another and are keyed together at the end. Runs in Blender."""

import dataclasses
import time
from collections import deque
from collections.abc import Iterator, Sequence

import bpy

from ...backend.messages import UserMessage
from ...backend.performance import AUTO
from ..keyframes import face_action
from ..rig.face_rig import Face
from ..takes import crossfade, nla, take_store
from . import motion_check
from .job import Job, time_left
from .request import JobError, JobRequest, JobResult
from .sound_strip import StripError
from .take_writer import all_or_none, take_info, write_take

_EASE = 0.2  # seconds in which a face leaves its rest before a strip, and returns to it after
_MAX_REASONS = 3  # listed for skipped strips


class Batch:
    """Many jobs with the interface of one Job. Strips that fail are skipped; nothing is keyed before the end.

    skipped: why strips were left out, a sentence each. joined: write one Action per character, not one per strip.
    A character keeps the identity that its first strip is matched to.
    """

    def __init__(self, requests: Sequence[JobRequest], skipped: Sequence[UserMessage], joined: bool) -> None:
        self.cancelled = False
        self._count = len(requests)
        self._waiting = deque(requests)
        self._skipped = [*skipped]
        self._joined = joined
        self._identities: dict[int, str] = {}  # face -> identity of its first strip
        self._job: Job | None = None
        self._done: list[Job] = []
        self._began: tuple[float, float] | None = None  # when the first job began
        self._left = 0  # strips that weren't done when the artist canceled

    @property
    def stage(self) -> UserMessage:
        """A caption: the number of the current strip, and its stage."""
        return UserMessage(
            "{number} of {count}: {stage}",
            number=min(self._finished + 1, self._count),
            count=self._count,
            stage=self._job.stage if self._job else UserMessage("Starting"),
        )

    @property
    def fraction(self) -> float:
        """The progress of all jobs together, 0..1."""
        return (self._finished + (self._job.fraction if self._job else 0.0)) / max(self._count, 1)

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end; None while it's too early to tell."""
        return time_left(self._began, self.fraction)

    @property
    def _finished(self) -> int:
        return self._count - len(self._waiting) - (self._job is not None)

    def pump(self, wait: float = 0.0) -> bool:
        """Advance the current job, see Job.pump(); True when no job is left."""
        self._began = self._began or (time.monotonic(), 0.0)
        if self._job is None and not self._begin_next():
            return True
        assert self._job is not None
        try:
            if not self._job.pump(wait):
                return False
            self._identities.setdefault(self._job.request.face, self._job.take.identity)
            self._done.append(self._job)
        except JobError as error:
            self._skipped.append(_skipped(self._job, error))
        self._job = None
        return not self._waiting

    def cancel(self) -> None:
        """Cancel the strips that are not done. If others are, pump() ends at once and those can be applied."""
        self._left = len(self._waiting) + (self._job is not None)
        self._waiting.clear()
        if self._job:
            self._job.cancel()
            self._job = None
        self.cancelled = not self._done

    def _begin_next(self) -> bool:
        while self._waiting:
            request = self._waiting.popleft()
            if request.performance.identity == AUTO:
                request = request.with_performance(identity=self._identities.get(request.face, AUTO))
            try:
                self._job = Job(request)
                return True
            except (StripError, JobError) as error:
                self._skipped.append(error.message)
        return False

    def apply(self) -> JobResult:
        """Key the strips that are done. Raises JobError when none is."""
        actions: list[bpy.types.Action] = []
        warnings: dict[UserMessage, None] = {}  # an ordered set
        spoken = 0
        for face, jobs in self._faces():
            written = _write_joined(face, jobs) if self._joined else _write_apart(face, jobs)
            still = motion_check.find_obstacles(face, written[0], bpy.context.scene)
            warnings |= dict.fromkeys([*face.warnings(), *still, *(notice for job in jobs for notice in job.notices)])
            actions += written
            spoken += len(jobs)
        if not actions:
            raise JobError("No take was made: {why}", why=self._describe_skipped())
        count = len(actions)
        info = UserMessage("1 take made") if count == 1 else UserMessage("{count} takes made", count=count)
        if spoken > count:
            info = UserMessage("{info} of {strips} strips", info=info, strips=spoken)
        if self._left:
            info = UserMessage("Canceled: {info}, {strips} left", info=info, strips=_strips(self._left))
        if self._skipped:
            warnings = {self._describe_skipped(): None} | warnings
        return JobResult(
            tuple(action.name for action in actions), info, tuple(warnings), self._done[0].request.performance.seed
        )

    def _faces(self) -> Iterator[tuple[Face, list[Job]]]:
        """Yield the faces that still exist, each with its jobs in timeline order. Different meshes may stand for one face."""
        found: dict[int, tuple[Face, list[Job]]] = {}
        for job in sorted(self._done, key=lambda job: job.request.span.first_frame):
            try:
                face = job.face()
            except JobError as error:
                self._skipped.append(_skipped(job, error))
                continue
            found.setdefault(min(mesh.key.session_uid for mesh in face.meshes), (face, []))[1].append(job)
        yield from found.values()

    def _describe_skipped(self) -> UserMessage:
        reasons = list(dict.fromkeys(self._skipped))
        return UserMessage(
            "{strips} skipped: {reasons}", strips=_strips(len(self._skipped)), reasons=shortened(reasons, _MAX_REASONS)
        )


def _write_apart(face: Face, jobs: Sequence[Job]) -> list[bpy.types.Action]:
    """Write an Action for each strip, in an NLA strip of its own."""
    with all_or_none() as actions:
        for job in jobs:
            actions.append(write_take(job.take, face, job.request, job.key_reduction))
        for job, action in zip(jobs, actions, strict=True):  # only when all could be written
            nla.push_down(action, face, round(_EASE * job.take.curves.fps))
    return actions


def _write_joined(face: Face, jobs: Sequence[Job]) -> list[bpy.types.Action]:
    """Write one Action for all strips, and assign it."""
    first = jobs[0]
    with all_or_none() as actions:
        if len(jobs) == 1:
            actions.append(write_take(first.take, face, first.request, first.key_reduction))
        else:
            parts = [(job.request.span.first_frame, job.take.curves) for job in jobs]
            joined = crossfade.join(parts, round(_EASE * first.take.curves.fps))
            actions.append(write_take(dataclasses.replace(first.take, curves=joined, sounds=()), face, first.request))
            actions[0].name = take_store.new_name(face.meshes[0].object.name, first.take.identity)
            take_store.mark_parts(actions[0], [take_info(job.request, job.take) for job in jobs])
        face_action.assign(actions[0], face)
    return actions


def _skipped(job: Job, error: JobError) -> UserMessage:
    return UserMessage('"{strip}": {why}', strip=job.request.span.strip, why=error.message)


def shortened(messages: Sequence[UserMessage], most: int) -> list[UserMessage]:
    """Return the first of the messages, and how many more there are."""
    more = len(messages) - most
    return [*messages[:most], *([UserMessage("and {count} more", count=more)] if more > 0 else [])]


def _strips(number: int) -> UserMessage:
    return UserMessage("1 strip") if number == 1 else UserMessage("{count} strips", count=number)
