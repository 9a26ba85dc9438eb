"""Keys carried over to heads that are made of the sample face: other proportions, sizes, directions and meshes."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from tests.addon_source import source

analysis = source("key_transfer.analysis")
deformation_transfer = source("key_transfer.deformation_transfer")
face_landmarks = source("key_transfer.face_landmarks")
face_parts = source("key_transfer.face_parts")
topology = source("key_transfer.topology")
transfer = source("key_transfer.transfer")
sample = source("key_transfer.sample_source").sample_source()
sample_parts = source("sample_face.parts")

Shape = Callable[[np.ndarray], np.ndarray]


def _bump(points: np.ndarray, center: tuple[float, float, float], size: float) -> np.ndarray:
    return np.exp(-(((points - center) / size) ** 2).sum(-1))[:, None]


def _long(points: np.ndarray) -> np.ndarray:
    return points * (0.85, 1.05, 1.25)


def _broad(points: np.ndarray) -> np.ndarray:
    return points * (1.25, 1.0, 0.85)


def _small_nosed(points: np.ndarray) -> np.ndarray:
    return points + _bump(points, (0.0, -10.0, 11.2), 1.6) * (0.0, 0.9, 0.0)


def _turned(points: np.ndarray) -> np.ndarray:
    """Look along +x, lean forward, stand elsewhere, and be a hundred times smaller."""
    pitch, yaw = np.radians(8.0), np.radians(90.0)
    tilt = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    return 0.01 * points @ (turn @ tilt).T + (3.0, -2.0, 1.0)


HEADS: dict[str, Shape] = {"long": _long, "broad": _broad, "small-nosed": _small_nosed, "turned": _turned}


def _part(part: object) -> "Any":
    builder = part.builder  # type: ignore[attr-defined]
    faces = np.concatenate(builder.quads)
    quads = faces[faces[:, 3] >= 0]
    return topology.Surface(builder.sites().points, np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]]))


def _bent(surface: "Any", shape: Shape) -> "Any":
    return topology.Surface(shape(surface.points), surface.triangles)


@cache
def made(name: str) -> "tuple[Any, Any, Any, list[Any]]":
    """Return a head's skin, what was found on it, its keys, and its parts: two eyes, teeth, a tongue."""
    shape = HEADS[name]
    used = np.unique(sample.surface.triangles)
    local = np.zeros(len(sample.surface.points), np.int64)
    local[used] = np.arange(len(used))
    skin = topology.Surface(shape(sample.surface.points[used]), local[sample.surface.triangles])
    teeth = _part(sample_parts.teeth())
    rows = [
        topology.Surface(teeth.points, teeth.triangles[teeth.islands[teeth.triangles[:, 0]] == number])
        for number in range(teeth.islands.max() + 1)
    ]
    parts = [
        _part(sample_parts.eye(1.0)),
        _part(sample_parts.eye(-1.0)),
        _part(sample_parts.tongue()),
        *map(_compact, rows),
    ]
    parts = [_bent(part, shape) for part in parts]
    centers = np.array([face_parts.fit_ball(part.points).center for part in parts[:2]])
    *_, found = analysis.analyze(skin, transfer.joined(parts[:2]), centers)
    *_, (_, result) = transfer.make_keys(sample, found, parts)
    return skin, found, result, parts


def _compact(surface: "Any") -> "Any":
    used, triangles = np.unique(surface.triangles, return_inverse=True)
    return topology.Surface(surface.points[used], triangles.reshape(-1, 3))


def _gap(name: str, pair: tuple[str, str], *keys: str) -> float:
    """Return the widest gap between two lines in a pose, as a share of the head's height."""
    skin, found, result, _ = made(name)
    head = found.head()
    posed = skin.points + sum(result.skin[key] for key in keys)
    upper, lower = (posed[head.lines[line]] for line in pair)
    starts, ways = lower[:-1], np.diff(lower, axis=0)
    share = ((upper[:, None] - starts) * ways).sum(-1) / np.maximum((ways**2).sum(-1), 1e-30)
    nearest = starts + np.clip(share, 0.0, 1.0)[..., None] * ways
    return float(np.linalg.norm(upper[:, None] - nearest, axis=-1).min(1).max()) / found.frame.size


def test_deformation_transfer_to_itself_changes_nothing() -> None:
    moves = deformation_transfer.transfer(sample, sample.surface.points, np.eye(3), 1.0)
    used = np.unique(sample.surface.triangles)
    # mouthClose and the blinks aren't copied: they close what is open.
    for name in ("jawOpen", "mouthSmileLeft", "mouthPucker", "browInnerUp", "noseSneerRight"):
        # The grid under the mouth and eyes has points without faces, which nothing moves.
        wrong, far = (
            np.linalg.norm(move[used], axis=-1).mean() for move in (moves[name] - sample.keys[name], sample.keys[name])
        )
        assert wrong < 0.02 * far, name  # what is held still may give a little


@pytest.mark.parametrize("name", HEADS)
def test_features_are_found(name: str) -> None:
    skin, found, _, _ = made(name)
    for mark in ("lip_corner_left", "lip_upper", "lid_outer_right", "lid_upper_left", "nose_tip", "chin"):
        right = HEADS[name](sample.surface.points[[sample.landmarks[mark]]])[0]
        there = skin.points[found.landmarks[mark]]
        # As far as rims are found one row of vertices away, in a head of another shape.
        assert np.linalg.norm(there - right) < 0.04 * found.frame.size, mark


@pytest.mark.parametrize("name", HEADS)
def test_lips_meet_and_lids_close(name: str) -> None:
    lips, left, right = face_landmarks.PAIRS
    assert _gap(name, lips, "jawOpen") > 0.03
    assert _gap(name, lips, "jawOpen", "mouthClose") < 0.005
    for lids, side in ((left, "Left"), (right, "Right")):
        assert _gap(name, lids) > 0.02
        assert _gap(name, lids, f"eyeBlink{side}") < 0.003


@pytest.mark.parametrize("name", HEADS)
def test_keys_are_like_the_sample_faces(name: str) -> None:
    """Compare with the sample face's own moves, bent as the head is: how far a key goes depends on proportions, where to doesn't."""
    _, _, result, _ = made(name)
    used = np.unique(sample.surface.triangles)
    rest = HEADS[name](sample.surface.points[used])
    for key in ("jawOpen", "mouthSmileLeft", "mouthPucker", "browOuterUpRight", "jawLeft"):
        wanted, found = HEADS[name](sample.surface.points[used] + sample.keys[key][used]) - rest, result.skin[key]
        alike = (wanted * found).sum() / np.sqrt((wanted**2).sum() * (found**2).sum())
        gain = (wanted * found).sum() / (wanted**2).sum()
        assert alike > 0.85 and 0.6 < gain < 1.6, (key, alike, gain)


@pytest.mark.parametrize("name", HEADS)
def test_lips_stay_on_their_jaw(name: str) -> None:
    """Behind the seam too: where lips touch, points of both are in the same places."""
    _, found, result, _ = made(name)
    head, posed = found.head(), found.surface.points + result.skin["jawOpen"] @ found.frame.rows.T / found.frame.size
    edges = found.surface.edges[
        head.hidden[found.surface.edges].all(1) & (np.abs(head.sides[found.surface.edges]) == 1).all(1)
    ]
    front = edges[found.surface.points[edges].mean(1)[:, 1] < head.at("lip_corner_left")[1] + 0.05]
    before, after = (
        np.linalg.norm(np.subtract(*points[front].swapaxes(0, 1)), axis=-1) for points in (found.surface.points, posed)
    )
    # A point that goes with the wrong lip is torn away from its neighbors by as much as the mouth opens.
    assert (
        len(front) > 100 and (after - before).max() < 0.35 * np.linalg.norm(posed - found.surface.points, axis=-1).max()
    )


def test_keys_mirror_each_other() -> None:
    _, found, result, _ = made("broad")
    known = found.partners >= 0
    assert known.mean() > 0.9
    for left in ("eyeBlinkLeft", "mouthSmileLeft", "browDownLeft"):
        right = left.replace("Left", "Right")
        mirrored = result.skin[right][found.partners[known]] * (-1.0, 1.0, 1.0)
        assert np.abs(result.skin[left][known] - mirrored).max() < 1e-6 * found.frame.size  # rounding


def test_a_neck_holds_still_where_it_ends() -> None:
    skin, _, result, _ = made("long")
    foot = skin.points[:, 2] < skin.points[:, 2].min() + 0.5
    assert all(np.abs(move[foot]).max() == 0.0 for move in result.skin.values())


@pytest.mark.parametrize("name", HEADS)
def test_parts_are_recognized(name: str) -> None:
    _, found, result, parts = made(name)
    assert result.kinds[:3] == ("eye_left", "eye_right", "tongue")
    rows = list(result.kinds[3:])
    heights = [found.frame.inside(part.points)[:, 2].mean() for part in parts[3:]]
    upper = np.array(heights) > np.median(heights)
    assert rows == ["teeth_upper" if up else "teeth_lower" for up in upper]
    looks = {"eyeLookUpLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft"}
    assert looks <= set(result.islands[0]) <= looks | {"eyeBlinkLeft"}  # where lids would cut the eye, it goes back
    assert set(result.islands[2]) == {"jawOpen", "jawForward", "jawLeft", "jawRight", "tongueOut"}
    assert all((not keys) == (kind == "teeth_upper") for keys, kind in zip(result.islands[3:], rows, strict=True))


def test_eyes_turn_about_their_middle() -> None:
    _, _, result, parts = made("long")
    for key, axis, sign in (("eyeLookUpLeft", 2, 1.0), ("eyeLookOutLeft", 0, 1.0), ("eyeLookInLeft", 0, -1.0)):
        eye = parts[0].points
        front = eye[:, 1] < eye[:, 1].min() + 0.1 * np.ptp(eye[:, 1])
        assert sign * result.islands[0][key][front, axis].mean() > 0.1 * np.ptp(eye[:, axis])
        assert np.linalg.norm(result.islands[0][key].mean(0)) < 0.2 * np.ptp(eye[:, axis])


def test_eyes_go_back_from_lids_that_would_cut_them() -> None:
    """A key moves a lid in a straight line, which passes through an eye that fills the lids."""
    shown = [_part(sample_parts.eye(side)) for side in (1.0, -1.0)]
    balls = [face_parts.fit_ball(each.points) for each in shown]
    centers = np.array([each.center for each in balls])
    eyes = [
        topology.Surface(center + 1.07 * (each.points - center), each.triangles)
        for center, each in zip(centers, shown, strict=True)
    ]
    *_, found = analysis.analyze(sample.surface, transfer.joined(eyes), centers)
    ball, eye = balls[0], eyes[0]
    head = found.head()
    inside = topology.Surface(found.frame.inside(eye.points), eye.triangles)
    lid = head.lines["lid_upper_left"][5:-5]  # in the corners, lids touch the eye
    move = np.zeros_like(head.surface.points)
    move[lid] = (sample.keys["eyeBlinkLeft"] @ found.frame.rows.T / found.frame.size)[lid]
    back = face_parts.retraction(head, {"eyeBlinkLeft": move}, inside, "left")
    center, radius = found.frame.inside(ball.center), 1.07 * ball.radius / found.frame.size

    def room(retraction: float) -> float:
        """Return how far the lid is outside the eye, halfway."""
        away = head.surface.points[lid] + 0.5 * move[lid] - center - (0.0, 0.5 * retraction, 0.0)
        return float(np.linalg.norm(away, axis=-1).min()) - radius

    assert room(0.0) < -0.001  # of the head's height
    assert room(back) > -1e-4  # the eye is made of triangles


def test_a_ball_has_no_face() -> None:
    turn, tilt = np.meshgrid(np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False), np.linspace(0.1, np.pi - 0.1, 14))
    points = np.stack([np.cos(turn) * np.sin(tilt), np.sin(turn) * np.sin(tilt), np.cos(tilt)], -1).reshape(-1, 3)
    number = np.arange(len(points)).reshape(14, 24)
    corners = [number[:-1], number[1:], np.roll(number[1:], -1, 1), np.roll(number[:-1], -1, 1)]
    quads = np.stack(corners, -1).reshape(-1, 4)
    ball = topology.Surface(points, np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]]))
    with pytest.raises(face_landmarks.LandmarkError):
        list(analysis.analyze(ball))
