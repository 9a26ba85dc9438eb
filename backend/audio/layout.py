"""Find the sound in a file with wrong headers, as from crashed recorders, streams without a length or joined files."""

from dataclasses import dataclass
from pathlib import Path

from .containers import au_pieces, caf_parts, riff_pieces
from .flac import flac_pieces
from .mp3 import mp3_pieces
from .ogg import ogg_pieces
from .spliced import Part
from .window import Window


@dataclass(frozen=True)
class Layout:
    """A sound within a file.

    parts: the input of the decoder, see Spliced. skip: frames that the encoder added at the start.
    stated_seconds: the length in the file's header, if that is wrong.
    """

    parts: tuple[Part, ...]
    skip: int = 0
    stated_seconds: float | None = None


def find_layouts(path: Path) -> list[Layout]:
    """Return the sounds of a file with wrong headers in order, or nothing if the file can be read as it is.

    Raises OSError.
    """
    with open(path, "rb") as file:
        found = _find(Window(file))
    return [Layout(tuple(parts), skip, stated) for parts, skip, stated in found]


def _find(data: Window) -> list[tuple[list[Part], int, float | None]]:
    head = data[:12]
    if head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == b"WAVE":
        return riff_pieces(data)
    if head[:4] == b"OggS":
        return ogg_pieces(data)
    if head[:4] == b"fLaC":
        return flac_pieces(data)
    if head[:4] == b"caff":
        return caf_parts(data)
    if head[:4] == b".snd" and len(data) > 32:
        return au_pieces(data)
    return mp3_pieces(data, 0, len(data))
