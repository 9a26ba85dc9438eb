"""Timecodes into seconds: HH:MM:SS:FF.mmm, of which nothing says how many frames a second has."""

import re
from collections.abc import Sequence

import numpy as np

from .grid import common_fps

_DAY = 24 * 3600.0
_DEFAULT_FPS = 60.0  # Live Link Face's
_CODE = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})([:;.,])(\d{1,3}(?:[.,]\d*)?)")
_SAME = 0.01  # share by which two rates may differ


def is_timecode(text: str) -> bool:
    """Whether a cell is a timecode."""
    return _CODE.fullmatch(text.strip()) is not None


def read_timecodes(codes: Sequence[str], fps: float | None = None) -> tuple[np.ndarray, float]:
    """Timecodes, one a row, as (seconds (n,) float64, rows a second).

    A second has as many frames as the rows' step within it and the jump to the next one tell; a minute that begins with frame 2 or 4 is
    drop-frame's, at 29.97 or 59.94. fps: what the artist says, where that can't be told (a capture within a second, 29.97 that counts like
    30): of the timecode's frames where it can be theirs, else of the rows. Raises ValueError.
    """
    second, frame, semicolons = _parsed(codes)
    step = _step(second, frame)
    told = _frames_a_second(second, frame, step)
    if told is None and fps is not None and (step <= 1.01 or frame.max() < fps):
        told = fps
    base = told or next((rate for rate in (_DEFAULT_FPS, 120.0, 240.0) if frame.max() < rate), 1000.0)
    nominal = round(base)
    count = second * base + frame
    dropped = _dropped(second, frame, semicolons, nominal) if abs(base - nominal) < 0.1 and nominal in (30, 60) else 0
    rate = base
    if dropped:
        minute = second // 60
        count = second * nominal + frame - dropped * (minute - minute // 10)
        rate = nominal * 1000 / 1001
    if fps is not None:
        rate = fps if abs(fps - rate) < _SAME * rate else fps * step
    return count / rate, common_fps(rate / step, max(0.01, 0.002 * rate / step)) if step != 1 else rate


def _parsed(codes: Sequence[str]) -> tuple[np.ndarray, np.ndarray, bool]:
    """(whole seconds, growing over midnight; frames since that second began; whether a semicolon stands before them)."""
    parts, semicolons = [], False
    for code in codes:
        match = _CODE.fullmatch(code.strip())
        if match is None:
            raise ValueError(f"{code[:40]!r} is no timecode")
        hour, minute, second, mark, frame = match.groups()
        semicolons |= mark == ";"
        parts.append((int(hour) * 3600 + int(minute) * 60 + int(second), float(frame.replace(",", "."))))
    times = np.array(parts, dtype=np.float64).reshape(-1, 2)
    return np.unwrap(times[:, 0], period=_DAY), _whole_frames(times[:, 1]), semicolons


def _whole_frames(frame: np.ndarray) -> np.ndarray:
    """The same; the whole numbers alone where what is behind the point is no part of a frame but, once more, of the second."""
    whole = np.floor(frame)
    behind, frames = frame - whole, whole.max() + 1
    if (
        len(frame) > 10
        and frames > 20
        and np.ptp(behind) > 0.8
        and (np.abs(behind - whole / frames) < 0.02).mean() > 0.95
    ):
        return whole
    return frame


def _step(second: np.ndarray, frame: np.ndarray) -> float:
    """How many frames of the timecode lie between two rows."""
    steps = np.diff(frame)[(np.diff(second) == 0) & (np.diff(frame) > 0)]
    if not len(steps):
        return 1.0
    near = steps[np.abs(steps - np.median(steps)) < 0.25 * np.median(steps)]
    step = float(near.mean())
    return float(round(step)) if abs(step - round(step)) < 0.02 and round(step) else step


def _frames_a_second(second: np.ndarray, frame: np.ndarray, step: float) -> float | None:
    """Where a new second begins, the next row is a step on: frame + step - fps. Most of them tell, dropped rows or not."""
    edges = np.flatnonzero(np.diff(second) == 1)
    told = frame[edges] + step - frame[edges + 1]
    told = told[told > 0]
    if not len(told):
        return None
    near = told[np.abs(told - np.median(told)) < max(0.1, 0.05 * step)]
    fps = float(near.mean())
    least = float(frame.max())
    return common_fps(fps) if fps > least else float(np.floor(least) + 1)


def _dropped(second: np.ndarray, frame: np.ndarray, semicolons: bool, nominal: int) -> int:
    """How many numbers are left out where a minute begins, but for every tenth: 2 or 4 in drop-frame timecode, else 0."""
    drop = nominal // 15
    begins = np.flatnonzero((np.diff(second) >= 1) & (second[1:] % 60 == 0) & (second[1:] // 60 % 10 != 0)) + 1
    if len(begins):
        return drop if (frame[begins] >= drop).all() and (frame[begins] < drop + 2).mean() > 0.5 else 0
    return drop if semicolons else 0
