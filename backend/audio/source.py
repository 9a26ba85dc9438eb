"""A sound file as pieces that can be decoded: by libsndfile, else by ffmpeg or PyAV where there is one of them."""

import contextlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from ..platforms import library_path
from .errors import AudioError, UnknownFormat, reading, reason, shown
from .film import open_film
from .layout import Layout, find_layouts
from .spliced import Spliced

# Bytes of a file: all that a WAV can have, enough for two hours of stereo at 96 kHz, and what bounds the time that a broken one takes.
LARGEST = 4 << 30
_READ = 1 << 20  # values read at once, over all channels
_CAREFUL = 4096  # frames read at once where more can't be
_BUFFER = 1 << 16  # bytes
_TALKATIVE = (
    "SDS",
)  # formats of which libsndfile prints what they hold, where they are broken: it would be in the log
_MEDIA = 256  # bytes of a file in which a text shows that it is one


@dataclass(frozen=True)
class Piece:
    """One sound of a file. rate: frames a second; frames: None where only decoding tells;
    read: (first frame) -> (n, channels) float32, block after block to the end. A reader that is closed early ends what it began."""

    rate: int
    channels: int
    frames: int | None
    read: Callable[[int], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Sound:
    """A file's pieces, to be heard one after another. told: the length in seconds that its header tells, where that is another."""

    pieces: tuple[Piece, ...]
    told: float | None = None


def open_sound(path: Path) -> Sound:
    """Tell what a file holds, by its content. Raises AudioError; UnknownFormat where nothing here can decode it."""
    try:
        layouts = find_layouts(path)
    except (OSError, ValueError) as error:
        raise AudioError(
            "{file} can't be opened ({reason}): check the path and its permissions",
            file=shown(path),
            reason=reason(error),
        ) from error
    if layouts:
        with contextlib.suppress(AudioError):
            return Sound(tuple(_corrected(path, layout) for layout in layouts), layouts[0].told)
    try:
        return Sound((_plain(path),))
    except UnknownFormat:
        with open(path, "rb") as file:
            head = file.read(_MEDIA)
        if not _is_text(head) and (film := open_film(path)):
            return Sound((Piece(film.rate, film.channels, None, film.read),))
        raise


def find_sounds(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder that may be meant as sound, by its content, in the order of names: (path, "" or why it can't be read).

    Texts, pictures and other files that are no sound are passed over.
    """
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            open_sound(regular_file(path))
        except AudioError as error:
            if path.suffix.lower() in _SOUNDLIKE or _looks_like_sound(path):
                yield path, str(error)
        else:
            yield path, ""


def regular_file(path: str | Path) -> Path:
    """The path of a file that can be read without waiting for anything. Raises AudioError."""
    path = Path(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AudioError(
            "There is no file {file}: find the strip's file or choose another", file=shown(path)
        ) from error
    except (OSError, ValueError) as error:
        raise AudioError(
            "{file} can't be opened ({reason}): check the path and its permissions",
            file=shown(path),
            reason=reason(error),
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise AudioError("{file} is a folder: choose a sound file in it", file=shown(path))
    if not stat.S_ISREG(status.st_mode):  # a pipe or a device could make us wait forever
        raise AudioError("{file} is not a regular file: choose a sound file", file=shown(path))
    if status.st_size == 0:
        raise AudioError("{file} is empty: export the sound again", file=shown(path))
    if status.st_size > LARGEST:
        gigabytes = f"{status.st_size / (1 << 30):.1f} GB"
        raise AudioError(
            "{file} has {size}, and {limit} GB is the most: export only the part you need",
            file=shown(path),
            size=gigabytes,
            limit=LARGEST >> 30,
        )
    return path


def _plain(path: Path) -> Piece:
    """The file as libsndfile reads it by itself."""

    @contextlib.contextmanager
    def opened() -> Iterator[soundfile.SoundFile]:
        if path.suffix.lower() == ".raw":  # soundfile goes by that suffix, whatever the file holds
            with (
                Spliced(path, [(0, os.path.getsize(path))]) as whole,
                soundfile.SoundFile(io.BufferedReader(whole, _BUFFER)) as file,
            ):
                yield file
        else:
            with soundfile.SoundFile(library_path(path)) as file:
                yield file

    return _piece(path, opened, 0)


def _corrected(path: Path, layout: Layout) -> Piece:
    """What a layout shows of a file."""

    @contextlib.contextmanager
    def opened() -> Iterator[soundfile.SoundFile]:
        with Spliced(path, layout.parts) as parts, soundfile.SoundFile(io.BufferedReader(parts, _BUFFER)) as file:
            yield file

    return _piece(path, opened, layout.skip)


def _piece(
    path: Path, opened: Callable[[], contextlib.AbstractContextManager[soundfile.SoundFile]], skip: int
) -> Piece:
    try:
        with opened() as file:
            rate, channels, frames, form = file.samplerate, file.channels, max(0, file.frames - skip), file.format
            what = file.format_info
    except (
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:  # TypeError for .raw, ValueError for some broken headers
        raise UnknownFormat(
            "{file} is in no format that can be read here ({reason}): convert it to WAV, FLAC or Ogg, or install ffmpeg or the Python package av",
            file=shown(path),
            reason=reason(error),
        ) from error
    if form in _TALKATIVE:
        raise AudioError(
            "{file} is {format}, which isn't supported: convert it to WAV, FLAC or Ogg", file=shown(path), format=what
        )

    def read(first: int) -> Iterator[np.ndarray]:
        with reading(path), opened() as file:
            if first + skip:  # some formats can be read from their start, and can't be sought in
                file.seek(first + skip)
            yield from _blocks(file, first + skip, max(1, _READ // channels))

    return Piece(rate, channels, frames, read)


def _blocks(file: soundfile.SoundFile, first: int, size: int) -> Iterator[np.ndarray]:
    """Everything from here to the end, or to where it can't be decoded any further if that is after the first frames."""
    heard = 0
    while True:
        try:
            block = file.read(size, dtype="float32", always_2d=True)
        except (
            soundfile.LibsndfileError
        ):  # all of this block is lost, so what is good of it is asked for in smaller ones
            if size > _CAREFUL:
                size = _CAREFUL
                with contextlib.suppress(soundfile.LibsndfileError):
                    file.seek(first + heard)
                    continue
            if heard:
                return
            raise
        if not len(block):
            return
        heard += len(block)
        yield block


def _is_text(head: bytes) -> bool:
    """Whether a file begins as a text, such as a list of other files that ffmpeg would open."""
    return all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)


# What people call sound and film, for files whose content can't be told without a decoder.
_SOUNDLIKE = frozenset((
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".au", ".snd", ".flac", ".ogg", ".oga",
    ".opus", ".spx", ".mp1", ".mp2", ".mp3", ".mpga", ".m4a", ".m4b", ".aac", ".ac3", ".eac3", ".wma", ".amr", ".ape",
    ".wv", ".mka", ".3gp", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".mpg", ".mpeg", ".mts", ".m2ts",
    ".flv", ".ogv",
))  # fmt: skip
_MAGIC = (
    (0, b"OggS"), (4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (0, b"\x1a\x45\xdf\xa3"), (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    (0, b"\x0b\x77"), (0, b"\xff\xf1"), (0, b"\xff\xf9"), (0, b"#!AMR"), (0, b"MAC "), (0, b"wvpk"), (8, b"WAVE"), (8, b"AVI "),
    (0, b"fLaC"), (0, b"FLV"), (0, b"\x00\x00\x01\xba"), (0, b"caff"), (8, b"AIFF"), (8, b"AIFC"), (0, b"ID3"),
)  # fmt: skip


def _looks_like_sound(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(_MEDIA)
    return any(head[at : at + len(magic)] == magic for at, magic in _MAGIC)
