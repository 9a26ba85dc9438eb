"""Read tables with ARKit's channels as columns, as from Live Link Face, Audio2Face-3D, Face Cap, MediaPipe and SAiD.

Each row is a frame. A column holds its time as a timecode, seconds, milliseconds or a frame number. Missing numbers are
interpolated from neighboring rows. Rows without a time and a truncated last row are skipped.
"""

import csv
import math
import re
from array import array
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..arkit import map_names
from ..curves.base import ROTATIONS, Curves, CurvesError
from .channels import check_fps, pick_channels
from .grid import measured_fps, on_grid
from .text_table import number, read_text, split_table
from .timecode import is_timecode, read_timecodes

_DEFAULT_FPS = 60.0  # of tables without times: the rate of SAiD and Live Link Face
# Name of a time column, in lower case without separators -> its units per second; None to infer them from the steps.
_TIMES: dict[str, float | None] = {
    **{name: None for name in ("time", "timestamp", "timecode", "t", "times", "timestamps")},
    **{
        name: 1.0
        for name in ("seconds", "sec", "secs", "times", "timesec", "timeseconds", "timestamps", "timestampsec")
    },
    **{name: 1e3 for name in ("ms", "milliseconds", "timems", "timestampms", "msec", "timemsec", "timestampmsec")},
    **{name: 1e6 for name in ("us", "timeus", "timestampus")},
    **{name: 1e9 for name in ("ns", "timens", "timestampns")},
}
_FRAMES = ("frame", "frames", "framenumber", "frameid", "frameindex", "frameidx")
_ROTATIONS = {name.lower(): name for name in ROTATIONS}
_FACE_CAP = (
    "time_ms",
    "x",
    "y",
    "z",
    "HeadPitch",
    "HeadYaw",
    "HeadRoll",
    "LeftEyePitch",
    "LeftEyeYaw",
    "RightEyePitch",
    "RightEyeYaw",
)
_MIN_FILLED = 0.5  # share of the cells that must hold a number


def read_table(path: str | Path, fps: float | None = None) -> Curves:
    """Read a table of curves.

    fps: the frame rate if the file doesn't state it, see timecode.read_timecodes. Ignored if the file has seconds.
    Raises CurvesError.
    """
    path = Path(path)
    try:
        text = read_text(path)
        header, rows, separator = split_table(text, _known)
        if header[0].lower() == "bs":
            return _face_cap(path, header[1:], rows)
        return _table(path, header, rows, separator != ",", fps)
    except CurvesError:
        raise
    except (OSError, ValueError, IndexError, OverflowError, csv.Error) as error:
        raise CurvesError(
            '"{file}" can\'t be read as a table of curves ({reason}): export it with a line of ARKit names and a row for '
            "each frame",
            file=path.name,
            reason=error,
        ) from error


def _known(cells: list[str]) -> int:
    return len(map_names(cells).keys)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _table(path: Path, header: list[str], rows: Iterable[list[str]], decimal_comma: bool, fps: float | None) -> Curves:
    time = next((k for k, name in enumerate(header) if _plain(name) in _TIMES), None)
    frame = next((k for k, name in enumerate(header) if _plain(name) in _FRAMES), None)
    named = {name: k for k, name in enumerate(header) if name}
    picked = [name for names in map_names(named).keys.values() for name in names]
    turned = {_ROTATIONS[_plain(name)]: name for name in named if _plain(name) in _ROTATIONS}
    columns = [named[name] for name in (*picked, *turned.values())]
    when = time if time is not None else frame
    cells, values = _read_rows(rows, columns, when, len(header), decimal_comma)
    if not len(values):
        raise CurvesError('"{file}" has no frames, or values that aren\'t numbers: export it again', file=path.name)
    values, names = _filled(path, values, [*picked, *turned.values()])
    rotations = {name: values[:, names.index(spelled)] for name, spelled in turned.items() if spelled in names}
    channels = [name for name in names if name in picked]
    found, weights = pick_channels(path, channels, values[:, [names.index(name) for name in channels]])
    scale = None if time is None else _TIMES[_plain(header[time])]
    times, fps = _times(cells, len(values), time is None, scale, decimal_comma, fps)
    stacked = np.concatenate([weights, *(angles[:, None] for angles in rotations.values())], axis=1)
    return on_grid((*found, *rotations), stacked, times, check_fps(path, fps))


def _read_rows(
    rows: Iterable[list[str]], columns: list[int], when: int | None, width: int, decimal_comma: bool
) -> tuple[list[str], np.ndarray]:
    """Return the usable rows: cells of the column `when`, and numbers (rows, columns), NaN where missing."""
    flat, cells, lengths = array("f"), list[str](), list[int]()
    for row in rows:
        if not any(row) or (when is not None and (len(row) <= when or not _is_time(row[when], decimal_comma))):
            continue
        lengths.append(len(row))
        flat.extend([number(row[k], decimal_comma) if k < len(row) else math.nan for k in columns])
        if when is not None:
            cells.append(row[when])
    if len(lengths) > 1 and lengths[-1] < width <= lengths[0]:  # truncated while it was written
        del flat[-len(columns) :], cells[-1:], lengths[-1:]
    if lengths and np.median(lengths) > width + 1:
        raise ValueError(
            f"its rows have more cells than the {width} names, as decimal commas make of them: save it with semicolons, or with points"
        )
    return cells, np.array(flat, np.float32).reshape(len(lengths), len(columns))


def _is_time(cell: str, decimal_comma: bool) -> bool:
    return is_timecode(cell) or bool(np.isfinite(number(cell, decimal_comma)))


def _filled(path: Path, values: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Interpolate missing values. Return them with the names of nonempty columns. Raises CurvesError for too few."""
    values[~np.isfinite(values)] = np.nan
    known = ~np.isnan(values)
    filled = known.any(axis=0)
    if not filled.any() or known[:, filled].mean() < _MIN_FILLED:
        raise CurvesError('"{file}" has no frames, or values that aren\'t numbers: export it again', file=path.name)
    values, known = values[:, filled], known[:, filled]
    frames = np.arange(len(values))
    for column in np.flatnonzero(~known.all(axis=0)):
        good = known[:, column]
        values[:, column] = np.interp(frames, frames[good], values[good, column])
    return values, [name for name, keep in zip(names, filled, strict=True) if keep]


def _times(
    cells: list[str], count: int, are_frames: bool, scale: float | None, decimal_comma: bool, fps: float | None
) -> tuple[np.ndarray, float]:
    """Return the times of the rows in seconds, and the frame rate."""
    if not cells:
        fps = fps or _DEFAULT_FPS
        return np.arange(count) / fps, fps
    if not are_frames and is_timecode(cells[len(cells) // 2]):
        return read_timecodes(cells, fps)
    times = np.array([number(cell, decimal_comma) for cell in cells], np.float64)
    if are_frames:
        fps = fps or _DEFAULT_FPS
        return times / fps, fps
    if scale is None:
        step = float(np.median(np.abs(np.diff(times)))) if count > 1 else 0.0
        scale = next((scale for limit, scale in ((2e6, 1e9), (2e3, 1e6), (2.0, 1e3)) if step > limit), 1.0)
    times = times / scale
    return times, measured_fps(times, fps or _DEFAULT_FPS)


def _face_cap(path: Path, names: list[str], rows: Iterable[list[str]]) -> Curves:
    """Read Face Cap's .txt.

    It has a line of names (`bs,...`). Each frame has `k`, milliseconds, the head's position, and the angles of head
    and eyes in degrees.
    """
    frames = (row[1:] for row in rows if row and row[0] == "k")
    taken = _table(path, [*_FACE_CAP, *(name for name in names if name)], frames, False, None)
    return replace(taken, rotations={name: np.radians(angles) for name, angles in taken.rotations.items()})
