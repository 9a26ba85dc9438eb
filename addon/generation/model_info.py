"""The model that the preferences choose, and what it says of itself: read again only when its files changed."""

from functools import lru_cache
from pathlib import Path

from ...backend import DEFAULT_MODEL
from ...backend.messages import UserMessage
from ...backend.model_folder import PARTS, ModelCard, ModelError, read_card, read_parts

OWN = DEFAULT_MODEL


def changed(folder: Path) -> tuple[int, ...]:
    """When each of a model's files was written, in nanoseconds; 0 where there is none."""
    return tuple(_written(folder / name) for name in ("model.json", *(f"{part}.onnx" for part in PARTS)))


def _written(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def card(folder: Path) -> ModelCard | None:
    """What a model says of itself; None when it can't be read."""
    found = _read(folder, changed(folder))
    return found if isinstance(found, ModelCard) else None


def usable_card(folder: Path) -> ModelCard | None:
    """The same, of our own model where that one can't be read: then the backend works with it, and says so with each take."""
    return card(folder) or card(OWN)


def problem(folder: Path) -> UserMessage | None:
    """Return why a model can't be used, as far as that can be told without running it; None when it can."""
    found = _check(folder, changed(folder))
    return found.message if found else None


@lru_cache(maxsize=4)
def _check(folder: Path, changed: tuple[int, ...]) -> ModelError | None:
    found = _read(folder, changed)
    if isinstance(found, ModelError):
        return found
    try:
        read_parts(folder, found)
    except ModelError as error:
        return error
    return None


@lru_cache(maxsize=4)
def _read(folder: Path, changed: tuple[int, ...]) -> ModelCard | ModelError:
    try:
        return read_card(folder)
    except ModelError as error:
        return error
