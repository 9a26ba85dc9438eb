"""Every figure of an evaluation against a value worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from backend.arkit import CHANNELS, LOWER, UPPER
from training.evaluation import metrics
from training.evaluation.head_mesh import load_head_mesh
from training.evaluation.model_size import HUBERT_BASE, megabytes
from training.evaluation.sequences import summarize


def face(frames: int, **values: float | list[float]) -> np.ndarray:
    """A face at rest but for some channels."""
    array = np.zeros((frames, len(CHANNELS)), np.float32)
    for name, value in values.items():
        array[:, CHANNELS.index(name)] = value
    return array


def test_blendshape_error_is_mean_distance() -> None:
    truth = face(3, jawOpen=[0.3, 0.0, 0.9], browInnerUp=[0.4, 0.0, 0.9])
    assert metrics.blendshape_error(face(2), truth) == pytest.approx((0.5 + 0.0) / 2)
    assert metrics.blendshape_error(face(2), truth, LOWER) == pytest.approx(0.15)


def test_paper_masks_leave_out_channels() -> None:
    assert not {"jawOpen", "mouthClose", "mouthSmileLeft", "mouthSmileRight"} & set(metrics.PAPER_MOUTH)
    assert not [name for name in metrics.PAPER_UPPER if name.startswith("brow")]
    assert (
        len(metrics.PAPER_MOUTH) == 12
        and len(metrics.PAPER_UPPER) == 16
        and {"eyeBlinkLeft", "noseSneerRight"} <= set(metrics.PAPER_UPPER)
    )


def test_fdd_is_positive_for_little_motion() -> None:
    moving = face(4, browInnerUp=[0.0, 1.0, 0.0, 1.0])  # energy 0, 1, 0, 1: deviation 1/2
    still = face(4, browInnerUp=0.7)
    assert metrics.face_dynamics_deviation(still, moving) == pytest.approx(0.5)
    assert metrics.face_dynamics_deviation(moving, still) == pytest.approx(-0.5)
    assert metrics.face_dynamics_deviation(face(3, browInnerUp=[0.0, 1.0, 0.0]), moving[:2]) == pytest.approx(0.0)


def test_fdd_sums_channels_before_deviation() -> None:
    both = face(2, browInnerUp=[1.0, 0.0], cheekPuff=[0.0, 1.0])  # one goes as the other comes: the sum stands still
    assert metrics.face_dynamics_deviation(face(2), both, UPPER) == pytest.approx(0.0)


def test_vertex_error_takes_worst_vertex() -> None:
    deltas = np.zeros((len(CHANNELS), 2, 3), np.float32)
    deltas[CHANNELS.index("jawOpen"), 0] = (3, 4, 0)
    deltas[CHANNELS.index("mouthPucker"), 1] = (0, 0, 2)
    truth = face(2, jawOpen=0.5, mouthPucker=0.5)
    predicted = face(3, jawOpen=[0.4, 0.5, 9.0], mouthPucker=[0.4, 0.0, 9.0])
    assert metrics.vertex_error(predicted, truth, deltas) == pytest.approx(
        (0.25 + 1.0) / 2
    )  # vertex 0: .5 cm; then vertex 1: 1 cm


def test_head_mesh_sums_halves(tmp_path: Path) -> None:
    names = ["browInnerUp_L", "Jaw_Open", "browInnerUp_R"]
    deltas = np.zeros((3, 4, 3))
    deltas[0, 0, 0], deltas[1, 1, 1], deltas[2, 0, 0] = 1.0, 2.0, 0.5
    np.savez(tmp_path / "head.npz", names=names, deltas=deltas, lips=[1, 3], upper=[0])
    head = load_head_mesh(tmp_path / "head.npz")
    assert head.lips.shape == (52, 2, 3) and head.upper.shape == (52, 1, 3)
    assert head.lips[CHANNELS.index("jawOpen"), 0, 1] == 2.0 and head.upper[CHANNELS.index("browInnerUp"), 0, 0] == 1.5
    assert "tongueOut" in head.missing and len(head.missing) == 50


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lips": None}, "lacks lips"),
        ({"lips": [4]}, "lips must be a list of vertices in 0..3"),
        ({"deltas": np.zeros((2, 4, 3))}, "1 names for 2 deltas"),
        ({"names": ["a"]}, "holds no blendshape"),
    ],
)
def test_invalid_head_mesh_is_refused(tmp_path: Path, change: dict, said: str) -> None:
    good = {"names": ["jawOpen"], "deltas": np.zeros((1, 4, 3)), "lips": [0], "upper": [1]}
    np.savez(tmp_path / "head.npz", **{key: value for key, value in {**good, **change}.items() if value is not None})
    with pytest.raises(ValueError, match=said):
        load_head_mesh(tmp_path / "head.npz")


def test_scores_average_occurring_classes() -> None:
    counts = metrics.confusion([0, 0, 1, 2], [0, 1, 1, 1], 4)
    assert counts.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    score = metrics.classification_scores(counts)
    assert score.precision == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert score.recall == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert score.f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert score.accuracy == pytest.approx(2 / 4)


def test_diversity_is_mean_pair_distance() -> None:
    takes = np.stack([face(2, cheekPuff=0.0), face(2, cheekPuff=0.1), face(2, cheekPuff=0.3)])
    assert metrics.diversity(takes, UPPER) == pytest.approx((0.1 + 0.3 + 0.2) / 3)
    assert metrics.diversity(takes, LOWER) == 0.0


def test_inference_time_and_storage_units() -> None:
    assert metrics.inference_time(0.3, 300) == pytest.approx(10.0)  # 1 ms a frame
    assert metrics.storage_saved(45.4, 334) == pytest.approx(86.4, abs=0.05)  # v2's
    assert megabytes(HUBERT_BASE) == pytest.approx(377.5, abs=0.05)


def test_summary_has_standard_error() -> None:
    figure = summarize([1.0, 2.0, 3.0])
    assert (figure.value, figure.n) == (2.0, 3) and figure.error == pytest.approx(1 / 3**0.5)
    assert np.isnan(summarize([1.0]).error)


def test_lag_of_minima_is_measured() -> None:
    times = np.arange(300) / 30
    centres = [1.013, 2.5, 4.02, 5.77, 8.1]
    for late in (-0.05, 0.0, 0.04):
        curve = 1 - np.sum([np.exp(-(((times - centre - late) / 0.08) ** 2)) for centre in centres], axis=0)
        assert metrics.lag_of_minima(curve, centres) == pytest.approx(late, abs=0.006)


def test_blinks_have_width_and_peak() -> None:
    lid = np.zeros(60)
    lid[10:15] = (0.3, 0.6, 0.9, 0.6, 0.3)  # three frames above .45
    lid[57:] = 0.9  # one that does not end
    widths, peaks = metrics.blinks(face(60, eyeBlinkLeft=lid.tolist(), eyeBlinkRight=lid.tolist()))
    assert widths.tolist() == pytest.approx([0.1]) and peaks.tolist() == pytest.approx([0.9])
    assert [part.size for part in metrics.blinks(face(9))] == [0, 0]
