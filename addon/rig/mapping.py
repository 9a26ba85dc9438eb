"""Manual choices in the mapping: which shape key of a mesh a channel moves. Runs in Blender.

They are stored on the Key data-block, whose names they refer to. So they go wherever it goes (copies of the object, append, link),
objects that share a mesh share them, and they can be changed wherever keys can be animated: on local data and on library overrides.
"""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import bpy

from ...backend.arkit import CHANNELS, REGIONS
from .visemes import POSES

NONE = "(None)"  # stored for a curve that moves no key
CURVES: tuple[str, ...] = (*CHANNELS, *POSES)
REGION_OF: dict[str, str] = {name: region for region, names in REGIONS.items() for name in names} | dict.fromkeys(
    POSES, "visemes"
)


def _suggestions(self: "LipSyncMapping", context: bpy.types.Context, text: str) -> list[str]:
    return [NONE, *(block.name for block in self.id_data.key_blocks[1:])]


def _choice(curve: str) -> bpy.types.StringProperty:
    return bpy.props.StringProperty(
        name=curve,
        description="The shape key that this channel moves on this mesh. Empty: found by its name",
        search=_suggestions,
        search_options=set(),
        override={"LIBRARY_OVERRIDABLE"},
    )


class LipSyncMapping(bpy.types.PropertyGroup):
    """key.lipsync_mapping: for each curve the name of a key, NONE, or "" for the automatic mapping."""

    __annotations__ = {curve: _choice(curve) for curve in CURVES}


def choices(key: bpy.types.Key) -> tuple[tuple[str, str], ...]:
    """Return (curve, name of the key that it moves, "" for none) of all manual choices."""
    if not key.is_property_set("lipsync_mapping"):
        return ()
    stored = key.lipsync_mapping
    named = ((curve, getattr(stored, curve)) for curve in CURVES)
    return tuple((curve, "" if name == NONE else name) for curve, name in named if name)


def choose(key: bpy.types.Key, curve: str, name: str) -> None:
    """Make a curve move a key; "" for none."""
    setattr(key.lipsync_mapping, curve, name or NONE)


def reset(key: bpy.types.Key, curve: str = "") -> None:
    """Return a curve, or all of them, to the automatic mapping."""
    for each in [curve] if curve else CURVES:
        key.lipsync_mapping.property_unset(each)


def register() -> None:
    bpy.utils.register_class(LipSyncMapping)
    bpy.types.Key.lipsync_mapping = bpy.props.PointerProperty(type=LipSyncMapping, override={"LIBRARY_OVERRIDABLE"})


def unregister() -> None:
    del bpy.types.Key.lipsync_mapping
    bpy.utils.unregister_class(LipSyncMapping)
