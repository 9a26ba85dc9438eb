"""Import takes of LiveLinkFace (Epic's capture app) as recordings in BEAT's layout.

A take is a table of curves (.csv) with its sound beside it: a .wav, or the .mov that the app films. Both start together; what lag is left
between them is found when the recordings are prepared. Of one take the app writes MySlate_1_iPhone_cal.csv (measured against the person's
own neutral face, which is the one to train on), ..._raw.csv and ..._neutral.csv, and a frame_log.csv; older ones write ..._iPhone.csv.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from backend.audio import AudioError, read_clip
from backend.curve_files.table import read_table
from backend.curves.base import CurvesError

from .beat_writer import Person, begin_import, end_import, recording_stem, write_recording
from .take_list import TAKE_LIST, read_take_list

_ENDINGS = ("_cal", "", "_raw")  # the better first
_SOUNDS = (
    ".wav",
    ".mov",
    ".mp4",
    ".m4a",
    ".flac",
    ".aif",
    ".aiff",
    ".caf",
    ".mp3",
    ".ogg",
    ".opus",
)  # the better first


@dataclass(frozen=True)
class Capture:
    """One take on disk. name: its path in the folder, without the app's ending and the suffix. sound: .wav or .mov."""

    name: str
    curves: Path
    sound: Path
    identity: str
    emotion: str


@dataclass(frozen=True)
class Import:
    """Result of an import. skipped: unusable takes, each with its reason."""

    people: tuple[Person, ...]
    written: tuple[str, ...]
    skipped: tuple[str, ...]


def import_livelink(folder: Path, root: Path) -> Import:
    """Turn every take under folder into a recording under root, with identities.json and sources.json; broken ones are named and skipped.

    Whose a take is: takes.csv says (columns file, emotion, identity; any but file may be empty or missing), else the first sub-folder it
    lies in, else all are one person's. A folder that the app made for one take (it holds a take.json) is nobody's. What is felt: takes.csv
    says, by BEAT's names of emotions, else neutral. Speakers are numbered from 1 in the order of their names.
    Raises ValueError if there is no take, takes.csv is wrong, or a .mov needs the program ffmpeg, which isn't there.
    """
    captures, skipped = find_captures(folder)
    if not captures:
        raise ValueError(
            f"{folder} holds no take of LiveLinkFace (a .csv with a .wav or .mov beside it): choose the folder of the takes."
        )
    _require_ffmpeg(captures)
    identities = sorted({capture.identity for capture in captures})
    people = {
        who: Person(number, who, f"{who}, captured with LiveLinkFace") for number, who in enumerate(identities, start=1)
    }
    counts: Counter[tuple[str, str]] = Counter()
    plan: dict[str, Capture] = {}
    for capture in captures:
        key = (capture.identity, capture.emotion)
        plan[recording_stem(people[capture.identity], capture.emotion, counts[key])] = capture
        counts[key] += 1
    begin_import(root, {stem: capture.name for stem, capture in plan.items()})
    written = []
    for stem, capture in tqdm(plan.items(), desc="livelink", unit="take"):
        try:
            curves = read_table(capture.curves)
            sound = read_clip(capture.sound)
        except (CurvesError, AudioError) as error:
            skipped.append(f"{capture.name}: {error}")
            continue
        write_recording(root / stem.split("_")[0], stem, sound.samples, curves)
        written.append(stem)
    for line in skipped:
        tqdm.write(f"left out {line}")
    end_import(root, list(people.values()), written)
    if not written:
        raise ValueError(f"none of the {len(plan)} takes in {folder} could be read: see what was left out above.")
    return Import(tuple(people.values()), tuple(written), tuple(skipped))


def find_captures(folder: Path) -> tuple[list[Capture], list[str]]:
    """Return the takes under folder, sorted by name, and those without a sound. Raises ValueError for an invalid takes.csv."""
    tables: dict[str, tuple[int, Path]] = {}
    for path in sorted(folder.rglob("*.[cC][sS][vV]")):
        base, ending = (path.stem, "") if _is_neutral_take(path) else _split(path.stem)
        if (
            path.name.startswith(".")
            or path == folder / TAKE_LIST
            or path.name == "frame_log.csv"
            or ending not in _ENDINGS
        ):
            continue
        name = (path.parent / base).relative_to(folder).as_posix()
        rank = _ENDINGS.index(ending)
        if name not in tables or rank < tables[name][0]:
            tables[name] = (rank, path)
    told = read_take_list(folder / TAKE_LIST, set(tables), _names_of)
    captures, skipped = [], []
    for name, (_, path) in sorted(tables.items()):
        emotion, identity = told.get(name, ("", ""))
        sound = _sound_of(path)
        if sound is None:
            skipped.append(f"{name}: there is no .wav or .mov of that name beside {path.name}, so put its sound there.")
            continue
        captures.append(Capture(name, path, sound, identity or _folder_name(folder, path), emotion or "neutral"))
    return captures, skipped


def _is_neutral_take(path: Path) -> bool:
    """Whether a table named ..._neutral is a take, rather than the neutral face that the app writes beside each take.

    The app's has no sound of its own name, and lies beside the take that it belongs to.
    """
    base, ending = _split(path.stem)
    if ending != "_neutral":
        return False
    beside = {file.stem for file in path.parent.iterdir() if file != path and file.suffix.lower() == ".csv"}
    return _sound_named(path.parent, (path.stem,)) is not None or beside.isdisjoint(base + end for end in _ENDINGS)


def _split(stem: str) -> tuple[str, str]:
    """Split MySlate_1_iPhone_cal into MySlate_1_iPhone and _cal."""
    for ending in ("_cal", "_raw", "_neutral"):
        if stem.endswith(ending) and stem != ending:
            return stem.removesuffix(ending), ending
    return stem, ""


def _folder_name(folder: Path, path: Path) -> str:
    inner = path.relative_to(folder).parts[:-1]
    if not inner or (folder / inner[0] / "take.json").is_file():
        return folder.resolve().name
    return inner[0]


def _sound_of(path: Path) -> Path | None:
    return _sound_named(path.parent, (path.stem, _split(path.stem)[0]))


def _sound_named(folder: Path, names: tuple[str, ...]) -> Path | None:
    beside = sorted(folder.iterdir())
    for suffix in _SOUNDS:
        for name in names:
            for file in beside:
                if file.stem == name and file.suffix.lower() == suffix:
                    return file
    return None


def _names_of(file: str) -> tuple[str, ...]:
    """What the take of a file may be called: with the file's ending, or without it."""
    path = Path(file.replace("\\", "/"))
    if path.suffix.lower() in (".csv", *_SOUNDS):
        path = path.with_suffix("")
    return (path.as_posix(), path.with_name(_split(path.name)[0]).as_posix()) if path.name else (file,)


def _require_ffmpeg(captures: list[Capture]) -> None:
    for capture in captures:
        if capture.sound.suffix.lower() == ".mov" and shutil.which("ffmpeg") is None:
            raise ValueError(
                f"the sound of {capture.sound} can't be taken out of the film without the program ffmpeg: install it, or put a .wav of "
                "the same name beside the film."
            )
