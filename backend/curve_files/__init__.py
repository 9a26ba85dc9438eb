"""Read and write files of curves. The suffix selects the format to write; the content tells the format to read.

Runs in Blender, in the backend process and in training.
"""

from collections.abc import Callable
from pathlib import Path

from ..curves.base import Curves, CurvesError
from .json_layouts import read_json, write_json
from .livelink import write_csv
from .npz import read_npz, write_npz
from .table import read_table

_WRITERS: dict[str, Callable[[Path, Curves], None]] = {".csv": write_csv, ".json": write_json, ".npz": write_npz}
SUFFIXES: tuple[str, ...] = tuple(_WRITERS)
READABLE: tuple[str, ...] = (*SUFFIXES, ".txt", ".tsv")  # usual suffixes; read() goes by content
_KINDS = ".csv (LiveLinkFace), .json (BEAT, Audio2Face) or .npz (NumPy)"
_HEAD = 64  # bytes


def read(path: str | Path, fps: float | None = None) -> Curves:
    """Read a take from a table (Live Link Face and others), JSON (BEAT, Audio2Face, MediaPipe) or .npz.

    fps: frame rate of a table that doesn't state it. Raises CurvesError.
    """
    path = Path(path)
    if not path.is_file():
        raise CurvesError('There is no file "{file}": choose another', file=path)
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise CurvesError(
            '"{file}" can\'t be read ({reason}): check its permissions', file=path.name, reason=error
        ) from error
    if head.startswith(b"PK"):
        return read_npz(path)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return read_json(path)
    if not head or (0 < head.count(0) <= len(head) // 4 and not head.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise CurvesError('"{file}" has no supported format: choose a {kinds}', file=path.name, kinds=_KINDS)
    return read_table(path, fps)


def write(path: str | Path, curves: Curves) -> None:
    """Write a take as .csv (LiveLinkFace), .json (BEAT) or .npz, atomically. Raises CurvesError."""
    _writer(Path(path))(Path(path), curves)


def check_path(path: str | Path) -> None:
    """Check in advance whether write() can write to a path, as far as possible. Raises CurvesError if not."""
    path = Path(path)
    _writer(path)
    if path.is_dir():
        raise CurvesError('"{file}" is a folder: choose a file name', file=path)
    if not path.absolute().parent.is_dir():
        raise CurvesError('There is no folder "{folder}": create it or choose another', folder=path.absolute().parent)


def _writer(path: Path) -> Callable[[Path, Curves], None]:
    if path.suffix.lower() not in _WRITERS:
        raise CurvesError('"{file}" can\'t be written: use the suffix {kinds}', file=path.name, kinds=_KINDS)
    return _WRITERS[path.suffix.lower()]
