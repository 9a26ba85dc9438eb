"""Known values stay exact, and the rest meets them without a jump."""

import numpy as np
import pytest

from backend.inference.inpainting import inpaint, known_at, write_known


def test_same_rate_changes_nothing() -> None:
    known = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    known[5:9, 1] = np.nan
    np.testing.assert_array_equal(known_at(known, 24.0, 24.0, 0, 20), known)


def test_resampling_is_free_beside_free_frames() -> None:
    known = np.arange(4, dtype=np.float32)[:, None].repeat(2, axis=1)
    known[2, 1] = np.nan
    np.testing.assert_allclose(known_at(known, 15.0, 30.0, 0, 7)[:, 0], [0, 0.5, 1, 1.5, 2, 2.5, 3], atol=1e-6)
    assert np.isnan(known_at(known, 15.0, 30.0, 0, 7)[:, 1]).tolist() == [False, False, False, True, True, True, False]
    assert np.isnan(known_at(known, 15.0, 30.0, 0, 12)[8:]).all()


def test_resampled_pieces_equal_the_whole() -> None:
    known = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    known[20:26, 1] = np.nan
    for fps in (24.0, 30.0, 60.0):
        whole = known_at(known, fps, 30.0, 0, 90)
        for first, last in ((0, 40), (40, 41), (41, 90), (70, 90)):
            np.testing.assert_array_equal(known_at(known, fps, 30.0, first, last), whole[first:last])


@pytest.mark.parametrize("frames", [3, 5, 9000])
def test_known_values_are_written_exactly(frames: int) -> None:
    known = np.random.default_rng(0).random((8500, 2)).astype(np.float32)
    known[2, 1], known[3, 0] = np.nan, 1.5
    values = np.full((frames, 2), 0.25, np.float32)
    write_known(values, known)
    assert values[2, 1] == 0.25
    assert values[1, 1] == known[1, 1]
    assert frames < 4 or values[3, 0] == 1
    count = min(frames, 8500)
    np.testing.assert_array_equal(values[:count], np.where(np.isnan(known), 0.25, known.clip(0, 1))[:count])
    assert (values[8500:] == 0.25).all()


def test_prediction_meets_known_values() -> None:
    rng = np.random.default_rng(1)
    clean = rng.normal(0, 0.01, (90, 3)).astype(np.float32)
    known = np.full((90, 3), np.nan, np.float32)
    known[30:60, 0], known[:, 1] = 1.0, 0.5
    result = inpaint(clean, known, 30.0)
    assert (result[30:60, 0] == 1).all()
    assert (result[:, 1] == 0.5).all()
    np.testing.assert_array_equal(result[:, 2], clean[:, 2])
    assert np.abs(np.diff(result[:, 0])).max() < 0.2  # it was 1 where the lock begins
    np.testing.assert_array_equal(result[:20, 0], clean[:20, 0])


@pytest.mark.parametrize("length", [1, 2, 5])
def test_short_gap_is_bridged(length: int) -> None:
    known = np.concatenate([np.zeros(10), np.full(length, np.nan), np.ones(10)]).astype(np.float32)[:, None]
    result = inpaint(np.full_like(known, 0.5), known, 30.0)
    assert not np.isnan(result).any()
    assert result.min() >= 0
    assert result.max() <= 1
