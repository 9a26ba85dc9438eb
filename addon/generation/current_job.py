"""The running job, the timer that advances it, and why the last one failed. Runs in Blender."""

import atexit

import bpy

from ...backend.messages import UserMessage
from .backend_process import process
from .batch_job import Batch
from .job import Job


class CurrentJob:
    """The state that outlives an operator and belongs to no .blend file. There is one: `current`."""

    def __init__(self) -> None:
        self.job: Job | Batch | None = None
        self.timer: bpy.types.Timer | None = None
        self.error: UserMessage | None = None  # of the last job; None when it succeeded


current = CurrentJob()


@bpy.app.handlers.persistent
def _close(*_: object) -> None:
    """Cancel the running job and stop the backend; the add-on may be enabled again."""
    if current.job:
        current.job.cancel()
        current.job = None
    process.close()


def register() -> None:
    atexit.register(_close)
    if hasattr(bpy.app.handlers, "exit_pre"):  # 5.1+: while Blender is still whole
        bpy.app.handlers.exit_pre.append(_close)


def unregister() -> None:
    if hasattr(bpy.app.handlers, "exit_pre"):
        bpy.app.handlers.exit_pre.remove(_close)
    atexit.unregister(_close)
    _close()
