"""MP3 files that are longer or shorter than their first frame says: joined pieces, cut downloads, none that says anything.

The decoder believes a Xing or VBRI header, or guesses from the first frame's bit rate where there is none. So the frames are counted here
and, where they are others, the file is given a header that is right. (ISO 11172-3, 13818-3; the Xing header is documented by LAME.)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .spliced import Part
from .window import Window

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version: 1, 2, 2.5
_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_JUNK = 1 << 20  # bytes before the first frame, or between two, in which the next is looked for
_DECODER_DELAY = 529  # samples
_FEWEST = 4  # frames of a kind
_TOLD_FRAMES = 1  # how many frames a header may be wrong by, as encoders count their own frame or don't

Piece = tuple[list[Part], int, float | None]


class _Frame(NamedTuple):
    start: int
    size: int
    rate: int
    channels: int
    samples: int
    side: int  # bytes of side information


def mp3_pieces(data: Window, start: int, stop: int) -> list[Piece]:
    """The MP3s in data[start:stop] as (parts, samples to skip, seconds told by the header), none where there is no MP3, or one that
    says of itself how many frames it has."""
    first = next(_frames(data, start, stop), None)
    if first is None or not _is_mp3(data, start, first, stop):
        return []
    told, delay = _told(data, first)
    runs = _runs(_frames(data, first.start + (first.size if told is not None else 0), stop))
    if not runs or (len(runs) == 1 and told is not None and abs(told - runs[0].count) <= _TOLD_FRAMES):
        return []
    pieces: list[Piece] = [([_header(data, run), (run.first.start, run.end)], 0, None) for run in runs]
    seconds = None if told is None else told * first.samples / first.rate
    return [(pieces[0][0], delay, seconds), *pieces[1:]]


@dataclass
class _Run:
    """Frames of the same kind, one after another."""

    first: _Frame
    count: int
    end: int


def _runs(frames: Iterable[_Frame]) -> list[_Run]:
    found: list[_Run] = []
    for frame in frames:
        if found and _kind(found[-1].first) == _kind(frame):
            found[-1].count, found[-1].end = found[-1].count + 1, frame.start + frame.size
        else:
            if found and found[-1].count < _FEWEST:  # not frames but junk that looks like some
                found.pop()
            found.append(_Run(frame, 1, frame.start + frame.size))
    if len(found) > 1 and found[-1].count < _FEWEST:
        found.pop()
    return found


def _kind(frame: _Frame) -> tuple[int, int]:
    return frame.rate, frame.channels


def _is_mp3(data: Window, start: int, first: _Frame, stop: int) -> bool:
    """Whether frames follow upon one another from the very start (or a tag) on: two bytes that look like a frame are in any file."""
    if first.start != start and data[start : start + 3] != b"ID3" and data[start : first.start].strip(b"\0"):
        return False
    at, count = first.start, 0
    while count < 4 and (frame := _frame(data, at, stop)):
        at, count = at + frame.size, count + 1
    return count == 4 or at >= stop


def _told(data: Window, frame: _Frame) -> tuple[int | None, int]:
    """(how many frames a Xing or VBRI header says that there are behind it, samples to skip that an encoder put in front)."""
    at = frame.start + 4 + frame.side
    if data[at : at + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(data[at + 4 : at + 8], "big")
        told = int.from_bytes(data[at + 8 : at + 12], "big") if flags & 1 else 0
        lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        delay = int.from_bytes(data[lame + 21 : lame + 24], "big") >> 12
        known = data[lame : lame + 4] in (b"LAME", b"Lavc", b"Lavf")
        return told, (delay + _DECODER_DELAY if known else 0)
    if data[frame.start + 36 : frame.start + 40] == b"VBRI":
        return int.from_bytes(data[frame.start + 50 : frame.start + 54], "big"), 0
    return None, 0


def _header(data: Window, run: _Run) -> bytes:
    """A frame like these that holds no sound but says how many follow."""
    frame = run.first
    head = bytearray(data[frame.start : frame.start + 4])
    version = head[1] >> 3 & 3
    head[1] |= 1  # no checksum
    for index in range(1, 15):
        size = _size(version, index, frame.rate, 0)
        if size >= 4 + frame.side + 12:
            head[2] = index << 4 | head[2] & 0x0C
            told = b"Info\0\0\0\1" + run.count.to_bytes(4, "big")
            return (bytes(head) + bytes(frame.side) + told).ljust(size, b"\0")
    raise ValueError("no frame of this kind can hold a header")


def _frames(data: Window, at: int, stop: int) -> Iterator[_Frame]:
    """The frames one after another; tags and up to _JUNK bytes of anything else are passed over."""
    while at < stop:
        if frame := _frame(data, at, stop):
            yield frame
            at += frame.size
        elif data[at : at + 3] == b"ID3" and at + 10 <= stop:
            size = data[at + 6 : at + 10]
            at += 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
        elif data[at : at + 3] == b"TAG":
            at += 128
        else:
            at = _next(data, at + 1, min(stop, at + _JUNK))


def _next(data: Window, at: int, stop: int) -> int:
    """Where the next frame begins that another one follows upon; behind all where there is none."""
    while (at := data.find(b"\xff", at, stop)) >= 0:
        if (frame := _frame(data, at, len(data))) and _frame(data, at + frame.size, len(data)):
            return at
        at += 1
    return len(data)


def _frame(data: Window, at: int, stop: int) -> _Frame | None:
    head = data[at : min(at + 4, stop)]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # sync, layer III
        return None
    version, index, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or index in (0, 15) or rate == 3:
        return None
    hertz = _RATES[version][rate]
    size = _size(version, index, hertz, head[2] >> 1 & 1)
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return _Frame(at, size, hertz, 1 if mono else 2, 1152 if version == 3 else 576, side)


def _size(version: int, index: int, rate: int, padding: int) -> int:
    kbits = _KBITS[3 if version == 3 else 2][index]
    return (144 if version == 3 else 72) * kbits * 1000 // rate + padding
