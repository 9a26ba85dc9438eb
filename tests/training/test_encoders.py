"""Large encoders behind one interface, on tiny models with random weights: where frames lie, windows, packages, the cache."""

import json
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers import HubertModel, Wav2Vec2Config, WhisperConfig, WhisperModel

from training.data.beat import BeatError
from training.data.prepared import FEATURES, Prepared, load_prepared, prepare
from training.encoders import Encoder, base, cache_features, load_encoder
from training.model.config import ModelConfig, TrainConfig
from training.model.pipeline import load_pipeline
from training.train.teacher import train_teacher


def _tiny_whisper() -> WhisperModel:
    torch.manual_seed(2)
    config = WhisperConfig(
        d_model=64, encoder_layers=1, encoder_attention_heads=1, encoder_ffn_dim=256, decoder_layers=1, vocab_size=50
    )
    config.decoder_attention_heads, config.decoder_ffn_dim, config.pad_token_id = 1, 64, 0
    return WhisperModel(config)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whisper")
    _tiny_whisper().save_pretrained(folder)
    return folder


def _noise(samples: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(samples).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize(("name", "width"), [("hubert", 24), ("whisper", 64)])
def test_every_encoder_returns_50_hz_features(name: str, width: int, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    encoder = load_encoder(str(folder))
    assert (encoder.name, encoder.width) == (str(folder), width) and encoder.parameters > 10_000
    for samples in (0, 100, 320, 639, 16001, 31999):
        features = encoder(_noise(samples))
        assert features.shape == (samples // 320, width) and features.dtype == np.float32
        np.testing.assert_array_equal(encoder(_noise(samples)), features)


def test_hubert_frames_align_with_mel(hubert: Path) -> None:
    """Frame i of its convolutions sees the 400 samples around sample 320 i."""
    model = HubertModel.from_pretrained(hubert)
    encoder = load_encoder(str(hubert))
    seen = {}
    inner = HubertModel.forward

    def forward(self: HubertModel, samples: torch.Tensor) -> object:
        seen["samples"] = samples
        return inner(self, samples)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HubertModel, "forward", forward)
        encoder(_noise(16000))
    given = seen["samples"].clone().requires_grad_(True)
    model.feature_extractor(given)[0, :, 20].square().sum().backward()
    assert given.grad is not None
    reached = torch.nonzero(given.grad[0]).flatten()
    assert given.shape[1] - 400 == 16000  # 200 samples of silence before the sound
    assert (int(reached.min()) - 200, int(reached.max()) - 200) == (320 * 20 - 200, 320 * 20 + 199)


def test_hubert_ignores_level_and_offset(hubert: Path) -> None:
    encoder, sound = load_encoder(str(hubert)), _noise(8000)
    np.testing.assert_allclose(encoder(5 * sound + 0.5), encoder(sound), atol=1e-3)
    (hubert / "preprocessor_config.json").write_text(
        json.dumps({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "do_normalize": False})
    )
    try:
        careful = load_encoder(str(hubert))
        assert np.abs(careful(5 * sound + 0.5) - careful(sound)).max() > 1e-2
    finally:
        (hubert / "preprocessor_config.json").unlink()


def test_encoder_windows_join_seamlessly(hubert: Path) -> None:
    encoder, sound = load_encoder(str(hubert)), _noise(12 * 16000)
    whole = encoder(sound)

    def piecewise(context: int) -> np.ndarray:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(base, "_CONTEXT", context)
            patch.setattr(base, "_WHOLE", 200 + 2 * context)
            return np.abs(encoder(sound) - whole).max(axis=1) / whole.std()

    apart = piecewise(100)
    assert apart.max() < 0.1  # attention sees another clip, convolutions the same
    assert apart[180:220].max() < 0.2 * piecewise(0)[180:220].max()  # around the first seam, at 4 s


def test_long_sound_is_split_evenly() -> None:
    lengths: list[int] = []

    def hear(chunk: np.ndarray) -> np.ndarray:
        lengths.append(len(chunk))
        return chunk[: len(chunk) // 320 * 320 : 320, None]

    sound = np.arange(61 * 16000 + 7, dtype=np.float32)
    np.testing.assert_array_equal(base.in_windows(sound, hear)[:, 0], sound[: len(sound) // 320 * 320 : 320])
    assert len(lengths) == 3 and max(lengths) <= 30 * 16000 and min(lengths) > 20 * 16000


def _ctranslate2(model: WhisperModel) -> bytes:
    """A CTranslate2 file of a Whisper encoder, as its converter writes them."""
    state = {
        key.removeprefix("encoder."): value.numpy()
        for key, value in model.state_dict().items()
        if key.startswith("encoder.")
    }
    here, there = "layers.0", "encoder/layer_0"
    variables: dict[str, np.ndarray] = {
        "encoder/num_heads": np.array(1, np.int16),
        "decoder/other": np.zeros(3, np.float32),
    }
    variables["encoder/position_encodings/encodings"] = state["embed_positions.weight"]
    for conv in ("conv1", "conv2"):
        variables |= {f"encoder/{conv}/weight": state[f"{conv}.weight"], f"encoder/{conv}/bias": state[f"{conv}.bias"]}
    for target, source in (
        ("encoder/layer_norm", "layer_norm"),
        (f"{there}/self_attention/layer_norm", f"{here}.self_attn_layer_norm"),
        (f"{there}/ffn/layer_norm", f"{here}.final_layer_norm"),
    ):
        variables |= {f"{target}/gamma": state[f"{source}.weight"], f"{target}/beta": state[f"{source}.bias"]}
    linear = {"ffn/linear_0": "fc1", "ffn/linear_1": "fc2", "self_attention/linear_1": "self_attn.out_proj"}
    for target, source in linear.items():
        variables |= {
            f"{there}/{target}/weight": state[f"{here}.{source}.weight"],
            f"{there}/{target}/bias": state[f"{here}.{source}.bias"],
        }
    q, k, v = (f"{here}.self_attn.{part}_proj" for part in "qkv")
    variables[f"{there}/self_attention/linear_0/weight"] = np.concatenate(
        [state[f"{part}.weight"] for part in (q, k, v)]
    )
    variables[f"{there}/self_attention/linear_0/bias"] = np.concatenate(
        [state[f"{q}.bias"], 0 * state[f"{q}.bias"], state[f"{v}.bias"]]
    )

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    raw = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    for name, value in variables.items():
        kind = 2 if value.dtype == np.int16 else 0
        raw += (
            text(name)
            + struct.pack(f"<B{value.ndim}IBI", value.ndim, *value.shape, kind, value.nbytes)
            + value.tobytes()
        )
    return raw


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three importable packages: a whole CTranslate2 Whisper, and its halves."""
    raw = _ctranslate2(_tiny_whisper())
    parts = {
        "dt_whole": ("model.bin", raw),
        "dt_first": ("model.bin.part1", raw[:50_000]),
        "dt_second": ("model.bin.part2", raw[50_000:]),
    }
    for name, (file, content) in parts.items():
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "data" / file).write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield


@pytest.mark.usefixtures("packages")
def test_packaged_whisper_equals_hub_whisper(whisper: Path) -> None:
    sound = _noise(16000)
    expected = load_encoder(str(whisper))(sound)
    for source in ("package:dt_whole", "package:dt_first+dt_second"):
        np.testing.assert_allclose(load_encoder(source)(sound), expected, atol=1e-5)
    with pytest.raises(ValueError, match="name all its parts"):
        load_encoder("package:dt_first")


def test_unusable_encoders_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pip install no-such-thing"):
        load_encoder("package:no_such_thing")
    with pytest.raises(ValueError, match="can't load the audio encoder"):
        load_encoder(str(tmp_path))
    Wav2Vec2Config().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="is a wav2vec2 model: an audio encoder is hubert or whisper"):
        load_encoder(str(tmp_path))


@pytest.fixture
def data(beat_folder: Path, tmp_path: Path) -> Prepared:
    return prepare(beat_folder, tmp_path / "prepared", held_out={2})


def _counting(width: int, fail_at: int = 0) -> tuple[Encoder, list[int]]:
    """An encoder whose features are the sound itself; interrupted when it has heard `fail_at` takes."""
    heard: list[int] = []

    def listen(samples: np.ndarray) -> np.ndarray:
        if fail_at and len(heard) == fail_at:
            raise KeyboardInterrupt
        heard.append(len(samples))
        return np.repeat(samples[::320, None], width, axis=1)

    return Encoder("sound itself", width, 0, listen), heard


def test_interrupted_cache_resumes(beat_folder: Path, data: Prepared) -> None:
    with pytest.raises(KeyboardInterrupt):
        cache_features(data, beat_folder, _counting(7, fail_at=3)[0])
    encoder, heard = _counting(7)
    cache_features(data, beat_folder, encoder)
    assert len(heard) == len(data.recordings) - 3 and data.feature_width == 7
    resumed = np.array(data.array("features"))
    cache_features(data, beat_folder, encoder)
    np.testing.assert_array_equal(data.array("features"), resumed)
    assert sorted(path.name for path in data.folder.iterdir()) == [
        "faces.f16",
        "features.f16",
        "features.json",
        "head.f16",
        "index.json",
        "mel.f16",
    ]


def test_other_encoder_restarts_cache(beat_folder: Path, data: Prepared) -> None:
    with pytest.raises(KeyboardInterrupt):
        cache_features(data, beat_folder, _counting(7, fail_at=3)[0])
    encoder, heard = _counting(5)
    cache_features(data, beat_folder, encoder)
    assert len(heard) == len(data.recordings)
    assert (
        len(data.array("features")) == sum(take.length for take in data.recordings) * FEATURES
        and data.feature_width == 5
    )
    assert json.loads((data.folder / "features.json").read_text()) == {
        "encoder": "sound itself",
        "width": 5,
        "parameters": 0,
    }


def test_broken_recording_is_reported(beat_folder: Path, data: Prepared, tmp_path: Path) -> None:
    root = tmp_path / "recordings"
    shutil.copytree(beat_folder, root)
    victim = root / "1" / "1_wayne_0_2_2.wav"
    encoder, _ = _counting(4)
    whole = victim.read_bytes()
    victim.write_bytes(b"no sound")
    with pytest.raises(BeatError, match=f"can't read {victim}"):
        cache_features(data, root, encoder)
    victim.write_bytes(whole[:20_000])
    with pytest.raises(BeatError, match="1_wayne_0_2_2.wav is shorter"):
        cache_features(data, root, encoder)
    victim.unlink()
    with pytest.raises(BeatError, match="1_wayne_0_2_2 .* isn't under"):
        cache_features(data, root, encoder)


def test_training_reads_feature_width(beat_folder: Path, data: Prepared, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the stage `features`"):
        train_teacher(data, tmp_path / "none", ModelConfig(hidden=16), TrainConfig(iterations=1, batch=2, seconds=2.0))
    cache_features(data, beat_folder, _counting(9)[0])
    train_teacher(
        load_prepared(data.folder),
        tmp_path / "teacher",
        ModelConfig(hidden=16),
        TrainConfig(iterations=1, batch=2, seconds=2.0),
    )
    assert load_pipeline(tmp_path / "teacher").talker.config.features == 9
    with pytest.raises(ValueError, match="of width 8, those in .* have 9"):
        data.expect_width(8, tmp_path)
