"""Read a range of a sound file as 16 kHz mono."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..messages import UserMessage
from .audio_errors import AudioError, reading, shown
from .downmix import Levels, mix
from .resample import resampled
from .source import Piece, Sound, open_sound, regular_file

RATE = 16000
SHORTEST = 0.2  # seconds
LONGEST = 2 * 3600.0  # seconds
RATES = (1000, 768000)  # lowest and highest sample rate of a file
_BLOCK = 30 * RATE  # samples
_MAX_HELD = 600.0  # s; a longer clip is not held in memory but decoded again for each iteration
# Full scale is 1, but some float files are scaled like 16-bit integers. Larger values only occur in broken files.
_LOUDEST = 65536.0
_FOREVER = 1e9  # s; no sound is longer, and its samples can still be counted
_LENGTH_TOLERANCE = 0.25  # s by which lengths may differ without a notice


@dataclass(frozen=True)
class Clip:
    """A range of a sound file.

    blocks: (n,) float32, mono at RATE. Can be iterated repeatedly. All but the last have 30 s, or there is only one.
    start: position of sample 0 in the file, s. sha256: of the file. notices: messages about oddities of the file.
    """

    blocks: Iterable[np.ndarray]
    start: float
    sha256: str
    notices: tuple[UserMessage, ...] = ()

    @property
    def samples(self) -> np.ndarray:
        """Return the whole clip, (n,)."""
        blocks = list(self.blocks)
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def read_clip(
    path: str | Path,
    start: float = 0.0,
    end: float | None = None,
    callback: Callable[[float], None] = lambda fraction: None,
) -> Clip:
    """Read the seconds [start, end) of a WAV, or of a sound file that libsndfile, ffmpeg or PyAV can decode.

    end: None, or a time after the file's end, means the end of the file.
    callback: gets the fraction done; may raise to cancel.

    All sound that can be decoded is read, whatever the header says. Channels are averaged, unless they cancel each
    other; then the loudest one is used. NaN and infinite samples become silence. Memory holds at most ten minutes and a block.

    Raises AudioError when there is no such file, it holds no sound, or the range is outside of it, too short or too
    long. Iterating over the blocks of a long clip may raise it, too, because they are decoded on demand.
    """
    if not math.isfinite(start) or start < 0 or (end is not None and not start < end < math.inf):
        raise AudioError(
            "Can't read the range {start} to {end} s: start at 0 s or later and end after the start",
            start=start,
            end=end,
        )
    path = regular_file(path)
    callback(0.0)
    sound = open_sound(path)
    parts = _parts(sound, path, start, end)
    begins = parts[0].begins
    held = sum(part.seconds for part in parts) <= _MAX_HELD
    blocks: Iterable[np.ndarray] = []
    levels = [Levels(part.piece.rate) for part in parts]
    if held:
        blocks = [np.concatenate([*_decode(path, parts, levels, callback)])]
    else:  # decode once now, so that lengths, levels and notices are known before the blocks are used
        for part, level in zip(parts, levels, strict=True):
            for _ in _mono(part, level, callback, LONGEST):
                pass
    chosen = [
        replace(part, count=level.frames, channel=level.louder_channel())
        for part, level in zip(parts, levels, strict=True)
        if level.frames
    ]
    _check_length(path, sum(part.seconds for part in chosen))
    if not held and sum(part.seconds for part in chosen) > _MAX_HELD:
        blocks = _Stream(path, tuple(chosen))
    elif not held or any(part.channel is not None for part in chosen):
        blocks = [np.concatenate([*_decode(path, chosen, [], lambda fraction: callback(0.9))])]
    notices = _notices(path, sound, parts, chosen)
    return Clip(blocks, begins, _sha256(path, callback), notices)


@dataclass(frozen=True)
class _Part:
    """Frames first .. first + count of a piece.

    count: None means to its end. begins: position in the file, s. channel: None means the mean of all channels.
    """

    piece: Piece
    first: int
    count: int | None
    begins: float
    channel: int | None = None

    @property
    def seconds(self) -> float:
        return math.inf if self.count is None else self.count / self.piece.rate


@dataclass(frozen=True)
class _Stream:
    """Parts of a file, decoded on each iteration."""

    path: Path
    parts: tuple[_Part, ...]

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from _evenly(_decode(self.path, self.parts, [], lambda fraction: None))


def _evenly(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Regroup samples into blocks of _BLOCK; the last one may be shorter."""
    left = np.zeros(0, np.float32)
    for block in blocks:
        left = np.concatenate([left, block])
        while len(left) >= _BLOCK:
            yield left[:_BLOCK]
            left = left[_BLOCK:]
    if len(left):
        yield left


def _parts(sound: Sound, path: Path, start: float, end: float | None) -> list[_Part]:
    """Select the parts of a sound between start and end, in seconds. Raises AudioError."""
    parts, offset = [], 0.0
    for piece in sound.pieces:
        if not RATES[0] <= piece.rate <= RATES[1]:
            raise AudioError(
                "{file} has a sample rate of {rate} Hz: convert it to one from {lowest} to {highest} Hz",
                file=shown(path),
                rate=piece.rate,
                lowest=RATES[0],
                highest=RATES[1],
            )
        frames = math.inf if piece.frames is None else piece.frames
        first = round(min(max(0.0, start - offset), _FOREVER) * piece.rate)
        last = min(frames, math.inf if end is None else round(min(end - offset, _FOREVER) * piece.rate))
        if frames == math.inf and last == math.inf:
            parts.append(_Part(piece, first, None, offset + first / piece.rate))
        elif first < last:
            parts.append(_Part(piece, first, int(last) - first, offset + first / piece.rate))
        offset += frames / piece.rate
    if offset <= 0:
        raise AudioError("{file} contains no sound: export it again", file=shown(path))
    if start >= offset:
        raise AudioError(
            "{start:.2f} s is past the end of {file}, which is {length:.2f} s long: choose an earlier start",
            start=start,
            file=shown(path),
            length=offset,
        )
    if math.isfinite(offset):
        _check_length(path, (offset if end is None else min(end, offset)) - start)
    return parts


def _check_length(path: Path, seconds: float) -> None:
    if seconds < SHORTEST - 0.5 / RATE:
        raise AudioError(
            "{seconds:.3f} s of {file} is too short: choose at least {limit} s",
            seconds=seconds,
            file=shown(path),
            limit=SHORTEST,
        )
    if seconds > LONGEST:
        raise AudioError(
            "{seconds:.1f} hours of {file} is too long: choose at most {limit:.0f} hours",
            seconds=seconds / 3600,
            file=shown(path),
            limit=LONGEST / 3600,
        )


def _notices(path: Path, sound: Sound, requested: Sequence[_Part], decoded: Sequence[_Part]) -> tuple[UserMessage, ...]:
    """Return messages about missing sound, wrong headers and channels that cancel."""
    notices = []
    seconds = sum(part.seconds for part in decoded)
    missing = sum(part.seconds for part in requested) - seconds
    length = sum(math.inf if piece.frames is None else piece.frames / piece.rate for piece in sound.pieces)
    if _LENGTH_TOLERANCE < missing < math.inf:
        notices.append(
            UserMessage(
                "Only {seconds:.2f} s of {file} could be decoded, and {missing:.2f} s after them could not: export it again",
                seconds=seconds,
                file=shown(path),
                missing=missing,
            )
        )
    elif sound.stated_seconds is not None and abs(length - sound.stated_seconds) > _LENGTH_TOLERANCE:
        notices.append(
            UserMessage(
                "The header of {file} says {told:.2f} s, but {seconds:.2f} s can be heard, and all of it is read",
                file=shown(path),
                told=sound.stated_seconds,
                seconds=length,
            )
        )
    channel = next((part.channel for part in decoded if part.channel is not None), None)
    if channel is not None:
        notices.append(
            UserMessage(
                "The channels of {file} cancel each other, so only channel {channel}, the loudest, is heard",
                file=shown(path),
                channel=channel + 1,
            )
        )
    return tuple(notices)


def _decode(
    path: Path, parts: Sequence[_Part], levels: Sequence[Levels], callback: Callable[[float], None]
) -> Iterator[np.ndarray]:
    """Yield parts as blocks of samples at RATE. levels: one for each part, or none.

    Raises AudioError at the end if the sound was too short.
    """
    length = 0
    for index, part in enumerate(parts):
        level = levels[index] if levels else Levels(part.piece.rate)

        def tell(fraction: float, index: int = index) -> None:
            callback((index + fraction) / len(parts))

        for block in resampled(_mono(part, level, tell, LONGEST), part.piece.rate, RATE):
            length += len(block)
            yield block
    _check_length(path, length / RATE)


def _mono(part: _Part, levels: Levels, callback: Callable[[float], None], longest: float) -> Iterator[np.ndarray]:
    """Yield a part as mono blocks, (n,) float32. Stop at the file's end, or a block after `longest` seconds."""
    left = part.count if part.count is not None else math.ceil((longest + 1) * part.piece.rate)
    total = left
    with closing(part.piece.read(part.first)) as blocks:  # type: ignore[type-var]
        for block in blocks:
            callback(0.9 * (1 - left / total))
            block = block[:left]
            left -= len(block)
            np.nan_to_num(block, copy=False, posinf=0.0, neginf=0.0)
            np.clip(block, -_LOUDEST, _LOUDEST, out=block)
            levels.add(block)
            yield mix(block, part.channel)
            if left <= 0:
                return


def _sha256(path: Path, callback: Callable[[float], None]) -> str:
    digest = hashlib.sha256()
    with reading(path), open(path, "rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
            callback(0.9)
    callback(1.0)
    return digest.hexdigest()
