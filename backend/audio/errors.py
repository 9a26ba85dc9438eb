"""What can be wrong with a sound file, in sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..messages import UserError


class AudioError(UserError):
    """The sound can't be used."""


class UnknownFormat(AudioError):
    """The file may well be sound, but nothing here can decode it. Another program may."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a decoder raises into an AudioError. (soundfile raises TypeError and ValueError for some broken headers.)"""
    try:
        yield
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise AudioError(
            "{file} can't be read as sound ({reason}): convert it to WAV, FLAC or Ogg",
            file=shown(path),
            reason=reason(error),
        ) from error


def shown(path: Path) -> str:
    """A path as a sentence can hold it: its end, when it is very long, and no unprintable letters."""
    text = str(path).encode("utf-8", "replace").decode()
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f'"{text}"' if len(text) <= 200 else f'"...{text[-200:]}"'


def reason(error: BaseException) -> str:
    """What an exception says, as part of a sentence."""
    text = getattr(error, "error_string", "") or getattr(error, "strerror", "") or str(error)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text.strip().rstrip(".")[:200] or type(error).__name__
