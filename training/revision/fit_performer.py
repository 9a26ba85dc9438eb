"""Fit the performer to films: how early and late jaw, lips and rounding act, and how far each sound opens and rounds the mouth.

Gauss-Newton steps with finite differences, from the bundled articulation, which is also the prior: what films say little about stays as it
was. Talkers differ in scale, so only the mouth's shape over time is compared (tracked_lips.mouth_shape).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from backend.arkit import CHANNELS

from ..data.prepared import TENTH, Prepared
from ..data.textgrid import read_text_grid
from ..evaluation.metrics import correlation
from ..model.network import FACE_FPS
from ..synthetic.performer.articulation import ARTICULATORS, Articulation, Values
from ..synthetic.performer.lips import lower_face
from ..synthetic.performer.perform import QUIET, relative_level
from ..synthetic.performer.phones import Phone, read_phones, rows_of, tidy
from ..synthetic.performer.styles import EMOTION_STYLES, Style, Voice
from .tracked_lips import is_tracked, mouth_shape

CURVES = ("jaw", "opening", "rounding")  # of mouth_shape
_STEPS = 4
_PRIOR = 0.02  # weight of a squared change; the mean squared error of a standardized curve is about 1
_NUDGE = 0.3  # of a finite difference, in units of a change
# Articulators that change together: the jaw, the lips up and down, and their rounding.
_GROUPS = tuple(
    [ARTICULATORS.index(name) for name in group] for group in (("jaw",), ("lower", "upper"), ("pucker", "funnel"))
)
_LAG_UNIT, _TARGET_UNIT, _LOG_UNIT = 0.03, 0.1, 0.5  # s, ARKit value, natural logarithm: what a change of 1 does
_TIMES = 3 * len(_GROUPS)  # changes of lag, attack and release
_OF_A_PHONE = 2 * len(_GROUPS)  # changes of a phone's targets and dominances
_SHORTEST = 60  # frames
_AVERAGE = Style("average", "", Voice(150, 1.0, 1.0))


@dataclass(frozen=True)
class Clip:
    """A stretch of film. phones: as `tidy` returns them. level: (N,) dB relative to the speech level. shape: mouth_shape, (N, 3)."""

    talker: int
    phones: tuple[Phone, ...]
    level: np.ndarray
    shape: np.ndarray


def read_clips(data: Prepared, recordings: Path) -> list[Clip]:
    """Return the films of the train part whose words are known, from a folder that `prepare video` wrote.

    recordings: its folder `recordings`, with sounds and TextGrids. Raises ValueError if no film's words are known.
    """
    clips = []
    for take in data.part("train"):
        sound = recordings / str(take.speaker) / f"{take.id}.wav"
        labels = sound.with_suffix(".TextGrid")
        phones = read_text_grid(labels).get("phones") if labels.exists() else None
        face = data.stretch("faces", take).astype(np.float64)
        if not phones or len(face) < _SHORTEST or not is_tracked(face):
            continue
        first = data.start_in_sound(take)
        begin = first / 10
        samples = soundfile.read(sound, dtype="float64", start=first * TENTH, frames=take.length * TENTH)[0]
        rows = [(each.label, each.start - begin, each.end - begin) for each in phones]
        clips.append(make_clip(take.speaker, samples, read_phones(rows), face))
    if not clips:
        raise ValueError(f"{recordings} holds no film whose words are known: `prepare video` reads GRID's")
    return clips


def make_clip(talker: int, samples: np.ndarray, phones: Sequence[Phone], face: np.ndarray) -> Clip:
    """Return a clip from samples (n,) at 16 kHz, phones on their clock, and a tracked face (N, 52) at 30 fps."""
    frames = len(face)
    level = relative_level(samples, frames, FACE_FPS)
    return Clip(talker, tidy(phones, frames / FACE_FPS, level < QUIET, FACE_FPS), level, mouth_shape(face))


def perform_shape(clip: Clip, articulation: Articulation) -> np.ndarray:
    """Return the mouth_shape (N, 3) of what the performer does in a clip."""
    parts = lower_face(clip.phones, clip.level, _AVERAGE, EMOTION_STYLES["neutral"], 1.0, FACE_FPS, articulation)
    face = np.zeros((len(clip.level), len(CHANNELS)))
    for name, values in parts.items():
        face[:, CHANNELS.index(name)] = values
    return mouth_shape(np.clip(face, 0, 1))


def agreement(clips: Sequence[Clip], articulation: Articulation) -> np.ndarray:
    """Return the performer's correlation with films, (3,) in the order of CURVES: the mean over talkers of the mean over clips."""
    rows: dict[int, list[list[float]]] = {}
    for clip in clips:
        shape = perform_shape(clip, articulation)
        rows.setdefault(clip.talker, []).append(
            [correlation(shape[:, k], clip.shape[:, k]) for k in range(len(CURVES))]
        )
    mean: np.ndarray = np.mean([np.mean(each, axis=0) for each in rows.values()], axis=0)
    return mean


def fit_articulation(
    clips: Sequence[Clip], start: Articulation, callback: Callable[[int, np.ndarray], None] = lambda step, r: None
) -> Articulation:
    """Return the articulation that agrees best with the clips, whose talkers count the same.

    callback: gets the number of each step and the agreement before it.
    """
    said = [{name for phone in clip.phones for name in rows_of(phone, start)} for clip in clips]
    names = sorted(set().union(*said))
    talkers = [clip.talker for clip in clips]
    weights = [1 / talkers.count(clip.talker) / len(set(talkers)) / len(clip.level) for clip in clips]
    change = np.zeros(_TIMES + _OF_A_PHONE * len(names))
    for step in range(_STEPS):
        now = _changed(start, names, change)
        callback(step, agreement(clips, now))
        nudged = [_changed(start, names, change + _NUDGE * row) for row in np.eye(len(change))]
        gram, moment = _PRIOR * np.eye(len(change)), -_PRIOR * change
        for clip, weight, rows in zip(clips, weights, said, strict=True):
            shape = perform_shape(clip, now)
            slopes = np.zeros((shape.size, len(change)))
            for k, other in enumerate(nudged):
                if k < _TIMES or names[(k - _TIMES) // _OF_A_PHONE] in rows:
                    slopes[:, k] = (perform_shape(clip, other) - shape).ravel() / _NUDGE
            gram += weight * slopes.T @ slopes
            moment += weight * slopes.T @ (clip.shape - shape).ravel()
        change = change + np.linalg.solve(gram, moment)
    return _changed(start, names, change)


def _changed(start: Articulation, names: Sequence[str], change: np.ndarray) -> Articulation:
    """Return an articulation changed by (9 + 6 phones,): each group's lag, attack and release, then each phone's target and dominance of it."""
    lag, attack, release = (np.array(each) for each in (start.lag, start.attack, start.release))
    for group, (late, before, after) in zip(_GROUPS, change[:_TIMES].reshape(-1, 3), strict=True):
        lag[group] += _LAG_UNIT * late
        attack[group] *= np.exp(_LOG_UNIT * before)
        release[group] *= np.exp(_LOG_UNIT * after)
    targets, dominances = dict(start.targets), dict(start.dominances)
    for name, rows in zip(names, change[_TIMES:].reshape(-1, len(_GROUPS), 2), strict=True):
        target, pull = np.array(targets[name]), np.array(dominances[name])
        for group, (further, stronger) in zip(_GROUPS, rows, strict=True):
            target[group] = np.clip(target[group] + _TARGET_UNIT * further, 0, 1)
            pull[group] *= np.exp(_LOG_UNIT * stronger)
        targets[name], dominances[name] = _values(target), _values(pull)
    times = {"lag": _values(lag), "attack": _values(attack), "release": _values(release)}
    return replace(start, targets=targets, dominances=dominances, **times)


def _values(row: np.ndarray) -> Values:
    return tuple(map(float, row))
