"""Edits of sounds on a real take: nothing changes outside of the stretch, the asked shape is reached, and nothing jumps."""

import math
from dataclasses import replace

import numpy as np
import pytest

from backend import DEFAULT_MODEL
from backend.arkit import LOWER, UPPER
from backend.audio import read_clip
from backend.curves.aperture import lip_aperture
from backend.curves.base import Curves
from backend.inference.generator import Model, generate, load_model
from backend.performance import Performance, Take
from backend.sounds.edit_list import ADDED, Edit, close_lips, edited_sounds, move_edge
from backend.sounds.edits import REACH, aperture_of, apply_edits
from backend.sounds.shapes import CLOSED, NAMES, SHAPES

CLOSED_SHARE = 0.1  # of the take's wide opening: what counts as closed lips


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(DEFAULT_MODEL, threads=1)


@pytest.fixture(scope="module")
def takes(model: Model) -> list[Take]:
    samples = read_clip("tests/data/speech.ogg").samples
    requests = [
        Performance("Hugo", "neutral", fps=24.0),
        Performance("Mira", "happiness", fps=30.0, seed=1),
        Performance("Karl", "anger", fps=60.0, seed=2),
    ]
    return [next(generate(model, samples, request, lambda stage, fraction: None)) for request in requests]


def _apply(model: Model, take: Take, edits: tuple[Edit, ...]) -> Curves:
    assert model.sounds
    return apply_edits(take.curves, take.sounds, edits, model.sounds.poses.of(take.identity))


def _random_edit(rng: np.random.Generator, take: Take) -> tuple[Edit, ...]:
    """Draw one edit of each kind that the panel offers."""
    rows = edited_sounds(take.sounds, ())
    index = int(rng.integers(1, len(rows) - 1))
    row = rows[index]
    kind = rng.integers(5)
    if kind == 0:
        return close_lips((), float(rng.uniform(0.4, take.sounds[-1].end - 0.4)))
    if kind == 1:
        label = SHAPES[NAMES[int(rng.integers(1, len(NAMES)))]][0]
        return (row.edit._replace(label=label),)
    if kind == 2:
        return (row.edit._replace(strength=float(rng.uniform(0, 2))),)
    if kind == 3:
        return (row.edit._replace(strength=0.0),)
    return move_edge(take.sounds, (), index, row.sound.start + float(rng.uniform(-0.1, 0.1)))


def _span(take: Take, edits: tuple[Edit, ...]) -> tuple[float, float]:
    """Return the seconds that edits may change."""
    times = [time for edit in edits for time in (edit.start, edit.end)]
    times += [
        time
        for edit in edits
        if edit.origin != ADDED
        for time in (take.sounds[edit.origin].start, take.sounds[edit.origin].end)
    ]
    return min(times) - REACH, max(times) + REACH


def _farthest_move(take: Take, edits: tuple[Edit, ...]) -> float:
    """Return by how many seconds edits move an edge."""
    pairs = [(edit, take.sounds[edit.origin]) for edit in edits if edit.origin != ADDED]
    return max((max(abs(edit.start - was.start), abs(edit.end - was.end)) for edit, was in pairs), default=0.0)


def _check(model: Model, take: Take, edits: tuple[Edit, ...]) -> None:
    before, after = take.curves, _apply(model, take, edits)
    start, end = _span(take, edits)
    times = np.arange(len(before.values)) / before.fps
    outside = (times < start - 1e-6) | (times > end + 1e-6)
    np.testing.assert_array_equal(after.values[outside], before.values[outside])
    upper = [before.names.index(name) for name in UPPER]
    np.testing.assert_array_equal(after.values[:, upper], before.values[:, upper])
    assert after.values.min() >= 0 and after.values.max() <= 1
    closes = [edit for edit in edits if SHAPES[CLOSED].count(edit.label) and edit.strength >= 1]
    for edit in closes:
        if edit.origin == ADDED or take.sounds[edit.origin].label != edit.label:
            assert aperture_of(after, edit) < CLOSED_SHARE, edit
    # Where it joins the rest, the mouth's speed changes no more abruptly than it usually does in the take.
    mouth = [before.names.index(name) for name in LOWER]
    was, now = before.values[:, mouth], after.values[:, mouth]
    usual = np.percentile(np.abs(np.diff(was, n=2, axis=0)).max(axis=1), 99)
    changed = np.flatnonzero((was != now).any(axis=1))
    if len(changed):
        for edge in (changed[0], changed[-1]):
            near = slice(max(edge - 2, 0), edge + 3)
            jump = np.abs(np.diff(now[near], n=2, axis=0)).max(initial=0.0)
            # A moved edge carries the take's own movements along.
            moved = math.ceil(_farthest_move(take, edits) * before.fps)
            wider = slice(max(edge - 2 - moved, 0), edge + 3 + moved)
            had = np.abs(np.diff(was[wider], n=2, axis=0)).max(initial=0.0)
            # Where the take itself jumps, an edit that begins there may add a tenth.
            assert jump <= (usual if had <= usual else 1.1 * had), (edit_names(edits), edge)


def edit_names(edits: tuple[Edit, ...]) -> str:
    return ", ".join(f"{edit.label} {edit.start:.2f}-{edit.end:.2f} x{edit.strength:.2f}" for edit in edits)


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_random_edits(model: Model, takes: list[Take], count: int) -> None:
    rng = np.random.default_rng(20)
    for number in range(count):
        take = takes[number % len(takes)]
        _check(model, take, _random_edit(rng, take))


def test_no_edits_change_nothing(model: Model, takes: list[Take]) -> None:
    assert _apply(model, takes[0], ()) is takes[0].curves
    same = edited_sounds(takes[0].sounds, ())[4].edit
    np.testing.assert_array_equal(_apply(model, takes[0], (same,)).values, takes[0].curves.values)


def test_edits_far_apart_do_not_depend_on_each_other(model: Model, takes: list[Take]) -> None:
    take = takes[1]
    first, second = close_lips((), 1.1), close_lips((), 4.2)
    both = _apply(model, take, (*first, *second)).values
    half = round(2.6 * take.curves.fps)
    np.testing.assert_array_equal(both[:half], _apply(model, take, first).values[:half])
    np.testing.assert_array_equal(both[half:], _apply(model, take, second).values[half:])


def test_strength_scales_a_vowel(model: Model, takes: list[Take]) -> None:
    take = takes[0]
    jaw = take.curves.names.index("jawOpen")
    index = next(index for index, sound in enumerate(take.sounds) if sound.label == "OY")
    edit = edited_sounds(take.sounds, ())[index].edit
    frame = round(edit.sound.center * take.curves.fps)
    opened = [
        float(_apply(model, take, (edit._replace(strength=strength),)).values[frame, jaw])
        for strength in (0.0, 0.5, 1.0, 1.5)
    ]
    assert opened == sorted(opened) and opened[0] < 0.75 * opened[2]


def test_edge_carries_the_movement_along(model: Model, takes: list[Take]) -> None:
    """The closure of a B comes later when the edge before it moves."""
    take = takes[2]
    index = next(index for index, sound in enumerate(take.sounds) if sound.label == "B")
    at = take.sounds[index].start
    moved = _apply(model, take, move_edge(take.sounds, (), index, at + 0.06))
    fps = take.curves.fps
    window = slice(round((at - 0.1) * fps), round((at + 0.3) * fps))

    def first_closed(curves: Curves) -> int:
        return int(np.argmax(lip_aperture(curves)[window] < 0.05))

    assert 1 <= first_closed(moved) - first_closed(take.curves) <= 5


def test_unknown_identity_gets_the_mean_pose(model: Model, takes: list[Take]) -> None:
    assert model.sounds
    poses = model.sounds.poses
    np.testing.assert_allclose(poses.of("capture").offset, poses.offset.mean(axis=0))
    take = replace(takes[0], identity="capture")
    edits = close_lips((), 2.0)
    assert aperture_of(_apply(model, take, edits), edits[0]) < CLOSED_SHARE


def test_face_without_mouth_close_closes_with_the_jaw(model: Model, takes: list[Take]) -> None:
    """As a capture from a rig with some of ARKit's channels."""
    take = takes[0]
    names = ("jawOpen", "mouthFunnel", "mouthSmileLeft", "browInnerUp")
    columns = [take.curves.names.index(name) for name in names]
    captured = replace(take, curves=Curves(names, take.curves.values[:, columns], take.curves.fps))
    edits = close_lips((), 4.2)
    assert aperture_of(captured.curves, edits[0]) > 2 * CLOSED_SHARE
    closed = _apply(model, captured, edits)
    assert aperture_of(closed, edits[0]) < CLOSED_SHARE
    np.testing.assert_array_equal(closed.values[:, 3], captured.curves.values[:, 3])
