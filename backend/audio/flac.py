"""Correct FLAC files with a missing or wrong length: streamed, truncated or joined ones (RFC 9639, section 9)."""

import io
from itertools import pairwise

from .spliced import Part
from .window import Window

_MARK = b"fLaC\x00\x00\x00\x22"  # and a STREAMINFO of 34 bytes
_FIRST = 42  # bytes up to the end of STREAMINFO
_TAIL = 1 << 20  # bytes at the end that are searched for the last frames
_BLOCKS = {1: 192, **{k: 576 << (k - 2) for k in range(2, 6)}, **{k: 256 << (k - 8) for k in range(8, 16)}}

Piece = tuple[list[Part], int, float | None]


def flac_pieces(data: Window) -> list[Piece]:
    """Return the FLACs in a file as (parts, 0, seconds in the header), or [] for a single one with a correct header."""
    starts = [0]
    while (at := data.find(_MARK, starts[-1] + 8)) >= 0:
        starts.append(at)
    pieces: list[Piece] = []
    for start, end in pairwise([*starts, len(data)]):
        fixed = corrected(data[start : start + _FIRST], data[max(start, end - _TAIL) : end])
        if fixed is None:
            pieces.append(([(start, end)], 0, None))
        else:
            pieces.append(([fixed[0], (start + _FIRST, end)], 0, fixed[1]))
    single = len(pieces) == 1 and isinstance(pieces[0][0][0], tuple)
    return [] if single else pieces


def corrected(head: bytes, tail: bytes) -> tuple[bytes, float | None] | None:
    """Return the first 42 bytes with the true sample count, and the seconds they stated; None if they are right.

    head: at least the first 42 bytes. tail: the last bytes, with two whole frames or more.
    """
    if head[:8] not in (_MARK, b"fLaC\x80\x00\x00\x22") or len(head) < _FIRST:
        return None
    smallest, rate = int.from_bytes(head[8:10], "big"), int.from_bytes(head[18:21], "big") >> 4
    stated = int.from_bytes(head[21:26], "big") & ((1 << 36) - 1)
    frames = _frames(tail, smallest)
    ends = [b for a, b in pairwise(frames) if a[0] + a[1] == b[0]]
    if not ends or not rate:
        return None
    position, block, at = ends[-1]
    if stated == position + block:
        return None
    total = position + block if _crc(tail[at:], 16, 0x8005) == 0 else position  # a truncated file ends within a frame
    number = int.from_bytes(head[21:26], "big") >> 36 << 36 | total
    return head[:21] + number.to_bytes(5, "big") + head[26:_FIRST], (stated / rate if stated else None)


def _frames(tail: bytes, fixed_block: int) -> list[tuple[int, int, int]]:
    """Return (first sample, samples, offset in tail) of every frame with a valid header."""
    found, at = [], -1
    while (at := tail.find(b"\xff", at + 1)) >= 0:
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9") and (frame := _frame(tail[at : at + 16], fixed_block)):
            found.append((*frame, at))
    return found


def _frame(header: bytes, fixed_block: int) -> tuple[int, int] | None:
    if len(header) < 16 or header[3] & 1:
        return None
    file = io.BytesIO(header[4:])
    first = file.read(1)
    more = 0 if first[0] < 0x80 else 8 - (first[0] ^ 0xFF).bit_length() - 1  # as UTF-8 counts its bytes
    if more == 0 and first[0] >= 0x80 or more > 6:
        return None
    number = first[0] & (0x7F if more == 0 else (1 << (6 - more)) - 1)
    for byte in file.read(more):
        number = number << 6 | byte & 0x3F
    code = header[2] >> 4
    block = _BLOCKS.get(code, 0)
    if code in (6, 7):
        block = int.from_bytes(file.read(code - 5), "big") + 1
    file.read({12: 1, 13: 2, 14: 2}.get(header[2] & 15, 0))
    length = 4 + file.tell()
    if not block or _crc(header[:length], 8, 0x07) != header[length]:
        return None
    return (number if header[1] & 1 else number * fixed_block), block


def _crc(data: bytes, bits: int, polynomial: int) -> int:
    crc, top = 0, 1 << (bits - 1)
    for byte in data:
        crc ^= byte << (bits - 8)
        for _ in range(8):
            crc = (crc << 1 ^ (polynomial if crc & top else 0)) & (2 * top - 1)
    return crc
