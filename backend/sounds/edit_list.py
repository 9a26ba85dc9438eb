"""The edits of a clip's sounds: a list that an artist changes, one sound at a time. Pure functions."""

from collections.abc import Sequence
from typing import NamedTuple

from .shapes import CLOSED, PAUSE, SHAPE_OF, SHAPES, Sound

ADDED = -1
STRONGEST = 2.0
SHORTEST = 0.04  # s: about a frame
FARTHEST = 0.14  # s: how far an edge may move; farther, the time around it could not stay in order
_NEAR = 0.06  # s: a sound heard this close to where it should be counts as heard
_CLOSURE = 0.09  # s: an added closure; about as long as p, b and m last in fluent speech

Edits = tuple["Edit", ...]


class Edit(NamedTuple):
    """A sound as the artist wants it. label, start, end, strength: as in Sound.

    origin: its index in the sounds that were heard, or ADDED.
    """

    label: str
    start: float
    end: float
    strength: float = 1.0
    origin: int = ADDED

    @property
    def sound(self) -> Sound:
        return Sound(self.label, self.start, self.end, self.strength)


class Row(NamedTuple):
    """A sound as edited. origin: as in Edit. is_edited: False if it is as heard."""

    sound: Sound
    origin: int
    is_edited: bool

    @property
    def edit(self) -> Edit:
        return Edit(*self.sound, origin=self.origin)


def edited_sounds(heard: Sequence[Sound], edits: Sequence[Edit]) -> list[Row]:
    """Return the sounds as edited, in order.

    An added sound takes its time from those that it lies on.
    """
    changed = {edit.origin: edit for edit in edits if edit.origin != ADDED}
    rows = [
        Row(changed[index].sound, index, True) if index in changed else Row(sound, index, False)
        for index, sound in enumerate(heard)
    ]
    for edit in edits:
        if edit.origin == ADDED:
            rows = _carve(rows, edit.start, edit.end) + [Row(edit.sound, ADDED, True)]
    return sorted(rows, key=lambda row: row[0].start)


def _carve(rows: list[Row], start: float, end: float) -> list[Row]:
    left: list[Row] = []
    for sound, index, is_edited in rows:
        for first, last in ((sound.start, min(sound.end, start)), (max(sound.start, end), sound.end)):
            if last - first > 1e-6:
                left.append(Row(sound._replace(start=first, end=last), index, is_edited))
                if last == sound.end:
                    break  # all of it lies before the added sound
    return left


def row_at(rows: Sequence[Row], seconds: float) -> int | None:
    """Return the index of the sound at a time; None outside of all."""
    return next((index for index, row in enumerate(rows) if row.sound.start <= seconds < row.sound.end), None)


def close_lips(edits: Sequence[Edit], seconds: float) -> Edits:
    """Add a closure of the lips at a time. It replaces one that was added close by."""
    start = max(seconds - _CLOSURE / 2, 0.0)
    closure = Edit(SHAPES[CLOSED][0], start, start + _CLOSURE)
    kept = [edit for edit in edits if edit.origin != ADDED or not _touch(edit, closure)]
    return (*kept, closure)


def _touch(one: Edit, other: Edit) -> bool:
    return one.start < other.end and other.start < one.end


def change(edits: Sequence[Edit], row: Row, **fields: object) -> Edits:
    """Change a sound's label or strength."""
    return (*forget(edits, row), row.edit._replace(**fields))  # type: ignore[arg-type]


def forget(edits: Sequence[Edit], row: Row) -> Edits:
    """Take back the edits of a sound: one that was heard is as heard again, and one that was added is gone."""
    if row.origin == ADDED:
        # An added sound may be shown shorter than it is, where another lies on it.
        return tuple(edit for edit in edits if edit.origin != ADDED or not edit.start <= row.sound.center <= edit.end)
    return tuple(edit for edit in edits if edit.origin != row.origin)


def move_edge(heard: Sequence[Sound], edits: Sequence[Edit], index: int, seconds: float) -> Edits:
    """Move the start of the sound in a row of edited_sounds() to a time, and the end of the one before with it.

    It stays within FARTHEST of where it was heard and leaves both sounds SHORTEST. index: 1 or more.
    """
    rows = edited_sounds(heard, edits)
    before, after = rows[index - 1], rows[index]
    seconds = min(max(seconds, before.sound.start + SHORTEST), after.sound.end - SHORTEST)
    for row, was in ((after, "start"), (before, "end")):
        if row.origin != ADDED:
            original = getattr(heard[row.origin], was)
            seconds = min(max(seconds, original - FARTHEST), original + FARTHEST)
            break
    edits = change(edits, before._replace(sound=before.sound._replace(end=seconds)))
    return change(edits, after._replace(sound=after.sound._replace(start=seconds)))


def carry_over(edits: Sequence[Edit], before: Sequence[Sound], after: Sequence[Sound]) -> Edits:
    """Return edits of one clip's sounds for another hearing of the same clip, as by another model."""
    if tuple(before) == tuple(after):
        return tuple(edits)
    carried: dict[int, Edit] = {}
    added: list[Edit] = []
    for edit in edits:
        was = before[edit.origin] if 0 <= edit.origin < len(before) else None
        shared = [overlap(was, sound) for sound in after] if was else []
        origin = max(range(len(shared)), key=lambda index: shared[index]) if shared else ADDED
        if origin == ADDED or shared[origin] <= 0 or origin in carried:
            added.append(edit._replace(origin=ADDED))
        else:
            carried[origin] = edit._replace(origin=origin)
    return (*carried.values(), *added)


def overlap(one: Sound, other: Sound) -> float:
    """Return for how many seconds two sounds overlap; below 0 how far they are apart."""
    return min(one.end, other.end) - max(one.start, other.start)


def edits_between(heard: Sequence[Sound], wanted: Sequence[Sound]) -> Edits:
    """Return the edits that turn what was heard into other sounds of the same clip, as from a file or a script.

    Only sounds of another shape count: what looks alike is left as it was performed.
    """
    edits: list[Edit] = []
    for sound in wanted:
        near = [each for each in heard if overlap(each, sound) > 0 or abs(each.center - sound.center) < _NEAR]
        if sound.label != PAUSE and SHAPE_OF[sound.label] not in {each.shape for each in near}:
            edits.append(Edit(sound.label, sound.start, sound.end, sound.strength))
        elif sound.strength != 1:
            same = next((each for each in near if each.shape == sound.shape), None)
            if same is not None:
                edits.append(Edit(same.label, same.start, same.end, sound.strength, list(heard).index(same)))
    return tuple(edits)
