"""Full blinks: how far lids close, how fast, how often and when; and what stays."""

import itertools
from pathlib import Path

import numpy as np
import pytest

import backend
from backend.arkit import CHANNELS
from backend.audio import read_clip
from backend.curves import blinks
from backend.curves.adjust import NEW_TAKES, Controls, adjust
from backend.curves.base import Curves
from backend.curves.full_blinks import RATES, complete
from backend.inference import generator
from backend.performance import Performance

FPS = 30.0
LIDS = [CHANNELS.index("eyeBlinkLeft"), CHANNELS.index("eyeBlinkRight")]
SPEECH = Path(__file__).parents[1] / "data/speech.ogg"
LONGEST_HALF_SHUT = 0.25  # s between a quarter and three quarters shut: an opening lid takes at most that


def _take(frames: int, falls: dict[int, float], half_width: int = 5, fps: float = FPS) -> Curves:
    """Make a still face whose lids fall at some frames, to the given depths, as triangles."""
    values = np.zeros((frames, 52), np.float32)
    for peak, depth in falls.items():
        shape = np.clip(1 - np.abs(np.arange(frames) - peak) / half_width, 0, 1)
        values[:, LIDS] = np.maximum(values[:, LIDS], (depth * shape)[:, None])
    return Curves(CHANNELS, values, fps)


def _lids(take: Curves) -> np.ndarray:
    return take.values[:, LIDS].mean(axis=1)


def _runs(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))).reshape(-1, 2)


def _closures(take: Curves) -> int:
    return len(_runs(_lids(take) > blinks.SHUT))


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("depth", [0.3, 0.5, 0.8])
def test_every_blink_closes_in_the_captured_shape(fps: float, depth: float) -> None:
    falls = {round(second * fps): depth for second in (1, 4, 7)}
    full = _lids(complete(_take(round(9 * fps), falls, round(0.17 * fps), fps)))
    spans = _runs(full > 0.1)
    assert len(spans) == 3
    for (first, stop), peak in zip(spans, falls, strict=True):
        assert full[first:stop].argmax() + first == peak
        assert full[peak] >= 0.9
        width = (full[first:stop] > full[peak] / 2).sum() / fps
        assert 0.075 - 1 / fps <= width <= 0.163 + 1 / fps  # 10th and 90th percentile of captured blinks, and a frame


def test_full_blinks_and_all_other_channels_stay() -> None:
    take = _take(300, {40: 0.5, 150: 0.6, 240: 0.7})
    take.values[:, CHANNELS.index("browInnerUp")] = 0.3
    once = complete(take)
    others = [index for index in range(52) if index not in LIDS]
    np.testing.assert_array_equal(once.values[:, others], take.values[:, others])
    np.testing.assert_array_equal(complete(once).values, once.values)
    assert not np.array_equal(once.values, take.values)
    np.testing.assert_array_equal(adjust(take, Controls(full_blinks=True)).values, once.values)
    np.testing.assert_array_equal(adjust(take, Controls()).values, take.values)


def test_flutter_does_not_become_a_blink() -> None:
    falls = {40: 0.6, 100: 0.15, 150: 0.7, 200: 0.2, 250: 0.65}
    lids = _lids(complete(_take(300, falls)))
    assert [int(first) for first, _ in _runs(lids > blinks.SHUT)] == pytest.approx([40, 150, 250], abs=2)
    assert lids[90:110].max() < 0.05
    assert lids[190:210].max() < 0.05


@pytest.mark.parametrize("seconds", [3, 4, 5, 8, 20, 61])
@pytest.mark.parametrize("rate", [0, 4, 60])
def test_rate_stays_in_the_range_of_speaking_people(seconds: int, rate: int) -> None:
    frames = round(seconds * FPS)
    falls = {round(frame): 0.5 for frame in np.arange(1, seconds * rate / 60) * FPS * 60 / rate} if rate else {}
    per_minute = _closures(complete(_take(frames, falls))) * 60 / seconds
    assert 8 <= per_minute <= 30


def test_added_blinks_come_at_phrase_ends() -> None:
    take = _take(300, {})
    jaw = take.values[:, CHANNELS.index("jawOpen")]
    jaw[:] = 0.3 + 0.1 * np.sin(np.arange(300))
    jaw[120:150] = jaw[220:240] = 0.0
    spans = _runs(_lids(complete(take)) > blinks.SHUT)
    assert len(spans) == 2
    assert [int(first) for first, _ in spans] == pytest.approx([122, 222], abs=5)


def test_blinks_of_lids_that_stay_lowered_start_from_there() -> None:
    take = _take(300, {50: 0.7, 150: 0.7, 250: 0.7})
    take.values[:, LIDS] = np.maximum(take.values[:, LIDS], 0.2)
    lids = _lids(complete(take))
    assert lids.min() >= 0.2 - 1e-6
    assert (lids[[50, 150, 250]] >= 0.9).all()


def test_winks_and_closed_eyes_stay() -> None:
    take = _take(300, {50: 0.7, 250: 0.7})
    take.values[100:130, LIDS] = 1.0  # closed on purpose
    take.values[190:197, LIDS[0]] = 0.9  # a wink
    full = complete(take)
    np.testing.assert_array_equal(full.values[90:140], take.values[90:140])
    np.testing.assert_array_equal(full.values[180:210], take.values[180:210])


def test_lids_close_against_wide_eyes() -> None:
    take = _take(300, {50: 0.7, 150: 0.7, 250: 0.7})
    wide = CHANNELS.index("eyeWideLeft")
    take.values[:, wide] = 0.4
    full = complete(take)
    assert full.values[150, wide] < 0.1
    assert full.values[100, wide] == np.float32(0.4)


def test_locked_lids_stay_to_the_bit() -> None:
    take = _take(600, {50: 0.6, 148: 0.6, 260: 0.5})
    locked = np.zeros(600, bool)
    locked[150:500] = True
    full = complete(take, locked)
    np.testing.assert_array_equal(full.values[locked], take.values[locked])
    np.testing.assert_array_equal(full.values[140:150], take.values[140:150])  # a blink goes on into the locked frames
    assert full.values[50, LIDS].min() >= 0.9


def test_few_frames_and_few_channels_are_accepted() -> None:
    for names in (("jawOpen",), ("eyeBlinkLeft",), ("eyeBlinkLeft", "eyeBlinkRight")):
        for frames in (1, 2, 5, 200):
            for fps in (1.0, 24.0, 240.0):
                few = Curves(names, np.full((frames, len(names)), 0.3, np.float32), fps)
                assert complete(few).values.shape == few.values.shape


@pytest.mark.skipif(not (backend.DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")
@pytest.mark.parametrize("most", [20, pytest.param(10_000, marks=pytest.mark.slow)])
def test_generated_takes_blink_like_people(most: int) -> None:
    """Over identities, seeds and lengths: rates of 8 to 30 a minute, four of five blinks closed, no drowsy lids."""
    model = generator.load_model(backend.DEFAULT_MODEL, threads=1)
    samples = read_clip(SPEECH).samples
    identities = [identity.name for identity in model.card.identities]
    lengths = (3.0, 4.3, 6.0, 9.2)
    chosen = list(itertools.product(identities, lengths))
    chosen = chosen[:: max(1, len(chosen) * 4 // most)]
    full, takes, longest = [], 0, 0
    for identity, seconds in chosen:
        part = samples[: round(seconds * 16000)]
        request = Performance(identity=identity, seed=round(seconds), count=4)
        for take in generator.generate(model, part, request, lambda stage, fraction: None):
            lids = _lids(adjust(take.curves, NEW_TAKES, take.seed))
            per_minute = len(_runs(lids > blinks.SHUT)) * 60 / seconds
            assert 8 <= per_minute <= 30, (identity, seconds, take.seed)
            full += [lids[first:stop].max() >= 0.9 for first, stop in _runs(lids > 0.25)]
            half = _runs((lids > 0.25) & (lids < 0.75))
            longest = max(longest, int(np.diff(half, axis=1).max(initial=0)))
            takes += 1
    print(f"{takes} takes, {len(full)} blinks, {np.mean(full):.0%} of them full")
    assert takes >= min(most, 200)
    assert np.mean(full) >= 0.8
    assert longest / FPS <= LONGEST_HALF_SHUT
    assert RATES[0] >= 8
    assert RATES[1] <= 30
