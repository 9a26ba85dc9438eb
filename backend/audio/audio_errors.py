"""Errors of sound files, as messages for the artist."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..messages import UserError, UserMessage


class AudioError(UserError):
    """The sound can't be used."""


class UnknownFormat(AudioError):
    """The file may be sound, but no decoder here can read it. Another program may."""

    @property
    def in_blender(self) -> UserMessage:
        """The same for an artist, who can't install a decoder for the backend."""
        return UserMessage(
            "{file} is in no format that can be read ({reason}): export it again as WAV, and use that in the strip",
            **dict(self.message.arguments),
        )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn a decoder's errors into AudioError. For some broken headers, soundfile raises TypeError or ValueError."""
    try:
        yield
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise AudioError(
            "{file} can't be read as sound ({reason}): convert it to WAV, FLAC or Ogg",
            file=shown(path),
            reason=reason(error),
        ) from error


def shown(path: Path) -> str:
    """Quote a path for a message. Shorten a very long one and replace unprintable letters."""
    text = str(path).encode("utf-8", "replace").decode()
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f'"{text}"' if len(text) <= 200 else f'"...{text[-200:]}"'


def reason(error: BaseException) -> str:
    """Return the text of an exception as part of a sentence."""
    text = getattr(error, "error_string", "") or getattr(error, "strerror", "") or str(error)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text.strip().rstrip(".")[:200] or type(error).__name__
