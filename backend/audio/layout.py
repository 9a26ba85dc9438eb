"""Where in a file its sound lies, whatever its headers say: recorders crash, streams have no length yet, pieces are joined by `cat`."""

from dataclasses import dataclass
from pathlib import Path

from .containers import caf_parts, riff_pieces
from .flac import flac_pieces
from .mp3 import mp3_pieces
from .ogg import ogg_pieces
from .spliced import Part
from .window import Window


@dataclass(frozen=True)
class Layout:
    """A sound within a file. parts: what a decoder is to be given, see Spliced; skip: frames of it that the encoder put in front;
    told: the length in seconds that the file's own header tells, where that is another."""

    parts: tuple[Part, ...]
    skip: int = 0
    told: float | None = None


def find_layouts(path: Path) -> list[Layout]:
    """The sounds of a file that must be read otherwise than its header says, in order; none where the file can be read as it is.

    Raises OSError.
    """
    with open(path, "rb") as file:
        found = _find(Window(file))
    return [Layout(tuple(parts), skip, told) for parts, skip, told in found]


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
    if (
        head[:4] == b".snd" and head[8:12] == bytes(4) and len(data) > 32
    ):  # no length yet: "to the end", in AU's own way
        return [([data[:8] + b"\xff\xff\xff\xff", (12, len(data))], 0, 0.0)]
    return mp3_pieces(data, 0, len(data))
