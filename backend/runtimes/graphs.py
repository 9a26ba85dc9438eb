"""The Runtime over the model's four ONNX graphs: names and shapes of their inputs and outputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..features import BANDS
from ..model_folder import ModelCard, ModelError
from . import Runtime

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class GraphRuntime:
    """Implements backend.runtimes.Runtime.

    run(part, inputs): run a graph on contiguous float32 arrays by name. Return its outputs by name.
    state: number of GRU layers, and their width.
    """

    name: str
    run: Callable[[str, Arrays], Arrays]
    state: tuple[int, int]

    def encode(self, mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs = self._run("encoder", mel=mel[None])
        return outputs["condition"][0], outputs["voice"][0]

    def queries(self, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs = self._run("voice", pooled=voice[None])
        return outputs["identity"][0], outputs["emotion"][0]

    def personalize(self, identity: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        return self._run("personalizer", identity=identity[None], emotion=emotion[None])["person"][0]

    def denoise(
        self, noisy: np.ndarray, condition: np.ndarray, person: np.ndarray, log_snr: float, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        takes = len(noisy)
        layers, width = self.state
        outputs = self._run(
            "decoder",
            noisy=noisy,
            condition=np.broadcast_to(condition, (takes, *condition.shape)),
            person=np.broadcast_to(person, (takes, *person.shape)),
            log_snr=np.full(takes, log_snr),
            state=np.zeros((layers, takes, width)) if state is None else state,
        )
        return outputs["clean"], outputs["state_out"]

    def _run(self, part: str, **inputs: np.ndarray) -> Arrays:
        return self.run(part, {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()})


def state_of(inputs: Mapping[str, Sequence[object]]) -> tuple[int, int]:
    """Return the number of GRU layers and their width from the decoder's input shapes. Raises ModelError."""
    match inputs.get("state"):
        case [int(layers), _, int(width)]:
            return layers, width
        case shape:
            raise ModelError(
                "The model's decoder.onnx has a state of shape {shape}, not (layers, takes, width): export the model again",
                shape=str(shape),
            )


def try_out(card: ModelCard, runtime: Runtime) -> None:
    """Run every part on a tiny input. Raises ModelError when shapes don't match or values are not finite."""
    frames = 2
    try:
        condition, voice = runtime.encode(np.zeros((2 * frames, BANDS), np.float32))
        identity, emotion = runtime.queries(np.zeros(2 * (voice.shape[-1] - 1), np.float32))
        person = runtime.personalize(card.identity_embeddings[0], card.emotion_embeddings[0])
        noisy = np.zeros((1, frames + 2 * card.lookahead, len(card.channels)), np.float32)
        clean, _ = runtime.denoise(noisy, condition, person, card.levels[0].log_snr, None)
    except Exception as error:  # each runtime has its own exceptions
        raise ModelError(
            "The parts of {model} don't match ({reason}): export the model again",
            model=card.name,
            reason=first_line(error),
        ) from error
    outputs = {
        "voice": (voice, (frames, None)),
        "condition": (condition, (frames, None)),
        "clean": (clean, (1, frames, len(card.channels))),
    }
    outputs |= {"identity": (identity, card.identity_keys.shape[1:]), "emotion": (emotion, card.emotion_keys.shape[1:])}
    for name, (value, shape) in outputs.items():
        if len(value.shape) != len(shape) or not all(
            expected in (None, size) for size, expected in zip(value.shape, shape, strict=True)
        ):
            raise ModelError(
                "The parts of {model} don't match ({name} has shape {shape}): export the model again",
                model=card.name,
                name=name,
                shape=str(value.shape),
            )
        if not np.isfinite(value).all():
            raise ModelError(
                "{model} turns silence into values that aren't numbers: export the model again",
                model=card.name,
            )


def first_line(error: Exception) -> str:
    """Return the first line of an error, shortened to fit into a sentence."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:300].rstrip(". ")
