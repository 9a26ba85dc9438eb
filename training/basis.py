"""A head whose vertices the curves move: LVE and EVE are errors of vertices, so they need one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS, map_names


@dataclass(frozen=True)
class Basis:
    """How each channel at 1 moves the vertices of two regions: lips (52, L, 3), upper (52, U, 3), in the head's own unit."""

    name: str
    lips: np.ndarray
    upper: np.ndarray
    missing: tuple[str, ...]  # channels that the head lacks: they move nothing


def load_basis(path: Path) -> Basis:
    """Read an .npz with `names` (K,), whatever their spelling, `deltas` (K, V, 3), and the vertex indices `lips` (L,) and `upper` (U,) (eyes
    and forehead). Raises ValueError if something is missing or doesn't fit."""
    with np.load(path) as file:
        if lacking := {"names", "deltas", "lips", "upper"} - set(file):
            raise ValueError(f"{path.name} lacks {', '.join(sorted(lacking))}; a basis holds names, deltas, lips and upper")
        names, deltas = [str(name) for name in file["names"]], file["deltas"].astype(np.float32)
        lips, upper = file["lips"].astype(np.int64), file["upper"].astype(np.int64)
    vertices = deltas.shape[1] if deltas.ndim == 3 else 0
    if deltas.shape != (len(names), vertices, 3):
        raise ValueError(f"{path.name} has deltas of shape {deltas.shape} for {len(names)} names; it must be (names, vertices, 3)")
    for region, index in (("lips", lips), ("upper", upper)):
        if index.ndim != 1 or len(index) == 0 or index.min() < 0 or index.max() >= vertices:
            raise ValueError(f"{path.name}: {region} must be a list of vertices in 0..{vertices - 1}")
    found = map_names(names)
    if not found.keys:
        raise ValueError(f"{path.name} has none of ARKit's channels among its {len(names)} names")
    moved = np.zeros((len(CHANNELS), vertices, 3), np.float32)
    for channel, spellings in found.keys.items():
        moved[CHANNELS.index(channel)] = sum(deltas[names.index(spelling)] for spelling in spellings)
    return Basis(path.stem, moved[:, lips], moved[:, upper], found.missing)
