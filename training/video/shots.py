"""Cut tracked films into shots: the same face, seen without a break, at 30 fps and in whole tenths of a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from backend.sounds.shapes import Sound

from .landmark_curves import PersonScale, face_curves
from .landmark_fit import TrackedHead
from .spoken_words import shut_lips
from .tracked_film import EYE_CORNERS, RIGID, TrackedFilm, measure

FPS = 30
_TENTH = FPS // 10  # frames
SHORTEST = 2.0  # s: in less, a face at rest can't be told
LONGEST = 60.0  # s
_BRIDGED = 0.12  # s: a face that is lost for no longer is interpolated
_CUT_CHANGE = 30.0  # gray levels by which the picture changes in a cut
_CUT_RATIO = 6.0  # by which this is more than usual in the film
_JUMP = 0.6  # in distances of the eyes: no head moves further between two pictures


@dataclass(frozen=True)
class Shot:
    """Part of a film. start, end: s, in whole tenths. pictures: those of the film within it that hold a face."""

    start: float
    end: float
    pictures: np.ndarray

    @property
    def frames(self) -> int:
        """Return its length at 30 fps."""
        return round(10 * (self.end - self.start)) * _TENTH


def find_cuts(film: TrackedFilm) -> np.ndarray:
    """Return the pictures that begin after a cut: where the picture or the place of the face jumps."""
    usual = float(np.median(film.change[1:])) if len(film.change) > 1 else 0.0
    cut = film.change > max(_CUT_CHANGE, _CUT_RATIO * usual)
    here = np.flatnonzero(film.found)
    points = film.landmarks[here][:, RIGID, :2]
    eyes = np.linalg.norm(points[:, RIGID.index(EYE_CORNERS[0])] - points[:, RIGID.index(EYE_CORNERS[1])], axis=1)
    jumps = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(1) > _JUMP * eyes[1:]
    cut[here[1:][jumps]] = True
    return np.flatnonzero(cut)


def find_shots(film: TrackedFilm) -> list[Shot]:
    """Return the shots of a film. They end at cuts and where the face is lost for more than 0.12 s; long ones are split evenly."""
    here = np.flatnonzero(film.found)
    cuts = find_cuts(film)
    ends = [k for k, (a, b) in enumerate(pairwise(here), start=1) if _breaks(film, cuts, int(a), int(b))]
    shots = []
    for pictures in np.split(here, ends):
        if len(pictures) < 2:
            continue
        first = int(np.ceil(10 * max(0.0, film.times[pictures[0]]) - 1e-6))
        # The last picture lasts as long as the one before it.
        step = film.times[pictures[-1]] - film.times[pictures[-2]]
        last = int(np.floor(10 * (film.times[pictures[-1]] + min(step, _BRIDGED)) + 1e-6))
        parts = max(1, -(-(last - first) // round(10 * LONGEST)))
        edges = np.linspace(first, last, parts + 1).round().astype(int)
        for start, end in pairwise(edges.tolist()):
            if end - start >= 10 * SHORTEST:
                inside = film.times[pictures]
                near = (inside > start / 10 - _BRIDGED) & (inside < end / 10 + _BRIDGED)
                shots.append(Shot(start / 10, end / 10, pictures[near]))
    return shots


def _breaks(film: TrackedFilm, cuts: np.ndarray, before: int, after: int) -> bool:
    """Return whether two pictures with a face, one after the other, belong to different shots."""
    step = float(np.median(np.diff(film.times)))
    lost = after - before > 1 and film.times[after] - film.times[before] - step > _BRIDGED
    return lost or bool(((cuts > before) & (cuts <= after)).any())


def shot_curves(
    film: TrackedFilm, shot: Shot, scale: PersonScale, head: TrackedHead, sounds: Sequence[Sound] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return a shot at 30 fps: channels (frames, 52), NaN in unknown ones, and the head's rotations (frames, 3) in rad.

    sounds: what is said in the film, if that is known. The lips shut at p, b and m.
    """
    landmarks = film.landmarks[shot.pictures]
    left = shut_lips(measure(landmarks).gap, film.times[shot.pictures], sounds)
    face = face_curves(landmarks, film.scores[shot.pictures], scale, head, left)
    times = shot.start + np.arange(shot.frames) / FPS
    both = np.concatenate([face, np.unwrap(film.rotations[shot.pictures], axis=0)], axis=1)
    values = np.stack([np.interp(times, film.times[shot.pictures], column) for column in both.T], axis=1)
    return values[:, :-3], values[:, -3:]
