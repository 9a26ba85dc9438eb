"""Scripts: words find their sounds, and correct what was heard."""

import pytest

from backend.sounds import spelling
from backend.sounds.edit_list import edits_between
from backend.sounds.script import align_script
from backend.sounds.shapes import PAUSE, PHONES, Sound


def _heard(text: str, seconds: float = 0.1) -> tuple[Sound, ...]:
    labels = text.split()
    return tuple(Sound(label, index * seconds, (index + 1) * seconds) for index, label in enumerate(labels))


@pytest.mark.parametrize("text", ["Hello, there!", "  hello\nTHERE ", "h\u00e9llo \u2014 there 5"])
def test_words_of_a_line(text: str) -> None:
    assert spelling.words_of(text) == ["hello", "there"]


def test_apostrophes_stay_within_words() -> None:
    assert spelling.words_of("I\u2019ll take Bob's 'big' one") == ["i'll", "take", "bob's", "big", "one"]


@pytest.mark.parametrize(
    ("word", "phones"),
    [("the", "DH AH"), ("map", "M AE P"), ("bean", "B IY N"), ("shop", "SH AA P"), ("moon", "M UW N")],
)
def test_words_are_pronounced(word: str, phones: str) -> None:
    assert spelling.pronounce(word) == tuple(phones.split())
    if word != "the":
        assert spelling.by_rules(word) == tuple(phones.split())


def test_rules_give_known_phones_for_anything() -> None:
    for word in ("zxqj", "rhythm", "bob's", "a", "pneumonoultramicroscopic"):
        assert set(spelling.by_rules(word)) <= set(PHONES) - {PAUSE}


def test_words_get_the_times_of_their_sounds() -> None:
    heard = _heard("SIL M AE P SIL B IY N SIL")
    line = align_script(heard, "Map bean")
    assert [(word.text, round(word.start, 3), round(word.end, 3)) for word in line.words] == [
        ("map", 0.1, 0.4),
        ("bean", 0.5, 0.8),
    ]
    assert line.sounds == heard
    assert edits_between(heard, line.sounds) == ()


def test_script_corrects_what_was_heard() -> None:
    heard = _heard("SIL N AE P SIL B IY N SIL")  # N where the script has M
    (edit,) = edits_between(heard, align_script(heard, "Map bean").sounds)
    assert (edit.label, round(edit.start, 3), round(edit.end, 3)) == ("M", 0.1, 0.2)


def test_sound_that_was_not_heard_is_added() -> None:
    heard = _heard("SIL AE P SIL B IY N SIL")
    line = align_script(heard, "Map bean")
    assert [sound.label for sound in line.sounds if sound.label != PAUSE] == ["M", "AE", "P", "B", "IY", "N"]
    assert all(now.end <= then.start + 1e-6 for now, then in zip(line.sounds, line.sounds[1:], strict=False))
    assert [edit.label for edit in edits_between(heard, line.sounds)] == ["M"]


@pytest.mark.parametrize("text", ["", "12 34", "\u4f60\u597d"])
def test_text_without_words_changes_nothing(text: str) -> None:
    heard = _heard("SIL M AE P SIL")
    assert align_script(heard, text).sounds == heard


def test_silence_has_no_words() -> None:
    heard = (Sound(PAUSE, 0.0, 2.0),)
    assert align_script(heard, "hello there").words == ()
