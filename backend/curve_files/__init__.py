"""The files that hold a take of curves; a path's suffix names the format."""

from collections.abc import Callable
from pathlib import Path

from ..curves.base import Curves, CurvesError
from .json_layouts import read_json, write_json
from .livelink import read_csv, write_csv
from .npz import read_npz, write_npz

_READERS: dict[str, Callable[[Path], Curves]] = {".csv": read_csv, ".json": read_json, ".npz": read_npz}
_WRITERS: dict[str, Callable[[Path, Curves], None]] = {".csv": write_csv, ".json": write_json, ".npz": write_npz}
SUFFIXES: tuple[str, ...] = tuple(_READERS)
_KINDS = ".csv (LiveLinkFace), .json (BEAT, Audio2Face) or .npz (NumPy)"


def read(path: str | Path) -> Curves:
    """Read a take from a .csv (LiveLinkFace), .json (BEAT's or Audio2Face's) or .npz. Raises CurvesError."""
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise CurvesError('"{file}" has no supported format: choose a {kinds}', file=path.name, kinds=_KINDS)
    if not path.is_file():
        raise CurvesError('There is no file "{file}": choose another', file=path)
    return reader(path)


def write(path: str | Path, curves: Curves) -> None:
    """Write a take as a .csv (LiveLinkFace), .json (BEAT's) or .npz, whole or not at all. Raises CurvesError."""
    _writer(Path(path))(Path(path), curves)


def check_path(path: str | Path) -> None:
    """Raise CurvesError when write() could not write there, as far as can be told beforehand."""
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
