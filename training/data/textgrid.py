"""Read the TextGrids of a dataset, which hold words and phones with their times."""

from pathlib import Path

from backend.sounds.text_grid import Tiers, parse_text_grid

from .beat import read_bounded


class TextGridError(ValueError):
    """The file is no TextGrid. The message says what is wrong with it."""


def read_text_grid(path: Path) -> Tiers:
    """Read the interval tiers of a TextGrid by name (BEAT's: `words`, `phones`). Raises TextGridError for anything else."""
    try:
        return parse_text_grid(read_bounded(path))
    except (ValueError, OverflowError) as error:
        raise TextGridError(
            f"{path.name} is not a TextGrid in Praat's text format ({error}); save it as text from Praat"
        ) from error


def spoken_share(tiers: Tiers) -> float | None:
    """Return the share of time with speech, 0..1, by the phones or else the words, or None if nothing is labeled."""
    for name in ("phones", "words"):
        intervals = tiers.get(name, ())
        total = sum(each.end - each.start for each in intervals)
        if total > 0 and any(each.label.strip() for each in intervals):
            return sum(each.end - each.start for each in intervals if not each.silent) / total
    return None
