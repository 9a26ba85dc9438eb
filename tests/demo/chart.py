"""Draw the chart of a take: the waveform, the phones, and one lane for each group of channels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from backend.curves.base import Curves

from .moments import Phone
from .paper import INK, MARGIN, PALE, PAPER, RULE, WIDTH, font

_LEAST = 0.25  # smallest peak that a lane is scaled to
_FINE = 2  # supersampling factor, for smooth lines


@dataclass(frozen=True)
class Lane:
    """A lane of the chart: the maximum of some channels upward, and of others downward."""

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    color: tuple[int, int, int]


JAW = Lane("Jaw Open", ("jawOpen",), (), (196, 78, 62))
TOGETHER = Lane(
    "Lips Together",
    ("mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper"),
    (),
    (52, 108, 176),
)
ROUND = Lane("Lips Round", ("mouthPucker", "mouthFunnel"), (), (126, 84, 166))
SMILE = Lane(
    "Smile / Frown", ("mouthSmileLeft", "mouthSmileRight"), ("mouthFrownLeft", "mouthFrownRight"), (52, 140, 96)
)
BLINK = Lane("Blink", ("eyeBlinkLeft", "eyeBlinkRight"), (), (96, 102, 112))
BROWS = Lane(
    "Brows Up / Down",
    ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    ("browDownLeft", "browDownRight"),
    (190, 132, 36),
)


@dataclass(frozen=True)
class Speech:
    """A performance and its sound. samples: (n,) mono at rate Hz, starting with the curves; phones may be empty."""

    curves: Curves
    samples: np.ndarray
    rate: int
    phones: Sequence[Phone]

    @property
    def seconds(self) -> float:
        return max(len(self.samples) / self.rate, len(self.curves.values) / self.curves.fps)


@dataclass(frozen=True)
class Form:
    """The layout of a chart, in pixels. left: where time starts, after the names of the lanes; words: the font size."""

    lanes: Sequence[Lane]
    left: int
    lane: int
    wave: int
    words: int

    @property
    def phones(self) -> int:
        """Return the height of the phone labels. They alternate between two rows so that short phones don't overlap."""
        return round(2.6 * self.words)

    @property
    def height(self) -> int:
        return self.wave + self.phones + len(self.lanes) * self.lane + 2 * self.words


def extent(lane: Lane, performances: Sequence[Curves]) -> tuple[float, float]:
    """Return how far a lane reaches up and down over all performances."""
    return tuple(max(float(_highest(curves, names).max()) for curves in performances) for names in (lane.up, lane.down))  # type: ignore[return-value]


def draw_chart(
    form: Form, speech: Speech, times: Sequence[float], extents: Sequence[tuple[float, float]]
) -> Image.Image:
    """Draw a chart as wide as the sheet.

    times: s, marked with numbers from 1; extents: for each lane, the values up and down that it is scaled to.
    """
    image = Image.new("RGB", (WIDTH * _FINE, form.height * _FINE), PAPER)
    draw = ImageDraw.Draw(image)
    left, right = form.left * _FINE, (WIDTH - MARGIN) * _FINE

    def x(time: float) -> float:
        return left + (right - left) * time / speech.seconds

    words = form.words * _FINE
    lane_top = (form.wave + form.phones) * _FINE
    bottom = lane_top + len(form.lanes) * form.lane * _FINE
    for number, time in enumerate(times):
        draw.line((x(time), 0, x(time), bottom), (236, 214, 170), 2 * _FINE)
        draw.text((x(time) + 4 * _FINE, 0), f"{number + 1}", PALE, font(0.9 * words))
    for second in range(int(speech.seconds) + 1):
        draw.line((x(second), bottom, x(second), bottom + 0.4 * words), PALE, _FINE)
        draw.text((x(second), bottom + 0.5 * words), f"{second} s", PALE, font(0.9 * words), anchor="ma")

    draw.text((MARGIN * _FINE, form.wave * _FINE / 2), "Speech", INK, font(words), anchor="lm")
    _draw_wave(draw, form.wave * _FINE, speech.samples, left, min(x(len(speech.samples) / speech.rate), right))
    _draw_phones(draw, form, speech.phones, x)

    grid = [x(frame / speech.curves.fps) for frame in range(len(speech.curves.values))]
    for number, (lane, (up, down)) in enumerate(zip(form.lanes, extents, strict=True)):
        upper = lane_top + number * form.lane * _FINE
        scale = 0.85 * form.lane * _FINE / max(up + down, _LEAST)
        base = upper + form.lane * _FINE - down * scale
        draw.line((left, base, right, base), RULE, _FINE)
        middle = upper + 0.5 * form.lane * _FINE
        draw.text((MARGIN * _FINE, middle), lane.name, INK, font(words), anchor="lm")
        reaches = f"{up:.2f}" + (f" / {down:.2f}" if lane.down else "")
        draw.text((left - words, middle), reaches, PALE, font(0.8 * words), anchor="rm")
        _draw_curve(draw, grid, base, -_highest(speech.curves, lane.up) * scale, lane.color)
        if lane.down:
            _draw_curve(draw, grid, base, _highest(speech.curves, lane.down) * scale, lane.color)
    return image.resize((WIDTH, form.height), Image.Resampling.LANCZOS)


def _draw_wave(draw: ImageDraw.ImageDraw, height: float, samples: np.ndarray, left: float, right: float) -> None:
    """Draw a line from the lowest to the highest sample for each column of pixels."""
    middle, reach = 0.55 * height, 0.42 * height
    loudest = max(float(np.abs(samples).max()), 1e-6)
    for column, part in enumerate(np.array_split(samples, max(1, int(right - left)))):
        if len(part):
            low, high = middle - reach * part.min() / loudest, middle - reach * part.max() / loudest
            draw.line((left + column, high, left + column, max(low, high + 1)), (168, 174, 182))


def _draw_phones(draw: ImageDraw.ImageDraw, form: Form, phones: Sequence[Phone], x: Callable[[float], float]) -> None:
    spoken = [phone for phone in phones if phone.label not in ("SIL", "SP")]
    for number, phone in enumerate(spoken):
        y = form.wave + (0.3 + number % 2 * 0.35) * form.phones
        draw.text(
            ((x(phone.start) + x(phone.end)) / 2, y * _FINE),
            phone.label,
            INK,
            font(0.8 * form.words * _FINE),
            anchor="mm",
        )


def _draw_curve(
    draw: ImageDraw.ImageDraw, grid: Sequence[float], base: float, values: np.ndarray, color: tuple[int, int, int]
) -> None:
    """Draw a filled curve. values: pixels below the base line."""
    line = list(zip(grid, (base + values).tolist(), strict=True))
    soft = tuple(round(0.35 * tone + 0.65 * paper) for tone, paper in zip(color, PAPER, strict=True))
    if len(line) > 1:
        draw.polygon([(grid[0], base), *line, (grid[-1], base)], soft)
        draw.line(line, color, 2 * _FINE, joint="curve")


def _highest(curves: Curves, names: Sequence[str]) -> np.ndarray:
    return curves.values[:, [curves.names.index(name) for name in names]].max(axis=1, initial=0.0)
