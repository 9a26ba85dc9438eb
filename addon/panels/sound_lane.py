"""The lane of sounds in the Sequencer and the Dope Sheet: the active take's sounds at the foot of the time axis. Runs in Blender."""

from functools import lru_cache
from typing import Any

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ...backend.sounds.edit_list import Row
from ...backend.sounds.shapes import CLOSED, REST, SHAPE_OF
from ..operators.take_sounds import shown_shape
from ..properties import active_take, settings
from ..takes import take_sounds, take_store

_HEIGHT, _BOTTOM = 20, 26  # pixels at 100 % scale; below it is the scroll bar
_LOW = 110  # pixels; in a region that is lower, as the Timeline usually is, the lane is a line without labels
_LINE = 6
_FONT, _FONT_SIZE = 0, 11
_CLOSED, _OTHER, _REST, _EDITED = (
    (0.78, 0.30, 0.30, 0.85),
    (0.27, 0.42, 0.58, 0.75),
    (0.2, 0.2, 0.2, 0.45),
    (0.95, 0.68, 0.15, 1.0),
)
_SPACES = (bpy.types.SpaceSequenceEditor, bpy.types.SpaceDopeSheetEditor)
_handles: list[tuple[Any, Any]] = []


def _draw() -> None:
    context = bpy.context
    if not settings(context).show_sounds or not hasattr(context.region, "view2d"):
        return
    action = active_take(context)
    if action is None:
        return
    rows = _rows(*take_sounds.stored(action))
    if not rows:
        return
    info = take_store.read_info(action)
    to_x = context.region.view2d.view_to_region
    left, _ = to_x(info.first_frame, 0, clip=False)
    right, _ = to_x(info.first_frame + info.performance.fps, 0, clip=False)
    scale = context.preferences.system.ui_scale
    bottom, height = (0, _LINE) if context.region.height < _LOW * scale else (_BOTTOM, _HEIGHT)
    lane = bottom * scale, (bottom + height) * scale
    _draw_rows(rows, left, right - left, context.region.width, lane, _FONT_SIZE * scale if height > _LINE else 0.0)


@lru_cache(maxsize=4)
def _rows(heard: str, edits: str) -> list[Row]:
    return take_sounds.parsed(heard, edits).rows()


def _draw_rows(
    rows: list[Row], origin: float, second: float, width: int, lane: tuple[float, float], font_size: float
) -> None:
    """Draw sounds. origin: pixel of the take's start. second: pixels of a second. lane: its lower and upper edge. font_size: 0 for no labels."""
    low, high = lane
    gpu.state.blend_set("ALPHA")
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    blf.size(_FONT, font_size)
    for row in rows:
        left, right = origin + row.sound.start * second, origin + row.sound.end * second
        if right < 0 or left > width:
            continue
        _box(shader, left + 1, low, max(right, left + 2), high, _color(row))
        if row.is_edited:
            _box(shader, left + 1, high - (high - low) / 6, max(right, left + 2), high, _EDITED)
        text = "" if SHAPE_OF[row.sound.label] == REST or not font_size else shown_shape(row.sound).split(",")[0]
        text_width, _ = blf.dimensions(_FONT, text)
        if text and text_width < right - left - 2:
            blf.color(_FONT, 1.0, 1.0, 1.0, 0.4 if row.sound.strength == 0 else 1.0)
            blf.position(_FONT, (left + right - text_width) / 2, low + (high - low - font_size) / 2 + 1, 0)
            blf.draw(_FONT, text)
    gpu.state.blend_set("NONE")


def _color(row: Row) -> tuple[float, float, float, float]:
    shape = SHAPE_OF[row.sound.label]
    color = _CLOSED if shape == CLOSED else _REST if shape == REST else _OTHER
    return (*color[:3], color[3] * (0.4 if row.sound.strength == 0 else 1.0))


def _box(
    shader: "gpu.types.GPUShader",
    left: float,
    low: float,
    right: float,
    high: float,
    color: tuple[float, float, float, float],
) -> None:
    corners = ((left, low), (right, low), (right, high), (left, high))
    shader.uniform_float("color", color)
    batch_for_shader(shader, "TRIS", {"pos": corners}, indices=((0, 1, 2), (0, 2, 3))).draw(shader)


def register() -> None:
    if bpy.app.background:
        return  # nothing is drawn, and there may be no GPU
    for space in _SPACES:
        _handles.append((space, space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")))


def unregister() -> None:
    while _handles:
        space, handle = _handles.pop()
        space.draw_handler_remove(handle, "WINDOW")
