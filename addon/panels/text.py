"""Text in panels."""

import textwrap

import bpy

from ...backend.messages import UserMessage
from ..generation.batch_job import Batch
from ..generation.job import Job
from ..locale import tr

_LETTER = 6.5  # pixels that a letter takes at 100 %, on average


def progress_caption(job: Job | Batch) -> str:
    """How far a job is, and how long it will still take: "Performing 40%, 3 s left"."""
    caption, left = f"{tr(job.stage)} {job.fraction:.0%}", job.remaining
    if left is None:
        return caption
    return caption + (
        tr(", {seconds:.0f} s left", seconds=left) if left < 100 else tr(", {minutes:.0f} min left", minutes=left / 60)
    )


def draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, message: UserMessage, icon: str) -> None:
    """Draw a message on as many lines as it needs: Blender's labels don't break."""
    width = context.region.width / context.preferences.system.ui_scale if context.region else 250
    box = layout.box().column(align=True)
    box.alert = icon == "ERROR"
    box.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(tr(message), max(16, int((width - 60) / _LETTER)))):
        box.label(text=line, translate=False, icon="NONE" if number else icon)
