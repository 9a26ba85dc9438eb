"""The list of edits: what an artist does to one sound, and what the sounds are then."""

from backend.sounds.edit_list import (
    ADDED,
    FARTHEST,
    SHORTEST,
    Edit,
    carry_over,
    change,
    close_lips,
    edited_sounds,
    edits_between,
    forget,
    move_edge,
    row_at,
)
from backend.sounds.shapes import PHONES, SHAPES, Sound

HEARD = (
    Sound("SIL", 0.0, 0.5),
    Sound("N", 0.5, 0.6),
    Sound("AA", 0.6, 0.8),
    Sound("T", 0.8, 0.9),
    Sound("SIL", 0.9, 1.2),
)


def _labels(edits: tuple[Edit, ...]) -> list[str]:
    return [row.sound.label for row in edited_sounds(HEARD, edits)]


def test_each_phone_has_one_shape() -> None:
    assert len(set(PHONES)) == len(PHONES) == 40
    assert len(SHAPES) == 15


def test_closure_takes_its_time_from_the_sounds_that_it_lies_on() -> None:
    edits = close_lips((), 0.7)
    rows = edited_sounds(HEARD, edits)
    assert [row.sound.label for row in rows] == ["SIL", "N", "AA", "M", "AA", "T", "SIL"]
    assert rows[3].is_edited and rows[3].origin == ADDED and not rows[2].is_edited
    assert rows[2].sound.end == rows[3].sound.start and rows[3].sound.end == rows[4].sound.start
    assert rows[-1].sound == HEARD[-1]


def test_second_closure_nearby_replaces_the_first() -> None:
    edits = close_lips(close_lips((), 0.7), 0.72)
    assert len(edits) == 1 and edits[0].sound.center == 0.72
    assert len(close_lips(edits, 1.0)) == 2


def test_change_and_forget() -> None:
    row = edited_sounds(HEARD, ())[1]
    edits = change((), row, label="M")
    assert _labels(edits) == ["SIL", "M", "AA", "T", "SIL"]
    edits = change(edits, edited_sounds(HEARD, edits)[1], strength=0.5)
    assert edits == (Edit("M", 0.5, 0.6, 0.5, 1),)
    assert forget(edits, edited_sounds(HEARD, edits)[1]) == ()
    added = close_lips(edits, 1.0)
    rows = edited_sounds(HEARD, added)
    assert forget(added, rows[row_at(rows, 1.0) or 0]) == edits


def test_moved_edge_stays_within_reach() -> None:
    edits = move_edge(HEARD, (), 2, 0.57)
    rows = edited_sounds(HEARD, edits)
    assert rows[1].sound.end == rows[2].sound.start == 0.57
    far = edited_sounds(HEARD, move_edge(HEARD, edits, 2, 5.0))
    assert far[2].sound.start <= 0.6 + FARTHEST and far[2].sound.end - far[2].sound.start >= SHORTEST
    assert [row.sound for row in far][3:] == list(HEARD[3:])


def test_edits_carry_over_to_another_hearing() -> None:
    edits = (*change((), edited_sounds(HEARD, ())[1], label="M"), Edit("P", 1.0, 1.1))
    other = (Sound("SIL", 0.0, 0.48), Sound("AH", 0.48, 0.5), Sound("D", 0.5, 0.62), *HEARD[2:])
    assert carry_over(edits, HEARD, HEARD) == edits
    assert carry_over(edits, HEARD, other) == (Edit("M", 0.5, 0.6, 1.0, 2), Edit("P", 1.0, 1.1))


def test_only_sounds_that_look_different_become_edits() -> None:
    wanted = (HEARD[0], Sound("M", 0.5, 0.6), Sound("AY", 0.6, 0.8), Sound("D", 0.8, 0.9, 0.5), HEARD[4])
    assert edits_between(HEARD, wanted) == (Edit("M", 0.5, 0.6), Edit("T", 0.8, 0.9, 0.5, 3))
