"""Draw the contact sheet of many takes: a row each, with identity, emotion, frames and curves on shared scales."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageDraw

from .chart import BLINK, BROWS, JAW, SMILE, TOGETHER, Form, Speech, draw_chart, extent
from .moments import Moment
from .paper import CAPTION, INK, MARGIN, PALE, PAPER, RULE, WIDTH, draw_frames, font, frame_size

COLUMNS = 7

_LEFT = 270  # left edge of frames and curves
_GAP = 26  # between rows
_CROP = (0.20, 0.31, 0.82, 0.97)  # brows to chin
_FORM = Form((JAW, TOGETHER, SMILE, BROWS, BLINK), left=_LEFT, lane=30, wave=46, words=15)


@dataclass(frozen=True)
class Row:
    """A take in a style. frames: at most COLUMNS moments and their rendered pictures."""

    identity: str
    description: str
    emotion: str
    text: str
    frames: Sequence[tuple[Moment, Path]]
    speech: Speech


def draw_styles(rows: Sequence[Row]) -> Image.Image:
    """Draw one row for each take."""
    size = frame_size(_LEFT, COLUMNS, _CROP)
    chart_top = size[1] + CAPTION + 6
    row_height = chart_top + _FORM.height + _GAP
    sheet = Image.new("RGB", (WIDTH, 2 * MARGIN - _GAP + len(rows) * row_height), PAPER)
    draw = ImageDraw.Draw(sheet)
    extents = [extent(lane, [row.speech.curves for row in rows]) for lane in _FORM.lanes]
    for number, row in enumerate(rows):
        top = MARGIN + number * row_height
        if number:
            draw.line((MARGIN, top - _GAP // 2, WIDTH - MARGIN, top - _GAP // 2), RULE, 2)
        _draw_caption(draw, row, top)
        timed = [(replace(moment, note=f"{moment.time:.2f} s"), path) for moment, path in row.frames]
        draw_frames(sheet, timed, (_LEFT, top), size, _CROP)
        sheet.paste(
            draw_chart(_FORM, row.speech, [moment.time for moment, _ in row.frames], extents), (0, top + chart_top)
        )
    return sheet


def wrapped(text: str, width: float, letters: float) -> list[str]:
    """Wrap text to a width in pixels at a font size. Longer words stay whole."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font(letters).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _draw_caption(draw: ImageDraw.ImageDraw, row: Row, top: int) -> None:
    """Draw identity, description, emotion and text below each other."""
    y = top - 8.0
    for text, letters, color, above in (
        (row.identity, 34, INK, 0),
        (row.description, 18, PALE, 4),
        (row.emotion, 24, INK, 14),
        (f"\u201c{row.text}\u201d", 20, INK, 14),
    ):
        y += above
        for line in wrapped(text, _LEFT - MARGIN - 20, letters):
            draw.text((MARGIN, y), line, color, font(letters))
            y += 1.3 * letters
