"""Locks: locked channels and frames keep their values and manual edits; the rest is a new performance that fits."""

import bpy
import numpy as np
import pytest
from helpers import fcurves, part
from tolerances import BEZIER, SIMPLIFIED, STORED

from backend.arkit import CHANNELS, LOWER, UPPER

PATH = 'key_blocks["{}"].value'


@pytest.fixture
def take(scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip") -> "bpy.types.Action":
    """Generate a take and edit its jaw and brows manually."""
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    action = face.data.shape_keys.animation_data.action
    for name in ("jawOpen", "browInnerUp"):
        curve = fcurves(action)[PATH.format(name)]
        curve.keyframe_points.insert(100.5, 0.83)
        curve.update()
    return action


def _course(action: "bpy.types.Action", names: tuple[str, ...], first: int = 0, last: int = 300) -> np.ndarray:
    """Return the values on every half frame, (half frames, channels)."""
    curves = fcurves(action)
    return np.array(
        [[curves[PATH.format(name)].evaluate(frame / 2) for name in names] for frame in range(2 * first, 2 * last + 1)]
    )


def _current(face: "bpy.types.Object") -> "bpy.types.Action":
    return face.data.shape_keys.animation_data.action


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    moving = (one.std(axis=0) > 1e-3) & (other.std(axis=0) > 1e-3)
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(one[:, moving].T, other[:, moving].T, strict=True)]))


def test_locked_mouth_stays_identical(take: "bpy.types.Action", face: "bpy.types.Object") -> None:
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = _current(face)
    assert other != take
    np.testing.assert_array_equal(_course(other, LOWER), _course(take, LOWER))
    assert _alike(_course(other, UPPER), _course(take, UPPER)) < 0.7
    info = part("addon.takes.take_store").read_info(other)
    assert set(info.locks.channels) == set(LOWER) and info.locks.frames is None


def test_generate_ignores_locks(take: "bpy.types.Action", face: "bpy.types.Object") -> None:
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert not np.array_equal(_course(_current(face), LOWER), _course(take, LOWER))


def test_unlocked_resample_varies_all_regions(
    take: "bpy.types.Action", scene: "bpy.types.Scene", face: "bpy.types.Object"
) -> None:
    scene.lipsync.locks.all_mouth = False
    assert not any(part("addon.lock_settings").read_locks(scene.lipsync.locks).channels)
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    assert _alike(_course(_current(face), LOWER), _course(take, LOWER)) > 0.9


def test_chosen_channels_and_regions(
    take: "bpy.types.Action", scene: "bpy.types.Scene", face: "bpy.types.Object"
) -> None:
    locks = scene.lipsync.locks
    locks.all_mouth, locks.all_brows, locks.lids = False, True, {"eyeBlinkLeft", "eyeBlinkRight"}
    assert locks.all_brows and not locks.all_lids
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    kept = tuple(name for name in CHANNELS if name.startswith(("brow", "eyeBlink")))
    np.testing.assert_array_equal(_course(_current(face), kept), _course(take, kept))
    assert not np.array_equal(_course(_current(face), ("eyeLookUpLeft",)), _course(take, ("eyeLookUpLeft",)))


def test_locked_frames_stay(take: "bpy.types.Action", scene: "bpy.types.Scene", face: "bpy.types.Object") -> None:
    locks = scene.lipsync.locks
    locks.all_mouth = False
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 90, 130
    assert bpy.ops.lipsync.lock_preview_range() == {"FINISHED"}
    scene.lipsync.identity = "Otto"
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = _current(face)
    np.testing.assert_allclose(_course(other, CHANNELS, 90, 130), _course(take, CHANNELS, 90, 130), atol=BEZIER)
    assert not np.allclose(_course(other, CHANNELS, 20, 80), _course(take, CHANNELS, 20, 80), atol=0.05)
    # Lids are left out: a blink, which may begin at any frame, is as fast as a jump.
    no_lids = tuple(name for name in CHANNELS if not name.startswith("eyeBlink"))
    steps = np.abs(np.diff(_course(other, no_lids, 20, 200)[::2], axis=0)).max(axis=1)
    assert steps[[69, 70, 109, 110]].max() <= np.percentile(steps, 98)  # around 90 and 130


def test_other_strips_take_is_ignored(
    take: "bpy.types.Action", strip: "bpy.types.Strip", face: "bpy.types.Object"
) -> None:
    setattr(strip, "content_start" if bpy.app.version >= (5, 1) else "frame_start", 40)
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    assert part("addon.takes.take_store").read_info(_current(face)).locks == part("addon.takes.locks").UNLOCKED


def test_missing_preview_range_is_reported(scene: "bpy.types.Scene") -> None:
    with pytest.raises(RuntimeError, match="preview range"):
        bpy.ops.lipsync.lock_preview_range()


def test_controls_leave_locked_edits_alone(take: "bpy.types.Action", face: "bpy.types.Object") -> None:
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = _current(face)
    brows = _course(other, ("browInnerUp",))
    other.lipsync_controls.lips, other.lipsync_controls.brows = 0.5, 0.0
    assert not _course(other, ("browInnerUp",)).any() and brows.any()
    np.testing.assert_array_equal(_course(other, LOWER), _course(take, LOWER))


def test_controls_move_unedited_locked_keys(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    scene.lipsync.key_density = "DENSE"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    first = _current(face)
    first.lipsync_controls.jaw = 0.5
    jaw = _course(first, ("jawOpen",), 20, 200)
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = _current(face)
    np.testing.assert_array_equal(_course(other, LOWER), _course(first, LOWER))
    other.lipsync_controls.brows = 0.0  # rewrites the mouth's keys too, with the jaw still halved once
    np.testing.assert_allclose(_course(other, ("jawOpen",), 20, 200), jaw, atol=STORED)
    other.lipsync_controls.jaw = 1.0
    np.testing.assert_allclose(_course(other, ("jawOpen",), 20, 200), 2 * jaw, atol=2 * STORED)


def test_locked_take_can_be_regenerated(
    take: "bpy.types.Action", scene: "bpy.types.Scene", face: "bpy.types.Object"
) -> None:
    scene.lipsync.key_density = "DENSE"
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = _current(face)
    upper = _course(other, UPPER)
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    again = _current(face)
    assert (
        again not in (take, other)
        and part("addon.takes.take_store").read_info(again).locks
        == part("addon.takes.take_store").read_info(other).locks
    )
    np.testing.assert_allclose(_course(again, UPPER), upper, atol=SIMPLIFIED)
    assert _alike(_course(again, LOWER), _course(take, LOWER)) > 0.99


def test_regenerated_take_keeps_locked_edits(take: "bpy.types.Action", face: "bpy.types.Object") -> None:
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    _current(face).lipsync_controls.jaw = _current(face).lipsync_controls.brows = 0.5
    brows = _course(_current(face), ("browInnerUp",))
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    again = _current(face)
    np.testing.assert_array_equal(_course(again, LOWER), _course(take, LOWER))
    assert _alike(_course(again, ("browInnerUp",)), brows) > 0.95
    again.lipsync_controls.jaw = 1.5
    np.testing.assert_array_equal(_course(again, LOWER), _course(take, LOWER))
