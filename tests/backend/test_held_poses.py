"""Held poses: exact while they are held, eased on either side, and nowhere else."""

import numpy as np

from backend.arkit import CHANNELS, REGIONS
from backend.curves.base import Curves
from backend.curves.held_poses import EASE, HeldPose, channels_of, hold


def _curves(fps: float = 30.0) -> Curves:
    values = np.random.default_rng(0).random((150, len(CHANNELS)), np.float32)
    return Curves(CHANNELS, values, fps)


def test_pose_is_held_exactly_and_eases() -> None:
    curves = _curves()
    names = channels_of(("jaw", "brows"))
    assert set(names) == {*REGIONS["jaw"], *REGIONS["brows"]}
    held = hold(curves, [HeldPose(2.0, 3.0, ("jaw", "brows"), (0.25,) * len(names))])
    columns = [CHANNELS.index(name) for name in names]
    np.testing.assert_allclose(held.values[60:91][:, columns], 0.25, atol=1e-6)  # rounding
    times = np.arange(150) / 30
    outside = (times <= 2.0 - EASE) | (times >= 3.0 + EASE)
    np.testing.assert_array_equal(held.values[outside], curves.values[outside])
    others = [index for index in range(len(CHANNELS)) if index not in columns]
    np.testing.assert_array_equal(held.values[:, others], curves.values[:, others])
    distance = np.abs(held.values[52:61, columns[0]] - 0.25)
    ease = distance / np.maximum(np.abs(curves.values[52:61, columns[0]] - 0.25), 1e-9)
    assert (np.diff(ease) < 0).all()


def test_nothing_held_is_nothing_changed() -> None:
    curves = _curves()
    assert hold(curves, []) is curves


def test_later_pose_wins_where_two_overlap() -> None:
    first, second = (HeldPose(1.0, 2.0, ("jaw",), (value,) * 4) for value in (0.2, 0.8))
    jaw = CHANNELS.index("jawOpen")
    assert abs(hold(_curves(), [first, second]).values[45, jaw] - 0.8) < 1e-6
