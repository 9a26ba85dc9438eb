"""Actions that play side by side: each as a strip of the NLA."""

import math
from collections.abc import Iterable

import bpy
import numpy as np

from ..keyframes import face_action
from ..rig.face_rig import Face

TRACK = "Lip Sync"
_REST = "Rest of Lip Sync"  # not our tracks' name: no strip may be laid onto that one
# Where no strip plays, the NLA gives shape keys what Blender takes for their default: 1 in 5.0, so that the face would burst.
_BURSTS = bpy.types.ShapeKey.bl_rna.properties["value"].default != 0


def push_down(action: bpy.types.Action, face: Face, ease: int = 0) -> None:
    """Let an Action play at its own frames from a strip on a track "Lip Sync" of every mesh, above all strips there that it overlaps.

    In so many frames before its first key and after its last one it eases from and to what lies below. No other Action is left assigned,
    which would hide the strips; it gets a fake user, so that it stays in the file.
    """
    first, last = action.curve_frame_range
    for mesh in face.meshes:
        data = mesh.key.animation_data_create()
        if data.action and data.action.library is None:
            data.action.use_fake_user = True
        data.action = None
        data.action_extrapolation = "NOTHING"  # what is assigned next hides the strips on its own frames only
        if _BURSTS and not len(data.nla_tracks):
            _lay_rest(data, action)
        strip = _track(data, first - ease, last + ease).strips.new(
            action.name, math.floor(first - ease), action
        )  # which knows whole frames only
        face_action.choose_slot(strip, action)
        strip.action_frame_start, strip.action_frame_end = first - ease, last + ease
        strip.frame_start, strip.frame_end = first - ease, last + ease
        strip.blend_in = strip.blend_out = ease
        strip.extrapolation = "NOTHING"


def _lay_rest(data: bpy.types.AnimData, action: bpy.types.Action) -> None:
    """Below all tracks: every key that an Action moves is at rest all the time."""
    rest = bpy.data.actions.get(_REST) or face_action.write_action(
        _REST,
        [
            face_action.Column(fcurve.data_path, fcurve.group.name, np.zeros(1))
            for fcurve in face_action.fcurves(action)
        ],
        1,
        face_action.Style(0.0, False),
    )
    track = data.nla_tracks.new()
    track.name = _REST
    strip = track.strips.new(_REST, 1, rest)
    face_action.choose_slot(strip, rest)
    strip.extrapolation = "HOLD"


def _track(data: bpy.types.AnimData, first: float, last: float) -> bpy.types.NlaTrack:
    """The lowest of our tracks that is free there and above all that are not; a new one on top of all where there is none."""
    above = None
    for track in reversed([*data.nla_tracks]):
        is_ours = track.name.startswith(TRACK) and not track.mute
        if not is_ours or any(strip.frame_start < last and first < strip.frame_end for strip in track.strips):
            break
        above = track
    if above is None:
        above = data.nla_tracks.new()
        above.name = TRACK
    return above


def plays(action: bpy.types.Action) -> bool:
    """Whether an NLA strip of any shape keys has this Action."""
    datas = (key.animation_data for key in bpy.data.shape_keys if key.animation_data)
    return any(_has(track.strips, action) for data in datas for track in data.nla_tracks)


def _has(strips: Iterable[bpy.types.NlaStrip], action: bpy.types.Action) -> bool:
    return any(strip.action == action or _has(strip.strips, action) for strip in strips)  # a meta strip has strips
