"""Read and write JSON files of curves. The content tells the layout.

BEAT's layout, which is also the one written here, with "fps" in addition:
    {"names": ["browDownLeft", ...], "frames": [{"weights": [0.1, ...], "time": 0.0166}, ...]}   one weight per name, time in seconds
The same with plain lists as frames, an even rate and the start of the first frame in seconds:
    {"names": [...], "fps": 30.0, "start": 0.0, "frames": [[0.1, ...], ...]}
Audio2Face's layout, from its app's "Export as JSON":
    {"exportFps": 60.0, "trackPath": "hello.wav", "numPoses": 52, "numFrames": 600, "facsNames": ["browDownLeft", ...],
     "weightMat": [[0.1, ...], ...]}   one row per frame, one weight per name
MediaPipe's results, as programs store them: a name and a score for each category, or names with numbers, and a time:
    [{"timestamp_ms": 33, "categories": [{"categoryName": "browDownLeft", "score": 0.1}, ...]}, {"time": 0.1, "browDownLeft": 0.1, ...}]
For takes with rotations, the files written here also have "rotations": {"HeadYaw": [0.1, ...], ...}, in radians.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..curves.base import Curves, CurvesError
from .channels import check_fps, check_start, pick_channels, pick_rotations
from .grid import measured_fps, on_grid
from .whole import read_whole, replace_text

_BEAT_FPS = 60.0
_NO_TIME_FPS = 30.0  # the usual rate of cameras, whose frames MediaPipe analyzes
_CATEGORY = ("categoryName", "category_name", "name", "displayName")
_CLOCKS = {
    "time": 1.0,
    "timeCode": 1.0,
    "seconds": 1.0,
    "timestamp_ms": 1e3,
    "timestampMs": 1e3,
    "time_ms": 1e3,
    "ms": 1e3,
    "timestamp": 1e3,
}
_MAX_LISTS = 5_000_000  # and objects in a file


def write_json(path: str | Path, curves: Curves) -> None:
    """Write BEAT's layout. Times are seconds of the sound. Raises CurvesError."""
    frames = [
        {"weights": [round(float(value), 6) for value in frame], "time": round(curves.start + index / curves.fps, 6)}
        for index, frame in enumerate(curves.values)
    ]
    data: dict[str, Any] = {"names": curves.names, "fps": curves.fps, "frames": frames}
    if curves.rotations:
        data["rotations"] = {name: [round(float(a), 6) for a in angles] for name, angles in curves.rotations.items()}
    replace_text(path, lambda file: file.write(json.dumps(data)))


def read_json(path: str | Path) -> Curves:
    """Read any of the layouts. Uneven frames are put on an even grid. Raises CurvesError."""
    path = Path(path)
    try:
        data = json.loads(_bounded(read_whole(path)))
        if isinstance(data, list) or "names" not in data and "facsNames" not in data:
            return _read_categories(path, data)
        return _read_audio2face(path, data) if "facsNames" in data else _read_beat(path, data)
    except CurvesError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CurvesError(
            '"{file}" contains no readable curves ({reason}): export it again',
            file=path.name,
            reason=repr(error),
        ) from error


def _bounded(content: bytes) -> bytes:
    """Return the content. Raises ValueError for more lists and objects than a take has.

    In memory, each of them takes fifty times its size in the file.
    """
    if content.count(b"[") + content.count(b"{") > _MAX_LISTS:
        raise ValueError("it has more lists than any take")
    return content


def _read_audio2face(path: Path, data: dict[str, Any]) -> Curves:
    fps = check_fps(path, float(data["exportFps"]))
    return Curves(*pick_channels(path, data["facsNames"], np.array(data["weightMat"], np.float32)), fps)


def _read_beat(path: Path, data: dict[str, Any]) -> Curves:
    frames = data["frames"]
    turned = pick_rotations(data.get("rotations", {}), len(frames))
    if frames and isinstance(frames[0], dict):
        names, values = pick_channels(path, data["names"], np.array([frame["weights"] for frame in frames], np.float32))
        times = np.array([frame["time"] for frame in frames], np.float64)
        fps = check_fps(path, float(data["fps"]) if "fps" in data else measured_fps(times, _BEAT_FPS))
        return on_grid((*names, *turned), np.concatenate([values, *_columns(turned)], axis=1), times, fps)
    fps, start = check_fps(path, float(data["fps"])), check_start(path, float(data["start"]))
    return Curves(*pick_channels(path, data["names"], np.array(frames, np.float32)), fps, start, turned)


def _columns(rotations: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [angles[:, None] for angles in rotations.values()]


def _read_categories(path: Path, data: Any) -> Curves:
    """Read a list of frames, or the longest list in an object. Skip frames without a face."""
    frames = data if isinstance(data, list) else max((v for v in data.values() if isinstance(v, list)), key=len)
    found = [(index, weights) for index, frame in enumerate(frames) if (weights := _weights(frame, 0))]
    names = [*{name: None for _, weights in found for name in weights}]
    values = np.array([[weights.get(name, 0.0) for name in names] for _, weights in found], np.float32)
    picked = pick_channels(path, names, values.reshape(len(found), len(names)))
    fps = float(data["fps"]) if isinstance(data, dict) and "fps" in data else None
    times = np.array([_time(frames[index], index, fps or _NO_TIME_FPS) for index, _ in found], np.float64)
    return on_grid(*picked, times, check_fps(path, fps or measured_fps(times, _NO_TIME_FPS)))


def _weights(frame: Any, depth: int) -> dict[str, float]:
    """Collect all names with a number or a score in a frame, at any depth. Return name -> number."""
    found: dict[str, float] = {}
    if depth > 6:
        return found
    if isinstance(frame, dict):
        name = next((frame[key] for key in _CATEGORY if isinstance(frame.get(key), str) and frame[key]), None)
        score = next((frame[key] for key in ("score", "value", "weight") if key in frame), None)
        if name and isinstance(score, int | float):
            return {name: float(score)}
        found = {
            key: float(value) for key, value in frame.items() if type(value) in (int, float) and key not in _CLOCKS
        }
    for inner in frame.values() if isinstance(frame, dict) else frame if isinstance(frame, list) else ():
        if isinstance(inner, dict | list):
            found |= _weights(inner, depth + 1)
    return found


def _time(frame: Any, index: int, fps: float) -> float:
    """Return a frame's time in seconds from its clock, or else from its index."""
    for key, scale in _CLOCKS.items():
        if isinstance(frame, dict) and type(frame.get(key)) in (int, float):
            return float(frame[key]) / scale
    return index / fps
