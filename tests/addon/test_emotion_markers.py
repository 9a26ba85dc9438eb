"""Emotion keys from markers and an animated intensity."""

import bpy
import pytest
from helpers import part

EMOTIONS = ("neutral", "happiness", "anger")


def _read(scene: "bpy.types.Scene", intensity: float = 1.0) -> tuple[tuple[float, str, float], ...]:
    span = part("addon.generation.sound_strip").Span("S", "S", "s.wav", False, 0.0, 10.0, 11, 25.0)
    return part("addon.generation.emotion_markers").read_emotion_keys(scene, span, "auto", intensity, EMOTIONS)


def test_no_markers_no_emotion_keys(scene: "bpy.types.Scene") -> None:
    scene.timeline_markers.new("Act 2", frame=50)
    assert _read(scene) == ()


def test_markers_fade_between_emotions(scene: "bpy.types.Scene") -> None:
    scene.timeline_markers.new("Anger 50%", frame=11 + 25 * 4)
    scene.timeline_markers.new("happiness 1.5", frame=11 + 25 * 8)
    scene.timeline_markers.new("anger", frame=11 + 25 * 20)  # behind the end
    times, names, amounts = zip(*_read(scene, 0.8), strict=True)
    assert times == pytest.approx((0, 3.8, 4.2, 7.8, 8.2))
    assert names == ("auto", "auto", "anger", "anger", "happiness")
    assert amounts == pytest.approx((0.8, 0.8, 0.4, 0.4, 1.2))


def test_last_marker_before_strip_applies(scene: "bpy.types.Scene") -> None:
    scene.timeline_markers.new("anger", frame=-20)
    scene.timeline_markers.new("happiness", frame=5)
    assert _read(scene) == ((0.0, "happiness", 1.0),)


def test_animated_intensity_is_followed(scene: "bpy.types.Scene") -> None:
    for frame, value in ((11, 0.0), (11 + 125, 2.0), (11 + 250, 1.0)):
        scene.lipsync.intensity = value
        scene.keyframe_insert("lipsync.intensity", frame=frame)
    for curve in part("addon.keyframes.face_action").fcurves(scene.animation_data.action, "SCENE"):
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    scene.timeline_markers.new("anger", frame=11 + 50)
    keys = _read(scene)
    assert len(keys) < 12 and {name for _, name, _ in keys} == {"auto", "anger"}
    for seconds, _, amount in keys:
        assert amount == pytest.approx(0.4 * seconds if seconds < 5 else 3 - 0.2 * seconds, abs=0.02)


def test_take_stores_its_emotion_keys(
    scene: "bpy.types.Scene", face: "bpy.types.Object", strip: "bpy.types.Strip"
) -> None:
    scene.timeline_markers.new("sadness", frame=100)
    scene.lipsync.intensity = 1.2
    assert bpy.ops.lipsync.generate() == {"FINISHED"}
    info = part("addon.takes.take_store").read_info(face.data.shape_keys.animation_data.action)
    assert info.likeness[0][0] == info.performance.identity and sum(share for _, share in info.likeness) <= 1.001
    assert info.performance.intensity == pytest.approx(1.2)
    assert [key.emotion for key in info.performance.emotion_keys][-1] == "sadness"
    assert len(info.performance.emotion_keys) == 3
