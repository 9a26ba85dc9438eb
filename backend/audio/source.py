"""Open a sound file as pieces that can be decoded: by libsndfile, ffmpeg or PyAV where installed, and a WAV anywhere."""

import contextlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..platforms import library_path
from .audio_errors import AudioError, UnknownFormat, reading, reason, shown
from .layout import Layout, find_layouts
from .spliced import Spliced
from .wav import WavFile

try:
    from .film import open_film
except ImportError:  # the universal zip leaves it out: Blender decodes there what isn't a WAV

    def open_film(path: Path) -> None:  # type: ignore[misc]
        return None


try:
    import soundfile
except (ImportError, OSError):  # not in every zip; OSError: it lacks libsndfile
    soundfile = None

# Bytes: the maximum of a WAV, enough for two hours of stereo at 96 kHz. It bounds the time that a broken file takes.
LARGEST = 4 << 30
_READ = 1 << 20  # values read at a time, over all channels
_CAREFUL = 4096  # frames read at a time after a larger read has failed
_BUFFER = 1 << 16  # bytes
_UNKNOWN = (1 << 63) - 1  # libsndfile's number of frames when it can't tell: SF_COUNT_MAX
_TALKATIVE = ("SDS",)  # formats whose content libsndfile prints when they are broken; it would end up in the log
_MEDIA = 256  # bytes at the start of a file that tell text from media


# soundfile.SoundFile, or ours with the same names
_Decoder = Any


@dataclass(frozen=True)
class Piece:
    """A sound of a file.

    rate: frames per second. frames: None if only decoding can tell.
    read(first): yield blocks (n, channels) float32 from a frame to the end. Closing the iterator releases the decoder.
    """

    rate: int
    channels: int
    frames: int | None
    read: Callable[[int], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Sound:
    """The pieces of a file in order. stated_seconds: the length in its header, if that is wrong."""

    pieces: tuple[Piece, ...]
    stated_seconds: float | None = None


def open_sound(path: Path) -> Sound:
    """Detect what a file holds, by its content. Raises AudioError, or UnknownFormat if nothing here can decode it."""
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
            return Sound(tuple(_corrected(path, layout) for layout in layouts), layouts[0].stated_seconds)
    try:
        return Sound((_plain(path),))
    except UnknownFormat:
        with open(path, "rb") as file:
            head = file.read(_MEDIA)
        if not _is_text(head) and (film := open_film(path)):
            return Sound((Piece(film.rate, film.channels, None, film.read),))
        raise


def find_sounds(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield (path, reason) for every sound file below a folder, sorted by name. reason: why it can't be read, or "".

    Files are detected by content. Texts, pictures and other files are skipped.
    """
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.is_dir():
            continue
        try:
            open_sound(regular_file(path))
        except AudioError as error:
            if path.suffix.lower() in _SOUNDLIKE or _looks_like_sound(path):
                yield path, str(error)
        else:
            yield path, ""


def regular_file(path: str | Path) -> Path:
    """Return the path of a regular, nonempty file of acceptable size. Raises AudioError."""
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
    if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device could block forever
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
    """Open the file as its decoder reads it by itself."""

    @contextlib.contextmanager
    def opened() -> Iterator[_Decoder]:
        if soundfile is None:
            with open(path, "rb") as wave:
                yield WavFile(wave)
        elif path.suffix.lower() == ".raw":  # soundfile relies on this suffix, whatever the file holds
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
    """Open a layout of the file."""

    @contextlib.contextmanager
    def opened() -> Iterator[_Decoder]:
        with Spliced(path, layout.parts) as parts:
            buffered = io.BufferedReader(parts, _BUFFER)
            if soundfile is None:
                yield WavFile(buffered)
            else:
                with soundfile.SoundFile(buffered) as file:
                    yield file

    return _piece(path, opened, layout.skip)


def _piece(path: Path, opened: Callable[[], contextlib.AbstractContextManager[_Decoder]], skip: int) -> Piece:
    try:
        with opened() as file:
            rate, channels, form = file.samplerate, file.channels, file.format
            frames = None if file.frames == _UNKNOWN else max(0, file.frames - skip)
            what = file.format_info
    except (
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:  # TypeError for .raw, ValueError for some broken headers
        if soundfile is None:
            raise UnknownFormat(
                "{file} can't be read here ({reason}): convert it to WAV", file=shown(path), reason=reason(error)
            ) from error
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
            if first + skip:  # some formats can be read but not sought
                file.seek(first + skip)
            yield from _blocks(file, first + skip, max(1, _READ // channels))

    return Piece(rate, channels, frames, read)


def _blocks(file: _Decoder, first: int, size: int) -> Iterator[np.ndarray]:
    """Yield everything up to the end, or up to a decoding error after the first frames."""
    decoded = 0
    while True:
        try:
            block = file.read(size, dtype="float32", always_2d=True)
        except RuntimeError:  # libsndfile's: the whole block is lost, so retry with smaller ones to get its good part
            if size > _CAREFUL:
                size = _CAREFUL
                with contextlib.suppress(RuntimeError):
                    file.seek(first + decoded)
                    continue
            if decoded:
                return
            raise
        if not len(block):
            return
        decoded += len(block)
        yield block


def _is_text(head: bytes) -> bool:
    """Return True if a file begins as text. ffmpeg would open the files that a playlist names."""
    return all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)


# Suffixes of sound and film, for files whose content can't be detected without a decoder.
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
    if not path.is_file():  # a broken link, a pipe
        return False
    with open(path, "rb") as file:
        head = file.read(_MEDIA)
    return any(head[at : at + len(magic)] == magic for at, magic in _MAGIC)
