"""Actions on the tracks of the NLA."""

import math
from collections.abc import Iterable

import bpy

from .rig import Face

_TRACK = "Lip Sync"
_HAS_SLOTS = hasattr(bpy.types, "ActionSlot")  # 4.4+


def push_down(action: bpy.types.Action, face: Face) -> int:
    """Move an Action from the meshes of a face onto a new NLA track of each, at the frames where its keys are; how many meshes it moved.

    What lies on tracks below shows before and after it, and does so below the next Action too.
    """
    datas = [mesh.key.animation_data for mesh in face.meshes if mesh.key.animation_data and mesh.key.animation_data.action == action]
    for data in datas:
        track = data.nla_tracks.new()
        track.name = _TRACK
        strip = track.strips.new(action.name, math.floor(action.frame_range[0]), action)
        if _HAS_SLOTS:
            strip.action_slot = data.action_slot
        strip.frame_start, strip.frame_end = strip.action_frame_start, strip.action_frame_end  # new() knows whole frames only
        strip.extrapolation = data.action_extrapolation = "NOTHING"
        data.action = None
    return len(datas)


def plays(action: bpy.types.Action) -> bool:
    """Whether an NLA strip of any shape keys has this Action."""
    datas = (key.animation_data for key in bpy.data.shape_keys if key.animation_data)
    return any(_has(track.strips, action) for data in datas for track in data.nla_tracks)


def _has(strips: Iterable[bpy.types.NlaStrip], action: bpy.types.Action) -> bool:
    return any(strip.action == action or _has(strip.strips, action) for strip in strips)  # a meta strip has strips
