"""A request from start to end: checked, the sound read, the takes made. Every front end comes through here."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from ..audio import read_clip
from ..messages import UserMessage
from ..model_folder import ModelCard
from ..performance import AUTO, Performance, Take
from . import generator
from .errors import RequestError
from .generator import Callback, Model, Sound
from .voice_match import NEUTRAL

FPS = (1.0, 240.0)  # the upper bound keeps the longest take within a payload of the protocol
MOST_TAKES = 100
STRONGEST_EMOTION = 2.0
_READING = 0.1  # of the time of a job

Generator = Callable[[Model, Sound, Performance, Callback], Iterator[Take]]


def check(performance: Performance, card: ModelCard) -> None:
    """Raise RequestError unless the model can do what is asked. The sound is not looked at."""
    identities = [identity.name for identity in card.identities]
    emotions = (performance.emotion, *(key.emotion for key in performance.emotion_keys))
    named = [(UserMessage("identity"), performance.identity, identities)]
    named += [(UserMessage("emotion"), name, [*card.emotions]) for name in emotions]
    for what, name, known in named:
        if name != AUTO and name not in known:
            raise RequestError(
                'There is no {what} "{name}" in this model: choose {auto} or one of {names}',
                what=what,
                name=name,
                auto=AUTO,
                names=", ".join(known),
            )
    _check_emotions(performance, card)
    if not FPS[0] <= performance.fps <= FPS[1]:
        raise RequestError(
            "Can't generate at {fps:g} fps: choose {lowest:g} to {highest:g}",
            fps=performance.fps,
            lowest=FPS[0],
            highest=FPS[1],
        )
    if not 1 <= performance.count <= MOST_TAKES:
        raise RequestError(
            "Can't generate {count} takes at once: choose 1 to {highest}", count=performance.count, highest=MOST_TAKES
        )
    if not 0 <= performance.seed < 2**53:  # what every JSON reader holds exactly
        raise RequestError("{seed} isn't a seed: choose a whole number of 0 or more", seed=performance.seed)


def _check_emotions(performance: Performance, card: ModelCard) -> None:
    keys = performance.emotion_keys
    for intensity in (performance.intensity, *(key.intensity for key in keys)):
        if not 0 <= intensity <= STRONGEST_EMOTION:
            raise RequestError(
                "The intensity of an emotion can't be {intensity:g}: choose 0 to {highest:g}",
                intensity=intensity,
                highest=STRONGEST_EMOTION,
            )
    if NEUTRAL not in card.emotions and (keys or performance.intensity != 1):
        raise RequestError("This model has no neutral emotion to blend with: leave the intensity at 1")
    if any(later.seconds <= earlier.seconds for earlier, later in pairwise(keys)):
        raise RequestError("Emotion keys must be sorted by time, with no two at the same time: sort them")


def generate_takes(
    model: Model,
    file: str | Path,
    performance: Performance,
    start: float = 0.0,
    end: float | None = None,
    callback: Callback = lambda stage, fraction: None,
    generate: Generator = generator.generate,
    notify: Callable[[UserMessage], None] = lambda notice: None,
) -> Iterator[Take]:
    """Yield the takes of the seconds [start, end) of a sound file as they are made; end None is the file's end.

    callback gets stage and fraction, and may raise to cancel. notify gets what is to be known of how the sound was read. Raises RequestError, AudioError, ModelError, and what callback raises.
    """
    check(performance, model.card)
    clip = read_clip(file, start, end, lambda fraction: callback(UserMessage("Reading sound"), _READING * fraction))
    for notice in clip.notices:
        notify(notice)
    takes = generate(
        model, clip.blocks, performance, lambda stage, fraction: callback(stage, _READING + (1 - _READING) * fraction)
    )
    for take in takes:
        yield replace(take, audio_sha256=clip.sha256, model_sha256=model.card.sha256)
