"""TextGrids as Praat and aligners write them."""

from pathlib import Path

import pytest

from backend.sounds.text_grid import Interval
from training.data.textgrid import TextGridError, read_text_grid, spoken_share

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = ""
        intervals [2]:
            xmin = 1.5
            xmax = 2.5
            text = "say ""café"" 3"
    item [2]:
        class = "TextTier"
        name = "bell"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 0.7
            mark = "ding"
    item [3]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 2.5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 1e0
            text = "SIL"
        intervals [2]:
            xmin = 1
            xmax = 2
            text = "K"
        intervals [3]:
            xmin = 2
            xmax = 2.5
            text = "sp"
"""
SHORT = """File type = "ooTextFile"
Object class = "TextGrid"
! written by hand: "not a label", 17
0
2.5
<exists>
3
"IntervalTier" "words" 0 2.5 2
0 1.5 "" 1.5 2.5 "say ""café"" 3"
"TextTier"
"bell"
0
2.5
1
0.7
"ding"
"IntervalTier"
"phones"
0
2.5
3
0
1e0
"SIL"
1
2
"K"
2
2.5
"sp"
"""
WORDS = (Interval(0.0, 1.5, ""), Interval(1.5, 2.5, 'say "café" 3'))
PHONES = (Interval(0.0, 1.0, "SIL"), Interval(1.0, 2.0, "K"), Interval(2.0, 2.5, "sp"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
def test_formats_and_encodings_agree(text: str, encoding: str, tmp_path: Path) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    (tmp_path / "a.TextGrid").write_bytes(mark + text.replace("\n", "\r\n").encode(encoding))
    assert read_text_grid(tmp_path / "a.TextGrid") == {"words": WORDS, "phones": PHONES}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (LONG[:900], "ends in the middle"),
        (LONG.replace('"TextGrid"', '"Pitch 1"'), "another format"),
        (LONG.replace("size = 3", 'size = "three"'), "where a number should be"),
        ("\x00\x01", "ends in the middle"),
    ],
)
def test_broken_files_are_reported(broken: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.TextGrid").write_text(broken)
    with pytest.raises(TextGridError, match=words):
        read_text_grid(tmp_path / "a.TextGrid")


def test_undecodable_bytes_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.TextGrid").write_bytes(b"File type = \xe9\xe8")
    with pytest.raises(TextGridError, match="a.TextGrid"):
        read_text_grid(tmp_path / "a.TextGrid")


def test_file_without_tiers_is_reported() -> None:
    assert spoken_share({}) is None


def test_spoken_share_prefers_phones() -> None:
    assert spoken_share({"words": WORDS, "phones": PHONES}) == pytest.approx(1.0 / 2.5)
    assert spoken_share({"words": WORDS}) == pytest.approx(1.0 / 2.5)
    unlabelled = (Interval(0.0, 2.5, ""),)
    assert spoken_share({"words": WORDS, "phones": unlabelled}) == pytest.approx(1.0 / 2.5)
    assert spoken_share({"words": unlabelled}) is None
    assert spoken_share({"phones": (Interval(0.0, 2.5, "SIL"),)}) == 0.0
