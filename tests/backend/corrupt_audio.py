"""Sound files of every format that libsndfile writes, each spoiled in its own way by its number."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile

RATE = 16000
_UNWRITTEN = {"RAW", "SD2"}  # have no header to spoil, or keep it in another file
_NUMBERS = (
    0,
    1,
    2,
    3,
    0x7F,
    0xFF,
    1000,
    1024,
    0x7FFF,
    0xFFFF,
    768000,
    0x7FFFFFF0,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
)
_HEAD = 200  # bytes from the start: where most headers lie
_SUFFIXES = ("wav", "flac", "ogg", "mp3", "aiff", "txt", "")


@dataclass(frozen=True)
class Spoiled:
    """what: which format, and what was done to it; suffix: of a name that need not fit."""

    what: str
    suffix: str
    data: bytes


def spoiled(number: int) -> Spoiled:
    """One of any number of spoiled files; the same for the same number."""
    chance = random.Random(number)
    kinds = writable()
    kind = kinds[37 * number % len(kinds)]  # neighbours are of different formats
    data = bytearray(_sound(*kind))
    done = [chance.choice(_WAYS) for _ in range(chance.choice((1, 1, 1, 2, 4, 16)))]
    for way in done:
        if data:
            way(data, chance.randrange(min(len(data), _HEAD if chance.random() < 0.7 else len(data))), chance)
    ways = ", ".join(way.__name__.strip("_") for way in done)
    return Spoiled(f"{number}: {kind[0]} {kind[1]}, {ways}", chance.choice(_SUFFIXES), bytes(data))


@cache
def writable() -> tuple[tuple[str, str], ...]:
    """(format, subtype) of all that can be written."""
    kinds = (
        (name, subtype) for name in soundfile.available_formats() for subtype in soundfile.available_subtypes(name)
    )
    return tuple(kind for kind in kinds if kind[0] not in _UNWRITTEN and _sound(*kind))


@cache
def _sound(name: str, subtype: str) -> bytes:
    """Six tenths of a second that sound a little like speech, in stereo where that can be; nothing where it can't be written."""
    time = np.arange(round(0.6 * RATE)) / RATE
    mono = 0.4 * np.sin(2 * np.pi * 180 * time) * np.sin(2 * np.pi * 3 * time) + 0.01 * np.random.default_rng(
        0
    ).standard_normal(len(time))
    for samples in (np.stack([mono, mono], axis=1), mono):
        file = io.BytesIO()
        try:
            soundfile.write(file, samples, RATE, format=name, subtype=subtype)
            return file.getvalue()
        except (soundfile.LibsndfileError, ValueError):
            pass
    return b""


def _flip(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] ^= 1 << chance.randrange(8)


def _number(data: bytearray, at: int, chance: random.Random) -> None:
    size = chance.choice((1, 2, 4, 8))
    data[at : at + size] = (chance.choice(_NUMBERS) % 256**size).to_bytes(size, chance.choice(("little", "big")))


def _cut(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at:]


def _lose(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at : at + chance.choice((1, 2, 4, 100, 1000))]


def _insert(data: bytearray, at: int, chance: random.Random) -> None:
    data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 100, 1000)))


def _overwrite(data: bytearray, at: int, chance: random.Random) -> None:
    size = chance.choice((16, 200))
    data[at : at + size] = chance.randbytes(size)


def _repeat(data: bytearray, at: int, chance: random.Random) -> None:
    source = chance.randrange(len(data))
    data[at:at] = data[source : source + chance.choice((4, 64, 1000))]


def _blank(data: bytearray, at: int, chance: random.Random) -> None:
    size = chance.choice((4, 64, 2000))
    data[at : at + size] = bytes(size)


_WAYS: tuple[Callable[[bytearray, int, random.Random], None], ...] = (
    _flip,
    _number,
    _cut,
    _lose,
    _insert,
    _overwrite,
    _repeat,
    _blank,
)
