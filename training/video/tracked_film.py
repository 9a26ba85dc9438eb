"""A film's tracked face: what the tracker found in each picture, kept in a file so that an interrupted run resumes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from backend.curve_files.npz import BROKEN

LANDMARKS = 478  # of MediaPipe's face mesh with irises

# Landmarks on bone, which no expression moves: the forehead, the bridge of the nose, the corners of the eyes and the temples.
RIGID: tuple[int, ...] = (
    *(10, 109, 338, 67, 297, 151, 9, 8, 168, 6, 197, 195),
    *(33, 133, 362, 263, 127, 356, 234, 454, 21, 251, 162, 389),
)
EYE_CORNERS = (33, 263)  # the outer ones: the person's right, then left
_INNER_LIPS = ((13, 14), (82, 87), (312, 317))  # upper and lower
_MOUTH_CORNERS = (61, 291)
_NOSE_BRIDGE, _CHIN = 168, 152
# The upper and the lower lid, and the corners, of the person's left and right eye.
_LIDS = (((386, 374), (385, 380), (387, 373)), ((159, 145), (158, 153), (160, 144)))
_EYES = ((362, 263), (33, 133))


@dataclass(frozen=True)
class TrackedFilm:
    """A film, picture by picture.

    times: (n,) s after the film's start, ascending. landmarks: (n, 478, 3) in pixels: x to the right, y down, z away from the camera.
    scores: (n, 52) the tracker's own blendshapes in CHANNELS' order. rotations: (n, 3) yaw, pitch and roll of the head in rad, with Live
    Link Face's signs (to the person's right, down, to the right). All three are NaN where no face was found. change: (n,) mean difference
    of the picture from the one before, in gray levels of 255. size: (2,) width and height in pixels.
    """

    times: np.ndarray
    landmarks: np.ndarray
    scores: np.ndarray
    rotations: np.ndarray
    change: np.ndarray
    size: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """Return where a face was found, (n,) bool."""
        return ~np.isnan(self.landmarks[:, 0, 0])


@dataclass(frozen=True)
class Measures:
    """Distances between landmarks over time, (n,) each, in units of the distance between the outer corners of the eyes.

    gap: between the inner lips. width: of the mouth. chin: from the bridge of the nose. lids: (n, 2) opening of the left and the right eye
    in units of its width.
    """

    gap: np.ndarray
    width: np.ndarray
    chin: np.ndarray
    lids: np.ndarray


def measure(landmarks: np.ndarray) -> Measures:
    """Measure landmarks (n, 478, 3). They may be turned and of any scale, as the distances are those in space."""
    unit = _distance(landmarks, *EYE_CORNERS)
    lids = [
        np.mean([_distance(landmarks, *pair) for pair in pairs], axis=0) / _distance(landmarks, *corners)
        for pairs, corners in zip(_LIDS, _EYES, strict=True)
    ]
    return Measures(
        np.mean([_distance(landmarks, *pair) for pair in _INNER_LIPS], axis=0) / unit,
        _distance(landmarks, *_MOUTH_CORNERS) / unit,
        _distance(landmarks, _NOSE_BRIDGE, _CHIN) / unit,
        np.stack(lids, axis=1),
    )


def _distance(landmarks: np.ndarray, first: int, second: int) -> np.ndarray:
    return np.linalg.norm(landmarks[:, first].astype(np.float64) - landmarks[:, second], axis=1)


def write_tracked(path: Path, film: TrackedFilm, stamp: Sequence[int]) -> None:
    """Write a tracked film, completely or not at all. stamp: what it was made from, see `read_tracked`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with open(partial, "wb") as file:
        np.savez_compressed(file, stamp=np.array(stamp, np.int64), **vars(film))
    partial.replace(path)


def is_tracked(path: Path, stamp: Sequence[int]) -> bool:
    """Return whether write_tracked wrote a file from the same."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return bool(arrays["stamp"].tolist() == list(stamp))
    except BROKEN:
        return False


def read_tracked(path: Path, stamp: Sequence[int]) -> TrackedFilm | None:
    """Return what write_tracked wrote, or None if it is missing, damaged or was made from something else."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if arrays["stamp"].tolist() != list(stamp):
                return None
            return TrackedFilm(**{field.name: arrays[field.name] for field in fields(TrackedFilm)})
    except BROKEN:
        return None
