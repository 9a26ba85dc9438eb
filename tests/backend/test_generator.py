"""What the bundled model does with speech it never heard (a held-out voice with known phones): lips, seeds, silence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.arkit import CHANNELS, LOWER, REGIONS, UPPER
from backend.audio import RATE, read_clip
from backend.curves.adjust import Controls, adjust
from backend.curves.aperture import lip_aperture, stop_at_contact
from backend.curves.base import Curves
from backend.features import log_mel, speech_gain
from backend.inference.generator import Model, generate, load_model, rank_voice
from backend.inference.sampler import sample_ddim
from backend.inference.voice_match import pool_voice, rank, voice_sums
from backend.noise_schedule import NoiseLevel
from backend.performance import EmotionKey, Performance
from training.evaluation.metrics import channel, columns, correlation, lip_opening, rank_at, rounding

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests/data/speech.ogg"


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(ROOT / "backend/model")


def _faces(model: Model, samples: np.ndarray, count: int = 1) -> list[np.ndarray]:
    """(frames, 52) at 30 fps, a face for each of the seeds 0, 1, ..."""
    performance = Performance(count=count)
    return [take.curves.values for take in generate(model, samples, performance, lambda stage, fraction: None)]


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return read_clip(SPEECH).samples


@pytest.fixture(scope="module")
def faces(model: Model, samples: np.ndarray) -> list[np.ndarray]:
    return _faces(model, samples, 2)


def _centres(labels: str) -> list[float]:
    phones = json.loads(SPEECH.with_suffix(".json").read_text())["phones"]
    wanted = labels.split()
    return [(first + last) / 2 for label, first, last in phones if label.rstrip("012") in wanted and last - first < 0.3]


def test_lips_follow_bilabials_and_vowels(faces: list[np.ndarray]) -> None:
    aperture = lip_aperture(Curves(CHANNELS, faces[0], 30.0))
    closed, opened = _centres("P B M"), _centres("AE AO AA AW AY EH")
    assert len(closed) >= 2
    assert len(opened) >= 6
    loud = np.percentile(aperture, 90)
    shut = [aperture[max(round(30 * t) - 1, 0) : round(30 * t) + 2].min() for t in closed]
    assert max(shut) < 0.2 * loud
    assert np.median([aperture[round(30 * t)] for t in opened]) > 0.5 * loud


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 0.3])
def test_smoothing_preserves_generated_lip_closures(faces: list[np.ndarray], seconds: float) -> None:
    aperture = lip_aperture(adjust(Curves(CHANNELS, faces[0], 30.0), Controls(smoothing=seconds)))
    shut = [aperture[max(round(30 * t) - 1, 0) : round(30 * t) + 2].min() for t in _centres("P B M")]
    assert max(shut) < 0.1 * np.percentile(aperture, 90)


def test_lips_never_go_through_each_other(faces: list[np.ndarray]) -> None:
    jaw, close = columns(("jawOpen", "mouthClose"))
    assert (faces[0][:, close] <= faces[0][:, jaw]).all()
    crossed = np.zeros((2, len(CHANNELS)), np.float32)
    crossed[:, jaw], crossed[:, close] = 0.2, (0.3, 0.1)
    stop_at_contact(crossed)
    np.testing.assert_allclose(crossed[:, close], [0.2, 0.1])


def test_lips_round_and_tuck_by_phone(faces: list[np.ndarray]) -> None:
    assert (rank_at(-rounding(faces[0]), _centres("W UW")) <= 0.25).all()
    tucked = rank_at(-channel(faces[0], "mouthRollLower"), _centres("F V"), slack=2)
    assert (tucked <= 0.25).mean() >= 0.75


def _with_effort(samples: np.ndarray, tilt: float) -> np.ndarray:
    """Tilt the spectrum around 1 kHz by dB per octave, at the same loudness: above 0 as effort does to a voice, below 0 as softness."""
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    octaves = np.clip(np.log2(np.maximum(frequencies, 1.0) / 1000), -3, 2)
    tilted = np.fft.irfft(np.fft.rfft(samples) * 10 ** (tilt * octaves / 20), len(samples))
    return (tilted * np.sqrt((samples**2).mean() / (tilted**2).mean())).astype(np.float32)


def test_effort_opens_the_lips_wider_at_the_same_loudness(model: Model, samples: np.ndarray) -> None:
    ada = Performance(identity="Ada", emotion="neutral")  # on Auto, the tilt would change the match too

    def widest(tilt: float) -> float:
        (take,) = generate(model, _with_effort(samples, tilt), ada, lambda stage, fraction: None)
        return float(np.percentile(lip_aperture(take.curves), 95))

    soft, plain, loud = widest(-6.0), widest(0.0), widest(6.0)
    assert soft < plain < loud
    assert loud > 1.1 * soft  # 1.15 with model 4.2.0


def test_seeds_vary_only_upper_face(faces: list[np.ndarray]) -> None:
    one, other = faces

    def agreement(names: tuple[str, ...]) -> float:
        moving = [c for c in columns(names) if one[:, c].std() > 0.02]
        return float(np.mean([correlation(one[:, c], other[:, c]) for c in moving]))

    assert agreement(LOWER) > 0.97
    assert agreement(UPPER) < 0.7


def test_same_request_same_bytes(model: Model, samples: np.ndarray, faces: list[np.ndarray]) -> None:
    assert _faces(model, samples)[0].tobytes() == faces[0].tobytes()


def _request(**changes: Any) -> Performance:
    return replace(Performance(seed=7, fps=24.0), **changes)


def _one(model: Model, samples: np.ndarray, **changes: Any) -> np.ndarray:
    return next(generate(model, samples, _request(**changes), lambda stage, fraction: None)).curves.values


def test_locked_mouth_stays_while_brows_vary(model: Model, samples: np.ndarray) -> None:
    locked = _one(model, samples, seed=0)
    locked[40:50, CHANNELS.index("jawOpen")] = 0.7  # a manual edit
    locked[:, columns(UPPER)] = np.nan
    first, second = (_one(model, samples, seed=seed, locked=locked) for seed in (1, 2))
    for face in (first, second):
        np.testing.assert_array_equal(face[:, columns(LOWER)], locked[:, columns(LOWER)])
    assert correlation(first[:, columns(UPPER)], second[:, columns(UPPER)]) < 0.5


def test_locked_frames_end_without_a_jump(model: Model, samples: np.ndarray) -> None:
    locked = _one(model, samples, identity="Otto")
    free = np.r_[0:60, 120 : len(locked)]
    locked[free] = np.nan
    face = _one(model, samples, identity="Lena", seed=3, locked=locked)
    np.testing.assert_array_equal(face[60:120], locked[60:120])
    steps = np.abs(np.diff(face, axis=0)).max(axis=1)
    assert steps[[59, 119]].max() <= np.percentile(steps, 98)


def test_emotion_follows_intensity_and_keys(model: Model, samples: np.ndarray) -> None:
    neutral, angry = (_one(model, samples, emotion=emotion) for emotion in ("neutral", "anger"))
    np.testing.assert_array_equal(_one(model, samples, emotion="anger", intensity=0.0), neutral)
    np.testing.assert_array_equal(_one(model, samples, emotion_keys=(EmotionKey(0.0, "anger", 1.0),)), angry)
    brows = columns(tuple(name for name in REGIONS["brows"] if "Down" in name))

    def frown(**changes: Any) -> np.ndarray:
        return _one(model, samples, **changes)[:, brows].mean(axis=1)

    weak, strong = (frown(emotion="anger", intensity=intensity).mean() for intensity in (0.5, 1.5))
    assert neutral[:, brows].mean() < weak < angry[:, brows].mean() < strong
    changing = frown(emotion_keys=(EmotionKey(3.0, "neutral", 1.0), EmotionKey(4.0, "anger", 1.0)))
    np.testing.assert_allclose(changing[:60], neutral[:60, brows].mean(axis=1), atol=0.02)
    np.testing.assert_allclose(changing[-60:], angry[-60:, brows].mean(axis=1), atol=0.02)


def _in_one_go(model: Model, samples: np.ndarray, seed: int) -> np.ndarray:
    """The method without windows, blocks or threads, at 30 fps: (frames, 52)."""
    card, runtime = model.card, model.runtime
    total = int(np.ceil(len(samples) / RATE * 50)) + 2
    encoded, voice = runtime.encode(log_mel(samples * np.float32(speech_gain(samples)), 0, 2 * total))
    position = np.minimum(np.arange(int(len(samples) / RATE * 30) + 2) * 50 / 30, total - 1)
    condition = np.stack([np.interp(position, np.arange(total), channel) for channel in encoded.T], axis=1).astype(
        np.float32
    )
    ranking = rank(card, *runtime.queries(pool_voice(voice_sums(voice))))
    embedding = card.identity_embeddings[[entry.name for entry in card.identities].index(ranking.identity)]
    person = runtime.personalize(embedding, card.emotion_embeddings[card.emotions.index(ranking.emotion)])

    def denoise(z: np.ndarray, level: NoiseLevel) -> np.ndarray:
        padded = np.pad(z, ((0, 0), (card.lookahead, card.lookahead), (0, 0)))
        return runtime.denoise(padded, condition, person, level.log_snr, None)[0]

    rng, counts = np.random.default_rng(seed), (len(CHANNELS), len(card.mean) - len(CHANNELS))
    noise = np.concatenate([rng.standard_normal((len(condition), count), np.float32) for count in counts], axis=1)
    curves = sample_ddim(denoise, noise[None] * card.initial_std, card.levels)[0] * card.std + card.mean
    weights = np.clip(curves[:, : len(CHANNELS)], 0, 1)
    stop_at_contact(weights)
    return weights


def test_long_clip_shows_no_seam(model: Model, samples: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    long = np.tile(samples, 8)[: 65 * RATE]
    expected = _in_one_go(model, long, 7)
    blocks = np.split(long, range(30 * RATE, len(long), 30 * RATE))
    for listening, performing, sound in ((30, 5, long), (30, 5, blocks), (5, 1, blocks), (100, 100, long)):
        monkeypatch.setattr("backend.inference.audio_encoding._WINDOW", listening)
        monkeypatch.setattr("backend.inference.generator._SHORT_WINDOW", performing)
        face = next(generate(model, sound, _request(fps=30.0), lambda stage, fraction: None)).curves.values
        # 8e-5 at most: what the decoder hears is held in half precision, and in one go it is not.
        np.testing.assert_allclose(face, expected[: len(face)], atol=2e-4)


def test_threads_change_no_bit(model: Model, samples: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.inference.generator._WINDOW", 2)
    long = np.tile(samples, 4)
    np.testing.assert_array_equal(_one(replace(model, parallel=False), long), _one(model, long))
    assert model.parallel


def test_silence_only_blinks(model: Model) -> None:
    face = _faces(model, np.zeros(16000 * 60, np.float32))[0]
    assert face[:, columns(LOWER)].max() < 0.05  # 0.046 with model 4.2.0, of mouthPucker
    assert lip_opening(face).max() < 0.02
    assert channel(face, "eyeBlinkLeft").max() > 0.5


@pytest.mark.parametrize("clip", sorted((ROOT / "tests/data/voices").glob("*.ogg")), ids=lambda clip: clip.stem)
def test_library_voice_finds_itself(model: Model, clip: Path) -> None:
    ranking = rank_voice(model, read_clip(clip).samples)  # lines that it was not trained on
    assert len(ranking.identities) >= 12
    assert sum(p for _, p in ranking.identities) == pytest.approx(1, abs=1e-4)
    assert ranking.identity == clip.stem
    assert ranking.emotion == "neutral"
