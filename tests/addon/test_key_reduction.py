"""Key reduction: the number of keys, the time it takes, and the error of Blender's F-curves on every frame."""

import time

import bpy
import numpy as np
import pytest
from helpers import add_mesh, fcurves, part
from tolerances import BEZIER, FLOAT32

from backend.arkit import CHANNELS
from backend.curves.base import Curves

TOLERANCE = 0.01


def _performance(frames: int, fps: float = 24.0) -> np.ndarray:
    """Return curves (frames, 52) like those of speech: syllables in the lower face, slow drift elsewhere, blinks, and channels at rest."""
    rng = np.random.default_rng(7)
    seconds = np.arange(frames) / fps
    values = np.zeros((frames, len(CHANNELS)))
    for index, name in enumerate(CHANNELS):
        if name.startswith("eyeBlink"):
            for blink in np.cumsum(rng.uniform(1, 5, int(frames / fps))):
                values[:, index] += np.interp(seconds - blink, [0, 0.1, 0.15, 0.35], [0, 0.9, 0.9, 0])
        elif name.startswith(("jaw", "mouth")):
            beat = sum(np.sin(2 * np.pi * rate * seconds + rng.uniform(0, 6)) / rate for rate in rng.uniform(0.3, 4, 6))
            values[:, index] = 0.2 * rng.random() ** 2 * (0.3 + beat)
        elif name != "tongueOut":
            values[:, index] = 0.2 + rng.uniform(0, 0.1) * np.sin(
                2 * np.pi * rng.uniform(0.1, 1) * seconds + rng.uniform(0, 6)
            )
    return np.clip(values, 0, 1).astype(np.float32)


def _jagged(frames: int) -> np.ndarray:
    """Return curves of rest, steps and noise: keys close together and far apart."""
    rng = np.random.default_rng(3)
    loud = np.repeat(rng.random((frames // 50 + 1, len(CHANNELS))) < 0.3, 50, axis=0)[:frames]
    return np.where(loud, rng.random((frames, len(CHANNELS))), 0.4).astype(np.float32)


def _evaluated(values: np.ndarray, tolerance: float, bezier: bool) -> tuple[np.ndarray, int]:
    """Return (Blender's values on each frame, number of keys)."""
    keys = part("addon.keyframes.face_action")
    face = part("addon.rig.face_rig").read_face(add_mesh("Head", list(CHANNELS)))
    action = keys.write_action(
        "Take", keys.columns(face, Curves(CHANNELS, values, 30.0)), 5, keys.Style(tolerance, bezier)
    )
    curves = fcurves(action)
    points = [point for curve in curves.values() for point in curve.keyframe_points]
    assert all(point.co.x % 1 == 0 for point in points)
    if bezier:
        assert {(point.interpolation, point.handle_left_type, point.handle_right_type) for point in points} == {
            ("BEZIER", "AUTO_CLAMPED", "AUTO_CLAMPED")
        }
    channels = [curves[f'key_blocks["{name}"].value'] for name in CHANNELS]
    return np.array([[curve.evaluate(5 + frame) for curve in channels] for frame in range(len(values))]), len(points)


@pytest.mark.parametrize("bezier", [True, False], ids=["bezier", "linear"])
def test_fifth_of_keys_is_enough(scene: "bpy.types.Scene", bezier: bool) -> None:
    values = _performance(1500)
    curves, count = _evaluated(values, TOLERANCE, bezier)
    assert np.abs(curves - values).max() <= TOLERANCE
    assert count * 5 <= values.size


@pytest.mark.parametrize("tolerance", [0.001, 0.1])
@pytest.mark.parametrize("bezier", [True, False], ids=["bezier", "linear"])
def test_every_frame_is_close(scene: "bpy.types.Scene", bezier: bool, tolerance: float) -> None:
    for values in (_jagged(700), _performance(400), _performance(1), _performance(2)):
        curves, _ = _evaluated(values, tolerance, bezier)
        assert np.abs(curves - values).max() <= tolerance


def test_handles_match_blenders(scene: "bpy.types.Scene") -> None:
    keys, reduce_curve = part("addon.keyframes.face_action"), part("addon.keyframes.key_reduction")
    rng = np.random.default_rng(1)
    frames = np.cumsum(rng.choice([1, 2, 3, 10, 80], 300))
    line = np.zeros(frames[-1] + 1, np.float32)
    line[frames] = rng.random(300)
    (curve,) = fcurves(
        keys.write_action("Take", [keys.Column("value", "Jaw", np.zeros(1))], 0, keys.Style(0.0, True))
    ).values()
    curve.keyframe_points.clear()
    keys.add_keys(curve, frames, line[frames], keys.Style(0.0, True), None)
    before, after, slope = reduce_curve._handles(
        line, frames, np.isin(np.arange(len(line)), frames[[0, -1]]), np.arange(300)
    )
    points = curve.keyframe_points
    lefts = np.array([key.co - key.handle_left for key in points])
    rights = np.array([key.handle_right - key.co for key in points])
    np.testing.assert_allclose(lefts[1:], np.stack([before, slope * before], axis=1)[1:], atol=1e-3)
    np.testing.assert_allclose(rights[:-1], np.stack([after, slope * after], axis=1)[:-1], atol=1e-3)


def test_resting_curves_get_two_keys(scene: "bpy.types.Scene") -> None:
    still = np.full((200, 52), 0.3, np.float32)
    assert _evaluated(still, TOLERANCE, True)[1] == 2 * 52
    assert _evaluated(still, 0.0, True)[1] == 200 * 52


def test_ten_minutes_take_two_seconds(extension: object) -> None:
    values = np.tile(_performance(1800, 30.0), (10, 1))
    began = time.process_time()
    kept = part("addon.keyframes.key_reduction").reduce_curve(values, TOLERANCE, True)
    assert time.process_time() - began < 4  # 2 on a machine that does nothing else
    assert sum(len(frames) for frames, _ in kept) * 5 <= values.size


@pytest.mark.parametrize("bezier", [True, False], ids=["bezier", "linear"])
def test_resting_channels_stay_at_rest(scene: "bpy.types.Scene", bezier: bool) -> None:
    """A resting mouth isn't open at all, a closed lid is closed, and no key is outside the channel's range."""
    values = _performance(600)
    values[300:312, 0] = 0.9
    curves, _ = _evaluated(values, TOLERANCE, bezier)
    still = np.zeros(values.shape, bool)
    still[1:-1] = (values[1:-1] == values[:-2]) & (values[1:-1] == values[2:])
    assert (values[still] == 0).any() and (values[still] > 0.8).any()
    np.testing.assert_allclose(curves[still], values[still], atol=BEZIER)
    assert (curves >= values.min(axis=0) - FLOAT32).all() and (curves <= values.max(axis=0) + FLOAT32).all()
