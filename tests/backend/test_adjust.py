"""What the controls do to a take, and what they leave alone."""

import numpy as np
import pytest

from backend.adjust import ControlError, Controls, adjust
from backend.arkit import CHANNELS, REGIONS
from backend.curves import Curves


@pytest.fixture
def take() -> Curves:
    return Curves(CHANNELS, np.random.default_rng(0).uniform(0, 1, (90, 52)).astype(np.float32), 30.0)


def _of(region: str) -> list[int]:
    return [CHANNELS.index(name) for name in REGIONS[region]]


def test_no_controls_leave_a_take_as_it_is(take: Curves) -> None:
    np.testing.assert_array_equal(adjust(take, Controls()).values, take.values)


def test_strengths_touch_their_region_only(take: Curves) -> None:
    weak = adjust(take, Controls({"jaw": 0.0, "brows": 0.5, "lips": 3.0})).values
    assert not weak[:, _of("jaw")].any() and weak.max() == 1
    np.testing.assert_allclose(weak[:, _of("brows")], take.values[:, _of("brows")] / 2)
    for region in ("cheeks", "lids", "gaze"):
        np.testing.assert_array_equal(weak[:, _of(region)], take.values[:, _of(region)])


@pytest.mark.parametrize(
    ("strengths", "says"), [({"nose": 1.0}, "jaw, lips"), ({"jaw": -1.0}, "strength of jaw"), ({"jaw": float("nan")}, "nan")]
)
def test_what_makes_no_sense_is_explained(strengths: dict[str, float], says: str) -> None:
    with pytest.raises(ControlError, match=says):
        Controls(strengths)
