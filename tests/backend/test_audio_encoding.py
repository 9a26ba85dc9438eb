"""Encoding a clip in windows and blocks gives the result of encoding it at once."""

from pathlib import Path

import numpy as np
import pytest

from backend.audio import RATE, read_clip
from backend.features import log_mel, speech_gain
from backend.inference.audio_encoding import AudioFeatures, encode_clip
from backend.inference.generator import Model, load_model
from backend.inference.voice_match import pool_voice, voice_sums

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(ROOT / "backend/model")


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return np.concatenate([read_clip(path).samples for path in sorted((ROOT / "tests/data/voices").glob("*.ogg"))] * 4)[
        : 41 * RATE + 77
    ]


def _encode(model: Model, blocks: list[np.ndarray]) -> AudioFeatures:
    return encode_clip(model.runtime, model.card.receptive_field, blocks, lambda fraction: None)


@pytest.mark.parametrize("window", [5, 30, 60])
def test_encoding_in_windows_leaves_no_seam(
    model: Model, sound: np.ndarray, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare with one run of the encoder and interpolation in float64."""
    monkeypatch.setattr("backend.inference.audio_encoding._WINDOW", window)
    encoded = _encode(model, [sound])
    total = int(np.ceil(len(sound) / RATE * 50)) + 2
    features, voice = model.runtime.encode(log_mel(sound * np.float32(speech_gain(sound)), 0, 2 * total))
    position = np.minimum(np.arange(int(len(sound) / RATE * 30) + 2) * 50 / 30, total - 1)
    expected = np.stack([np.interp(position, np.arange(total), channel) for channel in features.T], axis=1)
    np.testing.assert_allclose(encoded.condition, expected, rtol=6e-4, atol=1e-4)  # half precision rounds by 5e-4
    for query, whole in zip(encoded.queries, model.runtime.queries(pool_voice(voice_sums(voice))), strict=True):
        np.testing.assert_allclose(query, whole, atol=1e-5)
    assert encoded.seconds == len(sound) / RATE


def test_encoding_is_independent_of_blocks(model: Model, sound: np.ndarray) -> None:
    whole, parts = _encode(model, [sound]), _encode(model, np.split(sound, range(8000, len(sound), 8000)))
    np.testing.assert_array_equal(parts.condition, whole.condition)
    np.testing.assert_array_equal(parts.queries, whole.queries)


@pytest.mark.parametrize("seconds", [0.2, 29.94, 29.96, 29.98, 30.0, 30.04])
def test_every_frame_is_encoded(model: Model, seconds: float) -> None:
    """Durations around the window's end, where the last window holds only a few frames."""
    sound = np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)
    encoded = _encode(model, [sound])
    assert len(encoded.condition) == int(seconds * 30) + 2
    assert np.isfinite(encoded.condition).all()
    assert np.ptp(encoded.condition[-1]) > 0
