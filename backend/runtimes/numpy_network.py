"""The network on numpy, layer by layer: the classes of training.model.network, in the same order.

The sizes of layers are read off the weights, whose names are those in torch. Shapes: T audio frames at 50 Hz, N face
frames at 30 fps, B takes, as in backend.runtimes.Runtime.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .layers import (
    Weights,
    convolution,
    depthwise,
    gelu,
    kernel_matrix,
    layer_norm,
    product,
    sigmoid,
    transposed,
)

_ENCODER_DILATIONS = (1, 2, 4, 8)  # of the encoder's blocks in turn
_VOICE_DILATIONS = (1, 2, 4)
_HEADS = 4  # of the personalizer's attention
_LOG_SNR = 15.0  # largest that the step embedding tells apart
_FREQUENCIES = (0.05, 4.0)  # lowest and highest of the step embedding
_SHORTEST = 200  # audio frames that are worth a thread


@dataclass(frozen=True)
class Linear:
    """A linear layer: (n, in) -> (n, out)."""

    matrix: np.ndarray  # (in, out)
    bias: np.ndarray  # (out,)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        y = product(x, self.matrix)
        y += self.bias
        return y


def linear(weights: Weights, name: str) -> Linear:
    """Return the linear layer of a name. Raises KeyError."""
    return Linear(transposed(weights[f"{name}.weight"]), weights[f"{name}.bias"])


def mlp(weights: Weights, name: str) -> tuple[Linear, Linear]:
    """Return the two layers of a perceptron, between which there is a GELU. Raises KeyError."""
    return linear(weights, f"{name}.0"), linear(weights, f"{name}.2")


@dataclass(frozen=True)
class _Block:
    """A dilated depthwise convolution and a two-layer perceptron, with a residual."""

    depthwise: tuple[np.ndarray, np.ndarray]
    norm: tuple[np.ndarray, np.ndarray]
    expand: Linear
    contract: Linear
    dilation: int

    def __call__(self, x: np.ndarray) -> np.ndarray:  # (T, width) -> the same
        y = layer_norm(depthwise(x, *self.depthwise, self.dilation), *self.norm)
        return x + self.contract(gelu(self.expand(y)))


def _blocks(weights: Weights, name: str, dilations: tuple[int, ...]) -> list[_Block]:
    count = sum(key.startswith(f"{name}.") and key.endswith(".expand.weight") for key in weights)
    return [
        _Block(
            _pair(weights, f"{name}.{i}.depthwise"),
            _pair(weights, f"{name}.{i}.norm"),
            linear(weights, f"{name}.{i}.expand"),
            linear(weights, f"{name}.{i}.contract"),
            dilations[i % len(dilations)],
        )
        for i in range(count)
    ]


def _pair(weights: Weights, name: str) -> tuple[np.ndarray, np.ndarray]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _kernel(weights: Weights, name: str) -> tuple[np.ndarray, np.ndarray]:
    return kernel_matrix(weights[f"{name}.weight"]), weights[f"{name}.bias"]


@dataclass(frozen=True)
class Encoder:
    """The student's encoder, the decoder's condition and the frames of the voice head."""

    stem: tuple[np.ndarray, np.ndarray]
    halve: tuple[np.ndarray, np.ndarray]
    blocks: list[_Block]
    out: Linear
    norm: tuple[np.ndarray, np.ndarray]
    condition: Linear
    voice_stem: tuple[np.ndarray, np.ndarray]
    voice_blocks: list[_Block]
    voice_norm: tuple[np.ndarray, np.ndarray]
    frame: Linear
    weight: Linear
    padding: int  # audio frames that one output frame depends on, on either side
    threads: int

    @classmethod
    def read(cls, weights: Weights, receptive_field: int, threads: int) -> "Encoder":
        return cls(
            _kernel(weights, "encoder.stem"),
            _kernel(weights, "encoder.halve"),
            _blocks(weights, "encoder.blocks", _ENCODER_DILATIONS),
            linear(weights, "encoder.out"),
            _pair(weights, "talker.norm"),
            linear(weights, "talker.condition"),
            _kernel(weights, "talker.voice.stem"),
            _blocks(weights, "talker.voice.blocks", _VOICE_DILATIONS),
            _pair(weights, "talker.voice.norm"),
            linear(weights, "talker.voice.frame"),
            linear(weights, "talker.voice.weight"),
            -(-receptive_field // 2),
            threads,
        )

    def __call__(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # (2 T, bands) -> (T, D), (T, 1 + V)
        total = (len(mel) + 1) // 2
        count = max(1, min(self.threads, total // _SHORTEST))
        if count == 1:
            return self._encode(mel)
        spans = pairwise(total * i // count for i in range(count + 1))

        def encode(span: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
            first = max(span[0] - self.padding, 0)
            condition, voice = self._encode(mel[2 * first : 2 * (span[1] + self.padding)])
            inner = slice(span[0] - first, span[1] - first)
            return condition[inner], voice[inner]

        with ThreadPoolExecutor(count) as workers:
            conditions, voices = zip(*workers.map(encode, spans), strict=True)
        return np.concatenate(conditions), np.concatenate(voices)

    def _encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = gelu(convolution(mel, *self.stem, 2))
        x = gelu(convolution(x, *self.halve, 2, stride=2))
        for block in self.blocks:
            x = block(x)
        condition = gelu(self.condition(layer_norm(self.out(x), *self.norm)))
        x = gelu(convolution(mel, *self.voice_stem, 2, stride=2))
        for block in self.voice_blocks:
            x = block(x)
        x = layer_norm(x, *self.voice_norm)
        return condition, np.concatenate([sigmoid(self.weight(x)), gelu(self.frame(x))], -1)


@dataclass(frozen=True)
class Personalizer:
    """Cross-attention of identity and emotion (DiffusionTalker v2)."""

    lift_identity: Linear
    lift_emotion: Linear
    attend_in: Linear
    attend_out: Linear
    norm: tuple[np.ndarray, np.ndarray]
    out: Linear

    @classmethod
    def read(cls, weights: Weights) -> "Personalizer":
        name = "talker.personalizer"
        attend_in = transposed(weights[f"{name}.attend.in_proj_weight"]), weights[f"{name}.attend.in_proj_bias"]
        return cls(
            linear(weights, f"{name}.lift_identity"),
            linear(weights, f"{name}.lift_emotion"),
            Linear(*attend_in),
            linear(weights, f"{name}.attend.out_proj"),
            _pair(weights, f"{name}.out.0"),
            linear(weights, f"{name}.out.1"),
        )

    def __call__(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:  # (E,), (E,) -> (P,)
        lifted = (lift(x[None]) for lift, x in ((self.lift_identity, identity), (self.lift_emotion, emotion)))
        tokens = np.concatenate([*lifted])  # (2, P)
        parts = np.split(self.attend_in(tokens), 3, axis=-1)
        query, key, value = (part.reshape(2, _HEADS, -1) for part in parts)
        score = np.einsum("ihd,jhd->hij", query, key) / np.sqrt(np.float32(query.shape[-1]))
        share = np.exp(score - score.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        fused = self.attend_out(np.einsum("hij,jhd->ihd", share, value).reshape(2, -1))
        return self.out(layer_norm((tokens + fused).reshape(1, -1), *self.norm))[0]


@dataclass(frozen=True)
class _GruLayer:
    """A GRU as in torch: gates in the order reset, update, new."""

    inputs: Linear
    hidden: Linear

    @classmethod
    def read(cls, weights: Weights, name: str, layer: int) -> "_GruLayer":
        return cls(
            *(
                Linear(transposed(weights[f"{name}.weight_{kind}_l{layer}"]), weights[f"{name}.bias_{kind}_l{layer}"])
                for kind in ("ih", "hh")
            )
        )

    def __call__(self, x: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run over x (N, B, 3 hidden), which `inputs` made, from state (B, hidden). Return (N, B, hidden) and the new state."""
        width = state.shape[1]
        out = np.empty((*x.shape[:2], width), np.float32)
        half = np.float32(0.5)
        for frame, given in enumerate(x):
            recurrent = self.hidden(state)
            gates = np.tanh((given[:, : 2 * width] + recurrent[:, : 2 * width]) * half)
            gates += 1
            gates *= half  # sigmoid
            new = gates[:, :width] * recurrent[:, 2 * width :]
            new += given[:, 2 * width :]
            np.tanh(new, out=new)
            state = np.add(new, gates[:, width:] * (state - new), out=out[frame])
        return out, state


@dataclass(frozen=True)
class Decoder:
    """The GRU talker decoder."""

    noisy: tuple[np.ndarray, np.ndarray]
    step: tuple[Linear, Linear]
    layers: list[_GruLayer]
    out: Linear

    @classmethod
    def read(cls, weights: Weights) -> "Decoder":
        name = "talker.decoder"
        layers = [_GruLayer.read(weights, f"{name}.gru", 0)]
        while f"{name}.gru.weight_hh_l{len(layers)}" in weights:
            layers.append(_GruLayer.read(weights, f"{name}.gru", len(layers)))
        return cls(
            _kernel(weights, f"{name}.noisy"), mlp(weights, f"{name}.step"), layers, linear(weights, f"{name}.out")
        )

    def __call__(
        self, z: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        takes, frames = len(z), len(condition)
        noisy = np.stack([gelu(convolution(take, *self.noisy, 0)) for take in z], 1)  # (N, B, noisy)
        first, last = self.step
        step = last(gelu(first(_encode_level(log_snr, first.matrix.shape[0])[None])))[0]
        constant = np.concatenate([person, step])
        x = np.concatenate(
            [
                np.broadcast_to(condition[:, None], (frames, takes, condition.shape[1])),
                np.broadcast_to(constant, (frames, takes, len(constant))),
                noisy,
            ],
            -1,
        )
        states = []
        for number, layer in enumerate(self.layers):
            before = np.zeros((takes, layer.hidden.matrix.shape[0]), np.float32) if state is None else state[number]
            given = layer.inputs(x.reshape(frames * takes, -1)).reshape(frames, takes, -1)
            x, after = layer(given, np.asarray(before, np.float32))
            states.append(after)
        x = np.concatenate([x, np.broadcast_to(person, (frames, takes, len(person))), noisy], -1)
        clean = self.out(x.reshape(frames * takes, -1)).reshape(frames, takes, -1)
        return np.ascontiguousarray(clean.transpose(1, 0, 2)), np.stack(states)


def _encode_level(log_snr: float, width: int) -> np.ndarray:
    """Return Fourier features of the log signal-to-noise ratio, (width,)."""
    low, high = np.log(_FREQUENCIES)
    phase = np.clip(log_snr, -_LOG_SNR, _LOG_SNR) * np.exp(np.linspace(low, high, width // 2))
    return np.concatenate([np.sin(phase), np.cos(phase)]).astype(np.float32)
