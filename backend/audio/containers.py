"""Find the sound in WAV (RIFF, RF64), CAF and AU files with missing or wrong lengths, or with several WAVs in one file."""

from .mp3 import mp3_pieces
from .spliced import Part
from .window import Window

_UNKNOWN = 0xFFFFFFFF
_PLACEHOLDER = 0x7FFFF000  # sizes from here on are placeholders for an unknown size
_MP3 = 0x55  # the format tag of MP3 in a WAV
_AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # per sample, by encoding
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")  # first bytes of tags that may follow the sound
_LARGEST_HEADER = 1 << 24  # bytes

Piece = tuple[list[Part], int, float | None]


def riff_pieces(data: Window) -> list[Piece]:
    """Return the WAVs in a file as (parts, 0, seconds in the header), or [] for a single WAV with a correct header."""
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
    """Return the WAV at start, whether its header is wrong, and where another may begin; None if it has no samples."""
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
    first, stated = at + 8, number(at + 4)
    if data[start : start + 4] == b"RF64" and stated == _UNKNOWN:
        stated = long_size
    end, follows = _end(data, first, stated)
    rate, align = (int.from_bytes(form[k : k + n], order) for k, n in ((4, 4), (12, 2)))  # type: ignore[arg-type]
    if form[:2] == _MP3.to_bytes(2, order):  # type: ignore[arg-type]
        return mp3_pieces(data, first, end) or [([(first, end)], 0, None)], True, follows
    short = end - first < stated < _PLACEHOLDER
    seconds = stated / (rate * align) if rate and align else None
    if end - first <= stated and not start and not _is_wave(data, follows):
        return [([(start, follows)], 0, seconds if short else None)], short, follows
    header = bytearray(data[start:first])
    header[:4] = header[:4].replace(b"RF64", b"RIFF")
    header = header.replace(b"ds64", b"JUNK", 1)
    header[4:8] = min(first - start - 8 + end - first, _UNKNOWN - 1).to_bytes(4, order)  # type: ignore[arg-type]
    header[-4:] = min(end - first, _UNKNOWN - 1).to_bytes(4, order)  # type: ignore[arg-type]
    return [([bytes(header), (first, end)], 0, seconds if end - first > stated or short else None)], True, follows


def _end(data: Window, first: int, stated: int) -> tuple[int, int]:
    """Return the end of the samples that begin at first, and where something else may begin.

    stated: their number of bytes in the header.
    """
    size = len(data)
    if stated >= size - first:
        return size, size
    if stated or _is_chunk(data, first):
        after = first + stated + stated % 2
        behind = data[after : after + 4096]
        if len(behind) < 8 or _is_wave(data, after) or _is_chunk(data, after) or not behind.strip(b"\0"):
            return first + stated, after
        if _is_chunk(data, first + stated) or behind.startswith(_TAGS):
            return first + stated, after
    return size, size


def _is_chunk(data: Window, at: int) -> bool:
    """Return True if a chunk and not samples begin here: four printable letters and a size that fits."""
    name, room = data[at : at + 4], len(data) - at - 8
    if len(name) < 4 or not all(32 <= letter < 127 for letter in name):
        return False
    return int.from_bytes(data[at + 4 : at + 8], "little") <= room


def caf_parts(data: Window) -> list[Piece]:
    """Return a CAF whose sample chunk has no length or too large a length; [] for any other."""
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


def au_pieces(data: Window) -> list[Piece]:
    """Return the sound of an AU with a wrong length, which nothing can follow, with the seconds in its header."""
    offset, size, encoding, rate, channels = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8, 12, 16, 20))
    width = _AU_BYTES.get(encoding, 0) * channels * rate  # bytes per second
    if size == _UNKNOWN or offset + size >= len(data) or (size and not width):
        return []
    return [([data[:8] + _UNKNOWN.to_bytes(4, "big"), (12, len(data))], 0, size / width if size else 0.0)]
