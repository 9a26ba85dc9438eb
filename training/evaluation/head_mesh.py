"""A head mesh whose vertices the curves move, which the vertex errors LVE and EVE need."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS
from backend.curve_files.npz import read_arrays

from ..data.basis import read_basis


@dataclass(frozen=True)
class HeadMesh:
    """Vertex offsets of each channel at 1, for two regions: lips (52, L, 3) and upper (52, U, 3), in the head's own unit."""

    name: str
    lips: np.ndarray
    upper: np.ndarray
    missing: tuple[str, ...]  # channels that the head lacks: they move nothing


def load_head_mesh(path: Path) -> HeadMesh:
    """Read a head mesh from an .npz.

    The file has the arrays of data.basis.read_basis, and the vertex indices `lips` (L,) and `upper` (U,), which covers eyes and forehead.
    Raises ValueError if something is missing or doesn't fit.
    """
    basis = read_basis(path)
    vertices = basis.deltas.shape[1]
    regions = read_arrays(path, ("lips", "upper"))
    if lacking := {"lips", "upper"} - set(regions):
        raise ValueError(f"{path.name} lacks {' and '.join(sorted(lacking))}: add the indices of their vertices to it")
    lips, upper = (regions[name].astype(np.int64) for name in ("lips", "upper"))
    for region, index in (("lips", lips), ("upper", upper)):
        if index.ndim != 1 or len(index) == 0 or index.min() < 0 or index.max() >= vertices:
            raise ValueError(f"{path.name}: {region} must be a list of vertices in 0..{vertices - 1}")
    moved = np.zeros((len(CHANNELS), vertices, 3), np.float32)
    moved[[CHANNELS.index(name) for name in basis.names]] = basis.deltas
    return HeadMesh(
        path.stem, moved[:, lips], moved[:, upper], tuple(name for name in CHANNELS if name not in basis.names)
    )
