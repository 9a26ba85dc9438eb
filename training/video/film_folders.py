"""Find films in a folder and whose they are, in anybody's folders and in those of GRID and CREMA-D as they are on disk."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..data.take_list import TAKE_LIST, read_take_list
from .spoken_words import SpokenWord, read_alignment, sentence_words

FILMS = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp", ".mts", ".m2ts")
_SOUNDS = (".wav", ".flac")
_ALIGNMENT = ".align"

# GRID (Cooke et al. 2006): sN/.../bbaf2n.mpg, a letter or digit for each of six words. Copies have the talker in the name: s26_bgbsza.mp4.
_GRID_SENTENCE = re.compile(r"(?:^|.*?[_-])(?:s(?P<talker>\d+)[_-])?(?P<code>[bpls][bgrw][abiw][a-vx-z][0-9z][anps])$")
_GRID_TALKER = re.compile(r"s(?P<talker>\d+)(?:$|[._-])")
# CREMA-D (Cao et al. 2014): VideoFlash/1001_DFA_ANG_XX.flv, with the sound again in AudioWAV.
_CREMA = re.compile(r"(?P<actor>\d{4})_[A-Z]{3}_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_[A-Z]{2}$")
_CREMA_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}


@dataclass(frozen=True)
class FilmClip:
    """A film on disk. name: its path in the folder without the suffix. sound: a sound file of that name, for films without sound.

    words: what is said in it, if that is known.
    """

    name: str
    film: Path
    sound: Path | None
    identity: str
    emotion: str
    words: tuple[SpokenWord, ...] = ()


def find_films(folder: Path) -> list[FilmClip]:
    """Return the films under folder, sorted by identity and name.

    Whose a film is: takes.csv in the folder says (columns file, emotion, identity; any but file may be empty or missing), else GRID's or
    CREMA-D's names, else the first sub-folder that it lies in, else all are one person's. What is felt: takes.csv, CREMA-D's names, else
    neutral. What is said: GRID's alignments and names. Raises ValueError if there is no film, or takes.csv or an alignment is wrong.
    """
    paths = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in FILMS and path.is_file() and not path.name.startswith(".")
    }
    if not paths:
        raise ValueError(f"{folder} holds no film ({', '.join(FILMS[:5])} and others): choose the folder of the films.")
    told = read_take_list(folder / TAKE_LIST, paths, _names_of)
    sounds, alignments = _sounds(folder), _alignments(folder)
    clips = []
    for name, path in paths.items():
        emotion, identity = told.get(name, ("", ""))
        named, felt = _by_name(folder, name)
        beside = sounds.get(path.stem.lower(), [])
        sound = min(beside, key=lambda each: each.parent != path.parent, default=None)
        words = _words(path.stem, alignments.get((named, path.stem.lower())))
        clips.append(FilmClip(name, path, sound, identity or named, emotion or felt, words))
    return sorted(clips, key=lambda clip: (clip.identity, clip.name))


def _by_name(folder: Path, name: str) -> tuple[str, str]:
    """Return identity and emotion by the film's path in the folder, without suffix."""
    path = PurePosixPath(name)
    if actor := _CREMA.match(path.name):
        return f"cremad_{actor['actor']}", _CREMA_EMOTIONS[actor["emotion"]]
    if sentence := _GRID_SENTENCE.match(path.name):
        folders = [_GRID_TALKER.match(part) for part in (*reversed(path.parts[:-1]), folder.resolve().name)]
        talker = sentence["talker"] or next((match["talker"] for match in folders if match), "")
        if talker:
            return f"grid_s{talker}", "neutral"
    return (path.parts[0] if len(path.parts) > 1 else folder.resolve().name), "neutral"


def _words(stem: str, alignment: Path | None) -> tuple[SpokenWord, ...]:
    if alignment is not None:
        return read_alignment(alignment)
    sentence = _GRID_SENTENCE.match(stem)
    return sentence_words(sentence["code"]) if sentence else ()


def _alignments(folder: Path) -> dict[tuple[str, str], Path]:
    """Return GRID's alignments by whose they are and their names in small letters: talkers say the same sentences."""
    paths = sorted(path for path in folder.rglob(f"*{_ALIGNMENT}") if path.is_file())
    names = ((path, path.relative_to(folder).with_suffix("")) for path in paths)
    return {(_by_name(folder, name.as_posix())[0], name.name.lower()): path for path, name in names}


def _sounds(folder: Path) -> dict[str, list[Path]]:
    """Return the sound files under folder, and in an AudioWAV beside it, by their names in small letters."""
    found: dict[str, list[Path]] = {}
    for root in (folder, folder.resolve().parent / "AudioWAV"):
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.suffix.lower() in _SOUNDS and not path.name.startswith("."):
                found.setdefault(path.stem.lower(), []).append(path)
    return found


def _names_of(file: str) -> tuple[str, ...]:
    """Return what the film of a line in takes.csv may be called: without the film's suffix, or as it is written."""
    path = PurePosixPath(file.replace("\\", "/"))
    return (path.with_suffix("").as_posix(), path.as_posix()) if path.suffix.lower() in FILMS else (path.as_posix(),)
