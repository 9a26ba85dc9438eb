"""Measures a model on 10-second sequences of prepared takes: figures a sequence, and their mean with its standard error."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor

from backend.arkit import BEAT, CHANNELS, LOWER, UPPER
from backend.features import RATE

from ..data.prepared import FACES, Prepared, Take
from ..encoders.base import Listen
from ..model.pipeline import TalkerPipeline, compute_log_mel, encode_features, encode_sound, match_voice, sample_takes
from . import metrics
from .head_mesh import HeadMesh

SEEDS = [0, 1, 2]
SECONDS = 10.0  # of a sequence, as in the papers
_MOVES = 0.01  # deviation from which a curve has something to follow
_RUNS, _MANY = 5, 100  # timed runs; one for a model of many steps


def _one(name: str, face: np.ndarray) -> np.ndarray:
    return metrics.channel(face, name)


# What a viewer looks at first.
CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "jawOpen": metrics.jaw_opening,
    "lip opening": metrics.lip_opening,
    "rounding": metrics.rounding,
    "blink": lambda face: metrics.channel(face, "eyeBlinkLeft", "eyeBlinkRight"),
    "browInnerUp": partial(_one, "browInnerUp"),
}


@dataclass(frozen=True)
class Figure:
    """A mean over n sequences (or runs), and its standard error; NaN where one has no meaning."""

    value: float
    n: int
    error: float = math.nan


def summarise(values: Iterable[float]) -> Figure:
    """The mean of at least one value. Sequences of one take are not independent, so the true error is rather larger than the one given."""
    array = np.array(list(values), np.float64)
    error = float(array.std(ddof=1) / np.sqrt(len(array))) if len(array) > 1 else math.nan
    return Figure(float(array.mean()), len(array), error)


def evenly_spaced(takes: list[Take], limit: int) -> list[Take]:
    """At most `limit` takes, evenly spread."""
    if len(takes) <= limit:
        return takes
    return [takes[i] for i in np.linspace(0, len(takes) - 1, limit).round().astype(int)]


def recorded_face(data: Prepared, take: Take) -> np.ndarray:
    """The recorded face, (N, 52)."""
    return data.stretch("faces", take).astype(np.float32)


def encode_take(pipeline: TalkerPipeline, data: Prepared, take: Take) -> Tensor:
    """Listen to a prepared take, through the cached features if the model has a large encoder."""
    return encode_features(pipeline, data.stretch("features", take), data.stretch("mel", take), FACES * take.length)


def lacks(pipeline: TalkerPipeline, data: Prepared) -> str | None:
    """Why a model can't listen to prepared takes, or None."""
    width, wanted = data.array("features").shape[1], pipeline.talker.config.features
    if pipeline.student_encoder is not None or width == wanted:
        return None
    if width == 0:
        return f"{data.folder.name} has no features of a large encoder; run the stage `features`"
    return f"{data.folder.name} has features of width {width}, the model takes {wanted}"


def sample_sequence(pipeline: TalkerPipeline, data: Prepared, take: Take) -> np.ndarray:
    """The model's takes of a sequence, one a seed: (seeds, N, 52). Identity and emotion are the take's own; by the voice if the model doesn't
    know them, as the papers do at inference."""
    heard = encode_take(pipeline, data, take)
    identity, emotion = match_voice(pipeline, data.stretch("mel", take))
    if take.identity in pipeline.identities:
        identity = pipeline.identities.index(take.identity)
    if take.emotion in pipeline.emotions:
        emotion = pipeline.emotions.index(take.emotion)
    return sample_takes(pipeline, lambda: heard, identity, emotion, SEEDS)


def compare(faces: np.ndarray, truth: np.ndarray, head: HeadMesh | None) -> dict[str, float]:
    """A sequence's figures, errors as means over the takes. faces (seeds, N, 52), truth (N, 52). `r NAME` only for what moves in the truth."""

    def over(of: Callable[..., float], *given: object) -> float:
        return float(np.mean([of(face, *given) for face in faces]))

    figures = {}
    for suffix, every, mouth, upper in (
        ("", BEAT, metrics.PAPER_MOUTH, metrics.PAPER_UPPER),
        (" full", CHANNELS, LOWER, UPPER),
    ):
        dynamics = [metrics.face_dynamics_deviation(face, truth, upper) for face in faces]
        figures[f"MBE{suffix}"] = over(metrics.blendshape_error, truth, every)
        figures[f"LBE{suffix}"] = over(metrics.blendshape_error, truth, mouth)
        figures[f"FDD{suffix}"] = float(np.mean(dynamics))
        figures[f"abs FDD{suffix}"] = float(np.mean(np.abs(dynamics)))
    figures["diversity mouth"] = metrics.diversity(faces, LOWER)
    figures["diversity upper"] = metrics.diversity(faces, UPPER)
    figures["blinks/min"] = over(metrics.blinks_a_minute)
    figures["blinks/min truth"] = metrics.blinks_a_minute(truth)
    if head is not None:
        figures["LVE"] = over(metrics.vertex_error, truth, head.lips)
        figures["EVE"] = over(metrics.vertex_error, truth, head.upper)
    channels: dict[str, Callable[[np.ndarray], np.ndarray]] = {name: partial(_one, name) for name in CHANNELS}
    for name, of in {**channels, **CURVES}.items():
        curve = of(truth)
        if curve.std() > _MOVES:
            figures[f"r {name}"] = float(np.mean([metrics.correlation(of(face), curve) for face in faces]))
    return figures


def on_takes(
    pipeline: TalkerPipeline, data: Prepared, takes: list[Take], head: HeadMesh | None = None
) -> dict[str, Figure]:
    """Every figure of `compare`, as its mean over the sequences that have it."""
    rows = [compare(sample_sequence(pipeline, data, take), recorded_face(data, take), head) for take in takes]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: summarise(row[name] for row in rows if name in row) for name in names}


@dataclass(frozen=True)
class Found:
    """Confusion matrices of sequences that speak, by voice alone: rows are what is true, columns what was found."""

    identity: np.ndarray  # (identities, identities), of speakers that the model knows
    emotion: np.ndarray  # (emotions, emotions)


def on_voices(pipeline: TalkerPipeline, data: Prepared, takes: list[Take]) -> Found:
    """Match every sequence's voice with the libraries. Sequences of silence have no voice to know."""
    identities: list[tuple[int, int]] = []
    emotions: list[tuple[int, int]] = []
    for take in takes:
        if metrics.jaw_opening(recorded_face(data, take)).std() <= _MOVES:
            continue
        identity, emotion = match_voice(pipeline, data.stretch("mel", take))
        if take.identity in pipeline.identities:
            identities.append((pipeline.identities.index(take.identity), identity))
        if take.emotion in pipeline.emotions:
            emotions.append((pipeline.emotions.index(take.emotion), emotion))

    def table(pairs: list[tuple[int, int]], classes: int) -> np.ndarray:
        return metrics.confusion([a for a, _ in pairs], [b for _, b in pairs], classes)

    return Found(table(identities, len(pipeline.identities)), table(emotions, len(pipeline.emotions)))


def timed(pipeline: TalkerPipeline, encoder: Listen | None, seconds: float = SECONDS) -> Figure:
    """ITF in 1e-4 s a frame: one clip, one take, from its sound to its curves, who speaks found by the voice; the median of the runs, since other programs only ever add.

    What is said makes no difference to the time, so the sound is noise. Without its large encoder a model gets made-up features: then the
    figure is that of the rest alone.
    """
    sound = 0.05 * np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)
    if pipeline.student_encoder is None and encoder is None:
        width = pipeline.talker.config.features

        def encode(samples: np.ndarray) -> np.ndarray:
            return np.ones((len(samples) // 320, width), np.float32)

        encoder = encode

    def listen() -> Tensor:
        return encode_sound(pipeline, sound, encoder)

    frames = listen().shape[1]  # also warms up
    spent = []
    for _ in range(_RUNS if pipeline.steps < _MANY else 1):
        began = time.perf_counter()
        voice = match_voice(pipeline, compute_log_mel(sound)) if pipeline.talker.config.personal else (0, 0)
        sample_takes(pipeline, listen, *voice, SEEDS[:1])
        spent.append(metrics.inference_time(time.perf_counter() - began, frames))
    return Figure(float(np.median(spent)), len(spent))
