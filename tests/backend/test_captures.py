"""Captures as apps, spreadsheets and recorders that crash leave them: every table of ARKit's names is read, rotations with it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.arkit import CHANNELS
from backend.curve_files import read, write
from backend.curves.base import ROTATIONS, Curves, CurvesError, resample

NTSC = 30000 / 1001


def _jaw(seconds: np.ndarray | float) -> np.ndarray:
    return 0.4 + 0.3 * np.sin(2 * np.pi * 0.7 * np.asarray(seconds))


def _codes(rows: int, row_fps: float, code_fps: float, digits: int = 3, start: int = 36000) -> Iterator[str]:
    for row in range(rows):
        second, frame = divmod(row * code_fps / row_fps + 1e-9, code_fps)
        clock = start + int(second)
        yield f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}:{frame:0{3 + digits if digits else 2}.{digits}f}"


def _dropping(rows: int, nominal: int, first: int, mark: str = ";") -> Iterator[str]:
    """Drop-frame timecode, of a frame's number."""
    drop = nominal // 15
    for number in range(first, first + rows):
        tens, rest = divmod(number, nominal * 600 - 9 * drop)
        count = number + 9 * drop * tens + (drop * ((rest - drop) // (nominal * 60 - drop)) if rest >= drop else 0)
        frame, second = count % nominal, count // nominal
        yield f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}{mark}{frame:02}"


def _csv(path: Path, codes: Iterator[str], row_fps: float) -> Path:
    rows = [f"{code},61,{_jaw(row / row_fps):.6f},{row / 1000:.3f}" for row, code in enumerate(codes)]
    path.write_text("\n".join(["Timecode,BlendshapeCount,JawOpen,HeadYaw", *rows, ""]))
    return path


def _check(take: Curves, fps: float, seconds: float, start: float = 0.0) -> None:
    assert take.names == ("jawOpen",)
    assert take.fps == pytest.approx(fps, abs=1e-3)
    assert len(take.values) == pytest.approx(seconds * fps, abs=2)
    np.testing.assert_allclose(take.values[:, 0], _jaw(start + np.arange(len(take.values)) / fps), atol=5e-3)


@pytest.mark.parametrize(
    ("row_fps", "code_fps", "digits"),
    [
        (60, 60, 3),
        (30, 60, 3),
        (20, 60, 3),
        (15, 30, 0),
        (60, 24, 3),
        (60, 30, 3),
        (50, 25, 1),
        (12, 24, 0),
        (100, 25, 3),
        (10, 60, 3),
    ],
)
def test_rows_may_skip_timecode_frames(row_fps: int, code_fps: int, digits: int, tmp_path: Path) -> None:
    _check(read(_csv(tmp_path / "a.csv", _codes(row_fps * 20, row_fps, code_fps, digits), row_fps)), row_fps, 20.0)


@pytest.mark.parametrize("nominal", [30, 60])
@pytest.mark.parametrize("mark", [";", ":"])
@pytest.mark.parametrize("minute", [0, 9, 59])
def test_drop_frame_timecode_does_not_drift(nominal: int, mark: str, minute: int, tmp_path: Path) -> None:
    fps = nominal * 1000 / 1001
    first = round(minute * 60 * fps) + 30 * nominal
    take = read(_csv(tmp_path / "a.csv", _dropping(nominal * 130, nominal, first, mark), fps))
    _check(take, fps, nominal * 130 / fps)
    assert take.start == pytest.approx(first / fps, abs=1e-3)


def test_subframes_may_repeat_the_frame(tmp_path: Path) -> None:
    codes = (f"00:00:{row // 60:02}:{row % 60 + row % 60 / 60:06.3f}" for row in range(600))
    _check(read(_csv(tmp_path / "a.csv", codes, 60)), 60, 10.0)


def test_missing_rate_can_be_given(tmp_path: Path) -> None:
    short = _csv(tmp_path / "short.csv", _codes(20, 24, 24), 24)
    assert read(short).fps == 60
    _check(read(short, 24.0), 24, 20 / 24)
    ntsc = _csv(tmp_path / "ntsc.csv", _codes(1800, 30, 30, 0), NTSC)  # counts like 30, and is none
    assert read(ntsc).fps == 30
    _check(read(ntsc, NTSC), NTSC, 1800 / NTSC)
    half = _csv(tmp_path / "half.csv", _codes(600, 30, 60), 30)
    _check(read(half, 30.0), 30, 20.0)  # the rows' rate and the timecode's are both understood
    _check(read(half, 60.0), 30, 20.0)
    (tmp_path / "bare.csv").write_text("\n".join(["jawOpen", *(f"{_jaw(k / 25):.6f}" for k in range(100))]))
    _check(read(tmp_path / "bare.csv", 25.0), 25, 4.0)


LINES = [f"{code},61,{_jaw(row / 60):.6f},{row / 1000:.3f}" for row, code in enumerate(_codes(600, 60, 60))]
TEXT = "\n".join(["Timecode,BlendshapeCount,JawOpen,HeadYaw", *LINES, ""])
GERMAN = "\n".join(",".join(line.split(",")).replace(",", ";").replace(".", ",") for line in TEXT.split("\n"))
SPELLED: dict[str, bytes] = {
    "a BOM": TEXT.encode("utf-8-sig"),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 without a mark": TEXT.encode("utf-16-be"),
    "tabs": TEXT.replace(",", "\t").encode(),
    "semicolons and points": TEXT.replace(",", ";").encode(),
    "semicolons and commas": GERMAN.encode(),
    "tabs and commas in UTF-16": GERMAN.replace(";", "\t").encode("utf-16"),
    "quotes": TEXT.replace(",", '","').replace("\n", '"\n"').encode()[:-1].join((b'"', b"")),
    "Windows's line ends": TEXT.replace("\n", "\r\n").encode(),
    "old line ends": TEXT.replace("\n", "\r").encode(),
    "a separator that Excel is told": b"sep=;\r\n" + TEXT.replace(",", ";").encode(),
    "what stands before the table": b"Recorded by,somebody\n\n" + TEXT.encode(),
    "empty lines": TEXT.replace("\n", "\n\n").encode(),
    "empty columns behind": TEXT.replace("\n", ",,\n").encode(),
    "a cut last row": TEXT.encode()[:-9],
    "a cut last code": (TEXT + "10:00:10:0").encode(),
    "an empty cell": TEXT.replace(f",{_jaw(100 / 60):.6f},", ",,").encode(),
    "a cell that became a date": TEXT.replace(f",{_jaw(100 / 60):.6f},", ",04. Mrz,").encode(),
    "NaN": TEXT.replace(f",{_jaw(100 / 60):.6f},", ",nan,").encode(),
    "a row without anything": TEXT.replace(LINES[300], ",,,").encode(),
    "a row without a time": TEXT.replace(LINES[300], LINES[300][15:]).encode(),
    "a short row": TEXT.replace(LINES[300], LINES[300].split(",")[0]).encode(),
}


@pytest.mark.parametrize("what", SPELLED)
def test_table_encodings_and_separators_are_read(what: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(SPELLED[what])
    take = read(path)
    _check(take, 60, 10.0)
    assert take.rotations["HeadYaw"][:590] == pytest.approx(np.arange(590) / 1000, abs=2e-3)


def test_empty_column_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,jawOpen,tongueOut\n0,0.1,\n0.1,0.2,\n0.2,0.3,\n")
    assert read(tmp_path / "a.csv").names == ("jawOpen",)


TIMES = np.arange(300) / 30


def _clocked(header: str, clock: Callable[[int], str], before: str = "") -> str:
    return "\n".join([header, *(clock(k) + before + "".join([f",{_jaw(k / 30):.6f}"] * 2) for k in range(300))])


TABLES: dict[str, tuple[str, float]] = {
    "Audio2Face-3D": (_clocked(",timeCode,blendShapes.JawOpen,blendShapes.TongueOut", lambda k: f"{k},{k / 30}"), 30),
    "MediaPipe": (_clocked("timestamp_ms,_neutral,jawOpen,mouthPucker", lambda k: f"{round(k * 1000 / 30)},0.1"), 30),
    "microseconds": (_clocked("timestamp,jawOpen,mouthPucker", lambda k: f"{round(k * 1e6 / 30)}"), 30),
    "milliseconds": (_clocked("Time,jawOpen,mouthPucker", lambda k: f"{round(k * 1000 / 30)}"), 30),
    "an index": (_clocked(",jawOpen,mouthPucker", str), 60),
    "SAiD": (_clocked("jawForward,jawOpen,mouthPucker", lambda k: "0.0"), 60),
    "frames": (_clocked("Frame,Jaw_Open,Mouth_Pucker", str), 60),
    "sides": (_clocked("time,Jaw_Open,mouthSmile_L", lambda k: f"{k / 30:.3f}"), 30),
}


@pytest.mark.parametrize("what", TABLES)
def test_tables_of_other_tools_are_read(what: str, tmp_path: Path) -> None:
    text, fps = TABLES[what]
    for suffix in (".csv", ".txt", ""):
        path = tmp_path / f"take{suffix}"
        path.write_text(text)
        take = read(path)
        assert take.fps == pytest.approx(fps, abs=1e-3)
        assert len(take.values) == 300
        np.testing.assert_allclose(take.values[:, take.names.index("jawOpen")], _jaw(TIMES), atol=5e-3)


def test_face_caps_text(tmp_path: Path) -> None:
    rows = [f"k,{round(k * 1000 / 60)},0,0.1,0.2,10,-20,5,1,2,3,4,{_jaw(k / 60):.6f},0.5" for k in range(300)]
    (tmp_path / "a.txt").write_text(
        "\n".join(["info,made by hand,as its importers read it", "bs,jawOpen,mouthSmile_L", *rows])
    )
    take = read(tmp_path / "a.txt")
    assert (take.names, take.fps) == (("jawOpen", "mouthSmileLeft"), 60)
    np.testing.assert_allclose(take.values[:, 0], _jaw(np.arange(300) / 60), atol=5e-3)
    angles = {name: float(np.degrees(turn[7])) for name, turn in take.rotations.items()}
    assert angles == pytest.approx({
        "HeadPitch": 10, "HeadYaw": -20, "HeadRoll": 5, "LeftEyePitch": 1, "LeftEyeYaw": 2, "RightEyePitch": 3, "RightEyeYaw": 4,
    }, abs=1e-4)  # fmt: skip


def test_lists_of_mediapipes_categories(tmp_path: Path) -> None:
    scored = [
        {"timestamp_ms": round(k * 1000 / 30), "face_blendshapes": [[
            {"index": 0, "category_name": "_neutral", "score": 0.1}, {"index": 25, "category_name": "jawOpen", "score": float(_jaw(k / 30))}]]}
        for k in range(60)
    ]  # fmt: skip
    named = {"fps": 30, "frames": [{"jawOpen": float(_jaw(k / 30)), "mouthPucker": 0} for k in range(60)]}
    for data in (scored, named):
        (tmp_path / "a.json").write_text(json.dumps(data))
        take = read(tmp_path / "a.json")
        assert take.fps == 30
        assert len(take.values) == 60
        np.testing.assert_allclose(take.values[:, take.names.index("jawOpen")], _jaw(np.arange(60) / 30), atol=5e-3)


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz"])
def test_rotations_come_back(suffix: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    turned = {name: (chance.random(90, dtype=np.float32) - 0.5) for name in ROTATIONS}
    take = Curves(CHANNELS, chance.random((90, 52), dtype=np.float32), 60.0, 5.5, turned)
    write(tmp_path / f"a{suffix}", take)
    back = read(tmp_path / f"a{suffix}")
    assert back.names == CHANNELS
    assert [*back.rotations] == [*ROTATIONS]
    for name in ROTATIONS:
        np.testing.assert_allclose(back.rotations[name], turned[name], atol=1e-6)
    half = resample(back, 30.0, 45)
    np.testing.assert_allclose(half.rotations["HeadYaw"], turned["HeadYaw"][::2], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,jawOpen,jawLeft\n0,0,1,0,2\n1,0,1,0,2\n2,0,1,0,2\n", "decimal commas"),
        ("Name,Age\nMax,3\n", "no line of it names a channel"),
        ("time,jawOpen\n", "has no frames"),
        ("time,jawOpen,jawLeft,jawRight\n0,x,y,z\n1,x,,\n", "aren't numbers"),
    ],
)
def test_unreadable_table_is_explained(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(CurvesError, match=words):
        read(tmp_path / "a.csv")
