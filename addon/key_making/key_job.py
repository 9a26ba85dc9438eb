"""The job that finds a face and makes its keys, in a thread so that Blender can draw. Runs in Blender, without bpy in the thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..key_transfer.analysis import Analysis, analyze
from ..key_transfer.face_landmarks import NAMES, LandmarkError
from ..key_transfer.face_parts import fit_ball, is_eyeball
from ..key_transfer.sample_source import sample_source
from ..key_transfer.sparse_solver import Floats
from ..key_transfer.topology import Surface
from ..key_transfer.transfer import Made, joined, make_keys
from .scene_head import Island, SceneHead

_FOUND = 0.3  # share of the work when the face is found
_CANDIDATES = 3  # islands that may be the skin: a mesh's hair may have more points than its face


@dataclass(frozen=True)
class FoundFace:
    """The face on a head: which of its islands is the skin, and the analysis of it."""

    skin: Island
    analysis: Analysis

    def places(self) -> dict[str, Floats]:
        """Return where the landmarks lie in the scene."""
        return {name: self.skin.surface.points[number] for name, number in self.analysis.landmarks.items()}


@dataclass(frozen=True)
class MadeKeys:
    """The keys of a head: displacements of its islands in the scene's axes, and what was found."""

    face: FoundFace
    moves: tuple[tuple[Island, Mapping[str, Floats]], ...]
    kinds: Mapping[str, int]  # kind of part -> how many islands
    opens_mouth: bool
    closes_eyes: bool


class KeyJob:
    """Find the face of a head and, if `keys`, make them. placed: landmarks that the artist put somewhere, in the scene's units."""

    def __init__(self, head: SceneHead, placed: Mapping[str, Floats] | None = None, keys: bool = True) -> None:
        self.head = head
        self.fraction = 0.0
        self.missing: str | None = None  # what wasn't found, if that is why there is no result
        self.error: Exception | None = None
        self.face: FoundFace | None = None
        self.made: MadeKeys | None = None
        self._placed, self._keys = placed or {}, keys
        self._cancelled = False
        self._thread = threading.Thread(target=self._run, name="key_job", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Give up: the thread ends at its next step, and its result is dropped."""
        self._cancelled = True

    def done(self, wait: float = 0.0) -> bool:
        """Return True when the job has ended, waiting at most `wait` seconds."""
        self._thread.join(wait)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for fraction in self._steps():
                self.fraction = fraction
                if self._cancelled:
                    return
        except LandmarkError as error:
            self.missing = str(error.args[0])
        except Exception as error:  # noqa: BLE001 - it is raised where somebody can see it
            self.error = error

    def _steps(self) -> Iterator[float]:
        face: FoundFace | None = None
        for step, found in enumerate(find_face(self.head)):
            face = found
            yield _FOUND * (1.0 - 0.9**step)
        assert face
        self.face = face
        if not self._keys:
            return
        landmarks = place(face, self._placed)
        islands = [island for island in (*self.head.islands, *self.head.others) if island is not face.skin]
        for fraction, made in make_keys(
            sample_source(), face.analysis, [island.surface for island in islands], landmarks
        ):
            yield _FOUND + (1.0 - _FOUND) * fraction
            if made:
                self.made = _gathered(face, islands, made)


def _gathered(face: FoundFace, islands: list[Island], made: Made) -> MadeKeys:
    moves = [
        (face.skin, made.skin),
        *((island, keys) for island, keys in zip(islands, made.islands, strict=True) if keys),
    ]
    return MadeKeys(
        face, tuple(moves), {kind: made.kinds.count(kind) for kind in made.kinds}, made.opens_mouth, made.closes_eyes
    )


def find_face(head: SceneHead) -> Iterator[FoundFace | None]:
    """Find the face among a head's islands. Yields None while it works and the face at the end. Raises LandmarkError."""
    everything = (*head.islands, *head.others)
    balls = [island.surface for island in everything if is_eyeball(island.surface.points)]
    centers = np.array([fit_ball(ball.points).center for ball in balls]).reshape(-1, 3)
    hiding = joined([Surface(ball.points, ball.triangles) for ball in balls])
    problem: LandmarkError | None = None
    for upright in (True, False):
        for island in [each for each in head.islands if len(each.vertices) >= 100][:_CANDIDATES]:
            try:
                for analysis in analyze(island.surface, hiding, centers, upright):
                    yield FoundFace(island, analysis) if analysis else None
                return
            except LandmarkError as error:
                problem = problem or error
    raise problem or LandmarkError("eyes")


def place(face: FoundFace, placed: Mapping[str, Floats]) -> dict[str, int]:
    """Return the point of each landmark: as it was proposed, or the nearest one to where the artist put it."""
    landmarks = dict(face.analysis.landmarks)
    points = face.skin.surface.points
    tolerance = 1e-4 * face.analysis.frame.size
    for name in NAMES:
        if name not in placed or np.linalg.norm(points[landmarks[name]] - placed[name]) < tolerance:
            continue
        far = np.linalg.norm(points - placed[name], axis=-1)
        near = np.flatnonzero(far <= 1.5 * far.min() + 2.0 * tolerance)
        on_rim = near[face.analysis.rim[near]]
        landmarks[name] = int(
            _facing(face, name, on_rim if len(on_rim) and name.startswith(("lip", "lid")) else near, far)
        )
    return landmarks


def _facing(face: FoundFace, name: str, near: np.ndarray, far: Floats) -> int:
    """Choose among points that are about as near: where lips touch, the upper one looks down and the lower one up."""
    normals = face.analysis.surface.normals[near, 2]
    sign = {"lip_upper": -1.0, "lip_lower": 1.0}.get(name, 0.0)
    return int(near[np.lexsort((far[near], -np.sign(sign * normals)))[0]])
