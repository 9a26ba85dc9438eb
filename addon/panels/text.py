"""Text in panels."""

import textwrap

import bpy

_LETTER = 6.5  # pixels that a letter takes at 100 %, on average


def draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str) -> None:
    """A sentence on as many lines as it needs: Blender's labels don't break."""
    width = context.region.width / context.preferences.system.ui_scale if context.region else 250
    box = layout.box().column(align=True)
    box.alert = icon == "ERROR"
    box.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, max(16, int((width - 60) / _LETTER)))):
        box.label(text=line, icon="NONE" if number else icon)
