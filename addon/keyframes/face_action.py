"""Write curves as keys of one Action that all meshes of a face share. Runs in Blender."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import bpy
import numpy as np

from ...backend.arkit import HEAD, REGIONS
from ...backend.curves.base import Curves
from ..rig import visemes
from ..rig.channel_names import ChannelMix
from ..rig.face_rig import Face
from .copy_keys import KeyCopy, paste_keys
from .key_reduction import reduce_curve

_LINEAR, _BEZIER = (
    1,
    2,
)  # bpy.types.Keyframe.interpolation in foreach_set(); handles of new keys are automatic and clamped
_HAS_SLOTS = hasattr(bpy.types, "ActionSlot")  # 4.4+
_REGION_OF = {name: region.title() for region, names in {**REGIONS, "head": HEAD}.items() for name in names}
_COLORS = {
    "Jaw": "THEME01",
    "Lips": "THEME02",
    "Brows": "THEME03",
    "Lids": "THEME04",
    "Gaze": "THEME06",
    "Cheeks": "THEME09",
    "Visemes": "THEME02",
    "Head": "THEME10",
}


@dataclass(frozen=True)
class Style:
    """How curves become keys.

    tolerance: largest error of an F-curve on any frame; 0 for a key on every frame. bezier: automatic clamped handles, else lines.
    """

    tolerance: float
    bezier: bool


@dataclass(frozen=True)
class Column:
    """The values of an F-curve. path: data path from a Key. group: its name. values: (frames,)."""

    path: str
    group: str
    values: np.ndarray


ReducedKeys = list[tuple[np.ndarray, np.ndarray]]  # for each column: the keys' frames, from 0 on, and values


def columns(face: Face, take: Curves) -> list[Column]:
    """Return the columns of a face for a take's curves, clipped to the ranges of the sliders."""
    curves = dict(zip(take.names, take.values.T, strict=True)) | dict(take.rotations)
    if face.visemes:
        curves |= dict(zip(face.visemes, visemes.mix(face.visemes, take.names, take.values).T, strict=True))
    targets: dict[str, tuple[ChannelMix, float, float]] = {}  # path -> curves, and widest range of the sliders
    for parts, block in _blocks(face):
        path = block.path_from_id("value")
        _, low, high = targets.get(path, (parts, block.slider_min, block.slider_max))
        targets[path] = parts, min(low, block.slider_min), max(high, block.slider_max)
    return [
        Column(path, _REGION_OF.get(next(iter(parts)), "Visemes"), np.clip(_add_up(parts, curves), low, high))
        for path, (parts, low, high) in targets.items()
        if parts.keys() <= curves.keys()
    ]


def _add_up(parts: ChannelMix, curves: dict[str, np.ndarray]) -> np.ndarray:
    """Return the weighted sum of curves, (frames,)."""
    return np.sum([weight * curves[name] for name, weight in parts.items()], axis=0)


def _blocks(face: Face) -> Iterator[tuple[ChannelMix, bpy.types.ShapeKey]]:
    """Yield (its curves, shape key) for all shape keys of a face that can be keyed."""
    for mesh in face.meshes:
        yield from ((parts, mesh.key.key_blocks[name]) for name, parts in mesh.sums.items() if name not in mesh.skipped)


def channel_fcurves(action: bpy.types.Action, face: Face) -> dict[str, bpy.types.FCurve]:
    """Return channel -> the F-curve that animates it, the first if there are several. Channels that share a key share its F-curve."""
    by_path = {fcurve.data_path: fcurve for fcurve in fcurves(action) if len(fcurve.keyframe_points)}
    found = ((name, by_path.get(block.path_from_id("value"))) for parts, block in _blocks(face) for name in parts)
    return {name: fcurve for name, fcurve in reversed([*found]) if fcurve}


def fcurves(action: bpy.types.Action, id_type: str = "KEY") -> list[bpy.types.FCurve]:
    """Return the F-curves of an Action's first slot for an ID type."""
    if not _HAS_SLOTS:
        return list(action.fcurves)
    slot = next((slot for slot in action.slots if slot.target_id_type == id_type), None)
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips] if slot else []
    return [fcurve for bag in bags if bag for fcurve in bag.fcurves]


def curves_of(face: Face) -> dict[str, ChannelMix]:
    """Return data path of a shape key -> its curves."""
    return {block.path_from_id("value"): parts for parts, block in _blocks(face)}


def write_action(
    name: str,
    table: Sequence[Column],
    first_frame: int,
    style: Style,
    copied: Mapping[str, KeyCopy] = MappingProxyType({}),
    reduced: ReducedKeys | None = None,
) -> bpy.types.Action:
    """Create an Action with a fake user that nothing uses yet: keys on whole frames from first_frame on, F-curves in colored groups.

    copied: data path -> keys that replace the table's between their frames. reduced: the result of reduce_keys(), if it is known.
    """
    reduced = reduced or reduce_keys(table, style)
    action = bpy.data.actions.new(name)
    try:
        action.use_fake_user = True
        owner = _new_channelbag(action) if _HAS_SLOTS else action
        if not _HAS_SLOTS:
            action.id_root = "KEY"  # becomes a slot for shape keys in newer versions of Blender
        for column, (frames, values) in zip(table, reduced, strict=True):
            add_keys(_new_fcurve(owner, column), first_frame + frames, values, style, copied.get(column.path))
    except BaseException:
        bpy.data.actions.remove(action)
        raise
    return action


def replace_keys(
    action: bpy.types.Action,
    table: Sequence[Column],
    first_frame: int,
    style: Style,
    copied: Mapping[str, KeyCopy] = MappingProxyType({}),
) -> None:
    """Replace the keys of the F-curves in a table, as write_action() would write them. Other F-curves and settings stay."""
    reduced = reduce_keys(table, style)
    by_path = {fcurve.data_path: fcurve for fcurve in fcurves(action)}
    for column, (frames, values) in zip(table, reduced, strict=True):
        fcurve = by_path.get(column.path) or _new_fcurve(_owner(action), column)
        fcurve.keyframe_points.clear()
        add_keys(fcurve, first_frame + frames, values, style, copied.get(column.path))


def reduce_keys(table: Sequence[Column], style: Style) -> ReducedKeys:
    """Return the keys of each column. Doesn't use bpy, so a thread may call it."""
    if style.tolerance and table:
        return reduce_curve(np.stack([column.values for column in table], axis=1), style.tolerance, style.bezier)
    return [(np.arange(len(column.values)), column.values) for column in table]


def _new_group(owner: "bpy.types.ActionChannelbag | bpy.types.Action", name: str) -> bpy.types.ActionGroup:
    group = owner.groups.new(name)
    group.color_set = _COLORS[name]
    return group


def _new_channelbag(action: bpy.types.Action) -> "bpy.types.ActionChannelbag":
    slot = action.slots.new(id_type="KEY", name="Face")
    return action.layers.new("Layer").strips.new(type="KEYFRAME").channelbag(slot, ensure=True)


def _owner(action: bpy.types.Action) -> "bpy.types.ActionChannelbag | bpy.types.Action":
    """Return the owner of the F-curves of an Action that write_action() made."""
    return action.layers[0].strips[0].channelbag(_key_slot(action), ensure=True) if _HAS_SLOTS else action


def _new_fcurve(owner: "bpy.types.ActionChannelbag | bpy.types.Action", column: Column) -> bpy.types.FCurve:
    """Create an F-curve without keys, in its group."""
    fcurve = owner.fcurves.new(column.path)
    fcurve.group = group = owner.groups.get(column.group) or _new_group(owner, column.group)
    fcurve.color_mode, fcurve.color = "CUSTOM", group.colors.active
    fcurve.auto_smoothing = "NONE"  # as key_reduction assumes; and a key moves only its neighbors' handles
    fcurve.select = False  # or the first move in an editor would move the whole curve
    return fcurve


def add_keys(
    fcurve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray, style: Style, copied: KeyCopy | None = None
) -> None:
    """Add keys to an F-curve that has none: frames and values, (keys,) each. Copied keys replace those between their frames."""
    if copied:
        free = (frames < copied.first) | (frames > copied.last)
        frames, values = frames[free], values[free]
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(len(frames), _BEZIER if style.bezier else _LINEAR, np.int32))
    deselect(fcurve)
    fcurve.update()
    if copied:
        paste_keys(fcurve, copied)


def deselect(fcurve: bpy.types.FCurve) -> None:
    """Deselect all keys of an F-curve: Blender selects new ones, and the first move in an editor would move them."""
    for part in ("select_control_point", "select_left_handle", "select_right_handle"):
        fcurve.keyframe_points.foreach_set(part, np.zeros(len(fcurve.keyframe_points), bool))


def assign(action: bpy.types.Action, face: Face) -> None:
    """Make an Action animate all meshes of a face, or none if Blender refuses one, whose error is raised.

    The Actions assigned before get a fake user, so that they stay in the file.
    """
    slot = _key_slot(action) if _HAS_SLOTS else None
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
    animated = {fcurve.data_path for fcurve in fcurves(action)}
    for parts, block in _blocks(face):
        if not parts.keys().isdisjoint(HEAD) and block.path_from_id("value") not in animated:
            block.value = 0.0  # or the head would stay turned as the Action before left it


@contextlib.contextmanager
def playing(action: bpy.types.Action, face: Face) -> Iterator[None]:
    """Let an Action animate a face within the block, and those that did before afterwards."""
    datas = [mesh.key.animation_data_create() for mesh in face.meshes]
    before = [(data, data.action, data.action_slot if _HAS_SLOTS else None) for data in datas]
    assign(action, face)
    try:
        yield
    finally:
        for data, previous, previous_slot in before:
            _assign(data, previous, previous_slot)


def choose_slot(strip: bpy.types.NlaStrip, action: bpy.types.Action) -> None:
    """Make an NLA strip play an Action's slot for shape keys."""
    if _HAS_SLOTS:
        strip.action_slot = _key_slot(action)


def _key_slot(action: bpy.types.Action) -> "bpy.types.ActionSlot | None":
    return next((slot for slot in action.slots if slot.target_id_type == "KEY"), None)


def _assign(data: bpy.types.AnimData, action: bpy.types.Action | None, slot: "bpy.types.ActionSlot | None") -> None:
    data.action = action
    if _HAS_SLOTS and action:
        data.action_slot = slot
