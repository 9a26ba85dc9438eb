"""Copy keys from one F-curve to another, exactly: all of them, or a range cut out without changing the curve's shape. Runs in Blender."""

from dataclasses import dataclass

import bpy
import numpy as np

_CONSTANT, _LINEAR, _BEZIER = range(3)  # bpy.types.Keyframe.interpolation as foreach_get gives it
_FREE = 0  # bpy.types.Keyframe.handle_left_type of a handle that Blender never moves
_BISECTIONS = 60  # enough for the precision of float64
# All that determines the curve's shape and the key's look in the editors: attribute -> (numbers per key, their type).
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

Rows = dict[str, np.ndarray]  # name in _ATTRIBUTES -> (keys, numbers per key)


@dataclass(frozen=True)
class KeyCopy:
    """Copied keys. first, last: the frames between which they replace all others. The rest is as in bpy.types.FCurve."""

    rows: Rows
    first: float
    last: float
    auto_smoothing: str
    extrapolation: str

    @property
    def frames(self) -> np.ndarray:
        """The frames of the keys, (keys,)."""
        return self.rows["co"][:, 0]


def copy_keys(fcurve: bpy.types.FCurve) -> KeyCopy:
    """Copy all keys of an F-curve."""
    rows = {}
    for name, (width, kind) in _ATTRIBUTES.items():
        values: np.ndarray = np.empty(len(fcurve.keyframe_points) * width, kind)
        fcurve.keyframe_points.foreach_get(name, values)
        rows[name] = values.reshape(-1, width)
    return KeyCopy(rows, -np.inf, np.inf, fcurve.auto_smoothing, fcurve.extrapolation)


def cut_keys(fcurve: bpy.types.FCurve, first: float, last: float) -> KeyCopy:
    """Copy the part of an F-curve from the frame `first` to the frame `last`, with a key on each, so that its shape stays the same.

    A part that can't be cut exactly becomes one key per frame: one with an easing such as bounce, or with a handle beyond the cut.
    """
    whole = copy_keys(fcurve)
    rows = _with_key(_with_key(whole.rows, fcurve, first), fcurve, last)
    inside = (rows["co"][:, 0] >= first) & (rows["co"][:, 0] <= last)
    rows = {name: array[inside] for name, array in rows.items()}
    if first == last or (rows["interpolation"][:-1] > _BEZIER).any() or _overreaches(rows):
        rows = _dense(fcurve, whole.rows, first, last)
    # Blender would move automatic handles whose neighbors aren't copied. Smoothing depends on all keys.
    affected = slice(None) if whole.auto_smoothing != "NONE" else [0, -1]
    rows["handle_left_type"][affected] = rows["handle_right_type"][affected] = _FREE
    return KeyCopy(rows, first, last, whole.auto_smoothing, whole.extrapolation)


def _with_key(rows: Rows, fcurve: bpy.types.FCurve, frame: float) -> Rows:
    """Insert a key on a frame, unless there is one, without changing the curve's shape."""
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
        new["interpolation"][0] = _LINEAR  # before its first key, a curve is constant or straight
    elif after < len(frames) and rows["interpolation"][before, 0] == _BEZIER:
        left, right = _split(_polygon(rows, before, after), frame)
        rows["handle_right"][before], new["handle_left"][0] = left[1], left[2]
        new["handle_right"][0], rows["handle_left"][after] = right[1], right[2]
    for side in ("handle_left_type", "handle_right_type"):  # or Blender would fit them to the new neighbor
        rows[side][[before, min(after, len(frames) - 1)]] = _FREE
    return {name: np.insert(array, after, new[name][0], axis=0) for name, array in rows.items()}


def _polygon(rows: Rows, before: int, after: int) -> np.ndarray:
    """Return the keys and handles of a segment, (4, 2).

    A handle that reaches beyond the other key is shortened as in Blender's BKE_fcurve_correct_bezpart.
    """
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
    """Split a Bezier segment (4, 2) at a frame into two of the same shape, by de Casteljau's algorithm."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):  # x grows with t
        t = (low + high) / 2
        levels = [polygon]
        while len(levels[-1]) > 1:
            levels.append(levels[-1][:-1] + t * np.diff(levels[-1], axis=0))
        low, high = (t, high) if levels[-1][0, 0] < frame else (low, t)
    return np.array([level[0] for level in levels]), np.array([level[-1] for level in reversed(levels)])


def _overreaches(rows: Rows) -> bool:
    """Return True if Blender would shorten a handle of the first or the last segment."""
    length = np.diff(rows["co"][:, 0])[[0, -1]]
    after = (rows["handle_right"] - rows["co"])[[0, -2], 0]
    before = (rows["co"] - rows["handle_left"])[[1, -1], 0]
    curved = rows["interpolation"][[0, -2], 0] == _BEZIER
    return bool((curved & (np.maximum(after, before) > length + 1e-3)).any())


def _dense(fcurve: bpy.types.FCurve, like: Rows, first: float, last: float) -> Rows:
    """Return a linear key on every frame. like: the keys whose other attributes they get."""
    frames = np.arange(first, last + 1)
    rows = {name: np.repeat(array[:1], len(frames), axis=0) for name, array in like.items()}
    rows["co"][:] = [(frame, fcurve.evaluate(frame)) for frame in frames]
    rows["handle_left"][:] = rows["handle_right"][:] = rows["co"]
    rows["interpolation"][:] = _LINEAR
    return rows


def paste_keys(fcurve: bpy.types.FCurve, copied: KeyCopy) -> None:
    """Add copied keys to an F-curve that has no keys between their first and their last frame."""
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
    fcurve.update()  # sorts the keys
    _straighten(fcurve, copied)


def pin_frames(fcurve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Put a key on each of these frames, with straight lines up to the next key. frames, values: (keys,)."""
    whole = copy_keys(fcurve)
    rows = whole.rows
    known = rows["co"][:, 0]
    new = ~np.isin(frames, known)
    before = np.maximum(np.searchsorted(known, frames) - 1, 0)
    pinned = {name: array[before[new]].copy() for name, array in rows.items()}
    at = np.column_stack([frames, values])[new]
    pinned["co"][:] = pinned["handle_left"][:] = pinned["handle_right"][:] = at
    pinned["interpolation"][:] = rows["interpolation"][before] = _LINEAR
    for side in ("handle_left_type", "handle_right_type"):  # or Blender would fit them to the new neighbors
        pinned[side][:] = _FREE
        rows[side][before] = rows[side][np.minimum(before + 1, len(known) - 1)] = _FREE
    fcurve.keyframe_points.clear()
    paste_keys(fcurve, KeyCopy(rows, -np.inf, np.inf, whole.auto_smoothing, whole.extrapolation))
    paste_keys(fcurve, KeyCopy(pinned, -np.inf, np.inf, whole.auto_smoothing, whole.extrapolation))


def _straighten(fcurve: bpy.types.FCurve, copied: KeyCopy) -> None:
    """Point the outer handles of a copied range at the keys beside it, since their old neighbors are gone."""
    points = fcurve.keyframe_points
    for index, point in enumerate(points):
        if point.co.x == copied.first and index > 0:
            point.handle_left = point.co + (points[index - 1].co - point.co) / 3
        elif point.co.x == copied.last and index < len(points) - 1:
            point.handle_right = point.co + (points[index + 1].co - point.co) / 3
