"""Read and write NumPy's .npz, for scripts.

Files may come from an untrusted source, so sizes are checked before memory is allocated.
"""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from ..curves.base import Curves, CurvesError
from .channels import check_fps, check_start, pick_channels, pick_rotations
from .whole import replace_bytes

BROKEN = (  # exceptions that a broken file can cause
    *(
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        EOFError,
        RuntimeError,
        MemoryError,
        SyntaxError,
    ),
    *(zipfile.BadZipFile, zlib.error, TokenError),
)
_MAX_BYTES = 1 << 30  # of an array
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def write_npz(path: str | Path, curves: Curves) -> None:
    """Write the arrays names (channels,), values (frames, channels) float32 in 0..1, fps and start.

    For takes with rotations, also write rotation_names and rotations (frames, names) in radians. Raises CurvesError.
    """
    more: dict[str, Any] = {}
    if curves.rotations:
        more = {
            "rotation_names": np.array([*curves.rotations]),
            "rotations": np.stack([*curves.rotations.values()], axis=1),
        }
    replace_bytes(
        path,
        lambda file: np.savez_compressed(
            file, names=np.array(curves.names), values=curves.values, fps=curves.fps, start=curves.start, **more
        ),
    )


def read_npz(path: str | Path) -> Curves:
    """Read a file of write_npz(), or another .npz with these arrays; start is optional. Raises CurvesError."""
    path = Path(path)
    try:
        arrays = read_arrays(path, ("names", "values", "fps", "start", "rotation_names", "rotations"))
        names = [str(name) for name in arrays["names"]]
        values = np.asarray(arrays["values"], np.float32)
        fps, start = float(arrays["fps"]), float(arrays.get("start", 0.0))
        angles = np.asarray(arrays.get("rotations", np.zeros((len(values), 0))), np.float32)
        turned = pick_rotations(
            dict(zip(map(str, arrays.get("rotation_names", ())), angles.T, strict=True)), len(values)
        )
    except BROKEN as error:
        raise CurvesError(
            '"{file}" contains no readable curves ({reason}): export it with the arrays names, values and fps',
            file=path.name,
            reason=repr(error),
        ) from error
    return Curves(*pick_channels(path, names, values), check_fps(path, fps), check_start(path, start), turned)


def read_arrays(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Read the named arrays of numbers or text, as far as an .npz has them. Raises one of BROKEN."""
    with zipfile.ZipFile(path) as archive:
        found = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        arrays = {}
        for name in names:
            if (info := found.get(name)) is None:
                continue
            if info.file_size > _MAX_BYTES or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{name} would take {info.file_size >> 20} MB, or is packed in a way of its own")
            with archive.open(info) as member:
                arrays[name] = _read_array(member, info.file_size, name)
        return arrays


def _read_array(member: IO[bytes], size: int, name: str) -> np.ndarray:
    version = npy.read_magic(member)
    if version not in _READERS:
        raise ValueError(f"{name} is of another version of NumPy's format")
    shape, fortran, kind = _READERS[version](member)
    if kind.kind not in "biufU" or kind.hasobject:
        raise ValueError(f"{name} is not of numbers or text")
    return np.frombuffer(member.read(size), kind).reshape(shape, order="F" if fortran else "C")
