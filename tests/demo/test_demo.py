"""Choosing, wrapping and scaling for the contact sheets, without Blender."""

import itertools

import numpy as np
import pytest

from backend.audio import RATE, read_clip
from backend.curves.base import Curves

pytest.importorskip("PIL")

from tests.demo.chart import Lane, extent
from tests.demo.dialogue import IDENTITIES, cues, emotion_markers, length, shots, voice
from tests.demo.moments import Phone, read_known, telling
from tests.demo.paper import font
from tests.demo.styles import STYLES, descriptions
from tests.demo.styles_sheet import COLUMNS, wrapped


def test_sounds_are_shown_in_turn():
    phones = [
        Phone("P", 0.0, 0.1),
        Phone("B", 0.1, 0.2),
        Phone("AA", 0.2, 0.4),
        Phone("AA", 0.4, 0.5),
        Phone("OW", 0.5, 0.7),
    ]
    assert [moment.label for moment in telling(phones)] == ["P", "B", "AA", "OW"]
    few = telling(phones, 3)
    assert [(moment.label, moment.note) for moment in few] == [("P", "lips meet"), ("AA", "open"), ("OW", "rounded")]
    assert few[1].time == pytest.approx(0.3)  # the middle of the longest


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.clip)
def test_style_has_clip_and_sounds(style):
    text, phones = read_known(style.sound.with_suffix(".json"))
    seconds = len(read_clip(style.sound).samples) / RATE
    assert text and phones[-1].end == pytest.approx(seconds, abs=0.1)
    assert len(telling(phones, COLUMNS)) == COLUMNS


def test_model_has_the_styles():
    assert {style.identity for style in STYLES} <= set(descriptions())


def test_film_has_two_voices_in_turn_and_cuts_in_order():
    script = cues()
    assert 15 <= length(script) <= 25
    assert all(one.end <= other.start for one, other in itertools.pairwise(script))
    tracks = np.array([voice(script, actor) for actor in (0, 1)])
    assert (np.abs(tracks).max(axis=1) > 0.1).all() and not np.abs(tracks).min(axis=0).any()
    times = [seconds for seconds, _, _ in shots(script)]
    assert times[0] == 0 and min(np.diff(times)) > 0.5 and times[-1] < length(script)
    for actor in (0, 1):
        assert np.diff([seconds for seconds, _ in emotion_markers(script, actor)]).min() > 0
    assert set(IDENTITIES) <= set(descriptions())


def test_lane_scale_covers_all_takes():
    lane = Lane("Smile", ("left", "right"), ("frown",), (0, 0, 0))
    names = ("left", "right", "frown")
    first = Curves(names, np.array([[0.1, 0.5, 0.0], [0.2, 0.1, 0.25]], np.float32), 30)
    second = Curves(names, np.array([[0.75, 0.0, 0.0]], np.float32), 30)
    assert extent(lane, [first, second]) == (0.75, 0.25)


def test_lines_keep_the_requested_width():
    text = "Somebody carried a huge bag of potatoes"
    lines = wrapped(text, 120, 20)
    assert " ".join(lines) == text and len(lines) > 1
    assert all(font(20).getlength(line) <= 120 for line in lines)
