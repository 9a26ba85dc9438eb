"""Correct MP3 files that are longer or shorter than their header states: joined, truncated or without a header.

The decoder trusts a Xing or VBRI header, or guesses from the bit rate of the first frame. So this module counts the
frames and replaces a wrong header (ISO 11172-3, 13818-3; LAME documents the Xing header).
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
_JUNK = 1 << 20  # bytes before the first frame, or between two, that are searched for the next one
_DECODER_DELAY = 529  # samples
_MIN_RUN = 4  # frames of one kind
_FRAME_TOLERANCE = 1  # frames by which a header may be wrong, since not all encoders count the header's own frame

Piece = tuple[list[Part], int, float | None]


class _Frame(NamedTuple):
    start: int
    size: int
    rate: int
    channels: int
    samples: int
    side: int  # bytes of side information


def mp3_pieces(data: Window, start: int, stop: int) -> list[Piece]:
    """Return the MP3s in data[start:stop] as (parts, samples to skip, seconds in the header).

    Return [] if there is no MP3, or a single one with a correct header.
    """
    first = next(_frames(data, start, stop), None)
    if first is None or not _is_mp3(data, start, first, stop):
        return []
    stated, delay = _read_header(data, first)
    runs = _runs(_frames(data, first.start + (first.size if stated is not None else 0), stop))
    if not runs or (len(runs) == 1 and stated is not None and abs(stated - runs[0].count) <= _FRAME_TOLERANCE):
        return []
    pieces: list[Piece] = [([_header(data, run), *run.spans], 0, None) for run in runs]
    seconds = None if stated is None else stated * first.samples / first.rate
    return [(pieces[0][0], delay, seconds), *pieces[1:]]


@dataclass
class _Run:
    """Frames of one kind, with nothing but tags and junk between them. spans: [start, stop) of those without a gap."""

    first: _Frame
    count: int
    spans: list[tuple[int, int]]


def _runs(frames: Iterable[_Frame]) -> list[_Run]:
    found: list[_Run] = []
    for frame in frames:
        if found and _kind(found[-1].first) == _kind(frame):
            run, stop = found[-1], frame.start + frame.size
            run.count += 1
            if frame.start == run.spans[-1][1]:
                run.spans[-1] = run.spans[-1][0], stop
            else:  # the decoder gives up after 1 KB of junk
                run.spans.append((frame.start, stop))
        else:
            if found and found[-1].count < _MIN_RUN:  # junk that looks like frames
                found.pop()
            found.append(_Run(frame, 1, [(frame.start, frame.start + frame.size)]))
    if len(found) > 1 and found[-1].count < _MIN_RUN:
        found.pop()
    return found


def _kind(frame: _Frame) -> tuple[int, int]:
    return frame.rate, frame.channels


def _is_mp3(data: Window, start: int, first: _Frame, stop: int) -> bool:
    """Return True if several frames follow each other from the start or a tag. A single match occurs in any file."""
    if first.start != start and data[start : start + 3] != b"ID3" and data[start : first.start].strip(b"\0"):
        return False
    at, count = first.start, 0
    while count < 4 and (frame := _frame(data, at, stop)):
        at, count = at + frame.size, count + 1
    return count == 4 or at >= stop


def _read_header(data: Window, frame: _Frame) -> tuple[int | None, int]:
    """Return the frames that a Xing or VBRI header states, or None, and the samples that its encoder added at the start."""
    at = frame.start + 4 + frame.side
    if data[at : at + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(data[at + 4 : at + 8], "big")
        stated = int.from_bytes(data[at + 8 : at + 12], "big") if flags & 1 else 0
        lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        delay = int.from_bytes(data[lame + 21 : lame + 24], "big") >> 12
        known = data[lame : lame + 4] in (b"LAME", b"Lavc", b"Lavf")
        return stated, (delay + _DECODER_DELAY if known else 0)
    if data[frame.start + 36 : frame.start + 40] == b"VBRI":
        return int.from_bytes(data[frame.start + 50 : frame.start + 54], "big"), 0
    return None, 0


def _header(data: Window, run: _Run) -> bytes:
    """Return a header frame of the same kind, which states the number of frames and holds no sound."""
    frame = run.first
    head = bytearray(data[frame.start : frame.start + 4])
    version = head[1] >> 3 & 3
    head[1] |= 1  # no checksum
    for index in range(1, 15):
        size = _size(version, index, frame.rate, 0)
        if size >= 4 + frame.side + 12:
            head[2] = index << 4 | head[2] & 0x0C
            stated = b"Info\0\0\0\1" + run.count.to_bytes(4, "big")
            return (bytes(head) + bytes(frame.side) + stated).ljust(size, b"\0")
    raise ValueError("no frame of this kind can hold a header")


def _frames(data: Window, at: int, stop: int) -> Iterator[_Frame]:
    """Yield the frames in order. Skip tags and up to _JUNK bytes of anything else."""
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
    """Return the start of the next frame that is followed by another, or the end of the data."""
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
