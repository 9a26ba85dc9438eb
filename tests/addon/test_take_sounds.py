"""Sounds of takes in Blender: kept with each take, edited at the current frame, and all else stays as it is."""

import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from helpers import fcurves, part

from backend.arkit import CHANNELS, LOWER
from backend.curves.aperture import lip_aperture
from backend.curves.base import Curves

PATH = 'key_blocks["{}"].value'
FIRST = 11  # frame of the strip
REACH = 0.3  # s


@pytest.fixture
def take(scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip") -> Iterator["bpy.types.Action"]:
    scene.lipsync.identity_name = "Hugo"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    yield face.data.shape_keys.animation_data.action


def _active(face: "bpy.types.Object") -> "bpy.types.Action":
    return face.data.shape_keys.animation_data.action


def _course(action: "bpy.types.Action", names: tuple[str, ...] = CHANNELS) -> np.ndarray:
    """Return the values of the F-curves on every frame from the strip's first, (frames, channels)."""
    curves = fcurves(action)
    frames = range(FIRST, FIRST + 220)
    return np.array(
        [
            [curves[PATH.format(name)].evaluate(frame) if PATH.format(name) in curves else 0.0 for name in names]
            for frame in frames
        ],
        np.float32,
    )


def _sound(action: "bpy.types.Action", label: str) -> tuple[int, float, float]:
    """Return (index, start s, end s) of the first sound of a label."""
    heard = part("addon.takes.take_sounds").read(action).heard
    return next((index, sound.start, sound.end) for index, sound in enumerate(heard) if sound.label == label)


def _go(scene: "bpy.types.Scene", seconds: float) -> None:
    frame = FIRST + seconds * scene.render.fps
    scene.frame_set(int(frame), subframe=frame % 1)


def _outside(start: float, end: float, fps: float, frames: int) -> np.ndarray:
    times = np.arange(frames) / fps
    return (times < start - REACH - 1e-6) | (times > end + REACH + 1e-6)


def test_take_remembers_its_sounds(take: "bpy.types.Action") -> None:
    known = part("addon.takes.take_sounds").read(take)
    labels = [sound.label for sound in known.heard]
    assert labels[:2] == ["SIL", "TH"] and {"M", "B", "UW", "OY"} <= set(labels) and known.edits == ()
    assert all(now.end == then.start for now, then in zip(known.heard, known.heard[1:], strict=False))
    copy = part("addon.takes.take_store").duplicate(take)
    assert part("addon.takes.take_sounds").read(copy) == known


@pytest.mark.parametrize("density", ["DENSE", "SIMPLIFIED"])
def test_closed_lips_in_one_step(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip", density: str
) -> None:
    scene.lipsync.key_density, scene.lipsync.identity_name = density, "Hugo"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    take = _active(face)
    by_hand = fcurves(take)[PATH.format("jawOpen")].keyframe_points
    by_hand.insert(FIRST + 150, 0.77)
    _, start, end = _sound(take, "OY")
    before = _course(take)
    _go(scene, (start + end) / 2)
    assert bpy.ops.lipsync.sound_close() == {"FINISHED"}
    assert _active(face) == take
    after = _course(take)
    edit = part("addon.takes.take_sounds").read(take).edits[0]
    outside = _outside(edit.start, edit.end, scene.render.fps, len(before))
    np.testing.assert_array_equal(after[outside], before[outside])
    aperture = lip_aperture(Curves(CHANNELS, after, scene.render.fps))
    frame = round(edit.sound.center * scene.render.fps)
    assert aperture[frame] < 0.1 * np.percentile(aperture, 90)
    assert lip_aperture(Curves(CHANNELS, before, scene.render.fps))[frame] > 0.3 * np.percentile(aperture, 90)
    assert part("addon.takes.take_store").is_edited(take)  # the manual key


def test_random_edits_leave_all_the_rest_to_the_bit(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    scene.lipsync.key_density, scene.lipsync.identity_name = "SIMPLIFIED", "Ada"
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    take, sounds = _active(face), part("addon.takes.take_sounds")
    curves, rng = fcurves(take), np.random.default_rng(5)
    for name in rng.choice(sorted(curves), 6, replace=False):
        point = curves[name].keyframe_points.insert(FIRST + float(rng.integers(5, 210)), float(rng.uniform()))
        point.interpolation = str(rng.choice(["CONSTANT", "LINEAR", "BEZIER", "SINE", "BOUNCE"]))
    for _ in range(6):
        heard = [each for each in sounds.read(take).heard if each.label != "SIL" and each.end < 6.5]
        sound = heard[rng.integers(len(heard))]
        known, before = set(sounds.read(take).edits), _course(take)
        _go(scene, (sound.start + sound.end) / 2)
        if rng.random() < 0.5:
            assert bpy.ops.lipsync.sound_close() == {"FINISHED"}
        else:
            assert bpy.ops.lipsync.sound_change(phone=str(rng.choice(["AA", "UW", "F", "IY"]))) == {"FINISHED"}
        (edit,) = set(sounds.read(take).edits) - known
        outside = _outside(edit.start, edit.end, scene.render.fps, len(before))
        np.testing.assert_array_equal(_course(take)[outside], before[outside])


def test_reset_brings_the_generated_curves_back(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    store = part("addon.takes.take_store")
    before = store.read_curves(take).values
    _go(scene, 4.2)
    bpy.ops.lipsync.sound_close()
    assert not np.array_equal(store.read_curves(take).values, before)
    assert not store.is_edited(take)
    bpy.ops.lipsync.sound_reset()
    np.testing.assert_array_equal(store.read_curves(take).values, before)
    assert part("addon.takes.take_sounds").read(take).edits == ()


def test_change_strength_delete_and_move(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    sounds = part("addon.takes.take_sounds")
    index, start, end = _sound(take, "OY")
    _go(scene, (start + end) / 2)
    jaw = _course(take, ("jawOpen",))[round((start + end) / 2 * scene.render.fps), 0]
    assert bpy.ops.lipsync.sound_strength(strength=0.3) == {"FINISHED"}
    assert _course(take, ("jawOpen",))[round((start + end) / 2 * scene.render.fps), 0] < 0.9 * jaw
    assert bpy.ops.lipsync.sound_change(phone="IY") == {"FINISHED"}
    assert sounds.read(take).edits == (("IY", start, end, pytest.approx(0.3), index),)
    bpy.ops.lipsync.sound_delete()
    assert sounds.read(take).edits[0].strength == 0
    bpy.ops.lipsync.sound_reset()
    _go(scene, start + 0.04)
    assert bpy.ops.lipsync.sound_move() == {"FINISHED"}
    moved = {edit.origin: edit for edit in sounds.read(take).edits}
    assert moved[index].start == moved[index - 1].end == pytest.approx(start + 0.04, abs=0.02)
    bpy.ops.lipsync.sound_reset(every=True)
    assert sounds.read(take).edits == ()


def test_regenerate_and_resample_keep_edits(
    take: "bpy.types.Action", face: "bpy.types.Object", scene: "bpy.types.Scene"
) -> None:
    store, sounds = part("addon.takes.take_store"), part("addon.takes.take_sounds")
    _go(scene, 4.2)
    bpy.ops.lipsync.sound_close()
    edited = store.read_curves(take).values
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    again = _active(face)
    assert again != take and sounds.read(again).edits == sounds.read(take).edits
    # Stored in 16 bits, so the edit starts from slightly different values.
    np.testing.assert_allclose(store.read_curves(again).values, edited, atol=1e-4)
    assert bpy.ops.lipsync.resample() == {"FINISHED"}
    other = _active(face)
    assert sounds.read(other).edits == sounds.read(take).edits
    lower = [CHANNELS.index(name) for name in LOWER]
    frame = round(4.2 * scene.render.fps)
    np.testing.assert_allclose(store.read_curves(other).values[frame, lower], edited[frame, lower], atol=0.05)
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    assert sounds.read(_active(face)).edits == ()


def test_controls_keep_edits(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    _go(scene, 4.2)
    bpy.ops.lipsync.sound_close()
    take.lipsync_controls.lips = 1.3
    part("addon.takes.controls").update_keys()
    curves = _course(take)
    aperture = lip_aperture(Curves(CHANNELS, curves, scene.render.fps))
    assert aperture[round(4.2 * scene.render.fps)] < 0.1 * np.percentile(aperture, 90)


def test_edit_is_quick(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    _go(scene, 2.0)
    bpy.ops.lipsync.sound_close()
    durations = []
    for seconds in (3.0, 4.2, 5.5):
        _go(scene, seconds)
        began = time.process_time()
        bpy.ops.lipsync.sound_close()
        durations.append(time.process_time() - began)
    assert min(durations) < 0.3, durations


def test_take_from_before_sounds(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    """Such a take lacks the list, and lips can be closed all the same."""
    del take["lipsync_sounds"], take["lipsync_sound_edits"]
    sounds = part("addon.takes.take_sounds")
    assert sounds.read(take) == sounds.NO_SOUNDS
    _go(scene, 4.2)
    assert bpy.ops.lipsync.sound_close() == {"FINISHED"}
    assert len(sounds.read(take).edits) == 1
    with pytest.raises(RuntimeError, match="sounds of this take|no sound on this frame"):
        _go(scene, 1.0)
        bpy.ops.lipsync.sound_delete()


def test_no_take(scene: "bpy.types.Scene", face: "bpy.types.Object") -> None:
    assert not bpy.ops.lipsync.sound_close.poll()


def test_sounds_become_markers(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    scene.timeline_markers.new("anger", frame=20)
    assert bpy.ops.lipsync.sounds_to_markers() == {"FINISHED"}
    _, start, _ = _sound(take, "TH")
    ours = [marker for marker in scene.timeline_markers if marker.name != "anger"]
    assert ours[0].frame == round(FIRST + start * scene.render.fps) and ours[0].name.endswith("Th")
    count = len(ours)
    assert bpy.ops.lipsync.sounds_to_markers() == {"FINISHED"}
    assert len(scene.timeline_markers) == count + 1
    assert bpy.ops.lipsync.sounds_to_markers(remove=True) == {"FINISHED"}
    assert [marker.name for marker in scene.timeline_markers] == ["anger"]


def test_pose_is_held_and_released(
    take: "bpy.types.Action", face: "bpy.types.Object", scene: "bpy.types.Scene"
) -> None:
    before = _course(take)
    fps = scene.render.fps
    scene.frame_set(FIRST + 100)
    assert bpy.ops.lipsync.pose_hold(duration=1.0, regions={"jaw", "lips"}) == {"FINISHED"}
    after = _course(take)
    lower = [CHANNELS.index(name) for name in LOWER]
    others = [index for index in range(len(CHANNELS)) if index not in lower]
    held = after[100 : 100 + fps + 1][:, lower]
    tolerance = scene.lipsync.key_tolerance * 1.01  # of the key reduction
    assert np.abs(held - before[100, lower]).max() < 2 * tolerance
    np.testing.assert_array_equal(after[:, others], before[:, others])
    outside = _outside(100 / fps, 100 / fps + 1.0, fps, len(before))
    np.testing.assert_array_equal(after[outside], before[outside])
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}
    again = _course(_active(face))
    assert np.abs(again[100 : 100 + fps + 1][:, lower] - before[100, lower]).max() < 2 * tolerance
    assert bpy.ops.lipsync.pose_release() == {"FINISHED"}
    # The keys were reduced four times: when the take was made, its pose held, the take made again, and the pose released.
    np.testing.assert_allclose(_course(_active(face)), before, atol=4 * tolerance)
    assert part("addon.takes.take_sounds").read(_active(face)).held == ()
    with pytest.raises(RuntimeError, match="No pose is held"):
        bpy.ops.lipsync.pose_release()


def test_script_is_aligned_and_corrects(take: "bpy.types.Action", scene: "bpy.types.Scene") -> None:
    sounds = part("addon.takes.take_sounds")
    scene.lipsync.script = (
        "Thank you very much for your help, and the boy next door threw away a very strange photograph!"
    )
    assert bpy.ops.lipsync.sounds_from_script() == {"FINISHED"}
    words = {word.text: word for word in sounds.read(take).words}
    assert words["thank"].start == pytest.approx(
        0.44, abs=0.1
    )  # as the synthesizer says; sounds are on a grid of 20 ms
    assert words["boy"].start == pytest.approx(4.015, abs=0.1)
    known = len(sounds.read(take).edits)
    scene.lipsync.script = "Thank you merry much for your help, and the boy"
    assert bpy.ops.lipsync.sounds_from_script() == {"FINISHED"}
    found = [edit for edit in sounds.read(take).edits if edit.label == "M"]
    assert any(edit.start == pytest.approx(1.34, abs=0.1) for edit in found), (found, known)  # where "very" has its V
    scene.lipsync.script = "12"
    with pytest.raises(RuntimeError, match="no words"):
        bpy.ops.lipsync.sounds_from_script()
    text = bpy.data.texts.new("Line")
    text.write("Thank you very much")
    scene.lipsync.script_text = text
    assert bpy.ops.lipsync.sounds_from_script() == {"FINISHED"}
    assert [word.text for word in sounds.read(take).words] == ["thank", "you", "very", "much"]


@pytest.mark.parametrize("suffix", ["json", "TextGrid"])
def test_sounds_are_exported_corrected_and_imported(
    take: "bpy.types.Action", scene: "bpy.types.Scene", tmp_path: Path, suffix: str
) -> None:
    sounds, file = part("addon.takes.take_sounds"), tmp_path / f"line.{suffix}"
    assert bpy.ops.lipsync.export_sounds(filepath=str(file)) == {"FINISHED"}
    assert bpy.ops.lipsync.import_sounds(filepath=str(file)) == {"FINISHED"}
    assert sounds.read(take).edits == ()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"TH"', '"M"', 1), encoding="utf-8")
    assert bpy.ops.lipsync.import_sounds(filepath=str(file)) == {"FINISHED"}
    (edit,) = sounds.read(take).edits
    assert edit.label == "M" and edit.start == pytest.approx(_sound(take, "TH")[1], abs=1e-3)
    file.write_text("nothing", encoding="utf-8")
    with pytest.raises(RuntimeError, match="holds no sounds"):
        bpy.ops.lipsync.import_sounds(filepath=str(file))


def test_model_without_sounds_keeps_edits(
    take: "bpy.types.Action", face: "bpy.types.Object", scene: "bpy.types.Scene", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another model may be chosen later, which knows no mouth poses."""
    _go(scene, 4.2)
    bpy.ops.lipsync.sound_close()
    before = _course(take)
    monkeypatch.setattr(part("addon.generation.model_info"), "sounds_part", lambda folder: None)
    assert not bpy.ops.lipsync.sound_close.poll()
    with pytest.raises(RuntimeError, match="can't tell sounds apart"):
        bpy.ops.lipsync.pose_hold()
    np.testing.assert_array_equal(_course(take), before)
    assert bpy.ops.lipsync.take_again() == {"FINISHED"}  # with a warning
    assert part("addon.takes.take_sounds").read(_active(face)).edits == ()
    assert len(part("addon.takes.take_sounds").read(take).edits) == 1
