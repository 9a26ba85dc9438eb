"""What goes into a job, and what comes out of it."""

from dataclasses import dataclass

import numpy as np

from ...backend.messages import UserError, UserMessage
from ..backend_setup import BackendSetup
from ..keyframes import face_action
from ..takes.locks import UNLOCKED, Locks
from . import sound_strip


class JobError(UserError):
    """A job came to nothing."""


@dataclass(frozen=True)
class JobRequest:
    """What is wanted. face: session_uid of an object, which outlives undo where a reference would not; moods and kept: as in Generate;
    locks: what of an Action stays as it is, keys and all where that Action is named: kept_of, a session_uid."""

    span: sound_strip.Span
    face: int
    identity: str
    emotion: str
    seed: int
    count: int
    style: face_action.Style
    setup: BackendSetup
    intensity: float = 1.0
    moods: tuple[tuple[float, str, float], ...] = ()
    locks: Locks = UNLOCKED
    kept: np.ndarray | None = None
    kept_of: int | None = None


@dataclass(frozen=True)
class JobResult:
    """What a job did: the new Actions' names, and messages on them."""

    actions: tuple[str, ...]
    info: UserMessage
    warnings: tuple[UserMessage, ...]
    seed: int
