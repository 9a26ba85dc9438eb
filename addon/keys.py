"""Curves into one Action that all meshes of a face share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.arkit import REGIONS
from . import visemes
from .naming import Sum
from .rig import Face

_LINEAR = 1  # bpy.types.Keyframe.interpolation as foreach_set wants it
_HAS_SLOTS = hasattr(bpy.types, "ActionSlot")  # 4.4+
_REGION_OF = {name: region.title() for region, names in REGIONS.items() for name in names}


@dataclass(frozen=True)
class Column:
    """An F-curve to be: data path from a Key on, group, and values (frames,), one a frame."""

    path: str
    group: str
    values: np.ndarray


def columns(face: Face, names: Sequence[str], values: np.ndarray) -> list[Column]:
    """The F-curves for a face out of curves: names of the channels, values (frames, channels). Clipped to the sliders' ranges."""
    curves = {name: values[:, index] for index, name in enumerate(names)}
    if face.visemes:
        curves |= dict(zip(face.visemes, visemes.mix(face.visemes, names, values).T, strict=True))
    spots: dict[str, tuple[Sum, float, float]] = {}  # path -> what it gets, widest range of the sliders
    for mesh in face.meshes:
        for block, parts in ((mesh.key.key_blocks[name], parts) for name, parts in mesh.sums.items() if name not in mesh.skipped):
            path = block.path_from_id("value")
            _, low, high = spots.get(path, (parts, block.slider_min, block.slider_max))
            spots[path] = parts, min(low, block.slider_min), max(high, block.slider_max)
    return [
        Column(path, _REGION_OF.get(next(iter(parts)), "Visemes"), np.clip(_add_up(parts, curves), low, high))
        for path, (parts, low, high) in spots.items()
        if parts.keys() <= curves.keys()
    ]


def _add_up(parts: Sum, curves: dict[str, np.ndarray]) -> np.ndarray:
    """A weighted sum of curves, (frames,)."""
    return np.sum([weight * curves[name] for name, weight in parts.items()], axis=0)


def write_action(name: str, table: Iterable[Column], first_frame: int) -> bpy.types.Action:
    """A new Action with a fake user: a linear key on every frame from first_frame on, F-curves in groups. Nothing uses it yet."""
    action = bpy.data.actions.new(name)
    try:
        action.use_fake_user = True
        owner = _channelbag(action) if _HAS_SLOTS else action
        for column in table:
            fcurve = owner.fcurves.new(column.path)
            fcurve.group = owner.groups.get(column.group) or owner.groups.new(column.group)
            _fill(fcurve.keyframe_points, column.values, first_frame)
            fcurve.update()
    except BaseException:
        bpy.data.actions.remove(action)
        raise
    return action


def _channelbag(action: bpy.types.Action) -> "bpy.types.ActionChannelbag":
    slot = action.slots.new(id_type="KEY", name="Face")
    return action.layers.new("Layer").strips.new(type="KEYFRAME").channelbag(slot, ensure=True)


def _fill(points: bpy.types.FCurveKeyframePoints, values: np.ndarray, first_frame: int) -> None:
    count = len(values)
    positions = np.empty((count, 2), np.float32)
    positions[:, 0] = np.arange(first_frame, first_frame + count)
    positions[:, 1] = values
    points.add(count)
    points.foreach_set("co", positions.ravel())
    points.foreach_set("interpolation", np.full(count, _LINEAR, np.int32))


def assign(action: bpy.types.Action, face: Face) -> None:
    """Make an Action move all meshes of a face, or none where Blender refuses one (its error is raised).

    The Actions that did so before get a fake user, so that they stay in the file.
    """
    slot = next((slot for slot in action.slots if slot.target_id_type == "KEY"), None) if _HAS_SLOTS else None
    datas = [mesh.key.animation_data_create() for mesh in face.meshes]
    before = [(data, data.action, data.action_slot if _HAS_SLOTS else None) for data in datas]
    try:
        for data in datas:
            _assign(data, action, slot)
    except BaseException:
        for data, previous, previous_slot in before:
            _assign(data, previous, previous_slot)
        raise
    for _, previous, _ in before:
        if previous and previous.library is None:
            previous.use_fake_user = True


def _assign(data: bpy.types.AnimData, action: bpy.types.Action | None, slot: "bpy.types.ActionSlot | None") -> None:
    data.action = action
    if _HAS_SLOTS and action:
        data.action_slot = slot
