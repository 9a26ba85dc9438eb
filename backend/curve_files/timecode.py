"""Convert timecodes HH:MM:SS:FF.mmm to seconds. Their frame rate is not stated and must be inferred."""

import re
from collections.abc import Sequence

import numpy as np

from .grid import common_fps

_DAY = 24 * 3600.0
_DEFAULT_FPS = 60.0  # Live Link Face's
_CODE = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})([:;.,])(\d{1,3}(?:[.,]\d*)?)")
_RATE_TOLERANCE = 0.01  # relative difference at which two rates count as equal


def is_timecode(text: str) -> bool:
    """Return True if a cell is a timecode."""
    return _CODE.fullmatch(text.strip()) is not None


def read_timecodes(codes: Sequence[str], fps: float | None = None) -> tuple[np.ndarray, float]:
    """Convert one timecode per row to seconds (n,) float64. Also return the rows per second.

    The rate follows from the step between rows and from the jump to the next second. Minutes that begin with frame 2
    or 4 are drop-frame timecode at 29.97 or 59.94 fps.
    fps: the artist's choice where the rate is ambiguous, as in a capture within one second, or at 29.97 fps counted
    like 30. It is the rate of the timecode if possible, or else that of the rows. Raises ValueError.
    """
    second, frame, semicolons = _parsed(codes)
    step = _step(second, frame)
    inferred = _frames_a_second(second, frame, step)
    if inferred is None and fps is not None and (step <= 1.01 or frame.max() < fps):
        inferred = fps
    base = inferred or next((rate for rate in (_DEFAULT_FPS, 120.0, 240.0) if frame.max() < rate), 1000.0)
    nominal = round(base)
    count = second * base + frame
    dropped = _dropped(second, frame, semicolons, nominal) if abs(base - nominal) < 0.1 and nominal in (30, 60) else 0
    rate = base
    if dropped:
        minute = second // 60
        count = second * nominal + frame - dropped * (minute - minute // 10)
        rate = nominal * 1000 / 1001
    if fps is not None:
        rate = fps if abs(fps - rate) < _RATE_TOLERANCE * rate else fps * step
    return count / rate, common_fps(rate / step, max(0.01, 0.002 * rate / step)) if step != 1 else rate


def _parsed(codes: Sequence[str]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return whole seconds, increasing across midnight, frames within them, and whether a semicolon separates the two."""
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
    """Return the frames, without fractions if these repeat the position within the second, as some apps write it."""
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
    """Return the number of timecode frames between two rows."""
    steps = np.diff(frame)[(np.diff(second) == 0) & (np.diff(frame) > 0)]
    if not len(steps):
        return 1.0
    near = steps[np.abs(steps - np.median(steps)) < 0.25 * np.median(steps)]
    step = float(near.mean())
    return float(round(step)) if abs(step - round(step)) < 0.02 and round(step) else step


def _frames_a_second(second: np.ndarray, frame: np.ndarray, step: float) -> float | None:
    """Infer the frame rate from rows at which a new second begins: the next frame is frame + step - fps.

    The median tolerates dropped rows. Return None without such rows.
    """
    edges = np.flatnonzero(np.diff(second) == 1)
    rates = frame[edges] + step - frame[edges + 1]
    rates = rates[rates > 0]
    if not len(rates):
        return None
    near = rates[np.abs(rates - np.median(rates)) < max(0.1, 0.05 * step)]
    fps = float(near.mean())
    least = float(frame.max())
    return common_fps(fps) if fps > least else float(np.floor(least) + 1)


def _dropped(second: np.ndarray, frame: np.ndarray, semicolons: bool, nominal: int) -> int:
    """Return the frame numbers skipped per minute, except every tenth: 2 or 4 in drop-frame timecode, else 0."""
    drop = nominal // 15
    begins = np.flatnonzero((np.diff(second) >= 1) & (second[1:] % 60 == 0) & (second[1:] // 60 % 10 != 0)) + 1
    if len(begins):
        return drop if (frame[begins] >= drop).all() and (frame[begins] < drop + 2).mean() > 0.5 else 0
    return drop if semicolons else 0
