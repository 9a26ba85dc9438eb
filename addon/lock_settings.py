"""The locks in the panel, stored with the scene. Runs in Blender."""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable
from typing import Any

import bpy

from ..backend.arkit import HEAD, REGIONS
from .locale import OURS
from .takes.locks import Locks

_MOUTH = ("jaw", "lips")
_REGIONS = {**REGIONS, "head": HEAD}


def _channels(region: str) -> Any:
    return bpy.props.EnumProperty(
        name=region.title(),
        description="What keeps its values when you resample",
        items=[
            (name, name, "Keep the values of this channel when resampling, including manual keys")
            for name in _REGIONS[region]
        ],
        options={"ENUM_FLAG"},
        default=set(_REGIONS[region]) if region in _MOUTH else set(),
    )


def _all_of(*regions: str) -> tuple[Callable[["LipSyncLocks"], bool], Callable[["LipSyncLocks", bool], None]]:
    def get(self: "LipSyncLocks") -> bool:
        return all(getattr(self, region) == set(_REGIONS[region]) for region in regions)

    def set_all(self: "LipSyncLocks", value: bool) -> None:
        for region in regions:
            setattr(self, region, set(_REGIONS[region]) if value else set())

    return get, set_all


def _toggle(name: str, *regions: str) -> Any:
    get, set_all = _all_of(*regions)
    return bpy.props.BoolProperty(
        name=name,
        description="Keep the values of all these channels when resampling, including manual keys",
        get=get,
        set=set_all,
    )


class LipSyncLocks(bpy.types.PropertyGroup):
    """scene.lipsync.locks: the locked channels of each region, a toggle for whole regions, and the locked frames."""

    jaw: _channels("jaw")
    lips: _channels("lips")
    cheeks: _channels("cheeks")
    brows: _channels("brows")
    lids: _channels("lids")
    gaze: _channels("gaze")
    head: _channels("head")
    all_mouth: _toggle("Mouth", *_MOUTH)
    all_cheeks: _toggle("Cheeks", "cheeks")
    all_brows: _toggle("Brows", "brows")
    all_lids: _toggle("Lids", "lids")
    all_gaze: _toggle("Gaze", "gaze")
    all_head: _toggle("Head", "head")
    use_frames: bpy.props.BoolProperty(
        name="Frames", description="Keep the whole face on these frames when resampling", translation_context=OURS
    )
    first_frame: bpy.props.IntProperty(name="First", description="The first locked frame", default=1)
    last_frame: bpy.props.IntProperty(name="Last", description="The last locked frame", default=100)


def read_locks(panel: LipSyncLocks) -> Locks:
    """Read the locks that are set in the panel."""
    channels = tuple(name for region, names in _REGIONS.items() for name in names if name in getattr(panel, region))
    frames = (
        (min(panel.first_frame, panel.last_frame), max(panel.first_frame, panel.last_frame))
        if panel.use_frames
        else None
    )
    return Locks(channels, frames)


def register() -> None:
    bpy.utils.register_class(LipSyncLocks)


def unregister() -> None:
    bpy.utils.unregister_class(LipSyncLocks)
