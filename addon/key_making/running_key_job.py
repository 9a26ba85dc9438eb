"""The job that makes keys now, and the timer that watches it. Runs in Blender."""

from __future__ import annotations

import bpy

from ...backend.messages import UserMessage
from .key_job import KeyJob


class RunningKeyJob:
    """The state that outlives an operator and belongs to no .blend file. There is one: `running`."""

    def __init__(self) -> None:
        self.job: KeyJob | None = None
        self.timer: bpy.types.Timer | None = None
        self.error: UserMessage | None = None  # of the last job; None when it succeeded

    def give_up(self) -> None:
        """Stop the job. What it found is lost."""
        if self.job:
            self.job.cancel()
        self.job = None


running = RunningKeyJob()
