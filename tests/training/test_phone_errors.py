"""The phone error rate and the boundary error, on sequences small enough to count by hand."""

import pytest

from backend.sounds.shapes import Sound
from training.evaluation.phone_errors import align, measure


@pytest.mark.parametrize(
    ("heard", "truth", "edits"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "axc", 1), ("ac", "abc", 1), ("xabcy", "abc", 2)],
)
def test_edit_distance(heard: str, truth: str, edits: int) -> None:
    assert align(heard, truth)[0] == edits


def test_errors_of_phones_shapes_and_boundaries() -> None:
    truth = [Sound("SIL", 0, 0.1), Sound("M", 0.1, 0.2), Sound("AA", 0.2, 0.4), Sound("T", 0.4, 0.5)]
    heard = [Sound("SIL", 0, 0.12), Sound("B", 0.12, 0.2), Sound("AA", 0.2, 0.45), Sound("S", 0.45, 0.5)]
    errors = measure([(heard, truth)])
    assert errors.count == 3
    assert errors.phones == pytest.approx(2 / 3)  # B for M, S for T
    assert errors.shapes == pytest.approx(1 / 3)  # B looks like M
    assert errors.median_boundary == pytest.approx(10.0)  # of 20 ms at M and 0 ms at AA
    assert errors.late_boundaries == 0.0
