"""Measure a model on 10-second sequences of prepared takes: metrics of each sequence, and their mean with its standard error."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor

from backend.arkit import BEAT, CHANNELS, LOWER, UPPER
from backend.features import RATE
from backend.sounds.files import SoundsError, Transcript, read_transcript

from ..data.prepared import FACES, Prepared, Take
from ..model.pipeline import (
    Encode,
    TalkerPipeline,
    compute_log_mel,
    encode_features,
    encode_sound,
    match_voice,
    sample_takes,
)
from . import alignment, metrics
from .head_mesh import HeadMesh

SEEDS = [0, 1, 2]
SECONDS = 10.0  # of a sequence, as in the papers
_RECORDINGS = "recordings"  # of a prepared folder: what `prepare video` made of the films
_MIN_STD = 0.01  # of a recorded curve that is worth correlating with
_RUNS = 5  # timed runs
_SLOW_STEPS = 100  # a model with as many steps is timed once


def _channel(name: str, face: np.ndarray) -> np.ndarray:
    return metrics.channel(face, name)


# Curves that a viewer notices first.
CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "jawOpen": metrics.jaw_opening,
    "lip opening": metrics.lip_opening,
    "rounding": metrics.rounding,
    "blink": lambda face: metrics.channel(face, "eyeBlinkLeft", "eyeBlinkRight"),
    "browInnerUp": partial(_channel, "browInnerUp"),
}


@dataclass(frozen=True)
class Figure:
    """A mean over n sequences or runs. error: its standard error, NaN where there is none."""

    value: float
    n: int
    error: float = math.nan


def summarize(values: Iterable[float]) -> Figure:
    """Return the mean of at least one value and its standard error.

    Sequences of one take are not independent, so the true error is larger.
    """
    array = np.array(list(values), np.float64)
    error = float(array.std(ddof=1) / np.sqrt(len(array))) if len(array) > 1 else math.nan
    return Figure(float(array.mean()), len(array), error)


def evenly_spaced(takes: list[Take], limit: int) -> list[Take]:
    """Return at most `limit` takes, evenly spaced in the list."""
    if len(takes) <= limit:
        return takes
    return [takes[i] for i in np.linspace(0, len(takes) - 1, limit).round().astype(int)]


def recorded_face(data: Prepared, take: Take) -> np.ndarray:
    """Return the recorded face of a take, (N, 52)."""
    return data.stretch("faces", take).astype(np.float32)


def words_of(data: Prepared, take: Take) -> Transcript:
    """Return the sounds and words of a take by the TextGrid of its recording, with times from its start; none if there is no TextGrid.

    Those that the take cuts are left out.
    """
    path = data.folder / _RECORDINGS / str(take.speaker) / f"{take.id}.TextGrid"
    try:
        said = read_transcript(path) if path.is_file() else Transcript(())
    except SoundsError:
        return Transcript(())
    inside, end = said.shifted(-data.start_in_sound(take) / 10), take.length / 10
    return Transcript(
        tuple(each for each in inside.sounds if each.start >= 0 and each.end <= end),
        tuple(each for each in inside.words if each.start >= 0 and each.end <= end),
    )


def encode_take(pipeline: TalkerPipeline, data: Prepared, take: Take) -> Tensor:
    """Return the decoder's condition for a prepared take, from the cached features if the model needs a large encoder."""
    return encode_features(pipeline, data.stretch("features", take), data.stretch("mel", take), FACES * take.length)


def missing_features(pipeline: TalkerPipeline, data: Prepared) -> str | None:
    """Return why the data lacks the features that a model needs, or None if it has them."""
    width, required = data.array("features").shape[1], pipeline.talker.config.features
    if pipeline.student_encoder is not None or width == required:
        return None
    if width == 0:
        return f"{data.folder.name} has no features of a large encoder; run the stage `features`"
    return f"{data.folder.name} has features of width {width}, the model needs {required}"


def sample_sequence(pipeline: TalkerPipeline, data: Prepared, take: Take) -> np.ndarray:
    """Sample one take of a sequence for each seed, (seeds, N, 52).

    Identity and emotion are the recorded ones. If the model doesn't know them, they are matched by the voice, as in the papers at inference.
    """
    condition = encode_take(pipeline, data, take)
    identity, emotion = match_voice(pipeline, data.stretch("mel", take))
    if take.identity in pipeline.identities:
        identity = pipeline.identities.index(take.identity)
    if take.emotion in pipeline.emotions:
        emotion = pipeline.emotions.index(take.emotion)
    return sample_takes(pipeline, lambda: condition, identity, emotion, SEEDS)


def compare(faces: np.ndarray, truth: np.ndarray, head: HeadMesh | None) -> dict[str, float]:
    """Measure all metrics of a sequence, as means over the takes. faces (seeds, N, 52), truth (N, 52).

    `r NAME` is there only for curves that move in the recording, LVE and EVE only with a head. Channels that the recording doesn't know, NaN
    in truth, count in no metric. A metric all of whose channels are unknown is left out.
    """
    known = [name for name, column in zip(CHANNELS, truth.T, strict=True) if not np.isnan(column).any()]

    def mean_of(metric: Callable[..., float], *arguments: object) -> float:
        return float(np.mean([metric(face, *arguments) for face in faces]))

    figures: dict[str, float] = {}
    for suffix, *regions in (
        ("", BEAT, metrics.PAPER_MOUTH, metrics.PAPER_UPPER),
        (" full", CHANNELS, LOWER, UPPER),
    ):
        channels, mouth, upper = (tuple(name for name in region if name in known) for region in regions)
        if channels:
            figures[f"MBE{suffix}"] = mean_of(metrics.blendshape_error, truth, channels)
        if mouth:
            figures[f"LBE{suffix}"] = mean_of(metrics.blendshape_error, truth, mouth)
        if upper:
            dynamics = [metrics.face_dynamics_deviation(face, truth, upper) for face in faces]
            figures[f"FDD{suffix}"] = float(np.mean(dynamics))
            figures[f"abs FDD{suffix}"] = float(np.mean(np.abs(dynamics)))
    figures |= _aligned(faces, truth, tuple(name for name in LOWER if name in known))
    figures["diversity mouth"] = metrics.diversity(faces, LOWER)
    figures["diversity upper"] = metrics.diversity(faces, UPPER)
    figures["blinks/min"] = mean_of(metrics.blinks_per_minute)
    if {"eyeBlinkLeft", "eyeBlinkRight"} <= set(known):
        figures["blinks/min truth"] = metrics.blinks_per_minute(truth)
    if head is not None and len(known) == len(CHANNELS):
        figures["LVE"] = mean_of(metrics.vertex_error, truth, head.lips)
        figures["EVE"] = mean_of(metrics.vertex_error, truth, head.upper)
    curves: dict[str, Callable[[np.ndarray], np.ndarray]] = {name: partial(_channel, name) for name in CHANNELS}
    for name, curve_of in {**curves, **CURVES}.items():
        curve = curve_of(truth)
        if curve.std() > _MIN_STD:
            figures[f"r {name}"] = float(np.mean([metrics.correlation(curve_of(face), curve) for face in faces]))
    return figures


def _aligned(faces: np.ndarray, truth: np.ndarray, mouth: tuple[str, ...]) -> dict[str, float]:
    """Measure what allows for shifts in time, and jitter, on the known channels of the mouth."""
    figures = {"jitter mouth": float(np.mean([alignment.third_difference(face, LOWER) for face in faces]))}
    if not mouth:
        return figures
    figures["soft LBE"] = float(np.mean([alignment.soft_aligned_error(face, truth, mouth) for face in faces]))
    gap = metrics.lip_gap(truth, mouth)
    misaligned = [alignment.temporal_misalignment(metrics.lip_gap(face, mouth), gap) for face in faces]
    if gap.std() > _MIN_STD and not np.isnan(misaligned).all():
        figures["MTM ms"] = float(np.nanmean(misaligned))
        figures["r lip gap"] = float(
            np.mean([metrics.correlation(metrics.lip_gap(face, mouth), gap) for face in faces])
        )
    return figures


def measure_takes(
    pipeline: TalkerPipeline, data: Prepared, takes: list[Take], head: HeadMesh | None = None
) -> dict[str, Figure]:
    """Measure all metrics of `compare` as means over the sequences that have them."""
    rows = [compare(sample_sequence(pipeline, data, take), recorded_face(data, take), head) for take in takes]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: summarize(row[name] for row in rows if name in row) for name in names}


@dataclass(frozen=True)
class VoiceMatches:
    """Confusion matrices of the voice match: true rows, matched columns."""

    identity: np.ndarray  # (identities, identities), of identities that the model knows
    emotion: np.ndarray  # (emotions, emotions)


def match_voices(pipeline: TalkerPipeline, data: Prepared, takes: list[Take]) -> VoiceMatches:
    """Match every sequence's voice with the libraries. Silent sequences are left out."""
    identities: list[tuple[int, int]] = []
    emotions: list[tuple[int, int]] = []
    for take in takes:
        if metrics.jaw_opening(recorded_face(data, take)).std() <= _MIN_STD:
            continue
        identity, emotion = match_voice(pipeline, data.stretch("mel", take))
        if take.identity in pipeline.identities:
            identities.append((pipeline.identities.index(take.identity), identity))
        if take.emotion in pipeline.emotions:
            emotions.append((pipeline.emotions.index(take.emotion), emotion))

    def table(pairs: list[tuple[int, int]], classes: int) -> np.ndarray:
        return metrics.confusion([a for a, _ in pairs], [b for _, b in pairs], classes)

    return VoiceMatches(table(identities, len(pipeline.identities)), table(emotions, len(pipeline.emotions)))


def measure_time(pipeline: TalkerPipeline, encoder: Encode | None, seconds: float = SECONDS) -> Figure:
    """Measure ITF in 1e-4 s per frame for one clip and one take, from sound to curves, with identity and emotion matched by the voice.

    The result is the median of the runs, since other programs can only add time. The sound is noise, because its content makes no difference.
    If a model needs a large encoder and none is given, it gets constant features, and the time is that of the rest.
    """
    sound = 0.05 * np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)
    if pipeline.student_encoder is None and encoder is None:
        width = pipeline.talker.config.features

        def encode(samples: np.ndarray) -> np.ndarray:
            return np.ones((len(samples) // 320, width), np.float32)

        encoder = encode

    def encode_again() -> Tensor:
        return encode_sound(pipeline, sound, encoder)

    frames = encode_again().shape[1]  # also warms up
    spent = []
    for _ in range(_RUNS if pipeline.steps < _SLOW_STEPS else 1):
        began = time.perf_counter()
        voice = match_voice(pipeline, compute_log_mel(sound)) if pipeline.talker.config.personal else (0, 0)
        sample_takes(pipeline, encode_again, *voice, SEEDS[:1])
        spent.append(metrics.inference_time(time.perf_counter() - began, frames))
    return Figure(float(np.median(spent)), len(spent))
