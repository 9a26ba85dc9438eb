"""Track the face in a film with MediaPipe's Face Landmarker (Kartynnik et al. 2019, arXiv 1907.06724; blendshapes: Grishchenko et al. 2023).

Only this module uses MediaPipe and PyAV, which the extra `video` installs, so that everything else works without them.
"""

import importlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from backend.arkit import CHANNELS

from .tracked_film import LANDMARKS, TrackedFilm

_LARGEST = 1280  # pixels: a larger picture is made smaller, since the tracker reads faces at 256
_THUMB = 32  # pixels of the picture that cuts are looked for in


class TrackerError(ValueError):
    """A film can't be tracked, or the tracker is missing. The message says why and what to do."""


def require_tracker(model: Path) -> None:
    """Raise TrackerError if MediaPipe, PyAV or the tracker's model is missing."""
    for package, name in (("mediapipe", "MediaPipe"), ("av", "PyAV")):
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise TrackerError(
                f"films need {name}, which can't be imported ({error}): install it with `pip install -e .[video]`."
            ) from error
    if not model.is_file():
        raise TrackerError(
            f"there is no tracker {model}: download face_landmarker.task from Google's MediaPipe page "
            "(https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker) and name it with --tracker."
        )


def track_film(film: Path, model: Path) -> TrackedFilm:
    """Track the face in every picture of a film, at the film's own times. Of several faces, the tracker chooses one.

    Each picture is tracked by itself, because smoothing over time would delay the lips. Raises TrackerError if the film can't be decoded
    or holds no picture.
    """
    times, landmarks, scores, rotations, change = [], [], [], [], []
    before: np.ndarray | None = None
    size = np.zeros(2)
    with closing(open_tracker(model)) as tracker:
        for time, picture in _pictures(film):
            face, weights, rotation = track_picture(tracker, picture)
            thumb = _thumbnail(picture)
            times.append(time)
            landmarks.append(face)
            scores.append(weights)
            rotations.append(rotation)
            change.append(0.0 if before is None else float(np.abs(thumb - before).mean()))
            before, size = thumb, np.array(picture.shape[1::-1])
    if not times:
        raise TrackerError(f"{film.name} holds no pictures: export it again.")
    order = np.argsort(times, kind="stable")
    return TrackedFilm(
        np.array(times)[order],
        np.array(landmarks, np.float32)[order],
        np.array(scores, np.float32)[order],
        np.array(rotations, np.float32)[order],
        np.array(change, np.float32)[order],
        size,
    )


def open_tracker(model: Path) -> Any:
    """Open the tracker for single pictures. Close it after use."""
    from mediapipe.tasks.python import vision
    from mediapipe.tasks.python.core.base_options import BaseOptions

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.IMAGE,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    try:
        return vision.FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        raise TrackerError(f"{model} can't be opened as a face tracker ({error}): download it again.") from error


def track_picture(tracker: Any, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return landmarks (478, 3), scores (52,) and rotation (3,) of the face in a picture (height, width, 3) uint8, NaN if there is none."""
    import mediapipe

    # MediaPipe finds nothing in an array whose rows are padded, and says so of none.
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
    result = tracker.detect(image)
    if not result.face_landmarks:
        return np.full((LANDMARKS, 3), np.nan), np.full(len(CHANNELS), np.nan), np.full(3, np.nan)
    height, width = picture.shape[:2]
    points = np.array([(point.x, point.y, point.z) for point in result.face_landmarks[0]]) * (width, height, width)
    told = {shape.category_name: shape.score for shape in result.face_blendshapes[0]}
    scores = np.array([told.get(name, np.nan) for name in CHANNELS])
    return points, scores, head_rotation(result.facial_transformation_matrixes[0])


def head_rotation(matrix: np.ndarray) -> np.ndarray:
    """Return yaw, pitch and roll in rad (see TrackedFilm) of a matrix (4, 4) that turns a face that looks along +z, with y up."""
    turn = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    yaw, roll = -np.arctan2(turn[0, 2], turn[2, 2]), np.arctan2(turn[1, 0], turn[1, 1])
    return np.array([yaw, np.arcsin(np.clip(-turn[1, 2], -1.0, 1.0)), roll])


def _pictures(film: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the time in s and the upright picture (height, width, 3) of each frame. Times begin where the film does."""
    import av

    try:
        with av.open(str(film.absolute()), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.video:
                raise TrackerError(f"{film.name} has no pictures: choose a film.")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            start = (container.start_time or 0) / av.time_base
            for frame in container.decode(stream):
                if frame.time is None:
                    continue
                scale = min(1.0, _LARGEST / max(frame.width, frame.height))
                small = frame.reformat(
                    width=max(2, round(frame.width * scale)), height=max(2, round(frame.height * scale)), format="rgb24"
                )
                yield frame.time - start, np.rot90(small.to_ndarray(), round(frame.rotation / 90))
    except av.error.FFmpegError as error:
        raise TrackerError(f"{film.name} can't be decoded ({error}): export it again, for example as MP4.") from error


def _thumbnail(picture: np.ndarray) -> np.ndarray:
    """Return the picture in gray, (32, 32) float32: the means of what is under each pixel."""
    gray = picture.mean(axis=2, dtype=np.float32)
    rows, columns = (np.linspace(0, length, _THUMB, endpoint=False).astype(int) for length in gray.shape)
    sums = np.add.reduceat(np.add.reduceat(gray, rows, axis=0), columns, axis=1)
    counts = np.outer(np.diff(rows, append=gray.shape[0]), np.diff(columns, append=gray.shape[1]))
    return sums / np.maximum(counts, 1)
