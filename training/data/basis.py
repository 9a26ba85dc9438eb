"""Read a basis: ARKit's blendshapes as vertex offsets of a mesh, which meshes in motion are fitted with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.arkit import CHANNELS, map_names
from backend.curve_files.npz import BROKEN, read_arrays

_NEUTRAL = ("neutral", "basis", "template")
_LARGEST = 0.1  # m: no blendshape moves a face's vertex further


class BasisError(ValueError):
    """The basis can't be used. The message says why and what to do."""


@dataclass(frozen=True)
class Basis:
    """Blendshapes. names: channels, in the order of CHANNELS. deltas: (K, V, 3) float64, offsets at weight 1. neutral: (V, 3), if known.

    Units and axes are the basis's own. fitted_to converts them to a head's.
    """

    names: tuple[str, ...]
    deltas: np.ndarray
    neutral: np.ndarray | None

    def fitted_to(self, template: np.ndarray) -> "Basis":
        """Rotate and scale the basis so that its neutral face fits template, (V, 3) in m. Without a neutral face it stays as it is.

        The similarity is Umeyama's (1991, eq. 40-42), so a basis in centimeters, with another up axis or of a smaller head works too. Raises BasisError if an offset is larger than any face's.
        """
        deltas = self.deltas
        if self.neutral is not None:
            rotation, scale = _similarity(self.neutral, template)
            deltas = scale * deltas @ rotation.T
        largest = float(np.sqrt((deltas**2).sum(2)).max())
        if largest > _LARGEST:
            raise BasisError(
                f"a blendshape of the basis moves a vertex by {1000 * largest:.0f} mm, which no face does: give offsets in metres, or "
                "a neutral face from which its size can be told."
            )
        return Basis(self.names, deltas, template)


def read_basis(path: Path, vertices: int | None = None) -> Basis:
    """Read a basis from an .npz or a folder of .obj files. If `vertices` is given, the mesh must have as many.

    .npz: names (K,), deltas (K, V, 3) in m and, if need be, neutral (V, 3). Folder: one .obj a blendshape, in sub-folders too, and the
    neutral face (neutral.obj, basis.obj or template.obj), all with the same vertices. Names may be spelled as rigs do (eyeBlink_L);
    files that name no channel are left out. Raises BasisError.
    """
    if path.is_dir():
        neutral, shapes = _read_folder(path)
    elif path.is_file():
        neutral, shapes = _read_npz(path)
    else:
        raise BasisError(f"there is no basis {path}: give a folder of .obj files or an .npz.")
    spelled = map_names(shapes)
    if not spelled.keys:
        raise BasisError(
            f"{path} holds no blendshape by ARKit's name (such as jawOpen): rename its {len(shapes)} shapes."
        )
    vertices = vertices or len(next(iter(shapes.values())))
    for name, shape in {**shapes, **({} if neutral is None else {"neutral": neutral})}.items():
        if shape.shape != (vertices, 3):
            raise BasisError(
                f"{name} of {path} has vertices of shape {shape.shape}, but the mesh has {vertices}: use a basis in its topology."
            )
        if not np.isfinite(shape).all():
            raise BasisError(f"{name} of {path} has vertices that are no numbers: export it again.")
    names = tuple(name for name in CHANNELS if name in spelled.keys)
    return Basis(names, np.stack([sum(shapes[key] for key in spelled.keys[name]) for name in names]), neutral)


def _read_npz(path: Path) -> tuple[np.ndarray | None, dict[str, np.ndarray]]:
    try:
        arrays = read_arrays(path, ("names", "deltas", "neutral"))
        names, deltas = [str(name) for name in arrays["names"]], arrays["deltas"].astype(np.float64)
        neutral = arrays["neutral"].astype(np.float64) if "neutral" in arrays else None
    except BROKEN as error:
        raise BasisError(
            f"{path} can't be read as a basis ({error}): give an .npz with the arrays names and deltas."
        ) from error
    if deltas.ndim != 3 or len(names) != len(deltas):
        raise BasisError(f"{path} has {len(names)} names for {len(deltas)} deltas: write it again.")
    return neutral, dict(zip(names, deltas, strict=True))


def _read_folder(path: Path) -> tuple[np.ndarray | None, dict[str, np.ndarray]]:
    files = {file.stem: file for file in sorted(path.rglob("*.obj"))}
    neutrals = [stem for stem in files if stem.lower() in _NEUTRAL]
    if len(neutrals) != 1:
        raise BasisError(f"{path} holds {len(neutrals)} neutral faces: name exactly one of its .obj files neutral.obj.")
    neutral = _read_obj(files.pop(neutrals[0]))
    shapes = {}
    for name in map_names(files).keys.values():
        for stem in name:
            face = _read_obj(files[stem])
            if face.shape != neutral.shape:
                raise BasisError(
                    f"{files[stem]} has {len(face)} vertices, the neutral face {len(neutral)}: export all from one mesh."
                )
            shapes[stem] = face - neutral
    return neutral, shapes


def _read_obj(path: Path) -> np.ndarray:
    """Read the vertices of an .obj, (V, 3) float64, in the file's order."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            rows = [line.split()[1:4] for line in file if line.startswith("v ")]
        return np.array(rows, dtype=np.float64).reshape(-1, 3)
    except (OSError, ValueError) as error:
        raise BasisError(f"{path} can't be read as an .obj ({error}): export it again.") from error


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the rotation (3, 3) and scale that fit source (V, 3) to target (V, 3) best, both centered."""
    source, target = source - source.mean(0), target - target.mean(0)
    u, values, vt = np.linalg.svd(target.T @ source)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return (u * signs) @ vt, float((values * signs).sum() / (source**2).sum())
