"""Files of sounds: written and read back, and refused with a reason."""

from pathlib import Path

import pytest

from backend.sounds.files import (
    SoundsError,
    Transcript,
    Word,
    check_sounds_path,
    phone_of,
    read_transcript,
    write_transcript,
)
from backend.sounds.shapes import PHONES, Sound

SOUNDS = (
    Sound("SIL", 0.0, 0.25),
    Sound("M", 0.25, 0.35, 1.5),
    Sound("AA", 0.35, 0.5),
    Sound("L", 0.5, 0.6),
    Sound("SIL", 0.6, 1.0),
)
LINE = Transcript(SOUNDS, (Word('"moll"', 0.25, 0.6),))


def test_json_keeps_everything(tmp_path: Path) -> None:
    write_transcript(tmp_path / "line.json", LINE)
    assert read_transcript(tmp_path / "line.json") == LINE
    assert [path.name for path in tmp_path.iterdir()] == ["line.json"]


def test_text_grid_keeps_all_but_strengths(tmp_path: Path) -> None:
    write_transcript(tmp_path / "line.TextGrid", LINE)
    back = read_transcript(tmp_path / "line.TextGrid")
    assert back == Transcript(tuple(sound._replace(strength=1.0) for sound in SOUNDS), LINE.words)


def test_rhubarb_has_its_nine_shapes(tmp_path: Path) -> None:
    write_transcript(tmp_path / "line.tsv", LINE)
    assert (tmp_path / "line.tsv").read_text() == "0.00\tX\n0.25\tA\n0.35\tD\n0.50\tH\n0.60\tX\n1.00\tX\n"
    back = read_transcript(tmp_path / "line.tsv")
    assert back.sounds == tuple(sound._replace(strength=1.0) for sound in SOUNDS)


def test_every_phone_can_be_written(tmp_path: Path) -> None:
    line = Transcript(tuple(Sound(phone, index / 10, (index + 1) / 10) for index, phone in enumerate(PHONES)))
    for suffix in (".json", ".textgrid", ".tsv"):
        write_transcript(tmp_path / f"line{suffix}", line)
        assert read_transcript(tmp_path / f"line{suffix}").end == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("text", "phone"), [("AH0", "AH"), ("m", "M"), ("", "SIL"), ("sp", "SIL"), ("f v", "F"), ("iy1", "IY")]
)
def test_labels_are_recognized(text: str, phone: str) -> None:
    assert phone_of(text) == phone


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", "{}", "it lacks 'sounds'"),
        ("a.json", '{"sounds": []}', "0 sounds"),
        ("a.json", '{"sounds": [{"phone": "QQ", "start": 0, "end": 1}]}', "no phone of ARPAbet"),
        ("a.json", '{"sounds": [{"phone": "M", "start": 1, "end": 0}]}', "from 1.0 to 0.0"),
        ("a.json", '{"sounds": [{"phone": "M", "start": 0, "end": NaN}]}', "nan"),
        ("a.json", '{"sounds": [{"phone": "M", "start": 0, "end": 1, "strength": 3}]}', "from 0"),
        ("a.json", "[" * 100000, "can be read"),
        ("a.tsv", "0.0\tQ\n", "can be read"),
        ("a.tsv", "0.0 A\n", "can be read"),
        ("a.TextGrid", "nothing", "can be read"),
        ("a.wav", "", "ends in"),
    ],
)
def test_broken_files_are_refused(name: str, content: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SoundsError, match=reason):
        read_transcript(tmp_path / name)


def test_impossible_paths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundsError, match="ends in"):
        check_sounds_path(tmp_path / "a.csv")
    with pytest.raises(SoundsError, match="no folder"):
        check_sounds_path(tmp_path / "missing" / "a.json")
    with pytest.raises(SoundsError, match="can't be read"):
        read_transcript(tmp_path / "a.json")
