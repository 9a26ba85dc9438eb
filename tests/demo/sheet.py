"""The contact sheet: telling frames of a take, and its curves over the speech below them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from backend.curves import Curves

from .moments import Moment, Phone

_WIDTH, _MARGIN, _GAP = 1800, 30, 12
_COLUMNS = 6
_CHART_LEFT = 180  # where time begins: room for the names of the lanes
_LANE, _WAVE, _PHONES = 62, 90, 44  # heights
_LEAST = 0.25  # a lane is scaled to its peak, but not to less than this
_CROP = (0.13, 0.25, 0.88, 1.0)  # of a picture, left, top, right, bottom: the face without the hair, so that the mouth is large
_FINE = 2  # charts are drawn this much larger, then scaled down, for smooth lines
_PAPER, _INK, _PALE, _RULE = (250, 250, 248), (30, 32, 36), (120, 124, 130), (222, 222, 218)


@dataclass(frozen=True)
class Lane:
    """A line of the chart: the largest of some channels, up; the largest of others, down. Scaled to its peak."""

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    color: tuple[int, int, int]


LANES = (
    Lane("Jaw Open", ("jawOpen",), (), (196, 78, 62)),
    Lane("Lips Together", ("mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper"), (), (52, 108, 176)),
    Lane("Lips Round", ("mouthPucker", "mouthFunnel"), (), (126, 84, 166)),
    Lane("Smile / Frown", ("mouthSmileLeft", "mouthSmileRight"), ("mouthFrownLeft", "mouthFrownRight"), (52, 140, 96)),
    Lane("Blink", ("eyeBlinkLeft", "eyeBlinkRight"), (), (96, 102, 112)),
    Lane("Brows Up / Down", ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), ("browDownLeft", "browDownRight"), (190, 132, 36)),
)


def draw_sheet(
    title: str, text: str, frames: Sequence[tuple[Moment, Path]], curves: Curves, samples: np.ndarray, rate: int, phones: Sequence[Phone]
) -> Image.Image:
    """text: the words, or ""; frames: moments and the pictures rendered there; samples: (n,) mono speech at rate Hz from the curves' start; phones: may be empty."""
    side = (_WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS
    rows = -(-len(frames) // _COLUMNS)
    top = 92
    chart_top = top + rows * (side + 62)
    lanes_height = _WAVE + (_PHONES if phones else 6) + len(LANES) * _LANE + 40
    sheet = Image.new("RGB", (_WIDTH, chart_top + lanes_height + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, 28), title, _INK, _font(30))
    draw.text((_WIDTH - _MARGIN, 36), text, _PALE, _font(22), anchor="ra")
    for number, (moment, path) in enumerate(frames):
        left, upper = _MARGIN + number % _COLUMNS * (side + _GAP), top + number // _COLUMNS * (side + 62)
        with Image.open(path) as picture:
            x0, y0, x1, y1 = (part * picture.width for part in _CROP)
            sheet.paste(picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS, (x0, y0, x1, y1)), (left, upper))
        draw.text((left + 2, upper + side + 8), f"{number + 1}", _PALE, _font(18))
        draw.text((left + side // 2, upper + side + 6), moment.label, _INK, _font(26), anchor="ma")
        draw.text((left + side - 2, upper + side + 10), moment.note, _PALE, _font(17), anchor="ra")
    chart = _draw_chart(lanes_height, [moment.time for moment, _ in frames], curves, samples, rate, phones)
    sheet.paste(chart, (0, chart_top))
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _draw_chart(
    height: int, times: Sequence[float], curves: Curves, samples: np.ndarray, rate: int, phones: Sequence[Phone]
) -> Image.Image:
    image = Image.new("RGB", (_WIDTH * _FINE, height * _FINE), _PAPER)
    draw = ImageDraw.Draw(image)
    left, right = _CHART_LEFT * _FINE, (_WIDTH - _MARGIN) * _FINE
    seconds = max(len(samples) / rate, len(curves.values) / curves.fps)

    def x(time: float) -> float:
        return left + (right - left) * time / seconds

    lane_top = (_WAVE + (_PHONES if phones else 6)) * _FINE
    bottom = lane_top + len(LANES) * _LANE * _FINE
    for number, time in enumerate(times):
        draw.line((x(time), 0, x(time), bottom), (236, 214, 170), 2 * _FINE)
        draw.text((x(time) + 4 * _FINE, 0), f"{number + 1}", _PALE, _font(15 * _FINE))
    for second in range(int(seconds) + 1):
        draw.line((x(second), bottom, x(second), bottom + 8 * _FINE), _PALE, _FINE)
        draw.text((x(second), bottom + 10 * _FINE), f"{second} s", _PALE, _font(16 * _FINE), anchor="ma")

    _draw_wave(draw, samples, left, right, x(len(samples) / rate))
    draw.text((_MARGIN * _FINE, _WAVE * _FINE / 2), "Speech", _INK, _font(17 * _FINE), anchor="lm")
    _draw_phones(draw, phones, x)

    grid = [x(frame / curves.fps) for frame in range(len(curves.values))]
    for number, lane in enumerate(LANES):
        up, down = _highest(curves, lane.up), _highest(curves, lane.down)
        peaks = f"{up.max():.2f}" + (f" / {down.max():.2f}" if lane.down else "")
        reach = max(float(up.max() + down.max()), _LEAST)
        scale = (_LANE - 10) * _FINE / reach
        base = lane_top + (number + 1) * _LANE * _FINE - float(down.max()) * scale
        draw.line((left, base, right, base), _RULE, _FINE)
        upper = lane_top + (number + 0.5) * _LANE * _FINE
        draw.text((_MARGIN * _FINE, upper), lane.name, _INK, _font(17 * _FINE), anchor="lm")
        draw.text((_MARGIN * _FINE, upper + 18 * _FINE), f"to {peaks}", _PALE, _font(13 * _FINE), anchor="lm")
        _draw_curve(draw, grid, base, -up * scale, lane.color)
        if lane.down:
            _draw_curve(draw, grid, base, down * scale, lane.color)
    return image.resize((_WIDTH, height), Image.Resampling.LANCZOS)


def _draw_wave(draw: ImageDraw.ImageDraw, samples: np.ndarray, left: float, right: float, end: float) -> None:
    """A line from the lowest to the highest sample for each column of pixels."""
    middle, reach = _WAVE * _FINE / 2 + 8 * _FINE, _WAVE * _FINE / 2 - 10 * _FINE
    loudest = max(float(np.abs(samples).max()), 1e-6)
    for column, part in enumerate(np.array_split(samples, max(1, int(min(end, right) - left)))):
        if len(part):
            low, high = middle - reach * part.min() / loudest, middle - reach * part.max() / loudest
            draw.line((left + column, high, left + column, max(low, high + 1)), (168, 174, 182))


def _draw_phones(draw: ImageDraw.ImageDraw, phones: Sequence[Phone], x: Callable[[float], float]) -> None:
    """Labels in two rows by turns, or short sounds would overlap."""
    spoken = [phone for phone in phones if phone.label not in ("SIL", "SP")]
    for number, phone in enumerate(spoken):
        middle = (x(phone.start) + x(phone.end)) / 2
        draw.text((middle, (_WAVE + 14 + number % 2 * 15) * _FINE), phone.label, _INK, _font(13 * _FINE), anchor="mm")


def _draw_curve(draw: ImageDraw.ImageDraw, grid: Sequence[float], base: float, values: np.ndarray, color: tuple[int, int, int]) -> None:
    """A filled curve: values in pixels below the base line."""
    line = list(zip(grid, (base + values).tolist(), strict=True))
    soft = tuple(round(0.35 * tone + 0.65 * paper) for tone, paper in zip(color, _PAPER, strict=True))
    if len(line) > 1:
        draw.polygon([(grid[0], base), *line, (grid[-1], base)], soft)
        draw.line(line, color, 2 * _FINE, joint="curve")


def _highest(curves: Curves, names: Sequence[str]) -> np.ndarray:
    return curves.values[:, [curves.names.index(name) for name in names]].max(axis=1, initial=0.0)
