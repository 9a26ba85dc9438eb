"""Find the sound in Ogg files that libsndfile can't read fully: joined files, sound beside film, FLAC (RFC 3533)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .flac import corrected
from .spliced import Part
from .window import Window

_MAX_PAGES = 2_000_000  # at least five times those of two hours
_FLAC = b"\x7fFLAC"
_SOUND = (b"\x01vorbis", b"OpusHead", _FLAC)  # first bytes of a sound stream
_CONTINUED, _BEGINS = 1, 2  # flags of a page

Piece = tuple[list[Part], int, float | None]


@dataclass
class _Stream:
    """A stream within the file.

    pages: (start, first byte of the content, end, whether the content continues that of the previous page).
    """

    begins: bytes
    pages: list[tuple[int, int, int, bool]] = field(default_factory=list)


def ogg_pieces(data: Window) -> list[Piece]:
    """Return the sounds in a file in order as (parts, 0, None), or [] if libsndfile can read the file as it is."""
    pieces: list[Piece] = []
    alone = True
    links = _links(data)
    for streams in links:
        alone &= len(streams) == 1
        stream = next((stream for stream in streams.values() if stream.begins.startswith(_SOUND)), None)
        if stream is None:
            continue
        if stream.begins.startswith(_FLAC):
            alone = False
            pieces.append((_unwrapped(data, stream), 0, None))
        elif len(streams) == 1:
            pieces.append(([(stream.pages[0][0], stream.pages[-1][2])], 0, None))
        else:
            pieces.append(([(start, end) for start, _, end, _ in stream.pages], 0, None))
    return [] if alone and len(links) == 1 else pieces


def _links(data: Window) -> list[dict[bytes, _Stream]]:
    """Return the streams of each link of the chain by serial number.

    A new link begins where a stream begins after others have continued.
    """
    links: list[dict[bytes, _Stream]] = []
    going = True
    for start, content, end in _pages(data):
        header = data[start : start + 18]
        flags, serial = header[5], header[14:]
        if flags & _BEGINS:
            if going:
                links.append({})
                going = False
            links[-1][serial] = _Stream(data[content : min(end, content + 64)])
        else:
            going = True
        if links and serial in links[-1]:
            links[-1][serial].pages.append((start, content, end, bool(flags & _CONTINUED)))
    return links


def _pages(data: Window) -> Iterator[tuple[int, int, int]]:
    """Yield (start, first byte of the content, end) of every whole page."""
    at = count = 0
    while (at := data.find(b"OggS", at)) >= 0 and count < _MAX_PAGES:
        count += 1
        header = data[at : at + 282].ljust(27, b"\xff")
        content = at + 27 + header[26]
        end = content + sum(header[27 : 27 + header[26]])
        if end > len(data) or header[4] != 0:
            at += 4
            continue
        yield at, content, end
        at = end


def _unwrapped(data: Window, stream: _Stream) -> list[Part]:
    """Return the parts of a FLAC inside Ogg. Its first packet has 9 bytes before `fLaC`; the others are plain FLAC."""
    (_, content, end, _), *rest = stream.pages
    ranges = [(content + 9, end), *((content, end) for _, content, end, _ in rest if end > content)]
    head = data[ranges[0][0] : ranges[0][0] + 42]
    tail = b"".join(data[start:end] for start, end in ranges[-64:])[-(1 << 20) :]
    if len(head) == 42 and (fixed := corrected(head, tail)):
        return [fixed[0], (ranges[0][0] + 42, ranges[0][1]), *ranges[1:]]
    return [*ranges]
