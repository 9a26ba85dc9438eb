"""The controls: what they change in a take and what they leave alone."""

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


def _triangles(frames: int, centers: np.ndarray, half_width: float, height: float = 1.0) -> np.ndarray:
    """Return triangular pulses around the center frames, (frames,)."""
    distance = np.abs(np.arange(frames)[:, None] - np.asarray(centers)[None])
    return (height * np.clip(1 - distance / half_width, 0, 1).max(axis=1, initial=0.0)).astype(np.float32)


@pytest.fixture
def speech() -> Curves:
    """Make 20 s of an open, slightly noisy mouth whose lips meet for some frames at CLOSURES while the jaw stays down."""
    rng = np.random.default_rng(1)
    values = np.zeros((600, 52), np.float32)
    shut = _triangles(600, CLOSURES, 4)
    values[:, _column("jawOpen")] = 0.5 - 0.2 * shut + rng.uniform(-0.02, 0.02, 600)
    values[:, _column("mouthClose")] = 0.3 * shut
    for side in ("Left", "Right"):
        values[:, _column(f"mouthLowerDown{side}")] = 0.3 * (1 - shut)
        values[:, _column(f"mouthPress{side}")] = 0.2 * shut
        values[:, _column(f"mouthSmile{side}")] = 0.3 + rng.normal(0, 0.05, 600)
        values[:, _column(f"eyeBlink{side}")] = _triangles(600, np.array([60, 150, 180, 270]), 5, 0.9)
        values[:, _column(f"eyeSquint{side}")] = 0.2
    return Curves(CHANNELS, np.clip(values, 0, 1), FPS)


def test_default_controls_change_nothing(take: Curves) -> None:
    np.testing.assert_array_equal(adjust(take, Controls()).values, take.values)


def test_controls_accept_few_channels_and_frames() -> None:
    everything = Controls({"jaw": 2.0}, 0.3, 3.0, 1.0, 50.0, True)
    for names in (("browInnerUp",), ("jawOpen",), ("eyeBlinkLeft", "mouthLeft")):
        for frames in (1, 2, 9):
            few = Curves(names, np.full((frames, len(names)), 0.3, np.float32), FPS)
            assert adjust(few, everything).values.shape == few.values.shape


def test_adjust_leaves_its_input_unchanged(take: Curves) -> None:
    before = take.values.copy()
    adjusted = adjust(take, Controls({"lips": 2.0}, 0.1, 0.0, 1.0, 100.0, True))
    np.testing.assert_array_equal(take.values, before)
    assert 0 <= adjusted.values.min()
    assert adjusted.values.max() <= 1


def test_strengths_scale_only_their_region(take: Curves) -> None:
    scaled = adjust(take, Controls({"jaw": 0.0, "brows": 0.5, "lips": 3.0})).values
    assert not scaled[:, _of("jaw")].any()
    assert scaled.max() == 1
    np.testing.assert_allclose(scaled[:, _of("brows")], take.values[:, _of("brows")] / 2)
    for region in ("cheeks", "lids", "gaze"):
        np.testing.assert_array_equal(scaled[:, _of(region)], take.values[:, _of(region)])


@pytest.mark.parametrize("strengths", [{"jaw": 1.6}, {"jaw": 0.3}, {"lips": 0.3}, {"lips": 3.0}])
def test_strengths_preserve_lip_closures(speech: Curves, strengths: dict[str, float]) -> None:
    strong = adjust(speech, Controls(strengths))
    assert lip_aperture(strong)[CLOSURES].max() < 0.1 * np.percentile(lip_aperture(strong), 90)
    assert (_get(strong, "mouthClose") <= _get(strong, "jawOpen") + 0.05).all()  # no lip goes through the other


@pytest.mark.parametrize(
    ("invalid", "message"),
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
def test_invalid_control_is_explained(invalid: dict, message: str) -> None:
    with pytest.raises(ControlError, match=message):
        Controls(**invalid)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 0.3])
def test_smoothing_preserves_closures_and_blinks(speech: Curves, seconds: float) -> None:
    smooth = adjust(speech, Controls(smoothing=seconds))
    aperture = lip_aperture(smooth)
    assert aperture[CLOSURES].max() < 0.1 * np.percentile(aperture, 90)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        np.testing.assert_array_equal(_get(smooth, name), _get(speech, name))
    vowels = np.abs(np.arange(598)[:, None] - CLOSURES).min(axis=1) > 8
    for name in ("mouthSmileLeft", "jawOpen"):
        rough, soft = (np.abs(np.diff(_get(each, name), 2))[vowels].mean() for each in (speech, smooth))
        assert soft < 0.5 * rough


def test_smoothing_has_requested_width_without_delay() -> None:
    values = np.zeros((101, 1), np.float32)
    values[50] = 1.0
    pulse = adjust(Curves(("browInnerUp",), values, 100.0), Controls(smoothing=0.2)).values[:, 0]
    np.testing.assert_allclose(pulse, pulse[::-1], atol=1e-7)
    assert pulse.argmax() == 50
    assert pulse.sum() == pytest.approx(1, abs=1e-5)
    assert pulse[60] == pytest.approx(pulse[50] / 2, rel=0.02)  # 0.2 s at half its height


def test_smoothing_affects_lips_at_rest() -> None:
    values = np.zeros((300, 52), np.float32)
    values[:150, _column("jawOpen")] = 0.5
    values[150:, _column("jawOpen")] = np.random.default_rng(0).uniform(0, 0.02, 150)
    smooth = _get(adjust(Curves(CHANNELS, values, FPS), Controls(smoothing=0.2)), "jawOpen")
    assert smooth[180:].std() < 0.4 * values[180:, _column("jawOpen")].std()


@pytest.mark.parametrize("factor", [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
def test_blink_count_follows_the_rate(speech: Curves, factor: float) -> None:
    many = adjust(speech, Controls(blinks=factor))
    left, right = _get(many, "eyeBlinkLeft"), _get(many, "eyeBlinkRight")
    rises = (left[1:] > blinks.SHUT) & (left[:-1] <= blinks.SHUT)
    assert rises.sum() == len(blinks.find(left, FPS)) == 4 * factor
    np.testing.assert_array_equal(left, right)
    rest = [index for index, name in enumerate(CHANNELS) if not name.startswith("eyeBlink")]
    np.testing.assert_array_equal(many.values[:, rest], speech.values[:, rest])
    np.testing.assert_array_equal(adjust(speech, Controls(blinks=factor)).values, many.values)


def test_removed_blinks_are_the_crowded_ones(speech: Curves) -> None:
    lids = _get(adjust(speech, Controls(blinks=0.75)), "eyeBlinkLeft")
    assert [(first, last) for first, last in blinks.find(lids, FPS)] == [(55, 65), (175, 185), (265, 275)]
    assert lids[140:160].max() == 0


def test_added_blinks_fill_the_longest_gaps(speech: Curves) -> None:
    lids = _get(adjust(speech, Controls(blinks=1.25)), "eyeBlinkLeft")
    new = [span for span in blinks.find(lids, FPS) if span not in blinks.find(_get(speech, "eyeBlinkLeft"), FPS)]
    ((first, last),) = new
    assert 275 < first
    assert last < 600
    np.testing.assert_allclose(lids[first : last + 1], _get(speech, "eyeBlinkLeft")[55:66], atol=1e-6)


def test_blink_on_lowered_lids_is_bridged(speech: Curves) -> None:
    lowered = speech.values.copy()
    lids = [_column("eyeBlinkLeft"), _column("eyeBlinkRight")]
    lowered[:, lids] = np.maximum(lowered[:, lids], np.linspace(0.1, 0.3, 600, dtype=np.float32)[:, None])
    np.testing.assert_allclose(
        _get(adjust(replace(speech, values=lowered), Controls(blinks=0.0)), "eyeBlinkLeft"),
        np.linspace(0.1, 0.3, 600),
        atol=0.01,
    )


def test_closed_and_lowered_eyes_stay() -> None:
    values = np.zeros((300, 2), np.float32)
    values[:10] = values[290:] = 0.9  # cut off by the start or the end of the take
    values[50:120] = 0.9  # closed eyes
    values[200:205] = 0.3  # lowered
    take = Curves(("eyeBlinkLeft", "eyeBlinkRight"), values, FPS)
    assert blinks.find(values[:, 0], FPS) == []
    for factor in (0.0, 3.0):
        np.testing.assert_array_equal(adjust(take, Controls(blinks=factor)).values, values)


def test_blinks_are_found_before_strengths(speech: Curves) -> None:
    weak = adjust(speech, Controls({"lids": 0.2}, blinks=0.0))
    assert not _get(weak, "eyeBlinkLeft").any()
    assert _get(weak, "eyeSquintLeft").max() == pytest.approx(0.04)


@pytest.fixture
def nearly() -> Curves:
    """Make vowels with lips that meet, nearly meet or are half open in between."""
    values = np.zeros((120, 52), np.float32)
    values[:, _column("jawOpen")] = 0.4
    values[10:20, _column("mouthClose")] = 0.4
    values[40:50, _column("mouthClose")] = 0.34
    values[70:80, _column("mouthClose")] = 0.2
    for side in ("Left", "Right"):
        values[40:50, _column(f"mouthUpperUp{side}")] = 0.02
    return Curves(CHANNELS, values, FPS)


def test_closing_shuts_lips_that_nearly_meet(nearly: Curves) -> None:
    before, after, half = (lip_aperture(adjust(nearly, Controls(closing=bias))) for bias in (0.0, 1.0, 0.5))
    near = slice(40, 50)
    assert (after[near] < 0.5 * before[near]).all()
    assert ((after[near] < half[near]) & (half[near] < before[near])).all()
    open_mouth = before > 0.15
    assert 90 <= open_mouth.sum()
    assert (after == before)[open_mouth].all()
    assert (after[10:20] == 0).all()


def test_negative_closing_parts_lips_slightly(nearly: Curves) -> None:
    parted = adjust(nearly, Controls(closing=-1.0))
    before, after = lip_aperture(nearly), lip_aperture(parted)
    assert (after[10:20] > 0.1).all()
    assert (after[40:50] > before[40:50]).all()
    assert (after[10:20] < 0.25).all()
    vowels = np.r_[0:10, 20:40, 50:120]
    np.testing.assert_array_equal(parted.values[vowels], nearly.values[vowels])
    resting = Curves(CHANNELS, np.zeros((9, 52), np.float32), FPS)
    assert not adjust(resting, Controls(closing=-1.0)).values.any()


def test_closing_changes_only_aperture_channels(take: Curves) -> None:
    rest = [index for index, name in enumerate(CHANNELS) if name not in APERTURE_CHANNELS]
    for bias in (-1.0, 1.0):
        np.testing.assert_array_equal(adjust(take, Controls(closing=bias)).values[:, rest], take.values[:, rest])


def test_offset_shifts_take_and_holds_ends(take: Curves) -> None:
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
