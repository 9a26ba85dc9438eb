"""Joining the takes of several strips on one timeline."""

import numpy as np

from backend.curves.base import Curves
from tests.addon_source import source

ROUNDING = 1e-6  # weights of a crossfade add up to 1 within float32's rounding


def _join(*parts: tuple[int, list[float]], ease: int = 4) -> np.ndarray:
    join = source("takes.crossfade").join
    curves = [(first, Curves(("jawOpen",), np.array(values, np.float32)[:, None], 24.0)) for first, values in parts]
    return join(curves, ease).values[:, 0]


def test_parts_stay_with_rest_between() -> None:
    first, second = [0.5, 0.7, 0.6], [0.4, 0.2]
    joined = _join((30, second), (1, first))  # in any order
    assert len(joined) == 31
    np.testing.assert_allclose(joined[:3], first, atol=ROUNDING)
    np.testing.assert_allclose(joined[-2:], second, atol=ROUNDING)
    falling, still, rising = joined[2:8], joined[7:25], joined[24:30]
    assert (np.diff(falling) < 0).all() and (still == 0).all() and (np.diff(rising) > 0).all()


def test_short_gap_is_bridged() -> None:
    joined = _join((1, [0.8] * 5), (9, [0.8] * 5))
    assert joined[4] == joined[8] == np.float32(0.8)
    assert 0.3 < joined[5:8].min() < 0.8  # dips, but does not shut


def test_later_part_is_in_front() -> None:
    joined = _join((1, [1.0] * 40), (21, [0.2] * 10))
    np.testing.assert_allclose(joined[:16], 1.0, atol=ROUNDING)
    assert (np.diff(joined[15:21]) < 0).all()  # a crossfade before it
    np.testing.assert_allclose(joined[20:30], 0.2, atol=ROUNDING)
    assert (np.diff(joined[29:35]) > 0).all()  # and one after it, back to the other, which goes on
    np.testing.assert_allclose(joined[34:], 1.0, atol=ROUNDING)


def test_single_part_stays_unchanged() -> None:
    np.testing.assert_allclose(_join((7, [0.3, 0.4])), [0.3, 0.4], atol=ROUNDING)
