"""Import films of people who talk as recordings in BEAT's layout, with the channels that a film tells.

Each film is tracked once and kept, so an interrupted run resumes. The shots of one person are joined into takes that are long enough for the
lag between sound and face to be measured, which happens when the recordings are prepared.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from backend.arkit import CHANNELS
from backend.audio import AudioError, read_clip
from backend.curves.base import Curves
from backend.features import RATE
from backend.sounds.files import Transcript, write_transcript

from ..data.beat_writer import Person, begin_import, end_import, recording_stem, write_recording
from .face_tracker import TrackerError, require_tracker, track_film
from .film_folders import FilmClip, find_films
from .landmark_curves import KNOWN, PersonScale, estimate_scale
from .landmark_fit import TrackedHead, eye_distance, sample_head
from .shots import FPS, Shot, find_cuts, find_shots, shot_curves
from .spoken_words import Listen, transcribe
from .tracked_film import TrackedFilm, is_tracked, read_tracked, write_tracked

_TAKE = 45.0  # s, about the length of a joined take: 30 to 75 s for any amount of film
_ROUND = 1  # raised when tracking changes, so that an earlier version's results are not taken for these
_UNKNOWN = Transcript(())
_HEAD = ("HeadYaw", "HeadPitch", "HeadRoll")


@dataclass(frozen=True)
class Piece:
    """A shot of a film, with what was tracked in it. said: in the whole film, as far as its words are known."""

    clip: FilmClip
    film: TrackedFilm
    shot: Shot
    said: Transcript = _UNKNOWN


@dataclass(frozen=True)
class FilmSummary:
    """What became of a film. seconds: its length; used: how much of that is in recordings. fps: pictures per second. eyes: distance of the eyes in pixels."""

    name: str
    identity: str
    seconds: float
    fps: float
    found: float  # share of the pictures in which a face was found
    eyes: float
    cuts: int
    shots: int
    used: float
    reason: str  # why it was left out, or ""


@dataclass(frozen=True)
class VideoImport:
    """Result of an import. scales: {identity: its scale}. takes: {recording: the films it is made of}."""

    people: tuple[Person, ...]
    scales: dict[str, PersonScale]
    takes: dict[str, list[str]]
    films: tuple[FilmSummary, ...]

    @property
    def skipped(self) -> tuple[FilmSummary, ...]:
        """Return the films that are in no recording."""
        return tuple(film for film in self.films if film.reason)


def import_video(
    films: Path | Sequence[FilmClip],
    tracker: Path,
    root: Path,
    tracked: Path,
    workers: int | None = None,
    listen: Listen | None = None,
) -> VideoImport:
    """Turn films into recordings under root, with identities.json and sources.json. Films that can't be used are named and skipped.

    films: a folder (see find_films), or a list. tracker: face_landmarker.task. tracked: folder for what was tracked, from which the next run
    resumes. workers: number of processes, by default one a core. listen: finds the words of films whose words are known; they are written
    as TextGrids, and the lips shut where they must. Speakers are numbered from 1 in the order of their names.
    Raises ValueError if there is no film, or none with a face and a sound, and TrackerError if the tracker is missing.
    """
    require_tracker(tracker)
    clips = find_films(films) if isinstance(films, Path) else list(films)
    reasons = _track_all(clips, tracker, tracked, workers or os.cpu_count() or 1)
    head = sample_head()
    people, scales, takes, summaries = [], {}, {}, []
    identities = sorted({clip.identity for clip in clips})
    for number, identity in enumerate(tqdm(identities, desc="write", unit="person"), start=1):
        person = Person(number, identity, f"{identity}, filmed")
        theirs = [clip for clip in clips if clip.identity == identity]
        # One person's films at a time, so that memory does not grow with the number of people.
        pieces = _pieces(theirs, tracker, tracked, reasons)
        if pieces:
            scales[identity] = _scale(pieces, head)
        plan = _plan(pieces, person)
        begin_import(root, {stem: ", ".join(_source(piece) for piece in each) for stem, each in plan.items()})
        used = dict.fromkeys((clip.name for clip in theirs), 0.0)
        for stem, each in plan.items():
            kept, samples = _sounds(each, reasons, listen)
            if kept:
                _write_words(root / str(number), stem, kept)
                write_recording(root / str(number), stem, samples, _joined(kept, scales[identity], head))
                takes[stem] = list(dict.fromkeys(piece.clip.name for piece in kept))
                for piece in kept:
                    used[piece.clip.name] += piece.shot.end - piece.shot.start
        if any(used.values()):
            people.append(person)
        summaries += [_summary(clip, tracker, tracked, used[clip.name], reasons.get(clip.name, "")) for clip in theirs]
    for film in summaries:
        if film.reason:
            tqdm.write(f"left out {film.name}: {film.reason}")
    end_import(root, people, takes)
    if not takes:
        raise ValueError(f"none of the {len(clips)} films could be used: see what was left out above.")
    return VideoImport(tuple(people), scales, takes, tuple(summaries))


def _pieces(clips: Sequence[FilmClip], tracker: Path, tracked: Path, reasons: dict[str, str]) -> list[Piece]:
    """Return the shots of one person's films. Notes films without any."""
    pieces = []
    for clip in clips:
        film = None if clip.name in reasons else read_tracked(_kept(tracked, clip), _stamp(clip, tracker))
        if film is not None:
            shots = find_shots(film)
            pieces += [Piece(clip, film, shot) for shot in shots]
            if not shots:
                reasons[clip.name] = (
                    "no face is seen in it for two seconds: show one face, in focus and from the front."
                )
    return pieces


def _scale(pieces: Sequence[Piece], head: TrackedHead) -> PersonScale:
    return estimate_scale(
        [piece.film.landmarks[piece.shot.pictures] for piece in pieces],
        [piece.film.scores[piece.shot.pictures] for piece in pieces],
        head,
    )


def _summary(clip: FilmClip, tracker: Path, tracked: Path, used: float, reason: str) -> FilmSummary:
    film = read_tracked(_kept(tracked, clip), _stamp(clip, tracker))
    if film is None:
        return FilmSummary(clip.name, clip.identity, 0.0, 0.0, 0.0, 0.0, 0, 0, 0.0, reason)
    seconds = float(film.times[-1] - film.times[0]) if len(film.times) > 1 else 0.0
    return FilmSummary(
        clip.name,
        clip.identity,
        seconds,
        (len(film.times) - 1) / seconds if seconds else 0.0,
        float(film.found.mean()),
        float(np.median(eye_distance(film.landmarks[film.found]))) if film.found.any() else 0.0,
        len(find_cuts(film)),
        len(find_shots(film)),
        used,
        reason or ("" if used else "it holds less than a second of sound with a face."),
    )


def _track_all(clips: Sequence[FilmClip], tracker: Path, folder: Path, workers: int) -> dict[str, str]:
    """Track all films that no earlier run tracked. Return {name: reason} of those that can't be."""
    reasons: dict[str, str] = {}
    todo = [clip for clip in clips if not is_tracked(_kept(folder, clip), _stamp(clip, tracker))]
    with tqdm(total=len(clips), initial=len(clips) - len(todo), desc="track", unit="film") as progress:

        def note(clip: FilmClip, reason: str) -> None:
            if reason:
                reasons[clip.name] = reason
            progress.update()

        if workers == 1 or len(todo) < 2:
            for clip in todo:
                note(clip, _track(clip, tracker, folder))
            return reasons
        with ProcessPoolExecutor(min(workers, len(todo)), multiprocessing.get_context("spawn")) as pool:
            waiting = {pool.submit(_track, clip, tracker, folder): clip for clip in todo}
            try:
                for future in as_completed(waiting):
                    note(waiting[future], future.result())
            except BrokenProcessPool as error:
                raise TrackerError(
                    "a worker process was killed, most likely for memory: run it again with fewer --workers, and it resumes"
                ) from error
            finally:
                pool.shutdown(cancel_futures=True)
    return reasons


def _track(clip: FilmClip, tracker: Path, folder: Path) -> str:
    """Track a film into its file. Return why it can't be, or nothing."""
    try:
        write_tracked(_kept(folder, clip), track_film(clip.film, tracker), _stamp(clip, tracker))
    except TrackerError as error:
        return str(error)
    return ""


def _kept(folder: Path, clip: FilmClip) -> Path:
    return folder / f"{clip.name}.npz"


def _stamp(clip: FilmClip, tracker: Path) -> list[int]:
    """Return numbers that change when the film or the tracker does."""
    film = clip.film.stat()
    return [_ROUND, film.st_size, film.st_mtime_ns, tracker.stat().st_size]


def _source(piece: Piece) -> str:
    return f"{piece.clip.name} {piece.shot.start:.1f}-{piece.shot.end:.1f}"


def _plan(pieces: Sequence[Piece], person: Person) -> dict[str, list[Piece]]:
    """Join a person's pieces of one emotion, in order, into takes of about the same length."""
    plan: dict[str, list[Piece]] = {}
    for emotion in dict.fromkeys(piece.clip.emotion for piece in pieces):
        joined = join([piece for piece in pieces if piece.clip.emotion == emotion])
        plan |= {recording_stem(person, emotion, k): take for k, take in enumerate(joined)}
    return plan


def join(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Split pieces, in order, into takes of about 45 s: 30 to 75 s each if there is as much."""
    lengths = np.array([piece.shot.end - piece.shot.start for piece in pieces])
    total = float(lengths.sum())
    count = max(1, round(total / _TAKE))
    middles = np.cumsum(lengths) - lengths / 2
    numbers = np.minimum((middles / total * count).astype(int), count - 1)
    return [[pieces[k] for k in np.flatnonzero(numbers == number).tolist()] for number in np.unique(numbers)]


def _sounds(pieces: Sequence[Piece], reasons: dict[str, str], listen: Listen | None) -> tuple[list[Piece], np.ndarray]:
    """Return the pieces that have a sound, shortened to it, with what is said, and all sound, (n,) at 16 kHz. Notes why the others have none."""
    kept, parts = [], []
    heard: dict[str, np.ndarray] = {}
    said = _UNKNOWN
    for piece in pieces:
        name = piece.clip.name
        if name in reasons:
            continue
        if name not in heard:
            try:
                heard = {name: _sound(piece.clip)}
            except AudioError as error:
                reasons[name] = str(error)
                continue
            words = piece.clip.words
            said = transcribe(listen(heard[name]), words) if listen and words else _UNKNOWN
        start = round(piece.shot.start * RATE)
        tenths = min(round(10 * (piece.shot.end - piece.shot.start)), (len(heard[name]) - start) * 10 // RATE)
        if tenths >= 10:
            shot = Shot(piece.shot.start, piece.shot.start + tenths / 10, piece.shot.pictures)
            kept.append(replace(piece, shot=shot, said=said))
            parts.append(heard[name][start : start + tenths * RATE // 10])
    return kept, np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _sound(clip: FilmClip) -> np.ndarray:
    """Return the film's own sound, which is in sync with it, or else that of the sound file, (n,) at 16 kHz."""
    try:
        return read_clip(clip.film).samples
    except AudioError:
        if clip.sound is None:
            raise
        return read_clip(clip.sound).samples


def _write_words(folder: Path, stem: str, pieces: Sequence[Piece]) -> None:
    """Write folder/stem.TextGrid with what is said in the pieces, one after the other, or remove it if that is unknown."""
    path = folder / f"{stem}.TextGrid"
    path.unlink(missing_ok=True)
    sounds, words, begin = [], [], 0.0
    for piece in pieces:
        start, end = piece.shot.start, piece.shot.end
        inside = piece.said.shifted(begin - start)
        sounds += [each for each in inside.sounds if begin <= each.start and each.end <= begin + end - start]
        words += [each for each in inside.words if begin <= each.start and each.end <= begin + end - start]
        begin += end - start
    if sounds:
        folder.mkdir(parents=True, exist_ok=True)
        write_transcript(path, Transcript(tuple(sounds), tuple(words)))


def _joined(pieces: Sequence[Piece], scale: PersonScale, head: TrackedHead) -> Curves:
    parts = [shot_curves(piece.film, piece.shot, scale, head, piece.said.sounds) for piece in pieces]
    faces, turns = (np.concatenate(each).astype(np.float32) for each in zip(*parts, strict=True))
    values = faces[:, [CHANNELS.index(name) for name in KNOWN]]
    return Curves(KNOWN, values, float(FPS), rotations=dict(zip(_HEAD, turns.T, strict=True)))
