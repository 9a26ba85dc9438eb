"""Draw the contact sheet of one take: frames, and below them its curves and speech."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from .chart import BLINK, BROWS, JAW, ROUND, SMILE, TOGETHER, Form, Speech, draw_chart, extent
from .moments import Moment
from .paper import CAPTION, INK, MARGIN, PALE, PAPER, WIDTH, draw_frames, font, frame_size

_COLUMNS = 6
_TOP, _BETWEEN = 92, 26  # space above the frames, and below each row
_CROP = (0.13, 0.25, 0.88, 1.0)  # without the hair, so that the mouth is large
_FORM = Form((JAW, TOGETHER, ROUND, SMILE, BLINK, BROWS), left=260, lane=62, wave=90, words=17)


def draw_sheet(title: str, text: str, frames: Sequence[tuple[Moment, Path]], speech: Speech) -> Image.Image:
    """Draw the sheet. text: the spoken words, or ""; frames: moments and their rendered pictures."""
    size = frame_size(MARGIN, _COLUMNS, _CROP)
    row_height = size[1] + CAPTION + _BETWEEN
    chart_top = _TOP + -(-len(frames) // _COLUMNS) * row_height
    sheet = Image.new("RGB", (WIDTH, chart_top + _FORM.height + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 28), title, INK, font(30))
    draw.text((WIDTH - MARGIN, 36), text, PALE, font(22), anchor="ra")
    for row, first in enumerate(range(0, len(frames), _COLUMNS)):
        draw_frames(sheet, frames[first : first + _COLUMNS], (MARGIN, _TOP + row * row_height), size, _CROP, first + 1)
    extents = [extent(lane, [speech.curves]) for lane in _FORM.lanes]
    sheet.paste(draw_chart(_FORM, speech, [moment.time for moment, _ in frames], extents), (0, chart_top))
    return sheet
