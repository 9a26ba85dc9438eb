"""What the artist chose instead of the automatic mapping: which key of a mesh a channel moves.

It is stored on the shape keys themselves, for it is their names that it speaks of: so it goes where they go (a copy of the object, another
file by append or link), objects that share a mesh share it, and it can be changed just where keys can be keyed: on what is local or a
library override of the mesh, in which it is saved as well.
"""

# Blender reads its properties off annotations.
# mypy: disable-error-code="valid-type"

import bpy

from ...backend.arkit import CHANNELS, REGIONS
from .visemes import POSES

NONE = "(None)"  # what is stored for a curve that shall move no key
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
    """(curve, name of the key that it shall move, "" for none) of those that aren't automatic."""
    if not key.is_property_set("lipsync_mapping"):
        return ()
    stored = key.lipsync_mapping
    named = ((curve, getattr(stored, curve)) for curve in CURVES)
    return tuple((curve, "" if name == NONE else name) for curve, name in named if name)


def choose(key: bpy.types.Key, curve: str, name: str) -> None:
    """name: of the key that a curve shall move, "" for none."""
    setattr(key.lipsync_mapping, curve, name or NONE)


def reset(key: bpy.types.Key, curve: str = "") -> None:
    """Leave a curve to the automatic mapping, or all of them."""
    for each in [curve] if curve else CURVES:
        key.lipsync_mapping.property_unset(each)


def register() -> None:
    bpy.utils.register_class(LipSyncMapping)
    bpy.types.Key.lipsync_mapping = bpy.props.PointerProperty(type=LipSyncMapping, override={"LIBRARY_OVERRIDABLE"})


def unregister() -> None:
    del bpy.types.Key.lipsync_mapping
    bpy.utils.unregister_class(LipSyncMapping)
