"""Export a trained model for the backend as four ONNX files and model.json, and compare it with torch at two lengths."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn

from backend.features import BANDS
from backend.model_folder import PARTS, SCHEMA, read_card, read_parts
from backend.runtimes.onnx import load

from .model.checkpoint import load_model
from .model.config import channel_names
from .model.diffusion import make_schedule
from .model.losses import TEMPERATURE
from .model.network import Personalizer, StudentEncoder, Talker, TalkerDecoder, VoiceHead

WEIGHTS = "model.safetensors"
_SMALL = 256  # values; smaller tensors stay in 32 bits
LIBRARIES = ("personalizer.identities", "personalizer.emotions")


class _Encoder(nn.Module):
    """Log-mel -> the inputs of the decoder and the voice head, at 50 Hz."""

    def __init__(self, student_encoder: StudentEncoder, talker: Talker) -> None:
        super().__init__()
        self.student_encoder, self.talker = student_encoder, talker

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:  # (1, 2 T, BANDS) -> (1, T, D), (1, T, 1 + V)
        features = self.talker.norm(self.student_encoder(mel))
        return nn.functional.gelu(self.talker.condition(features)), self.talker.voice.frames(mel)


class _Queries(nn.Module):
    def __init__(self, voice: VoiceHead) -> None:
        super().__init__()
        self.voice = voice

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        return self.voice.queries(pooled)


class _Fuse(nn.Module):
    def __init__(self, personalizer: Personalizer) -> None:
        super().__init__()
        self.personalizer = personalizer

    def forward(self, identity: Tensor, emotion: Tensor) -> Tensor:
        return self.personalizer.fuse(identity, emotion)


def _decoder_inputs(decoder: TalkerDecoder, takes: int, frames: int) -> dict[str, Tensor]:
    config = decoder.config
    return {
        "noisy": torch.randn(takes, frames + 2 * config.look, config.channels),
        "condition": torch.randn(takes, frames, config.condition),
        "person": torch.randn(takes, config.person),
        "log_snr": torch.linspace(-3, 3, takes),
        "state": torch.randn(config.layers, takes, config.hidden),
    }


def _write(
    module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path, dynamic: dict[str, dict[int, str]]
) -> None:
    """Write a module as ONNX. dynamic: for each input or output, the names of its axes of variable length."""
    shapes = {
        name: {axis: torch.export.Dim(label, min=1) for axis, label in dynamic.get(name, {}).items()} for name in inputs
    }
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_shapes=tuple(shapes.values()),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _forget_traces(path)
    _open_axes(path, {name: axes for name, axes in dynamic.items() if name in outputs})
    _store_in_16_bits(path)


def _open_axes(path: Path, dynamic: dict[str, dict[int, str]]) -> None:
    """Mark the outputs' axes of variable length, which the exporter fixes to the example's behind a GRU.

    The recorded shapes of intermediate values are wrong for the same reason, and are removed.
    """
    model = onnx.load(path)
    for output in model.graph.output:
        for axis, label in dynamic.get(output.name, {}).items():
            output.type.tensor_type.shape.dim[axis].dim_param = label
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _store_in_16_bits(path: Path) -> None:
    """Store weights in 16 bits, which hold them exactly after rounding in `export`.

    Runtimes widen them when they load, so the file is half as large and inference as fast.
    """
    model = onnx.load(path)
    narrow, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            narrow.append(tensor)
            continue
        narrow.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_16"))
        casts.append(helper.make_node("Cast", [tensor.name + "_16"], [tensor.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(narrow)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _forget_traces(path: Path) -> None:
    """Remove the exporter's notes on source files, since a model must not contain paths of this machine."""
    model = onnx.load(path)
    for holder in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.initializer,
        *model.graph.input,
        *model.graph.output,
    ):
        del holder.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export(
    source: Path, out: Path, name: str, version: str, safetensors: bool = False, tolerance: float = 1e-3
) -> float:
    """Write the student in `source` to `out` for the backend. Return the largest difference between torch and ONNX Runtime.

    safetensors: write the torch weights as model.safetensors too. Raises ValueError if the model has no student encoder, or if a part differs
    from torch by more than `tolerance`.
    """
    talker, student_encoder, meta = load_model(source)
    if student_encoder is None:
        raise ValueError(f"{source} needs a large encoder: distill it with a student encoder first")
    talker, student_encoder = (
        talker.half().float(),
        student_encoder.half().float(),
    )  # both sides of the comparison have the weights that are stored
    out.mkdir(parents=True, exist_ok=True)
    config = talker.config
    with torch.no_grad():
        _write(
            _Encoder(student_encoder, talker),
            {"mel": torch.randn(1, 400, BANDS)},
            ["condition", "voice"],
            out / "encoder.onnx",
            {"mel": {1: "mel_frames"}},
        )
        _write(
            _Queries(talker.voice),
            {"pooled": torch.randn(1, 2 * config.person)},
            ["identity", "emotion"],
            out / "voice.onnx",
            {},
        )
        embedding = torch.randn(1, config.embedding)
        _write(
            _Fuse(talker.personalizer),
            {"identity": embedding, "emotion": embedding.clone()},
            ["person"],
            out / "personalizer.onnx",
            {},
        )
        _write(
            talker.decoder,
            _decoder_inputs(talker.decoder, 2, 120),
            ["clean", "state_out"],
            out / "decoder.onnx",
            {
                "noisy": {0: "takes", 1: "noisy_frames"},
                "condition": {0: "takes", 1: "frames"},
                "person": {0: "takes"},
                "log_snr": {0: "takes"},
                "state": {1: "takes"},
                "clean": {0: "takes", 1: "frames"},
                "state_out": {1: "takes"},
            },
        )
        (out / WEIGHTS).unlink(missing_ok=True)
        if safetensors:
            _write_weights(talker, student_encoder, out / WEIGHTS)
        _write_json(talker, student_encoder, meta, out, name, version)
        worst = parity(talker, student_encoder, out)
    if worst > tolerance:
        raise ValueError(f"the exported model differs from torch by {worst:.2g}, more than {tolerance:.2g}")
    return worst


def _write_weights(talker: Talker, student_encoder: StudentEncoder, path: Path) -> None:
    """Write the torch weights, and the ModelConfig as metadata.

    Names are those in training.model.network after `talker.` or `encoder.`. The libraries are left out, since enrollment extends those in
    model.json.
    """
    tensors = {
        f"talker.{key}": value.contiguous() for key, value in talker.state_dict().items() if key not in LIBRARIES
    }
    tensors |= {f"encoder.{key}": value.contiguous() for key, value in student_encoder.state_dict().items()}
    save_file(tensors, path, {"config": json.dumps(asdict(talker.config))})


def _write_json(
    talker: Talker, student_encoder: StudentEncoder, meta: dict[str, Any], out: Path, name: str, version: str
) -> None:
    schedule = make_schedule(talker.config.steps, talker.config.schedule)
    stops = range(talker.config.steps, -1, -meta["stride"])
    identity_keys, emotion_keys = talker.personalizer.keys()
    files = [f"{part}.onnx" for part in PARTS] + [WEIGHTS] * (out / WEIGHTS).exists()

    def rounded(values: Tensor) -> list[Any]:
        return np.round(values.numpy().astype(np.float64), 6).tolist()

    card = {
        "schema": SCHEMA,
        "name": name,
        "version": version,
        "license": "CC0-1.0",
        "identities": [{"name": n, "description": meta["descriptions"].get(n, "")} for n in meta["identities"]],
        "emotions": meta["emotions"],
        "channels": list(channel_names(talker.config)),
        "levels": [[float(schedule.alpha[i]), float(schedule.sigma[i])] for i in stops],
        "look": talker.config.look,
        "reach": student_encoder.receptive_field,
        "temperature": TEMPERATURE,
        "mean": [round(m, 6) for m in meta["mean"]],
        "deviation": [round(d, 6) for d in meta["deviation"]],
        "start": meta["start"],
        "library": {
            "identity_embeddings": rounded(talker.personalizer.identities.detach()),
            "identity_keys": rounded(identity_keys),
            "emotion_embeddings": rounded(talker.personalizer.emotions.detach()),
            "emotion_keys": rounded(emotion_keys),
        },
        "files": {file: hashlib.sha256((out / file).read_bytes()).hexdigest() for file in files},
    }
    (out / "model.json").write_text(json.dumps(card, indent=1) + "\n")


def parity(talker: Talker, student_encoder: StudentEncoder, folder: Path) -> float:
    """Return the largest absolute difference between torch and ONNX Runtime over all parts, at two lengths other than the export's."""
    card = read_card(folder)
    runtime = load(card, read_parts(folder, card))
    worst = 0.0

    def compare(mine: tuple[np.ndarray, ...], theirs: tuple[Tensor, ...]) -> None:
        nonlocal worst
        worst = max([worst, *(float(np.abs(a - b.numpy()).max()) for a, b in zip(mine, theirs, strict=True))])

    for seconds in (1, 7):
        mel = torch.randn(1, 100 * seconds, BANDS)
        condition, voice = _Encoder(student_encoder, talker)(mel)
        compare(runtime.encode(mel[0].numpy()), (condition[0], voice[0]))
        pooled = talker.voice.pool(voice)
        identity, emotion = talker.voice.queries(pooled)
        compare(runtime.queries(pooled[0].numpy()), (identity[0], emotion[0]))
        compare(
            (runtime.personalize(identity[0].numpy(), emotion[0].numpy()),),
            (talker.personalizer.fuse(identity, emotion)[0],),
        )
        given = _decoder_inputs(talker.decoder, 1, 30 * seconds)
        mine = runtime.denoise(
            given["noisy"].numpy(),
            given["condition"][0].numpy(),
            given["person"][0].numpy(),
            float(given["log_snr"][0]),
            given["state"].numpy(),
        )
        compare(mine, talker.decoder(*given.values()))
    return worst
