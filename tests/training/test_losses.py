"""Each loss against a value worked out by hand, and the distillation target against a case with a closed form."""

import pytest

pytest.importorskip("torch")

import numpy as np
import torch

from backend.arkit import CHANNELS, LOWER
from backend.inference.sampler import ddim_step
from backend.noise_schedule import NoiseLevel
from training.model import losses
from training.model.diffusion import fit_standardizer, make_schedule
from training.model.losses import LOWER_INDEX


def test_expression_loss_is_mean_square() -> None:
    assert float(losses.expression(torch.full((1, 2, 52), 3.0), torch.ones(1, 2, 52))) == 4.0


def test_unknown_channels_add_no_error_and_no_gradient() -> None:
    truth = torch.randn(2, 6, 52)
    known = truth.clone()
    truth[0, :, LOWER_INDEX[3:]] = torch.nan
    for loss in (losses.expression, lambda a, b: losses.lip(a, b, torch.ones(2, 6)), losses.velocity):
        predicted = torch.zeros(2, 6, 52, requires_grad=True)
        value = loss(predicted, truth)
        value.backward()
        assert predicted.grad is not None and torch.isfinite(predicted.grad).all()
        assert not predicted.grad[0, :, LOWER_INDEX[3:]].any()
        # What is unknown might as well have been predicted exactly.
        exact = torch.where(truth.isnan(), known, torch.zeros_like(known))
        assert float(value.detach()) == pytest.approx(float(loss(exact, known)), rel=1e-5)


def test_standardizer_passes_over_unknown_values() -> None:
    rng = np.random.default_rng(0)
    whole, partial = rng.random((50, 52)), rng.random((30, 52))
    partial[:, 7] = np.nan
    whole[:, 9] = partial[:, 9] = np.nan
    normal = fit_standardizer([whole, partial])
    assert float(normal.mean[7]) == pytest.approx(whole[:, 7].mean(), rel=1e-5)
    assert float(normal.std[7]) == pytest.approx(whole[:, 7].std(), rel=1e-4)
    assert float(normal.mean[9]) == 0.0


def test_lip_loss_ignores_upper_face() -> None:
    predicted = torch.zeros(1, 3, 52)
    predicted[..., CHANNELS.index("browInnerUp")] = 9.0
    truth = torch.zeros(1, 3, 52)
    even = torch.ones(1, 3)
    assert float(losses.lip(predicted, truth, even)) == 0.0
    predicted[..., CHANNELS.index("jawOpen")] = 2.0
    assert float(losses.lip(predicted, truth, even)) == pytest.approx(4.0 / len(LOWER))
    assert float(losses.lip(predicted, truth, torch.tensor([[4.0, 1.0, 1.0]]))) == pytest.approx(8.0 / len(LOWER))


def test_contact_marks_closed_and_tucked_lips() -> None:
    faces = torch.zeros(1, 5, 52)
    for frame, values in enumerate(
        ({"jawOpen": 0.3}, {"jawOpen": 0.2, "mouthClose": 0.19}, {}, {"mouthRollLower": 0.2}, {"mouthClose": 0.01})
    ):
        for name, value in values.items():
            faces[0, frame, CHANNELS.index(name)] = value
    assert losses.contact(faces).tolist() == [[0, 1, 0, 1, 0]]


def test_velocity_loss_ignores_constant_offset() -> None:
    truth = torch.randn(2, 5, 52)
    assert float(losses.velocity(truth + 7.0, truth)) == pytest.approx(0.0, abs=1e-10)
    ramp = torch.arange(5.0)[None, :, None].expand(1, 5, 52)
    assert float(losses.velocity(ramp, torch.zeros(1, 5, 52))) == 1.0


def test_contrast_of_orthogonal_keys() -> None:
    keys = torch.eye(3)
    value = losses.contrast(keys[:1], keys, torch.tensor([0]), temperature=1.0)
    e = torch.e
    assert float(value) == pytest.approx(-float(torch.log(torch.tensor(e / (e + 2)))), rel=1e-5)  # float32 softmax


def test_feature_matching_ignores_scale_and_offset() -> None:
    large = torch.randn(1, 4, 8)
    assert float(losses.feature_matching(5.0 * large + 3.0, large)) == pytest.approx(0.0, abs=1e-4)


def test_enhancer_prefers_matching_pairs() -> None:
    samples = torch.eye(4)
    assert float(losses.enhancer(samples, samples)) < float(losses.enhancer(samples, samples.roll(1, 0)))


def test_distill_weight_is_truncated_and_capped() -> None:
    schedule = make_schedule(32)
    weights = losses.distill_weight(schedule.at(torch.tensor([1, 8, 32])), 5.0).flatten().tolist()
    assert weights[0] == 5.0 and weights[2] == 1.0 and 1.0 <= weights[1] <= 5.0


def test_student_step_equals_two_teacher_steps() -> None:
    """With the distillation target as its prediction, a student's DDIM step from any level equals the teacher's two."""
    schedule = make_schedule(32)
    noisy = torch.randn(3, 6, 52, dtype=torch.float64)

    def teacher(z: torch.Tensor) -> torch.Tensor:
        return 0.3 * z + 0.1

    for start in (32, 16, 2):
        levels = [NoiseLevel(float(schedule.alpha[i]), float(schedule.sigma[i])) for i in (start, start - 1, start - 2)]
        between = ddim_step(noisy, teacher(noisy), levels[0], levels[1])
        arrived = ddim_step(between, teacher(between), levels[1], levels[2])
        target = losses.distill_target(noisy, arrived, levels[0], levels[2])
        torch.testing.assert_close(ddim_step(noisy, target, levels[0], levels[2]), arrived)
    torch.testing.assert_close(target, teacher(between))  # the last step's target is the teacher's own x
