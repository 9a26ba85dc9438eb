"""Read CTranslate2 model files, the format of packaged Whisper models, and rebuild them for `transformers`."""

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from transformers.models.whisper.modeling_whisper import WhisperEncoder


def _read_ctranslate2(raw: bytes, name: str) -> dict[str, np.ndarray]:
    """Read the encoder's variables from a CTranslate2 model.bin (format 6). Raises ValueError if they are not floats or the file is cut off."""
    types = {0: np.float32, 4: np.float16}
    found = {}
    file = io.BytesIO(raw)

    def unpack(code: str) -> int:
        return struct.unpack("<" + code, file.read(struct.calcsize("<" + code)))[0]

    def text() -> str:
        return file.read(unpack("H")).rstrip(b"\0").decode()

    try:
        unpack("I"), text(), unpack("I")
        for _ in range(unpack("I")):
            variable = text()
            shape = [unpack("I") for _ in range(unpack("B"))]
            kind, size = unpack("B"), unpack("I")
            value = file.read(size)
            if len(value) < size:
                raise struct.error
            if not variable.startswith("encoder/"):
                continue
            if not shape:  # the number of heads and other settings
                continue
            if kind not in types:
                raise ValueError(f"{name} is quantized: use a float16 or float32 model")
            found[variable.removeprefix("encoder/")] = (
                np.frombuffer(value, types[kind]).reshape(shape).astype(np.float32)
            )
    except struct.error as error:
        raise ValueError(f"{name} is no complete CTranslate2 model: name all its parts, in order") from error
    return found


def whisper_from_ctranslate2(file: bytes, name: str) -> "WhisperEncoder":
    """Rebuild a Whisper encoder of `transformers` from a CTranslate2 file, whose q, k and v are one matrix.

    Raises ValueError, naming the file, if it can't be read.
    """
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    raw = {key: torch.from_numpy(value) for key, value in _read_ctranslate2(file, name).items()}
    width = raw["conv1/bias"].shape[0]
    layers = sum(key.endswith("ffn/linear_0/bias") for key in raw)
    config = WhisperConfig(
        d_model=width, encoder_layers=layers, encoder_attention_heads=width // 64, encoder_ffn_dim=4 * width
    )
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
        state |= {
            f"{here}.self_attn.q_proj.weight": q,
            f"{here}.self_attn.k_proj.weight": k,
            f"{here}.self_attn.v_proj.weight": v,
        }
        state |= {f"{here}.self_attn.q_proj.bias": qb, f"{here}.self_attn.v_proj.bias": vb}
    encoder = WhisperEncoder(config)
    encoder.load_state_dict(state)
    return encoder.eval()
