"""The lane of sounds in the Sequencer and the Dope Sheet: the active take's sounds at the foot of the time axis. Runs in Blender."""

from functools import lru_cache
from typing import Any, NamedTuple

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ...backend.sounds.edit_list import Row
from ...backend.sounds.shapes import CLOSED, REST, SHAPE_OF
from ..operators.take_sounds import LIPSYNC_OT_sound_close, LIPSYNC_OT_sound_move, shown_shape
from ..properties import active_take, settings
from ..takes import take_sounds, take_store

_HEIGHT, _BOTTOM = 20, 26  # pixels at 100 % scale; below it is the scroll bar
_LOW = 110  # pixels; in a region that is lower, as the Timeline usually is, the lane is a line without labels
_LINE = 6
_FONT, _FONT_SIZE = 0, 11
_Color = tuple[float, float, float, float]
_FAINT = 0.4  # alpha of a deleted sound
_CLOSED, _OTHER, _REST, _WORD, _EDITED = (
    (0.78, 0.30, 0.30, 0.85),
    (0.27, 0.42, 0.58, 0.75),
    (0.2, 0.2, 0.2, 0.45),
    (0.3, 0.3, 0.3, 0.75),
    (0.95, 0.68, 0.15, 1.0),
)
_SPACES = (bpy.types.SpaceSequenceEditor, bpy.types.SpaceDopeSheetEditor)
_MENUS = (bpy.types.SEQUENCER_MT_context_menu, bpy.types.DOPESHEET_MT_context_menu)
_handles: list[tuple[Any, Any]] = []


class _Box(NamedTuple):
    """Something with a label on the time axis. start, end: seconds from the take's start."""

    label: str
    start: float
    end: float
    color: _Color
    is_edited: bool = False


class _Axis(NamedTuple):
    """The time axis of a region in pixels. origin: of the take's start. second: width of a second. width: of the region."""

    origin: float
    second: float
    width: int


def _draw() -> None:
    context = bpy.context
    if not settings(context).show_sounds or not hasattr(context.region, "view2d"):
        return
    action = active_take(context)
    sounds, words = _boxes(*take_sounds.stored(action)) if action else ([], [])
    if action is None or not sounds:
        return
    info = take_store.read_info(action)
    to_x = context.region.view2d.view_to_region
    left, _ = to_x(info.first_frame, 0, clip=False)
    right, _ = to_x(info.first_frame + info.performance.fps, 0, clip=False)
    axis = _Axis(left, right - left, context.region.width)
    scale = context.preferences.system.ui_scale
    if context.region.height < _LOW * scale:
        _draw_boxes(sounds, axis, 0, _LINE * scale, 0.0)
        return
    low, height = _BOTTOM * scale, _HEIGHT * scale
    _draw_boxes(sounds, axis, low, low + height, _FONT_SIZE * scale)
    _draw_boxes(words, axis, low + height + scale, low + 2 * height, _FONT_SIZE * scale)


@lru_cache(maxsize=4)
def _boxes(*stored: str) -> tuple[list[_Box], list[_Box]]:
    """Return the boxes of a take's sounds and words."""
    known = take_sounds.parsed(*stored)
    sounds = [
        _Box(
            "" if SHAPE_OF[row.sound.label] == REST else shown_shape(row.sound).split(",")[0],
            row.sound.start,
            row.sound.end,
            _color(row),
            row.is_edited,
        )
        for row in known.rows()
    ]
    return sounds, [_Box(word.text, word.start, word.end, _WORD) for word in known.words]


def _draw_boxes(boxes: list[_Box], axis: _Axis, low: float, high: float, font_size: float) -> None:
    """Draw a row of boxes between two heights in pixels. font_size: 0 for no labels."""
    corners: dict[_Color, list[tuple[float, float]]] = {}  # one batch a color, as a long take has thousands of sounds
    labels: list[tuple[_Box, float]] = []
    if font_size:
        blf.size(_FONT, font_size)
    for box in boxes:
        left, right = axis.origin + box.start * axis.second, axis.origin + box.end * axis.second
        if right < 0 or left > axis.width:
            continue
        right = max(right, left + 2)
        corners.setdefault(box.color, []).extend(_corners(left + 1, low, right, high))
        if box.is_edited:
            corners.setdefault(_EDITED, []).extend(_corners(left + 1, high - (high - low) / 6, right, high))
        if font_size and box.label and right - left > font_size / 2:
            width = blf.dimensions(_FONT, box.label)[0]
            if width < right - left - 2:
                labels.append((box, (left + right - width) / 2))
    gpu.state.blend_set("ALPHA")
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    for color in sorted(corners, key=lambda color: color == _EDITED):  # the mark of an edit lies on top
        shader.uniform_float("color", color)
        batch_for_shader(shader, "TRIS", {"pos": corners[color]}).draw(shader)
    for box, left in labels:
        blf.color(_FONT, 1.0, 1.0, 1.0, 0.4 + 0.6 * (box.color[3] > _FAINT))
        blf.position(_FONT, left, low + (high - low - font_size) / 2 + 1, 0)
        blf.draw(_FONT, box.label)
    gpu.state.blend_set("NONE")


def _corners(left: float, low: float, right: float, high: float) -> list[tuple[float, float]]:
    """Return the corners of two triangles that make a rectangle."""
    return [(left, low), (right, low), (right, high), (left, low), (right, high), (left, high)]


def _color(row: Row) -> _Color:
    shape = SHAPE_OF[row.sound.label]
    color = _CLOSED if shape == CLOSED else _REST if shape == REST else _OTHER
    return (*color[:3], color[3] * (0.4 if row.sound.strength == 0 else 1.0))


def _draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Offer the edits that need the mouse in the menus of the right mouse button."""
    action = active_take(context)
    if action and take_sounds.read(action).heard:
        self.layout.separator()
        self.layout.operator(LIPSYNC_OT_sound_close.bl_idname)
        self.layout.operator(LIPSYNC_OT_sound_move.bl_idname)


def register() -> None:
    for menu in _MENUS:
        menu.append(_draw_menu)
    if bpy.app.background:
        return  # nothing is drawn, and there may be no GPU
    for space in _SPACES:
        _handles.append((space, space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")))


def unregister() -> None:
    for menu in _MENUS:
        menu.remove(_draw_menu)
    while _handles:
        space, handle = _handles.pop()
        space.draw_handler_remove(handle, "WINDOW")
