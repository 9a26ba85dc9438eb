"""Sampling in torch: how often the sound is listened to, where it begins from noise, and noise levels at many steps."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from backend.arkit import CHANNELS, EMOTIONS, LOWER
from backend.curves.aperture import stop_at_contact
from tests.training.tiny import TINY
from training.model.config import ModelConfig
from training.model.diffusion import Standardizer, initial_noise_std, make_schedule
from training.model.network import Talker
from training.model.pipeline import TalkerPipeline, encode_sound, sample_takes

BASELINE = replace(TINY, steps=8, schedule="cosine", personal=False, hear_each_step=True)


def pipeline(config: ModelConfig) -> TalkerPipeline:
    torch.manual_seed(1)
    standardizer = Standardizer(torch.full((52,), 0.5), torch.full((52,), 0.1))
    return TalkerPipeline(
        Talker(config, 2, len(EMOTIONS)).eval(), None, standardizer, 1, initial_noise_std(config), ("a", "b"), EMOTIONS
    )


def heard(config: ModelConfig) -> torch.Tensor:
    return torch.randn(1, 9, config.condition, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(("each", "expected"), [(False, 1), (True, 8)])
def test_sound_is_encoded_once_or_each_step(each: bool, expected: int) -> None:
    times, config = [], replace(BASELINE, hear_each_step=each)

    def listen() -> torch.Tensor:
        times.append(1)
        return heard(config)

    curves = sample_takes(pipeline(config), listen, 0, 0, [3, 4])
    assert len(times) == expected and curves.shape == (2, 9, 52)
    once = sample_takes(pipeline(BASELINE), lambda: heard(BASELINE), 0, 0, [3, 4])
    np.testing.assert_array_equal(curves, once)


@pytest.mark.parametrize(
    ("config", "everywhere"),
    [(BASELINE, True), (replace(BASELINE, personal=True), False), (replace(TINY, personal=False), False)],
)
def test_only_facediffuser_has_noise_everywhere(
    config: ModelConfig, everywhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = pipeline(config)
    denoise, seen = model.talker.denoise, []

    def watched(z: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        seen.append(z)
        return denoise(z, *rest)

    monkeypatch.setattr(model.talker, "denoise", watched)
    sample_takes(model, lambda: heard(config), 0, 0, [3])
    lower = [CHANNELS.index(name) for name in LOWER]
    upper = [i for i in range(52) if i not in lower]
    assert bool((seen[0][..., lower] != 0).all()) == everywhere and bool((seen[0][..., upper] != 0).all())


@pytest.mark.parametrize("steps", [8, 1000])
def test_cosine_schedule_follows_equation_17(steps: int) -> None:
    """Against Nichol & Dhariwal's eq. 17 in double precision, up to the last level, which is cut."""
    bar = np.cos((np.arange(steps + 1) / steps + 0.008) / 1.008 * np.pi / 2) ** 2
    bar /= bar[0]
    schedule = make_schedule(steps, "cosine")
    # float32 rounds to 6e-8 of a value; the square roots and products of another processor add a few units.
    np.testing.assert_allclose(schedule.alpha[:-1], np.sqrt(bar[:-1]), rtol=1e-6)
    np.testing.assert_allclose(schedule.sigma[:-1], np.sqrt(1 - bar[:-1]), rtol=1e-6)
    assert (schedule.log_snr.diff() < 0).all() and len(
        {(float(a), float(s)) for a, s in zip(schedule.alpha, schedule.sigma, strict=True)}
    ) == steps + 1


def test_perfect_denoiser_is_reproduced(monkeypatch: pytest.MonkeyPatch) -> None:
    model = pipeline(replace(BASELINE, steps=1000, hear_each_step=False))
    clean = torch.randn(1, 9, 52, generator=torch.Generator().manual_seed(5)).clamp(-4, 4)
    monkeypatch.setattr(model.talker, "denoise", lambda z, *rest: clean)
    curves = sample_takes(model, lambda: heard(TINY), 0, 0, [3])
    expected = 0.5 + 0.1 * clean.numpy()
    stop_at_contact(expected)
    np.testing.assert_allclose(curves, expected, atol=1e-6)


def test_missing_large_encoder_is_reported() -> None:
    with pytest.raises(ValueError, match="--encoder"):
        encode_sound(pipeline(TINY), np.zeros(16000, np.float32), None)
    assert encode_sound(
        pipeline(TINY), np.zeros(16000, np.float32), lambda samples: np.ones((50, 24), np.float32)
    ).shape == (1, 30, 16)
