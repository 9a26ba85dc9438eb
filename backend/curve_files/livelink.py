"""LiveLinkFace's CSV: what Epic's capture app writes, and Unreal reads."""

import csv
import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from ..arkit import CHANNELS
from ..curves.base import Curves, CurvesError
from .grid import common_fps, on_grid
from .whole import replace_text

# LiveLinkFace's columns (Epic's capture app). Jaw and mouth left/right are swapped against Apple's order: read by name only.
_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_COLUMNS = (
    *(f"Eye{part}{side}" for side in ("Left", "Right") for part in _EYE),
    *(
        "JawForward",
        "JawRight",
        "JawLeft",
        "JawOpen",
        "MouthClose",
        "MouthFunnel",
        "MouthPucker",
        "MouthRight",
        "MouthLeft",
    ),
    *("MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight", "MouthDimpleLeft", "MouthDimpleRight"),
    *(
        "MouthStretchLeft",
        "MouthStretchRight",
        "MouthRollLower",
        "MouthRollUpper",
        "MouthShrugLower",
        "MouthShrugUpper",
    ),
    *(
        "MouthPressLeft",
        "MouthPressRight",
        "MouthLowerDownLeft",
        "MouthLowerDownRight",
        "MouthUpperUpLeft",
        "MouthUpperUpRight",
    ),
    *("BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"),
    *("CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft", "NoseSneerRight", "TongueOut"),
    *(f"{part}{axis}" for part in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")),
)
_FPS = 60.0  # the app's default
_DAY = 24 * 3600.0
_LONGEST_LINE = 1 << 16  # letters


def write_csv(path: str | Path, curves: Curves) -> None:
    """Write a LiveLinkFace CSV: all its 61 columns, zero where the take has none (head and eye rotation always are). Raises CurvesError.

    Timecode is HH:MM:SS:FF.mmm, where HH:MM:SS are seconds of the sound as a clock shows them, at 29.97 fps too, and FF.mmm are frames
    and thousandths of a frame since that second began. So no time drifts, no frame is dropped, and the fps can be read back.
    """
    column = {name[0].upper() + name[1:]: index for index, name in enumerate(curves.names)}
    found = [column.get(name) for name in _COLUMNS]

    def rows(file: TextIO) -> None:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("Timecode", "BlendshapeCount", *_COLUMNS))
        for index, frame in enumerate(curves.values):
            values = ("0" if position is None else f"{frame[position]:.6f}" for position in found)
            table.writerow((_timecode(curves.start + index / curves.fps, curves.fps), len(_COLUMNS), *values))

    replace_text(path, rows)


def _timecode(time: float, fps: float) -> str:
    second, thousandth = int(time), round((time - int(time)) * fps * 1000)
    if thousandth > fps * 1000 - 0.5:  # rounded up into the next second
        second, thousandth = second + 1, 0
    frame, thousandth = divmod(thousandth, 1000)
    minute, second = divmod(second, 60)
    return f"{minute // 60 % 24:02}:{minute % 60:02}:{second:02}:{frame:02}.{thousandth:03}"


def read_csv(path: str | Path, fps: float | None = None) -> Curves:
    """Read a LiveLinkFace CSV, by column names; the start is its first timecode, which in a capture is the time of day.

    fps None: told from how many frames a second of the timecode holds; 60, the app's default, for a file within one second. Frames
    that were dropped or came unevenly are put on an even grid. Raises CurvesError.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.reader(_lines(file))
            header = [cell.strip() for cell in next(table, [])]
            column = {name[:1].lower() + name[1:]: index for index, name in enumerate(header)}
            names = tuple(name for name in CHANNELS if name in column)
            if not names or "timecode" not in column:
                raise CurvesError(
                    '"{file}" isn\'t a LiveLinkFace file, since its first line lacks Timecode or any ARKit channel: choose another',
                    file=path,
                )
            flat, codes = array("f"), []
            for row in table:
                if row:
                    flat.extend([float(row[column[name]]) for name in names])
                    codes.append(row[column["timecode"]])
        values = np.array(flat, np.float32).reshape(-1, len(names))
        seconds, frames = _read_timecodes(codes)
    except CurvesError:
        raise
    except (OSError, ValueError, IndexError, OverflowError, csv.Error) as error:
        raise CurvesError(
            '"{file}" can\'t be read as a LiveLinkFace file ({reason}): export it again', file=path, reason=error
        ) from error
    if not len(values) or not np.isfinite(values).all():
        raise CurvesError('"{file}" has no frames, or values that aren\'t numbers: export it again', file=path)
    fps = fps or _told_fps(seconds, frames)
    return on_grid(names, np.clip(values, 0.0, 1.0), seconds + frames / fps, fps)


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file. Raises ValueError for one that is longer than any table's."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise ValueError(f"a line has {_LONGEST_LINE} letters or more")
        yield line


def _read_timecodes(codes: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """(whole seconds, growing over midnight; frames since that second began), each (n,) float64."""
    parts = []
    for code in codes:
        match = re.fullmatch(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,3}(?:\.\d*)?)", code.strip())
        if match is None:
            raise ValueError(f"{code[:40]!r} is no timecode")
        hour, minute, second, frame = match.groups()
        parts.append((int(hour) * 3600 + int(minute) * 60 + int(second), float(frame)))
    times = np.array(parts, dtype=np.float64).reshape(-1, 2)
    return np.unwrap(times[:, 0], period=_DAY), times[:, 1]


def _told_fps(seconds: np.ndarray, frames: np.ndarray) -> float:
    """Where a new second begins, the next frame is one on: frames + 1 - fps. Most of them tell, dropped frames or not."""
    edges = np.flatnonzero(np.diff(seconds) == 1)
    if not len(edges):
        return _FPS
    told = frames[edges] + 1 - frames[edges + 1]
    near = told[np.abs(told - np.median(told)) < 0.1]
    return common_fps(float(near.mean()))
