"""WAV (RIFF, RF64) and CAF files whose lengths were never written, or are too small, or that are several in one."""

from .mp3 import mp3_pieces
from .spliced import Part
from .window import Window

_UNKNOWN = 0xFFFFFFFF
_PLACEHOLDER = 0x7FFFF000  # a size from which on it stands for one that isn't known yet
_MP3 = 0x55  # the format tag of MP3 in a WAV
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")  # what players' tags behind the sound begin with
_LARGEST_HEADER = 1 << 24  # bytes

Piece = tuple[list[Part], int, float | None]


def riff_pieces(data: Window) -> list[Piece]:
    """The WAVs in a file as (parts, 0, seconds told by the header), none where it is one WAV whose header is right."""
    pieces: list[Piece] = []
    changed, start = False, 0
    while start < len(data) and _is_wave(data, start):
        found = _wave(data, start)
        if found is None:
            break
        piece, differs, start = found
        changed |= differs
        pieces.extend(piece)
    return pieces if changed or len(pieces) > 1 else []


def _is_wave(data: Window, at: int) -> bool:
    return data[at : at + 4] in (b"RIFF", b"RF64", b"RIFX") and data[at + 8 : at + 12] == b"WAVE"


def _wave(data: Window, start: int) -> tuple[list[Piece], bool, int] | None:
    """(the WAV from start on, whether its header is wrong, where the next one may begin); None where it has no samples at all."""
    order = "big" if data[start : start + 4] == b"RIFX" else "little"
    at, form, long_size = start + 12, b"", 0

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]

    while data[at : at + 4] != b"data":
        if at + 8 > len(data) or at - start > _LARGEST_HEADER:
            return None
        if data[at : at + 4] == b"fmt ":
            form = data[at + 8 : at + 24]
        if data[at : at + 4] == b"ds64":
            long_size = number(at + 16, 8)
        at += 8 + number(at + 4) + number(at + 4) % 2
    first, told = at + 8, number(at + 4)
    if data[start : start + 4] == b"RF64" and told == _UNKNOWN:
        told = long_size
    end, follows = _end(data, first, told)
    rate, align = (int.from_bytes(form[k : k + n], order) for k, n in ((4, 4), (12, 2)))  # type: ignore[arg-type]
    if form[:2] == _MP3.to_bytes(2, order):  # type: ignore[arg-type]
        return mp3_pieces(data, first, end) or [([(first, end)], 0, None)], True, follows
    short = end - first < told < _PLACEHOLDER
    seconds = told / (rate * align) if rate and align else None
    if end - first <= told and not start and not _is_wave(data, follows):
        return [([(start, follows)], 0, seconds if short else None)], short, follows
    header = bytearray(data[start:first])
    header[:4] = header[:4].replace(b"RF64", b"RIFF")
    header = header.replace(b"ds64", b"JUNK", 1)
    header[4:8] = min(first - start - 8 + end - first, _UNKNOWN - 1).to_bytes(4, order)  # type: ignore[arg-type]
    header[-4:] = min(end - first, _UNKNOWN - 1).to_bytes(4, order)  # type: ignore[arg-type]
    return [([bytes(header), (first, end)], 0, seconds if end - first > told or short else None)], True, follows


def _end(data: Window, first: int, told: int) -> tuple[int, int]:
    """(end of the samples that begin at first, of which the header tells so many bytes; where something else may begin)."""
    size = len(data)
    if told >= size - first:
        return size, size
    if told or _is_chunk(data, first):
        after = first + told + told % 2
        behind = data[after : after + 4096]
        if len(behind) < 8 or _is_wave(data, after) or _is_chunk(data, after) or not behind.strip(b"\0"):
            return first + told, after
        if _is_chunk(data, first + told) or behind.startswith(_TAGS):
            return first + told, after
    return size, size


def _is_chunk(data: Window, at: int) -> bool:
    """Whether a chunk begins here, rather than samples: four printable letters and a size that fits."""
    name, room = data[at : at + 4], len(data) - at - 8
    if len(name) < 4 or not all(32 <= letter < 127 for letter in name):
        return False
    return int.from_bytes(data[at + 4 : at + 8], "little") <= room


def caf_parts(data: Window) -> list[Piece]:
    """A CAF whose chunk of samples has no length, or more than there are; [] for any other."""
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 12], "big", signed=True)
        if data[at : at + 4] == b"data":
            left = len(data) - at - 12
            if 4 < size <= left or left <= 4:
                return []
            return [([data[: at + 4] + left.to_bytes(8, "big"), (at + 12, len(data))], 0, None)]
        if size < 0 or at > _LARGEST_HEADER:
            return []
        at += 12 + size
    return []
