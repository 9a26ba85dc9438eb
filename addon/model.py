"""The model that the preferences choose, and what it says of itself: read again only when its file changed."""

from functools import lru_cache
from pathlib import Path

from ..backend import model_folder
from ..backend.model_folder import Card, ModelError, read_card

OWN = Path(model_folder.__file__).parent / "model"  # the one that comes with the extension


def changed(folder: Path) -> int:
    """When a model was last exported, in nanoseconds; 0 when there is none."""
    try:
        return (folder / "model.json").stat().st_mtime_ns
    except OSError:
        return 0


def card(folder: Path) -> Card | None:
    """What a model says of itself; None when it can't be read."""
    found = _read(folder, changed(folder))
    return found if isinstance(found, Card) else None


def problem(folder: Path) -> str:
    """Why a model can't be used, as far as its card tells: a sentence without a full stop, "" when it can."""
    found = _read(folder, changed(folder))
    return str(found).rstrip(".") if isinstance(found, ModelError) else ""


@lru_cache(maxsize=4)
def _read(folder: Path, changed: int) -> Card | ModelError:
    try:
        return read_card(folder)
    except ModelError as error:
        return error
