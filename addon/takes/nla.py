"""Play Actions from NLA strips, side by side. Runs in Blender."""

import math
from collections.abc import Iterable

import bpy
import numpy as np

from ..keyframes import face_action
from ..rig.face_rig import Face

TRACK = "Lip Sync"
_REST_ACTION = "Rest of Lip Sync"  # must not begin with TRACK, or takes would be laid on its track
# Where no strip plays, the NLA gives shape keys their default value. In Blender 5.0 that is 1, which deforms the face wildly.
_NEEDS_REST = bpy.types.ShapeKey.bl_rna.properties["value"].default != 0


def push_down(action: bpy.types.Action, face: Face, ease: int = 0) -> None:
    """Play an Action at its own frames from an NLA strip of every mesh, on a track "Lip Sync" above the strips that it overlaps.

    ease: frames before the first key and after the last one in which it blends with what lies below.
    The assigned Action would hide the strips, so it is unassigned. It gets a fake user, so that it stays in the file.
    """
    first, last = action.curve_frame_range
    for mesh in face.meshes:
        data = mesh.key.animation_data_create()
        if data.action and data.action.library is None:
            data.action.use_fake_user = True
        data.action = None
        data.action_extrapolation = "NOTHING"  # the next assigned Action hides the strips on its own frames only
        if _NEEDS_REST and not len(data.nla_tracks):
            _lay_rest(data, action)
        # new() takes whole frames only; the exact ones are set below.
        strip = _find_track(data, first - ease, last + ease).strips.new(action.name, math.floor(first - ease), action)
        face_action.choose_slot(strip, action)
        strip.action_frame_start, strip.action_frame_end = first - ease, last + ease
        strip.frame_start, strip.frame_end = first - ease, last + ease
        strip.blend_in = strip.blend_out = ease
        strip.extrapolation = "NOTHING"


def _lay_rest(data: bpy.types.AnimData, action: bpy.types.Action) -> None:
    """Add a lowest track on which every shape key that an Action animates is always at rest."""
    rest = bpy.data.actions.get(_REST_ACTION) or face_action.write_action(
        _REST_ACTION,
        [
            face_action.Column(fcurve.data_path, fcurve.group.name, np.zeros(1))
            for fcurve in face_action.fcurves(action)
        ],
        1,
        face_action.Style(0.0, False),
    )
    track = data.nla_tracks.new()
    track.name = _REST_ACTION
    strip = track.strips.new(_REST_ACTION, 1, rest)
    face_action.choose_slot(strip, rest)
    strip.extrapolation = "HOLD"


def _find_track(data: bpy.types.AnimData, first: float, last: float) -> bpy.types.NlaTrack:
    """Find the lowest track of takes that is free between two frames and above all that aren't; add one on top if there is none."""
    free = None
    for track in reversed([*data.nla_tracks]):
        is_ours = track.name.startswith(TRACK) and not track.mute
        if not is_ours or any(strip.frame_start < last and first < strip.frame_end for strip in track.strips):
            break
        free = track
    if free is None:
        free = data.nla_tracks.new()
        free.name = TRACK
    return free


def has_strip(action: bpy.types.Action) -> bool:
    """Return True if an NLA strip of any shape keys plays an Action."""
    datas = (key.animation_data for key in bpy.data.shape_keys if key.animation_data)
    return any(_is_in(track.strips, action) for data in datas for track in data.nla_tracks)


def _is_in(strips: Iterable[bpy.types.NlaStrip], action: bpy.types.Action) -> bool:
    return any(strip.action == action or _is_in(strip.strips, action) for strip in strips)  # a meta strip has strips
