"""The request and the result of a job. Runs in Blender."""

from dataclasses import dataclass, replace
from typing import Any

from ...backend.messages import UserError, UserMessage
from ...backend.performance import Performance
from ..backend_setup import BackendSetup
from ..keyframes import face_action
from ..span import Span
from ..takes.locks import UNLOCKED, Locks
from ..takes.take_sounds import NO_SOUNDS, TakeSounds


class JobError(UserError):
    """A job failed."""


@dataclass(frozen=True)
class JobRequest:
    """A request to generate takes of a strip for a face.

    face: session_uid of an object, which survives an undo where a reference would not.
    locks: what the new take is to share with an earlier one, whose values are in performance.locked.
    locked_action: session_uid of the Action whose locked keys are copied; None to key the locked values like all others.
    repeats: the take is the face's active one, made again.
    sounds: those of the take before, whose edits the new take gets too.
    """

    span: Span
    face: int
    performance: Performance
    style: face_action.Style
    setup: BackendSetup
    locks: Locks = UNLOCKED
    locked_action: int | None = None
    repeats: bool = False
    sounds: TakeSounds = NO_SOUNDS

    def with_performance(self, **changes: Any) -> "JobRequest":
        """Return the same request with other fields of its performance."""
        return replace(self, performance=replace(self.performance, **changes))


@dataclass(frozen=True)
class JobResult:
    """The result of a job. actions: names of the new Actions. seed: of the first."""

    actions: tuple[str, ...]
    info: UserMessage
    warnings: tuple[UserMessage, ...]
    seed: int
