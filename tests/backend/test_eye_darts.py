"""Eye darts: how often eyes jump, how far and how fast, what follows them, and what stays."""

from dataclasses import replace

import numpy as np
import pytest

from backend.arkit import CHANNELS, REGIONS
from backend.curves.adjust import NEW_TAKES, Controls, adjust, known_mask
from backend.curves.base import Curves, resample
from backend.curves.eye_darts import DEGREES, dart, mean_gaze, turn

FPS = 30.0
GAZE = [CHANNELS.index(name) for name in REGIONS["gaze"]]
LIDS = [CHANNELS.index("eyeBlinkLeft"), CHANNELS.index("eyeBlinkRight")]


def _take(seconds: float = 60.0, fps: float = FPS) -> Curves:
    """Make a face that rests, with eyes that wander slowly to the sides and down, and lids a little lowered."""
    frames = round(seconds * fps)
    values = np.zeros((frames, 52), np.float32)
    values[:, LIDS] = 0.05
    slow = 0.04 * np.sin(np.arange(frames) / fps / 3)
    for side, sign in (("Left", 1), ("Right", -1)):
        values[:, CHANNELS.index(f"eyeLookOut{side}")] = np.maximum(sign * slow, 0)
        values[:, CHANNELS.index(f"eyeLookIn{side}")] = np.maximum(-sign * slow, 0)
        values[:, CHANNELS.index(f"eyeLookDown{side}")] = 0.05
    return Curves(CHANNELS, values, fps)


def _jumps(take: Curves) -> np.ndarray:
    """Return the lengths in frames of the movements that are faster than any drift, 30 degrees a second."""
    fast = np.hypot(*np.diff(mean_gaze(take), axis=0).T) * DEGREES * take.fps > 30
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fast.astype(np.int8), [0]]))).reshape(-1, 2)
    return np.diff(edges, axis=1)[:, 0]


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_eyes_jump_fast_and_often_and_rest_between(fps: float) -> None:
    assert not len(_jumps(_take(fps=fps)))
    jumps = _jumps(dart(_take(fps=fps), 3))
    assert 70 <= len(jumps) <= 130  # a minute
    assert jumps.max() <= np.ceil(0.06 * fps) + 1
    assert jumps.sum() < 0.15 * 60 * fps


def test_eyes_follow_the_models_slow_gaze() -> None:
    """Averaged over many seeds, the eyes look where the model does."""
    take = _take(20.0)
    mean = np.mean([mean_gaze(dart(take, seed)) for seed in range(60)], axis=0)
    np.testing.assert_allclose(mean, mean_gaze(take), atol=0.04)  # 60 seeds: 0.06 / sqrt(60) and a rest's length
    away = mean_gaze(dart(take, 1)) - mean_gaze(take)
    assert np.hypot(*away.T).max() < 0.2


def test_both_eyes_turn_together_and_one_way_at_a_time() -> None:
    values = {name: dart(_take(), 5).values[:, CHANNELS.index(name)] for name in REGIONS["gaze"]}
    np.testing.assert_allclose(values["eyeLookOutLeft"], values["eyeLookInRight"], atol=1e-6)
    np.testing.assert_allclose(values["eyeLookUpLeft"], values["eyeLookUpRight"], atol=1e-6)
    assert not np.minimum(values["eyeLookOutLeft"], values["eyeLookInLeft"]).any()
    assert not np.minimum(values["eyeLookUpLeft"], values["eyeLookDownLeft"]).any()


def test_lids_follow_up_and_down() -> None:
    take = _take()
    darted = dart(take, 5)
    fall = (darted.values - take.values)[:, LIDS[0]]
    down = -(mean_gaze(darted) - mean_gaze(take))[:, 1]
    assert np.corrcoef(fall, down)[0, 1] > 0.99
    assert fall.max() > 0.01


def test_seeds_differ_and_repeat_at_any_frame_rate() -> None:
    take = _take()
    one = dart(take, 7)
    np.testing.assert_array_equal(one.values, dart(take, 7).values)
    assert np.abs(mean_gaze(one) - mean_gaze(dart(take, 8))).mean() > 0.03
    assert abs(len(_jumps(one)) - len(_jumps(dart(resample(take, 60.0, 3600), 7)))) <= 3


def test_runtimes_that_differ_slightly_give_the_same_darts() -> None:
    """Two runtimes agree within 1e-4, see test_runtimes: nothing here may amplify that."""
    take = _take()
    noise = np.random.default_rng(0).uniform(-1e-4, 1e-4, take.values.shape)
    other = replace(take, values=np.clip(take.values + noise, 0, 1).astype(np.float32))
    np.testing.assert_allclose(dart(other, 2).values, dart(take, 2).values, atol=4e-4)


def test_locked_values_stay_to_the_bit() -> None:
    take = _take()
    locked = np.zeros(take.values.shape, bool)
    locked[300:600] = True
    locked[900:1000, GAZE[0]] = locked[1200:1300, LIDS] = True
    darted = dart(take, 4, locked)
    np.testing.assert_array_equal(darted.values[locked], take.values[locked])
    np.testing.assert_array_equal(darted.values[900:1000], take.values[900:1000])
    assert np.abs(darted.values - take.values)[1200:1300, GAZE].max() > 0.05
    np.testing.assert_array_equal(adjust(take, NEW_TAKES, 4, locked).values[locked], take.values[locked])


def test_known_values_of_a_request_are_locked() -> None:
    known = np.full((400, 55), np.nan, np.float32)
    assert known_mask(None, 600) is None
    known[10:20, GAZE[0]] = 0.5
    mask = known_mask(known, 600)
    assert mask is not None and mask.shape == (600, 52)
    assert np.argwhere(mask).tolist() == [[frame, GAZE[0]] for frame in range(10, 20)]


def test_all_other_channels_stay() -> None:
    take = _take()
    others = [index for index in range(52) if index not in GAZE + LIDS]
    np.testing.assert_array_equal(dart(take, 1).values[:, others], take.values[:, others])
    np.testing.assert_array_equal(adjust(take, Controls(eye_darts=True), 1).values, dart(take, 1).values)
    np.testing.assert_array_equal(adjust(take, Controls(full_blinks=True), 1).values[:, GAZE], take.values[:, GAZE])
    still = adjust(take, Controls({"gaze": 0.0}, eye_darts=True), 1)
    assert not still.values[:, GAZE].any()


def test_captured_rotations_of_the_eyes_turn_along() -> None:
    take = _take(5.0)
    names = ("HeadYaw", "LeftEyeYaw", "RightEyePitch", "LeftEyeRoll")
    zeros = np.zeros(len(take.values), np.float32)
    shift = np.tile(np.array([0.5, -0.2], np.float32), (len(take.values), 1))  # to the person's left and down
    turned = turn(replace(take, rotations=dict.fromkeys(names, zeros)), shift)
    angles = np.degrees(np.array([turned.rotations[name][9] for name in names]))
    np.testing.assert_allclose(angles, np.array([0, -15, 6, 0]), atol=1e-4)  # yaw turns right, pitch down


def test_few_frames_and_few_channels_are_accepted() -> None:
    for names in (("jawOpen",), REGIONS["gaze"], REGIONS["gaze"][:3], CHANNELS):
        for frames in (1, 2, 5):
            for fps in (1.0, 24.0, 240.0):
                few = Curves(names, np.full((frames, len(names)), 0.3, np.float32), fps)
                values = dart(few, 0).values
                assert values.shape == few.values.shape and values.dtype == np.float32
