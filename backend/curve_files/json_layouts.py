"""JSON files of curves, told apart by their content.

BEAT's, which is also what we write, with "fps" besides:
    {"names": ["browDownLeft", ...], "frames": [{"weights": [0.1, ...], "time": 0.0166}, ...]}   one weight a name; time in seconds
The same with bare lists for frames, an even rate and the second at which the first frame lies:
    {"names": [...], "fps": 30.0, "start": 0.0, "frames": [[0.1, ...], ...]}
Audio2Face's, as its app exports it with "Export as JSON":
    {"exportFps": 60.0, "trackPath": "hello.wav", "numPoses": 52, "numFrames": 600, "facsNames": ["browDownLeft", ...],
     "weightMat": [[0.1, ...], ...]}   one row a frame, one weight a name
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..curves.base import Curves, CurvesError
from .channels import check_fps, check_start, pick_channels
from .grid import common_fps, on_grid
from .whole import read_whole, replace_text

_BEAT_FPS = 60.0
_MOST_LISTS = 5_000_000


def write_json(path: str | Path, curves: Curves) -> None:
    """Write BEAT's layout; times are seconds of the sound. Raises CurvesError."""
    frames = [
        {"weights": [round(float(value), 6) for value in frame], "time": round(curves.start + index / curves.fps, 6)}
        for index, frame in enumerate(curves.values)
    ]
    replace_text(
        path, lambda file: file.write(json.dumps({"names": curves.names, "fps": curves.fps, "frames": frames}))
    )


def read_json(path: str | Path) -> Curves:
    """Read any of the three layouts. Frames that come unevenly are put on an even grid. Raises CurvesError."""
    path = Path(path)
    try:
        data = json.loads(_bounded(read_whole(path)))
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
    """The same. Raises ValueError for more lists and objects than a take has: each takes fifty times the memory that it has bytes."""
    if content.count(b"[") + content.count(b"{") > _MOST_LISTS:
        raise ValueError("it has more lists than any take")
    return content


def _read_audio2face(path: Path, data: dict[str, Any]) -> Curves:
    fps = check_fps(path, float(data["exportFps"]))
    return Curves(*pick_channels(path, data["facsNames"], np.array(data["weightMat"], np.float32)), fps)


def _read_beat(path: Path, data: dict[str, Any]) -> Curves:
    frames = data["frames"]
    if frames and isinstance(frames[0], dict):
        names, values = pick_channels(path, data["names"], np.array([frame["weights"] for frame in frames], np.float32))
        times = np.array([frame["time"] for frame in frames], np.float64)
        return on_grid(
            names, values, times, check_fps(path, float(data["fps"]) if "fps" in data else _measured_fps(times))
        )
    fps, start = check_fps(path, float(data["fps"])), check_start(path, float(data["start"]))
    return Curves(*pick_channels(path, data["names"], np.array(frames, np.float32)), fps, start)


def _measured_fps(times: np.ndarray) -> float:
    """Of the steps from frame to frame those that are about as long as most, since times are rounded and frames may be missing."""
    steps = np.diff(times)
    if not len(steps) or not np.median(steps) > 0:
        return _BEAT_FPS
    near = steps[np.abs(steps - np.median(steps)) < 0.25 * np.median(steps)]
    return common_fps(1 / float(near.mean()))
