"""The cards of models, read again only when their files changed. Runs in Blender, without bpy."""

from functools import lru_cache
from pathlib import Path

from ...backend import DEFAULT_MODEL
from ...backend.messages import UserMessage
from ...backend.model_folder import PARTS, ModelCard, ModelError, read_card, read_parts
from ...backend.sounds.head_file import NAME as SOUNDS
from ...backend.sounds.head_file import SoundsPart, read_sounds_part

OWN = DEFAULT_MODEL


def file_times(folder: Path) -> tuple[int, ...]:
    """Return when each of a model's files was written, in nanoseconds since 1970; 0 for a missing file."""
    return tuple(_file_time(folder / name) for name in ("model.json", *(f"{part}.onnx" for part in PARTS)))


def _file_time(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def card(folder: Path) -> ModelCard | None:
    """Read the card of a model; None when it can't be read."""
    found = _read(folder, file_times(folder))
    return found if isinstance(found, ModelCard) else None


def usable_card(folder: Path) -> ModelCard | None:
    """Read the card of a model or, if that can't be read, of the extension's own, which the backend uses then."""
    return card(folder) or card(OWN)


def sounds_part(folder: Path) -> SoundsPart | None:
    """Read what a model knows about sounds; None if it knows nothing or its file is broken."""
    return _read_sounds(folder, (*file_times(folder), _file_time(folder / SOUNDS)))


@lru_cache(maxsize=2)
def _read_sounds(folder: Path, times: tuple[int, ...]) -> SoundsPart | None:
    found = usable_card(folder)
    try:
        return read_sounds_part(folder if card(folder) else OWN, found) if found else None
    except ModelError:
        return None


def problem(folder: Path) -> UserMessage | None:
    """Return why a model can't be used; None when nothing is wrong with it as far as can be seen without running it."""
    found = _check(folder, file_times(folder))
    return found.message if found else None


@lru_cache(maxsize=4)
def _check(folder: Path, times: tuple[int, ...]) -> ModelError | None:
    found = _read(folder, times)
    if isinstance(found, ModelError):
        return found
    try:
        read_parts(folder, found)
    except ModelError as error:
        return error
    return None


@lru_cache(maxsize=4)
def _read(folder: Path, times: tuple[int, ...]) -> ModelCard | ModelError:
    try:
        return read_card(folder)
    except ModelError as error:
        return error
