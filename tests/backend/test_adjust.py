"""What the controls do to a take, and what they leave alone."""

from dataclasses import replace

import numpy as np
import pytest

from backend.arkit import CHANNELS, REGIONS
from backend.curves import blinks
from backend.curves.adjust import ControlError, Controls, adjust
from backend.curves.aperture import APERTURE_CHANNELS, lip_aperture
from backend.curves.base import Curves

FPS = 30.0
CLOSURES = np.arange(20, 600, 25)  # frames at which the lips of `speech` meet


@pytest.fixture
def take() -> Curves:
    return Curves(CHANNELS, np.random.default_rng(0).uniform(0, 1, (90, 52)).astype(np.float32), FPS)


def _column(name: str) -> int:
    return CHANNELS.index(name)


def _of(region: str) -> list[int]:
    return [_column(name) for name in REGIONS[region]]


def _get(take: Curves, name: str) -> np.ndarray:
    return take.values[:, _column(name)]


def _dips(frames: int, centres: np.ndarray, half: float, height: float = 1.0) -> np.ndarray:
    """Bumps (frames,) of one height, from 0 to 0 in twice half frames."""
    distance = np.abs(np.arange(frames)[:, None] - np.asarray(centres)[None])
    return (height * np.clip(1 - distance / half, 0, 1).max(axis=1, initial=0.0)).astype(np.float32)


@pytest.fixture
def speech() -> Curves:
    """Twenty seconds: an open mouth with a little noise, shut for some frames around each closure, though the jaw stays down then."""
    rng = np.random.default_rng(1)
    values = np.zeros((600, 52), np.float32)
    shut = _dips(600, CLOSURES, 4)
    values[:, _column("jawOpen")] = 0.5 - 0.2 * shut + rng.uniform(-0.02, 0.02, 600)
    values[:, _column("mouthClose")] = 0.3 * shut
    for side in ("Left", "Right"):
        values[:, _column(f"mouthLowerDown{side}")] = 0.3 * (1 - shut)
        values[:, _column(f"mouthPress{side}")] = 0.2 * shut
        values[:, _column(f"mouthSmile{side}")] = 0.3 + rng.normal(0, 0.05, 600)
        values[:, _column(f"eyeBlink{side}")] = _dips(600, np.array([60, 150, 180, 270]), 5, 0.9)
        values[:, _column(f"eyeSquint{side}")] = 0.2
    return Curves(CHANNELS, np.clip(values, 0, 1), FPS)


def test_no_controls_leave_a_take_as_it_is(take: Curves) -> None:
    np.testing.assert_array_equal(adjust(take, Controls()).values, take.values)


def test_a_take_of_few_channels_and_frames_has_every_control() -> None:
    everything = Controls({"jaw": 2.0}, 0.3, 3.0, 1.0, 50.0, True)
    for names in (("browInnerUp",), ("jawOpen",), ("eyeBlinkLeft", "mouthLeft")):
        for frames in (1, 2, 9):
            few = Curves(names, np.full((frames, len(names)), 0.3, np.float32), FPS)
            assert adjust(few, everything).values.shape == few.values.shape


def test_a_take_stays_what_it_was(take: Curves) -> None:
    before = take.values.copy()
    adjusted = adjust(take, Controls({"lips": 2.0}, 0.1, 0.0, 1.0, 100.0, True))
    np.testing.assert_array_equal(take.values, before)
    assert 0 <= adjusted.values.min() and adjusted.values.max() <= 1


def test_strengths_touch_their_region_only(take: Curves) -> None:
    weak = adjust(take, Controls({"jaw": 0.0, "brows": 0.5, "lips": 3.0})).values
    assert not weak[:, _of("jaw")].any() and weak.max() == 1
    np.testing.assert_allclose(weak[:, _of("brows")], take.values[:, _of("brows")] / 2)
    for region in ("cheeks", "lids", "gaze"):
        np.testing.assert_array_equal(weak[:, _of(region)], take.values[:, _of(region)])


@pytest.mark.parametrize("strengths", [{"jaw": 1.6}, {"jaw": 0.3}, {"lips": 0.3}, {"lips": 3.0}])
def test_lips_that_meet_still_meet_at_any_strength(speech: Curves, strengths: dict[str, float]) -> None:
    strong = adjust(speech, Controls(strengths))
    assert lip_aperture(strong)[CLOSURES].max() < 0.1 * np.percentile(lip_aperture(strong), 90)
    assert (_get(strong, "mouthClose") <= _get(strong, "jawOpen") + 0.05).all()  # and no lip goes through the other


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"strengths": {"nose": 1.0}}, "jaw, lips"),
        ({"strengths": {"jaw": -1.0}}, "strength of jaw"),
        ({"strengths": {"jaw": float("nan")}}, "nan"),
        ({"smoothing": 0.4}, "Smoothing can't be 0.4: choose 0 to 0.3"),
        ({"blinks": -0.1}, "choose 0 to 3"),
        ({"closing": float("inf")}, "choose -1 to 1"),
        ({"offset": 201.0}, "choose -200 to 200"),
    ],
)
def test_what_makes_no_sense_is_explained(wrong: dict, says: str) -> None:
    with pytest.raises(ControlError, match=says):
        Controls(**wrong)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 0.3])
def test_smoothing_leaves_closures_and_blinks(speech: Curves, seconds: float) -> None:
    smooth = adjust(speech, Controls(smoothing=seconds))
    aperture = lip_aperture(smooth)
    assert aperture[CLOSURES].max() < 0.1 * np.percentile(aperture, 90)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        np.testing.assert_array_equal(_get(smooth, name), _get(speech, name))
    vowels = np.abs(np.arange(598)[:, None] - CLOSURES).min(axis=1) > 8
    for name in ("mouthSmileLeft", "jawOpen"):
        rough, soft = (np.abs(np.diff(_get(each, name), 2))[vowels].mean() for each in (speech, smooth))
        assert soft < 0.5 * rough


def test_smoothing_is_of_the_width_it_says_and_delays_nothing() -> None:
    values = np.zeros((101, 1), np.float32)
    values[50] = 1.0
    bell = adjust(Curves(("browInnerUp",), values, 100.0), Controls(smoothing=0.2)).values[:, 0]
    np.testing.assert_allclose(bell, bell[::-1], atol=1e-7)
    assert bell.argmax() == 50 and bell.sum() == pytest.approx(1, abs=1e-5)
    assert bell[60] == pytest.approx(bell[50] / 2, rel=0.02)  # 0.2 s at half its height


def test_smoothing_does_smooth_lips_at_rest() -> None:
    values = np.zeros((300, 52), np.float32)
    values[:150, _column("jawOpen")] = 0.5
    values[150:, _column("jawOpen")] = np.random.default_rng(0).uniform(0, 0.02, 150)
    smooth = _get(adjust(Curves(CHANNELS, values, FPS), Controls(smoothing=0.2)), "jawOpen")
    assert smooth[180:].std() < 0.4 * values[180:, _column("jawOpen")].std()


@pytest.mark.parametrize("factor", [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
def test_blinks_are_as_many_as_wanted(speech: Curves, factor: float) -> None:
    many = adjust(speech, Controls(blinks=factor))
    left, right = _get(many, "eyeBlinkLeft"), _get(many, "eyeBlinkRight")
    rises = (left[1:] > blinks.SHUT) & (left[:-1] <= blinks.SHUT)
    assert rises.sum() == len(blinks.find(left, FPS)) == 4 * factor
    np.testing.assert_array_equal(left, right)
    rest = [index for index, name in enumerate(CHANNELS) if not name.startswith("eyeBlink")]
    np.testing.assert_array_equal(many.values[:, rest], speech.values[:, rest])
    np.testing.assert_array_equal(adjust(speech, Controls(blinks=factor)).values, many.values)


def test_fewer_blinks_are_those_that_were_far_from_others(speech: Curves) -> None:
    lids = _get(adjust(speech, Controls(blinks=0.75)), "eyeBlinkLeft")
    assert [(first, last) for first, last in blinks.find(lids, FPS)] == [(55, 65), (175, 185), (265, 275)]
    assert lids[140:160].max() == 0


def test_more_blinks_are_copies_in_the_longest_gaps(speech: Curves) -> None:
    lids = _get(adjust(speech, Controls(blinks=1.25)), "eyeBlinkLeft")
    new = [span for span in blinks.find(lids, FPS) if span not in blinks.find(_get(speech, "eyeBlinkLeft"), FPS)]
    ((first, last),) = new
    assert 275 < first and last < 600
    np.testing.assert_allclose(lids[first : last + 1], _get(speech, "eyeBlinkLeft")[55:66], atol=1e-6)


def test_a_blink_on_lowered_lids_is_bridged(speech: Curves) -> None:
    lowered = speech.values.copy()
    lids = [_column("eyeBlinkLeft"), _column("eyeBlinkRight")]
    lowered[:, lids] = np.maximum(lowered[:, lids], np.linspace(0.1, 0.3, 600, dtype=np.float32)[:, None])
    np.testing.assert_allclose(
        _get(adjust(replace(speech, values=lowered), Controls(blinks=0.0)), "eyeBlinkLeft"),
        np.linspace(0.1, 0.3, 600),
        atol=0.01,
    )


def test_what_is_no_blink_stays() -> None:
    values = np.zeros((300, 2), np.float32)
    values[:10] = values[290:] = 0.9  # begun before the take, or not ended within
    values[50:120] = 0.9  # closed eyes
    values[200:205] = 0.3  # lowered
    take = Curves(("eyeBlinkLeft", "eyeBlinkRight"), values, FPS)
    assert blinks.find(values[:, 0], FPS) == []
    for factor in (0.0, 3.0):
        np.testing.assert_array_equal(adjust(take, Controls(blinks=factor)).values, values)


def test_blinks_are_found_before_strengths(speech: Curves) -> None:
    weak = adjust(speech, Controls({"lids": 0.2}, blinks=0.0))
    assert not _get(weak, "eyeBlinkLeft").any() and _get(weak, "eyeSquintLeft").max() == pytest.approx(0.04)


@pytest.fixture
def nearly() -> Curves:
    """Vowels, and between them lips that meet, nearly meet or are half open."""
    values = np.zeros((120, 52), np.float32)
    values[:, _column("jawOpen")] = 0.4
    values[10:20, _column("mouthClose")] = 0.4
    values[40:50, _column("mouthClose")] = 0.34
    values[70:80, _column("mouthClose")] = 0.2
    for side in ("Left", "Right"):
        values[40:50, _column(f"mouthUpperUp{side}")] = 0.02
    return Curves(CHANNELS, values, FPS)


def test_closing_brings_lips_together_that_nearly_meet(nearly: Curves) -> None:
    before, after, half = (lip_aperture(adjust(nearly, Controls(closing=bias))) for bias in (0.0, 1.0, 0.5))
    near = slice(40, 50)
    assert (after[near] < 0.5 * before[near]).all() and ((after[near] < half[near]) & (half[near] < before[near])).all()
    open_mouth = before > 0.15
    assert 90 <= open_mouth.sum() and (after == before)[open_mouth].all()
    assert (after[10:20] == 0).all()


def test_closing_below_zero_parts_them_a_little(nearly: Curves) -> None:
    parted = adjust(nearly, Controls(closing=-1.0))
    before, after = lip_aperture(nearly), lip_aperture(parted)
    assert (after[10:20] > 0.1).all() and (after[40:50] > before[40:50]).all() and (after[10:20] < 0.25).all()
    vowels = np.r_[0:10, 20:40, 50:120]
    np.testing.assert_array_equal(parted.values[vowels], nearly.values[vowels])
    resting = Curves(CHANNELS, np.zeros((9, 52), np.float32), FPS)
    assert not adjust(resting, Controls(closing=-1.0)).values.any()


def test_closing_touches_what_makes_the_aperture_only(take: Curves) -> None:
    rest = [index for index, name in enumerate(CHANNELS) if name not in APERTURE_CHANNELS]
    for bias in (-1.0, 1.0):
        np.testing.assert_array_equal(adjust(take, Controls(closing=bias)).values[:, rest], take.values[:, rest])


def test_offset_moves_the_whole_take_and_its_ends_hold(take: Curves) -> None:
    later = adjust(take, Controls(offset=100.0)).values  # three frames
    np.testing.assert_allclose(later[3:], take.values[:-3], atol=1e-6)
    np.testing.assert_allclose(later[:3], take.values[:1].repeat(3, axis=0), atol=1e-6)
    earlier = adjust(take, Controls(offset=-200.0)).values
    np.testing.assert_allclose(earlier[:-6], take.values[6:], atol=1e-6)
    between = adjust(take, Controls(offset=1000 / 60)).values[1:]  # half a frame
    low, high = np.minimum(take.values[1:], take.values[:-1]), np.maximum(take.values[1:], take.values[:-1])
    assert ((low - 1e-6 <= between) & (between <= high + 1e-6)).all()


def test_mirror_swaps_sides(take: Curves) -> None:
    mirrored = adjust(take, Controls(mirror=True))
    for left, right in (
        ("jawLeft", "jawRight"),
        ("mouthLeft", "mouthRight"),
        ("mouthSmileLeft", "mouthSmileRight"),
        ("eyeBlinkLeft", "eyeBlinkRight"),
        ("eyeLookInLeft", "eyeLookInRight"),  # eyes that look left turn the left one out and the right one in
        ("eyeLookOutLeft", "eyeLookOutRight"),
    ):
        np.testing.assert_array_equal(_get(mirrored, left), _get(take, right))
        np.testing.assert_array_equal(_get(mirrored, right), _get(take, left))
    for name in ("jawOpen", "browInnerUp", "tongueOut"):
        np.testing.assert_array_equal(_get(mirrored, name), _get(take, name))
    np.testing.assert_array_equal(adjust(mirrored, Controls(mirror=True)).values, take.values)
