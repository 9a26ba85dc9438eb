"""Colors, fonts and rows of captioned frames for contact sheets."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .moments import Moment

WIDTH, MARGIN = 1800, 30  # pixels, as all sizes here
PAPER, INK, PALE, RULE = (250, 250, 248), (30, 32, 36), (120, 124, 130), (222, 222, 218)
CAPTION = 36  # below a frame

_GAP = 12


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def frame_size(left: int, columns: int, crop: tuple[float, float, float, float]) -> tuple[int, int]:
    """Return the width and height of frames that fill a row of the sheet from left on. columns: frames per row."""
    width = (WIDTH - left - MARGIN - (columns - 1) * _GAP) // columns
    return width, round(width * (crop[3] - crop[1]) / (crop[2] - crop[0]))


def draw_frames(
    sheet: Image.Image,
    frames: Sequence[tuple[Moment, Path]],
    corner: tuple[int, int],
    size: tuple[int, int],
    crop: tuple[float, float, float, float],
    first: int = 1,
) -> None:
    """Draw a row of square pictures with the captions of their moments.

    corner: left and top of the row; size: of a frame; crop: the visible part of a picture as left, top, right, bottom
    in 0..1; first: the number of the first frame.
    """
    draw = ImageDraw.Draw(sheet)
    width, height = size
    left, top = corner
    for number, (moment, path) in enumerate(frames, first):
        with Image.open(path) as picture:
            x0, y0, x1, y1 = (part * picture.width for part in crop)
            sheet.paste(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, (x0, y0, x1, y1)), (left, top))
        below = top + height
        draw.text((left + 2, below + 8), f"{number}", PALE, font(18))
        draw.text((left + width // 2, below + 6), moment.label, INK, font(26), anchor="ma")
        draw.text((left + width - 2, below + 10), moment.note, PALE, font(17), anchor="ra")
        left += width + _GAP
