"""A take of curves: what every step after the sampler passes on, and the files that hold one."""

import csv
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from .arkit import CHANNELS

# LiveLinkFace's columns (Epic's capture app). Jaw and mouth left/right are swapped against Apple's order: read by name only.
_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_LIVELINK = (
    *(f"Eye{part}{side}" for side in ("Left", "Right") for part in _EYE),
    *("JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRight", "MouthLeft"),
    *("MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight", "MouthDimpleLeft", "MouthDimpleRight"),
    *("MouthStretchLeft", "MouthStretchRight", "MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper"),
    *("MouthPressLeft", "MouthPressRight", "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft", "MouthUpperUpRight"),
    *("BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"),
    *("CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft", "NoseSneerRight", "TongueOut"),
    *(f"{part}{axis}" for part in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")),
)
_LIVELINK_FPS = 60.0  # the app's default
_COMMON_FPS = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 120.0)
_DAY = 24 * 3600.0
_PIECE = 4096  # frames that are worked on at a time, to hold little memory


class CurvesError(ValueError):
    """A file of curves can't be read or written; the text is a sentence for the artist."""


@dataclass(frozen=True)
class Curves:
    """Named animation curves on an even grid.

    names: one ARKit name a channel; values: (frames, channels) float32 in 0..1; fps: frames a second;
    frame k lies at start + k / fps seconds of the sound.
    """

    names: tuple[str, ...]
    values: np.ndarray
    fps: float
    start: float = 0.0


def resample(curves: Curves, fps: float, count: int) -> Curves:
    """The same curves as count frames at fps, from the same start; the last frame is held where they end. Same fps: same values."""
    return Curves(curves.names, interpolate(curves.values, np.arange(count) * (curves.fps / fps)), fps, curves.start)


def interpolate(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """values (frames, channels) in 0..1 at other positions (count,), counted in frames -> (count, channels); the ends hold.

    Monotone cubic interpolation (PCHIP: Fritsch & Carlson 1980 with the harmonic mean of slopes): between two frames nothing leaves
    their range, so shut lips stay shut and a still face stays still.
    """
    values = np.asarray(values, dtype=np.float32)
    position = np.clip(position, 0, len(values) - 1)
    result = np.empty((len(position), values.shape[1]), np.float32)
    for first in range(0, len(position), _PIECE):
        piece = slice(first, first + _PIECE)
        np.clip(_pchip(values, position[piece]), 0.0, 1.0, out=result[piece])
    return result


def _pchip(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    left = position.astype(np.int64)
    t = (position - left).astype(np.float32)[:, None]
    first = max(int(left.min()) - 1, 0)
    values = values[first : left.max() + 3]  # with the neighbors that the slopes at either end are made of
    left -= first
    right = np.minimum(left + 1, len(values) - 1)
    step = np.diff(values, axis=0)
    before, after = step[:-1], step[1:]
    slope = np.zeros_like(values)
    np.divide(2 * before * after, before + after, out=slope[1:-1], where=before * after > 0)
    if len(step):
        slope[0], slope[-1] = step[0], step[-1]  # no steeper than the first and last step, so monotone too
    rest = 1 - t
    return values[left] + t * t * (3 - 2 * t) * (values[right] - values[left]) + t * rest * (rest * slope[left] - t * slope[right])


def write(path: str | Path, curves: Curves) -> None:
    """Write a take in the format that the path's suffix names: .csv (LiveLinkFace) or .json. Raises CurvesError."""
    _writer(Path(path))(path, curves)


def read(path: str | Path) -> Curves:
    """Read a take in the format that the path's suffix names: .csv (LiveLinkFace) or .json. Raises CurvesError."""
    path = Path(path)
    readers: dict[str, Callable[[Path], Curves]] = {".csv": read_livelink_csv, ".json": read_json}
    if path.suffix.lower() not in readers:
        raise CurvesError(f'"{path.name}" can\'t be read: choose a .csv (LiveLinkFace) or a .json.')
    if not path.is_file():
        raise CurvesError(f'There is no file "{path}": choose another.')
    return readers[path.suffix.lower()](path)


def check_path(path: str | Path) -> None:
    """Raise CurvesError when write() could not write there, as far as can be told beforehand."""
    path = Path(path)
    _writer(path)
    if path.is_dir():
        raise CurvesError(f'"{path}" is a folder: give the name of a file.')
    if not path.absolute().parent.is_dir():
        raise CurvesError(f'There is no folder "{path.absolute().parent}": make it first, or choose another.')


def _writer(path: Path) -> Callable[[str | Path, Curves], None]:
    writers = {".csv": write_livelink_csv, ".json": write_json}
    if path.suffix.lower() not in writers:
        raise CurvesError(f'"{path.name}" can\'t be written: give it the suffix .csv (LiveLinkFace) or .json.')
    return writers[path.suffix.lower()]


def write_json(path: str | Path, curves: Curves) -> None:
    """Write {"names", "fps", "start", "frames"}: frames is a list a frame, of one number a name. Raises CurvesError."""
    frames = [[round(float(value), 6) for value in frame] for frame in curves.values]
    content = json.dumps({"names": curves.names, "fps": curves.fps, "start": curves.start, "frames": frames})
    _replace(path, lambda file: file.write(content))


def read_json(path: str | Path) -> Curves:
    """Read what write_json wrote. Raises CurvesError."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        names, fps, start = tuple(map(str, data["names"])), float(data["fps"]), float(data["start"])
        values = np.array(data["frames"], dtype=np.float32)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CurvesError(f'"{path}" holds no curves that can be read ({error!r}): export them again.') from error
    if values.ndim != 2 or values.shape[1] != len(names) or not np.isfinite(values).all() or not 0 < fps < np.inf:
        raise CurvesError(f'"{path}" holds frames that don\'t fit its names or its fps: export them again.')
    return Curves(names, np.clip(values, 0.0, 1.0), fps, start)


def write_livelink_csv(path: str | Path, curves: Curves) -> None:
    """Write a LiveLinkFace CSV: all its 61 columns, zero where the take has none (head and eye rotation always are). Raises CurvesError.

    Timecode is HH:MM:SS:FF.mmm, where HH:MM:SS are seconds of the sound as a clock shows them, at 29.97 fps too, and FF.mmm are frames
    and thousandths of a frame since that second began. So no time drifts, no frame is dropped, and the fps can be read back.
    """
    column = {name[0].upper() + name[1:]: index for index, name in enumerate(curves.names)}
    found = [column.get(name) for name in _LIVELINK]

    def rows(file: TextIO) -> None:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("Timecode", "BlendshapeCount", *_LIVELINK))
        for index, frame in enumerate(curves.values):
            values = ("0" if position is None else f"{frame[position]:.6f}" for position in found)
            table.writerow((_timecode(curves.start + index / curves.fps, curves.fps), len(_LIVELINK), *values))

    _replace(path, rows)


def _timecode(time: float, fps: float) -> str:
    second, thousandth = int(time), round((time - int(time)) * fps * 1000)
    if thousandth > fps * 1000 - 0.5:  # rounded up into the next second
        second, thousandth = second + 1, 0
    frame, thousandth = divmod(thousandth, 1000)
    minute, second = divmod(second, 60)
    return f"{minute // 60 % 24:02}:{minute % 60:02}:{second:02}:{frame:02}.{thousandth:03}"


def read_livelink_csv(path: str | Path, fps: float | None = None) -> Curves:
    """Read a LiveLinkFace CSV, by column names; the start is its first timecode, which in a capture is the time of day.

    fps None: told from how many frames a second of the timecode holds; 60, the app's default, for a file within one second. Frames
    that were dropped or came unevenly are put on an even grid. Raises CurvesError.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file)
            header = [cell.strip() for cell in next(table, [])]
            rows = [row for row in table if row]
        column = {name[:1].lower() + name[1:]: index for index, name in enumerate(header)}
        names = tuple(name for name in CHANNELS if name in column)
        if not names or "timecode" not in column:
            raise CurvesError(f'"{path}" is no LiveLinkFace file: its first line names no Timecode or no ARKit channel.')
        values = np.array([[float(row[column[name]]) for name in names] for row in rows], dtype=np.float32)
        seconds, frames = _read_timecodes(row[column["timecode"]] for row in rows)
    except CurvesError:
        raise
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise CurvesError(f'"{path}" can\'t be read as a LiveLinkFace file ({error}): export it again.') from error
    if not len(values) or not np.isfinite(values).all():
        raise CurvesError(f'"{path}" holds no frames, or values that are no numbers: export it again.')
    fps = fps or _told_fps(seconds, frames)
    return _even(names, np.clip(values, 0.0, 1.0), seconds + frames / fps, fps)


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
        return _LIVELINK_FPS
    told = frames[edges] + 1 - frames[edges + 1]
    near = told[np.abs(told - np.median(told)) < 0.1]
    fps = float(near.mean())
    common = min(_COMMON_FPS, key=lambda rate: abs(rate - fps))
    return common if abs(common - fps) < 0.01 else max(fps, 1.0)


def _even(names: tuple[str, ...], values: np.ndarray, times: np.ndarray, fps: float) -> Curves:
    start = float(times[0])
    position = (times - start) * fps
    if np.abs(position - np.arange(len(values))).max() > 0.1:
        order = np.argsort(position, kind="stable")
        if position[order[-1]] > _DAY * fps:
            raise CurvesError("The timecodes of this file span more than a day: export it again.")
        grid = np.arange(round(position[order[-1]]) + 1)
        values = np.stack([np.interp(grid, position[order], channel[order]) for channel in values.T], axis=1).astype(np.float32)
    return Curves(names, values, fps, start)


def _replace(path: str | Path, fill: Callable[[TextIO], object]) -> None:
    """Write a text file whole or not at all."""
    path = Path(path)
    temporary = path.with_name(f".{path.stem[:40]}.{os.getpid()}.tmp")
    try:
        try:
            with open(temporary, "w", encoding="utf-8", newline="") as file:
                fill(file)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CurvesError(f'"{path}" can\'t be written ({error.strerror or error}): check the folder and its permissions.') from error
