"""Text in panels: progress, and messages that wrap. Runs in Blender."""

import textwrap

import bpy

from ...backend.messages import UserMessage
from ..generation.batch_job import Batch
from ..generation.job import Job
from ..locale import tr

_LETTER_WIDTH = 6.5  # pixels at 100 % scale, on average


def progress_caption(job: Job | Batch) -> str:
    """Return a job's stage, progress and remaining time, such as "Performing 40%, 3 s left"."""
    caption, left = f"{tr(job.stage)} {job.fraction:.0%}", job.remaining
    if left is None:
        return caption
    return caption + (
        tr(", {seconds:.0f} s left", seconds=left) if left < 100 else tr(", {minutes:.0f} min left", minutes=left / 60)
    )


def draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, message: UserMessage, icon: str) -> None:
    """Draw a message on as many lines as it needs, since Blender's labels don't wrap."""
    width = context.region.width / context.preferences.system.ui_scale if context.region else 250
    box = layout.box().column(align=True)
    box.alert = icon == "ERROR"
    box.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(tr(message), max(16, int((width - 60) / _LETTER_WIDTH)))):
        box.label(text=line, translate=False, icon="NONE" if number else icon)
