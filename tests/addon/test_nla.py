"""Actions in NLA strips: at their own frames, eased from and to rest, on as few tracks as possible."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import add_mesh, nla_tracks, part
from tolerances import FLOAT32

from backend.curves.base import Curves

EASE = 5


def _speak(head: "bpy.types.Object", name: str, first: int, value: float, frames: int = 20) -> "bpy.types.Action":
    keys, face = part("addon.keyframes.face_action"), part("addon.rig.face_rig").read_face(head)
    take = Curves(("jawOpen",), np.full((frames, 1), value, np.float32), 24.0)
    action = keys.write_action(name, keys.columns(face, take), first, keys.Style(0.0, False))
    part("addon.takes.nla").push_down(action, face, EASE)
    return action


def _jaw(head: "bpy.types.Object", *frames: int) -> list[float]:
    values = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        values.append(head.data.shape_keys.key_blocks["jawOpen"].value)
    return values


@pytest.fixture
def head(scene: "bpy.types.Scene") -> "bpy.types.Object":
    return add_mesh("Head", ["jawOpen"])


def test_actions_play_at_their_frames(head: "bpy.types.Object") -> None:
    teeth = add_mesh("Teeth", ["jawOpen"], head)
    own = bpy.data.actions.new("Own")
    head.data.shape_keys.animation_data_create().action = own
    _speak(head, "One", 11, 0.5)
    _speak(head, "Two", 51, 0.8)
    for ob in (head, teeth):
        data = ob.data.shape_keys.animation_data
        assert data.action is None and [track.name for track in nla_tracks(data)] == ["Lip Sync"]
        assert _jaw(ob, 1, 11, 30, 40, 51, 70, 90) == pytest.approx([0, 0.5, 0.5, 0, 0.8, 0.8, 0], abs=FLOAT32)
        before, after, rising = _jaw(ob, 32, 34, 48)
        assert 0.5 > before > after > 0 and 0 < rising < 0.8
    assert own.use_fake_user


def test_later_action_is_above(head: "bpy.types.Object") -> None:
    _speak(head, "One", 11, 0.5, frames=60)
    _speak(head, "Two", 41, 0.8)
    assert _jaw(head, 30, 41, 60, 70) == pytest.approx([0.5, 0.8, 0.8, 0.5], abs=FLOAT32)
    assert 0.5 < _jaw(head, 38)[0] < 0.8
    _speak(head, "Three", 101, 0.3)  # has room on the lower one
    assert [len(track.strips) for track in nla_tracks(head.data.shape_keys.animation_data)] == [2, 1]


def test_artists_tracks_stay_unchanged(head: "bpy.types.Object") -> None:
    _speak(head, "One", 11, 0.5)
    data = head.data.shape_keys.animation_data
    nla_tracks(data)[0].mute = True
    data.nla_tracks.new().name = "Blinks"
    _speak(head, "Two", 101, 0.8)
    tracks = nla_tracks(data)
    assert [(track.name, len(track.strips)) for track in tracks][:2] == [("Lip Sync", 1), ("Blinks", 0)]
    assert len(tracks) == 3 and len(tracks[2].strips) == 1 and tracks[2].name.startswith("Lip Sync")


def test_nla_survives_reopening(head: "bpy.types.Object", tmp_path: Path) -> None:
    _speak(head, "One", 11, 0.5)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert _jaw(bpy.data.objects["Head"], 1, 20, 60) == pytest.approx([0, 0.5, 0], abs=FLOAT32)


def test_joined_strips_are_stored(head: "bpy.types.Object", tmp_path: Path) -> None:
    takes, Performance = part("addon.takes.take_store"), part("backend.performance").Performance
    action = _speak(head, "One", 11, 0.5)
    infos = [
        takes.TakeInfo(name, "a.ogg", 0.0, 1.0, 11, Performance("Joan", "neutral", fps=24.0), "a", "m", 0.0)
        for name in ("Who?", "Me.")
    ]
    takes.mark(action, infos[0], Curves(("jawOpen",), np.full((20, 1), 0.5, np.float32), 24.0))
    assert (
        takes.read_parts(action) == ()
        and takes.regenerate_disabled_reason(action) is None
        and not takes.read_info(action).retimed
    )
    takes.mark_parts(action, infos)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    action = bpy.data.actions["One"]
    assert takes.read_parts(action) == ("Who?", "Me.") and takes.read_info(action) == infos[0]
    assert (
        str(takes.regenerate_disabled_reason(action))
        == '"One" joins the takes of 2 strips: regenerate them with Generate All'
    )
    del action["lipsync_take"]["retimed"], action["lipsync_take"]["version"]  # as takes of an earlier version are
    assert takes.read_info(action) == infos[0]
