"""Mixing a take's curves from visemes."""

import numpy as np
import pytest

from backend.arkit import CHANNELS
from tests.addon_source import source

visemes = source("rig.visemes")
POSES = {each.label: list(dict.fromkeys(each.spellings.values())) for each in visemes.SETS}


def _mix(poses: list[str], **channels: float) -> dict[str, float]:
    """Return the weights of one frame."""
    values = np.array([[channels.get(name, 0.0) for name in CHANNELS]], np.float32)
    return dict(zip(poses, visemes.mix(poses, CHANNELS, values)[0].tolist(), strict=True))


def _strongest(weights: dict[str, float]) -> str:
    return max((pose for pose in weights if pose != "sil"), key=lambda pose: weights[pose])


@pytest.mark.parametrize("label", POSES)
def test_rest_gets_rest_pose(label: str) -> None:
    weights = _mix(POSES[label], eyeBlinkLeft=1.0, mouthSmileLeft=0.6, mouthSmileRight=0.6)
    assert weights == {pose: float(pose == "sil") for pose in POSES[label]}


@pytest.mark.parametrize("label", [label for label in POSES if "aa" in POSES[label]])
def test_jaw_alone_is_open_vowel(label: str) -> None:
    weights = _mix(POSES[label], jawOpen=0.5)
    assert _strongest(weights) == "aa" and weights["aa"] > 0.8
    assert sum(weights.values()) - weights["aa"] - weights.get("sil", 0.0) < 0.05


@pytest.mark.parametrize("label", [label for label in POSES if "ou" in POSES[label]])
def test_pucker_is_round_vowel(label: str) -> None:
    weights = _mix(POSES[label], mouthPucker=0.8, mouthFunnel=0.2)
    assert _strongest(weights) in ("ou", "w") and weights["ou"] + weights.get("w", 0.0) > 0.75


@pytest.mark.parametrize("label", POSES)
@pytest.mark.parametrize("jaw", [0.0, 0.1, 0.3])
def test_lip_closures_stay_closed(label: str, jaw: float) -> None:
    """The jaw may be open behind the lips."""
    weights = _mix(
        POSES[label], jawOpen=jaw, mouthClose=jaw, mouthPressLeft=0.15, mouthPressRight=0.15, mouthRollUpper=0.1
    )
    assert weights.get("PP", 1.0) > 0.9
    assert sum(weights.values()) - weights.get("PP", 0.0) < 0.1


@pytest.mark.parametrize("label", [label for label in POSES if "FF" in POSES[label]])
def test_lip_tucks_under_teeth(label: str) -> None:
    weights = _mix(POSES[label], jawOpen=0.04, mouthRollLower=0.26, mouthUpperUpLeft=0.12, mouthUpperUpRight=0.12)
    assert _strongest(weights) == "FF" and weights["FF"] > 0.8


@pytest.mark.parametrize("label", POSES)
def test_each_pose_uses_its_viseme(label: str) -> None:
    """Several visemes may replace it if they add up to the same pose."""
    for pose in POSES[label]:
        channels = visemes.POSES[pose]
        both = {side: value for name, value in channels.items() for side in (name, name + "Left", name + "Right")}
        weights = _mix(POSES[label], **both)
        jaw = sum(weight * visemes.POSES[other].get("jawOpen", 0.0) for other, weight in weights.items())
        assert jaw == pytest.approx(channels.get("jawOpen", 0.0), abs=0.04)
        if pose in ("PP", "FF", "TH", "aa", "oh", "sil"):
            assert _strongest(weights) == pose or pose == "sil"
            assert weights[pose] > 0.6


def test_wider_mouth_gets_larger_weights() -> None:
    values = np.zeros((101, len(CHANNELS)), np.float32)
    values[:, CHANNELS.index("jawOpen")] = np.linspace(0, 1, 101)
    weights = visemes.mix(["sil", "aa", "oh"], CHANNELS, values)
    assert weights.dtype == np.float32 and weights.shape == (101, 3)
    assert (np.diff(weights[:, 1]) >= 0).all() and weights.min() == 0.0 and weights.max() == 1.0
    assert np.abs(np.diff(weights, axis=0)).max() < 0.05  # no jumps, though lips that part catch up with the jaw


def test_missing_poses_are_approximated() -> None:
    frame = np.array([[0.5]], np.float32)
    assert visemes.mix(["oh"], ["jawOpen"], frame)[0, 0] > 0.3


@pytest.mark.parametrize("label", [label for label in POSES if "ou" in POSES[label]])
def test_lips_that_meet_show_no_teeth(label: str) -> None:
    """In a p between two vowels some of a vowel's channels are left over; none of its pose may be."""
    frame = {
        "jawOpen": 0.12,
        "mouthClose": 0.11,
        "mouthPressLeft": 0.2,
        "mouthPressRight": 0.2,
        "mouthStretchLeft": 0.3,
    }
    frame |= {"mouthStretchRight": 0.3, "mouthPucker": 0.15, "mouthLowerDownLeft": 0.05}
    vowel = {"jawOpen": 0.6, "mouthLowerDownLeft": 0.2, "mouthLowerDownRight": 0.2}
    rows = [vowel] * 8 + [frame] * 3 + [vowel] * 8
    values = np.array([[row.get(name, 0.0) for name in CHANNELS] for row in rows], np.float32)
    weights = dict(zip(POSES[label], visemes.mix(POSES[label], CHANNELS, values)[9].tolist(), strict=True))
    assert sum(weight for pose, weight in weights.items() if pose not in ("PP", "FF", "sil")) < 1e-6
    assert weights.get("PP", 1.0) > 0.8
