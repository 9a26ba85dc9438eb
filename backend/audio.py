"""Sound files into what the model hears: 16 kHz, mono, float32."""

import hashlib
import math
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from .messages import UserError
from .platforms import library_path

RATE = 16000
SHORTEST = 0.2  # seconds
LONGEST = 2 * 3600.0  # seconds
# Bytes of a file: all that a WAV can have, enough for two hours of stereo at 96 kHz, and what bounds the time that a broken one takes.
LARGEST = 4 << 30
RATES = (1000, 768000)  # lowest and highest sample rate of a file
_READ = 1 << 20  # values read at once, over all channels
_BLOCK = 30 * RATE  # samples
_HELD = 600.0  # seconds: a longer clip is decoded anew each time it is heard, rather than held
_TALKATIVE = (
    "SDS",
)  # formats of which libsndfile prints what they hold, where they are broken: it would be in the log
_LOUDEST = (
    65536.0  # full scale is 1, but some float files are scaled like 16-bit integers; what lies above is a broken file's
)


class AudioError(UserError):
    """The sound can't be used."""


@dataclass(frozen=True)
class Clip:
    """Seconds of a sound file.

    blocks: (n,) float32, mono at RATE, one after the other, as often as asked; each but the last is half a minute, or there is only one.
    start: s, where in the file sample 0 lies; sha256: of the file.
    """

    blocks: Iterable[np.ndarray]
    start: float
    sha256: str

    @property
    def samples(self) -> np.ndarray:
        """All of it, (n,)."""
        blocks = list(self.blocks)
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def read_clip(
    path: str | Path,
    start: float = 0.0,
    end: float | None = None,
    callback: Callable[[float], None] = lambda fraction: None,
) -> Clip:
    """Read the seconds [start, end) of a sound file of any format, rate and channels that libsndfile reads.

    end None, or behind the file's end, is the file's end. The channels' mean is taken; samples that are no numbers become silence.
    callback gets the fraction done and may raise to give up. Never holds more of the file than ten minutes and a block.
    Raises AudioError when there is no such file, it holds no sound, or the range is outside of it, too short or too long; so may walking
    the blocks of a long clip, which are read as they are asked for.
    """
    if not math.isfinite(start) or start < 0 or (end is not None and not start < end < math.inf):
        raise AudioError(
            "Can't read the range {start} to {end} s: start at 0 s or later and end after the start",
            start=start,
            end=end,
        )
    path = _regular_file(path)
    with _open(path) as file:
        first, count = _range(file, path, start, end)
        start = first / file.samplerate
        blocks: Iterable[np.ndarray] = _Stream(path, first, count)
        if count <= _HELD * file.samplerate:
            blocks = [np.concatenate(list(_decode(file, path, first, count, callback)))]
    return Clip(blocks, start, _sha256(path, callback))


@dataclass(frozen=True)
class _Stream:
    """Frames first .. first + count of a file, decoded while they are walked."""

    path: Path
    first: int
    count: int

    def __iter__(self) -> Iterator[np.ndarray]:
        with _open(self.path) as file:
            yield from _evenly(_decode(file, self.path, self.first, self.count, lambda fraction: None))


def _evenly(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The same samples in blocks of _BLOCK, but for the last."""
    left = np.zeros(0, np.float32)
    for block in blocks:
        left = np.concatenate([left, block])
        while len(left) >= _BLOCK:
            yield left[:_BLOCK]
            left = left[_BLOCK:]
    if len(left):
        yield left


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside is the file's fault. (soundfile raises TypeError for .raw, ValueError for some broken headers.)"""
    try:
        yield
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise AudioError(
            "{file} can't be read as sound ({reason}): convert it to WAV, FLAC or Ogg",
            file=_shown(path),
            reason=_reason(error),
        ) from error


def _open(path: Path) -> soundfile.SoundFile:
    with _reading(path):
        file = soundfile.SoundFile(library_path(path))
    if file.format in _TALKATIVE:
        file.close()
        raise AudioError(
            "{file} is {format}, which isn't supported: convert it to WAV, FLAC or Ogg",
            file=_shown(path),
            format=file.format_info,
        )
    return file


def _regular_file(path: str | Path) -> Path:
    path = Path(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AudioError(
            "There is no file {file}: find the strip's file or choose another", file=_shown(path)
        ) from error
    except (OSError, ValueError) as error:
        raise AudioError(
            "{file} can't be opened ({reason}): check the path and its permissions",
            file=_shown(path),
            reason=_reason(error),
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise AudioError("{file} is a folder: choose a sound file in it", file=_shown(path))
    if not stat.S_ISREG(status.st_mode):  # a pipe or a device could make us wait forever
        raise AudioError("{file} is not a regular file: choose a sound file", file=_shown(path))
    if status.st_size == 0:
        raise AudioError("{file} is empty: export the sound again", file=_shown(path))
    if status.st_size > LARGEST:
        gigabytes = f"{status.st_size / (1 << 30):.1f} GB"
        raise AudioError(
            "{file} has {size}, and {limit} GB is the most: export only the part you need",
            file=_shown(path),
            size=gigabytes,
            limit=LARGEST >> 30,
        )
    return path


def _range(file: soundfile.SoundFile, path: Path, start: float, end: float | None) -> tuple[int, int]:
    """(first frame, count of frames) of the file that the seconds ask for."""
    rate = file.samplerate
    if not RATES[0] <= rate <= RATES[1]:
        raise AudioError(
            "{file} has a sample rate of {rate} Hz: convert it to one from {lowest} to {highest} Hz",
            file=_shown(path),
            rate=rate,
            lowest=RATES[0],
            highest=RATES[1],
        )
    length = file.frames / rate
    if file.frames <= 0:
        raise AudioError("{file} contains no sound: export it again", file=_shown(path))
    if start >= length:
        raise AudioError(
            "{start:.2f} s is past the end of {file}, which is {length:.2f} s long: choose an earlier start",
            start=start,
            file=_shown(path),
            length=length,
        )
    _check_length(path, (length if end is None else min(end, length)) - start)
    first = round(start * rate)
    last = file.frames if end is None else min(round(min(end, length) * rate), file.frames)
    return first, last - first


def _check_length(path: Path, seconds: float) -> None:
    if seconds < SHORTEST - 0.5 / RATE:
        raise AudioError(
            "{seconds:.3f} s of {file} is too short: choose at least {limit} s",
            seconds=seconds,
            file=_shown(path),
            limit=SHORTEST,
        )
    if seconds > LONGEST:
        raise AudioError(
            "{seconds:.1f} hours of {file} is too long: choose at most {limit:.0f} hours",
            seconds=seconds / 3600,
            file=_shown(path),
            limit=LONGEST / 3600,
        )


def _decode(
    file: soundfile.SoundFile, path: Path, first: int, count: int, callback: Callable[[float], None]
) -> Iterator[np.ndarray]:
    """Frames first .. first + count as blocks of samples at RATE. Raises AudioError at the end when they were too few."""
    if first:  # some formats can be read from their start, and can't be sought in
        with _reading(path):
            file.seek(first)
    length = 0
    for block in _resampled(_blocks(file, path, count, callback), file.samplerate):
        length += len(block)
        yield block
    _check_length(path, length / RATE)


def _blocks(
    file: soundfile.SoundFile, path: Path, count: int, callback: Callable[[float], None]
) -> Iterator[np.ndarray]:
    """count frames as blocks of mono, (n,) float32; fewer when the file is cut short."""
    left, size = count, max(1, _READ // file.channels)
    while left > 0:
        callback(0.9 * (1 - left / count))
        with _reading(path):
            block = file.read(min(size, left), dtype="float32", always_2d=True)
        if not len(block):
            return
        left -= len(block)
        np.nan_to_num(block, copy=False, posinf=0.0, neginf=0.0)
        yield np.clip(block, -_LOUDEST, _LOUDEST, out=block).mean(axis=1)


def _resampled(blocks: Iterable[np.ndarray], rate: int) -> Iterator[np.ndarray]:
    if rate == RATE:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32")
    frames = done = 0
    for block in blocks:
        frames += len(block)
        samples = stream.resample_chunk(block)
        done += len(samples)
        yield samples
    # The stream's flush rounds by itself; the length is ours to say.
    missing = round(frames * RATE / rate) - done
    samples = stream.resample_chunk(np.zeros(0, np.float32), last=True)[:missing]
    yield np.pad(samples, (0, missing - len(samples)))


def _sha256(path: Path, callback: Callable[[float], None]) -> str:
    digest = hashlib.sha256()
    for block in _pieces(path):
        digest.update(block)
        callback(0.9)
    callback(1.0)
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with _reading(path), open(path, "rb") as file:
        while block := file.read(1 << 22):
            yield block


def _shown(path: Path) -> str:
    """A path as a sentence can hold it: its end, when it is very long, and no unprintable letters."""
    text = str(path).encode("utf-8", "replace").decode()
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f'"{text}"' if len(text) <= 200 else f'"...{text[-200:]}"'


def _reason(error: BaseException) -> str:
    text = getattr(error, "error_string", "") or getattr(error, "strerror", "") or str(error)
    return text.strip().rstrip(".") or type(error).__name__
