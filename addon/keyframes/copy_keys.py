"""Keys of one F-curve for another, to the bit: all of them, or a stretch cut out of the curve without changing its course."""

from dataclasses import dataclass

import bpy
import numpy as np

_CONSTANT, _LINEAR, _BEZIER = range(3)  # bpy.types.Keyframe.interpolation as foreach_get gives it
_FREE = 0  # a handle that no update moves
_BISECTIONS = 60
# What of a key makes the curve's course and its look in the editors: attribute -> (numbers a key, their type).
_ATTRIBUTES: dict[str, tuple[int, type]] = {
    "co": (2, np.float32),
    "handle_left": (2, np.float32),
    "handle_right": (2, np.float32),
    "handle_left_type": (1, np.int32),
    "handle_right_type": (1, np.int32),
    "interpolation": (1, np.int32),
    "easing": (1, np.int32),
    "type": (1, np.int32),
    "amplitude": (1, np.float32),
    "period": (1, np.float32),
    "back": (1, np.float32),
}

Rows = dict[str, np.ndarray]  # name in _ATTRIBUTES -> (keys, numbers a key)


@dataclass(frozen=True)
class KeyCopy:
    """Copied keys: first, last: the frames between which the curve is theirs alone; the rest as bpy.types.FCurve has it."""

    rows: Rows
    first: float
    last: float
    auto_smoothing: str
    extrapolation: str

    @property
    def frames(self) -> np.ndarray:
        """Where the keys lie, (keys,)."""
        return self.rows["co"][:, 0]


def copy_keys(fcurve: bpy.types.FCurve) -> KeyCopy:
    """All keys of an F-curve."""
    rows = {}
    for name, (width, kind) in _ATTRIBUTES.items():
        values: np.ndarray = np.empty(len(fcurve.keyframe_points) * width, kind)
        fcurve.keyframe_points.foreach_get(name, values)
        rows[name] = values.reshape(-1, width)
    return KeyCopy(rows, -np.inf, np.inf, fcurve.auto_smoothing, fcurve.extrapolation)


def cut_keys(fcurve: bpy.types.FCurve, first: int, last: int) -> KeyCopy:
    """What an F-curve does from the frame first to the frame last, with a key on either; between them the curve takes the very same course.

    Where it can't be cut (by an easing such as bounce, or with a handle that would reach beyond the cut) it becomes a key a frame.
    """
    whole = copy_keys(fcurve)
    rows = _with_key(_with_key(whole.rows, fcurve, first), fcurve, last)
    inside = (rows["co"][:, 0] >= first) & (rows["co"][:, 0] <= last)
    rows = {name: array[inside] for name, array in rows.items()}
    if first == last or (rows["interpolation"][:-1] > _BEZIER).any() or _overreaches(rows):
        rows = _dense(fcurve, whole.rows, first, last)
    held = slice(None) if whole.auto_smoothing != "NONE" else [0, -1]  # handles that look at keys which won't be there
    rows["handle_left_type"][held] = rows["handle_right_type"][held] = _FREE
    return KeyCopy(rows, first, last, whole.auto_smoothing, whole.extrapolation)


def _with_key(rows: Rows, fcurve: bpy.types.FCurve, frame: int) -> Rows:
    """The same curve with one more key, unless there is one on that frame."""
    frames = rows["co"][:, 0]
    after = int(np.searchsorted(frames, frame))
    if after < len(frames) and frames[after] == frame:
        return rows
    before = max(after - 1, 0)
    new = {name: array[before : before + 1].copy() for name, array in rows.items()}
    new["co"][0] = new["handle_left"][0] = new["handle_right"][0] = (frame, fcurve.evaluate(frame))
    new["handle_left_type"][0] = new["handle_right_type"][0] = _FREE
    rows = {name: array.copy() for name, array in rows.items()}
    if after == 0:
        new["interpolation"][0] = _LINEAR  # whichever: the curve is held up to its first key, or goes on straight
    elif after < len(frames) and rows["interpolation"][before, 0] == _BEZIER:
        left, right = _split(_polygon(rows, before, after), frame)
        rows["handle_right"][before], new["handle_left"][0] = left[1], left[2]
        new["handle_right"][0], rows["handle_left"][after] = right[1], right[2]
    for side in ("handle_left_type", "handle_right_type"):  # or a new neighbor would move them
        rows[side][[before, min(after, len(frames) - 1)]] = _FREE
    return {name: np.insert(array, after, new[name][0], axis=0) for name, array in rows.items()}


def _polygon(rows: Rows, before: int, after: int) -> np.ndarray:
    """(4, 2): a segment's keys and handles; a handle that reaches beyond the other key shortened, as Blender does (BKE_fcurve_correct_bezpart)."""
    polygon = np.array(
        [rows["co"][before], rows["handle_right"][before], rows["handle_left"][after], rows["co"][after]], np.float64
    )
    length = polygon[3, 0] - polygon[0, 0]
    for key, handle in ((0, 1), (3, 2)):
        reach = abs(polygon[handle, 0] - polygon[key, 0])
        if reach > length:
            polygon[handle] = polygon[key] + length / reach * (polygon[handle] - polygon[key])
    return polygon


def _split(polygon: np.ndarray, frame: float) -> tuple[np.ndarray, np.ndarray]:
    """The two parts, (4, 2) each, of a Bezier segment on either side of a frame (de Casteljau)."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):  # x grows with t
        t = (low + high) / 2
        levels = [polygon]
        while len(levels[-1]) > 1:
            levels.append(levels[-1][:-1] + t * np.diff(levels[-1], axis=0))
        low, high = (t, high) if levels[-1][0, 0] < frame else (low, t)
    return np.array([level[0] for level in levels]), np.array([level[-1] for level in reversed(levels)])


def _overreaches(rows: Rows) -> bool:
    """Whether Blender would shorten a handle of the first or the last segment."""
    length = np.diff(rows["co"][:, 0])[[0, -1]]
    after = (rows["handle_right"] - rows["co"])[[0, -2], 0]
    before = (rows["co"] - rows["handle_left"])[[1, -1], 0]
    curved = rows["interpolation"][[0, -2], 0] == _BEZIER
    return bool((curved & (np.maximum(after, before) > length + 1e-3)).any())


def _dense(fcurve: bpy.types.FCurve, like: Rows, first: int, last: int) -> Rows:
    """A linear key on every frame."""
    frames = np.arange(first, last + 1)
    rows = {name: np.repeat(array[:1], len(frames), axis=0) for name, array in like.items()}
    rows["co"][:] = [(frame, fcurve.evaluate(frame)) for frame in frames]
    rows["handle_left"][:] = rows["handle_right"][:] = rows["co"]
    rows["interpolation"][:] = _LINEAR
    return rows


def paste_keys(fcurve: bpy.types.FCurve, copied: KeyCopy) -> None:
    """Put copied keys into an F-curve that has none of its own between their first and their last frame."""
    points = fcurve.keyframe_points
    start = len(points)
    points.add(len(copied.frames))
    for name, (width, kind) in _ATTRIBUTES.items():
        values: np.ndarray = np.empty(len(points) * width, kind)
        points.foreach_get(name, values)
        values.reshape(-1, width)[start:] = copied.rows[name]
        points.foreach_set(name, values)
    if np.isinf(copied.first):
        fcurve.auto_smoothing, fcurve.extrapolation = copied.auto_smoothing, copied.extrapolation
    fcurve.update()  # which sorts them
    _straighten(fcurve, copied)


def _straighten(fcurve: bpy.types.FCurve, copied: KeyCopy) -> None:
    """Point the outer handles of a stretch at the keys beside it: where they pointed before has gone."""
    points = fcurve.keyframe_points
    for index, point in enumerate(points):
        if point.co.x == copied.first and index > 0:
            point.handle_left = point.co + (points[index - 1].co - point.co) / 3
        elif point.co.x == copied.last and index < len(points) - 1:
            point.handle_right = point.co + (points[index + 1].co - point.co) / 3
