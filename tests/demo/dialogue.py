"""The script of the film: who says what, how, and from where it is seen. Does not need Blender."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.audio import RATE, read_clip

from .run import ROOT

_CLIPS = ROOT / "tests" / "data" / "dialogue"  # two of the project's synthesized voices
_SPEAKS = 0.02  # of full scale; quieter ends of a clip are cut
_LEAD, _TAIL = 0.12, 0.35  # s left before and after a line
_END = 1.2  # s after the last line


@dataclass(frozen=True)
class Line:
    """A line of the dialogue. actor: 0 or 1. intensity: of the emotion.

    views: the cameras that show it, in turn: "close" on who speaks, "over" the other's shoulder, "listens", or "both".
    """

    clip: str
    actor: int
    text: str
    emotion: str
    intensity: float
    views: tuple[str, ...]

    @property
    def sound(self) -> Path:
        return _CLIPS / f"{self.clip}.ogg"


@dataclass(frozen=True)
class Cue:
    """A line in time: seconds of the film. samples: its sound at backend.audio.RATE."""

    line: Line
    start: float
    end: float
    samples: np.ndarray


IDENTITIES = ("Hugo", "Ada")
SEEDS = (3, 5)
LINES = (
    Line("where", 0, "Where did you go after the party?", "contempt", 0.8, ("both", "over")),
    Line("key", 1, "Sheila hid the front door key under the stairs.", "fear", 1.2, ("over",)),
    Line("calls", 0, "How many times did Sheila call you?", "anger", 1.2, ("close",)),
    Line("sorry", 1, "I am so sorry, I never meant to hurt you.", "sadness", 1.4, ("close",)),
    Line("alone", 0, "Please, please, just leave me alone.", "sadness", 1.2, ("over", "listens")),
    Line("stronger", 1, "We can be even stronger than before.", "happiness", 0.9, ("close",)),
    Line("differences", 0, "Yes, we will have our differences.", "happiness", 1.3, ("close", "both")),
)


def cues(lines: Sequence[Line] = LINES) -> list[Cue]:
    """Return the lines one after the other, without the silence at the ends of their clips."""
    found, at = [], 0.4
    for line in lines:
        samples = read_clip(line.sound).samples
        loud = np.flatnonzero(np.abs(samples) > _SPEAKS)
        first, last = max(loud[0] - round(_LEAD * RATE), 0), min(loud[-1] + round(_TAIL * RATE), len(samples))
        part = samples[first:last]
        found.append(Cue(line, at, at + len(part) / RATE, part))
        at = found[-1].end
    return found


def length(script: Sequence[Cue]) -> float:
    """Return the seconds of the film."""
    return script[-1].end + _END


def voice(script: Sequence[Cue], actor: int) -> np.ndarray:
    """Return the sound of one actor over the whole film, silent while the other speaks: samples at backend.audio.RATE."""
    track = np.zeros(round(length(script) * RATE), np.float32)
    for cue in script:
        if cue.line.actor == actor:
            first = round(cue.start * RATE)
            track[first : first + len(cue.samples)] += cue.samples
    return track


def emotion_markers(script: Sequence[Cue], actor: int) -> list[tuple[float, str]]:
    """Return an actor's emotions, (seconds, name of a marker): each comes with its line, and most of it goes while the other speaks."""
    found = []
    for cue in script:
        if cue.line.actor == actor:
            found.append((cue.start - 0.2, f"{cue.line.emotion} {cue.line.intensity:g}"))
            found.append((cue.end + 0.2, f"{cue.line.emotion} {0.4 * cue.line.intensity:g}"))
    return found


def shots(script: Sequence[Cue]) -> list[tuple[float, str, int]]:
    """Return the cuts, (seconds, view, the actor who is seen): a little after each speaker begins, as editors cut."""
    found: list[tuple[float, str, int]] = []
    for cue in script:
        step = (cue.end - cue.start) / len(cue.line.views)
        for number, view in enumerate(cue.line.views):
            seen = 1 - cue.line.actor if view == "listens" else cue.line.actor
            began = 0.0 if not found else cue.start + number * step + (0.0 if number else 0.08)
            found.append((began, view, seen))
    return found
