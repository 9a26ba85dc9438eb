"""The files that hold curves: there and back again, as other programs write them, and what is none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.arkit import BEAT, CHANNELS
from backend.curve_files import check_path, read, write
from backend.curves.base import Curves, CurvesError

NTSC = 30000 / 1001
LIVELINK = (
    "Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,EyeSquintLeft,EyeWideLeft,"
    "EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,EyeSquintRight,EyeWideRight,JawForward,JawRight,"
    "JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,MouthSmileRight,MouthFrownLeft,"
    "MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,"
    "MouthShrugLower,MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,"
    "MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,CheekSquintLeft,"
    "CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,"
    "RightEyeYaw,RightEyePitch,RightEyeRoll"
)


def _take(frames: int, fps: float = 30.0, start: float = 0.0) -> Curves:
    values = np.random.default_rng(1).random((frames, len(CHANNELS)), dtype=np.float32)
    return Curves(CHANNELS, values, fps, start)


@pytest.mark.parametrize("start", [0.0, 3.21, 3599.99])
@pytest.mark.parametrize("fps", [24.0, 25.0, NTSC, 30.0, 23.7, 60.0, 240.0])
def test_livelink_comes_back(tmp_path: Path, fps: float, start: float) -> None:
    take = _take(round(3 * fps) + 1, fps, start)
    write(tmp_path / "take.csv", take)
    back = read(tmp_path / "take.csv")
    assert back.names == CHANNELS
    assert back.fps == pytest.approx(fps, abs=1e-3)
    assert back.start == pytest.approx(start, abs=1e-3 / fps)
    assert len(back.values) == len(take.values)
    np.testing.assert_allclose(back.values, take.values, atol=2e-6)


def test_livelink_output_matches_capture_apps(tmp_path: Path) -> None:
    write(
        tmp_path / "take.CSV", Curves(("jawLeft", "jawRight"), np.array([[0.25, 0.5]] * 61, np.float32), 30.0, 3599.0)
    )
    lines = (tmp_path / "take.CSV").read_text().splitlines()
    assert lines[0] == LIVELINK
    cells = dict(zip(lines[0].split(","), lines[32].split(","), strict=True))
    assert (cells["Timecode"], cells["BlendshapeCount"]) == ("01:00:00:01.000", "61")
    assert (cells["JawLeft"], cells["JawRight"], cells["HeadYaw"]) == ("0.250000", "0.500000", "0")
    assert [path.name for path in tmp_path.iterdir()] == ["take.CSV"]


def test_ntsc_timecode_does_not_drift(tmp_path: Path) -> None:
    write(tmp_path / "take.csv", _take(1800, NTSC))
    codes = [line.split(",")[0] for line in (tmp_path / "take.csv").read_text().splitlines()[1:]]
    assert codes[:2] == ["00:00:00:00.000", "00:00:00:01.000"]
    assert codes[30] == "00:00:01:00.030"  # 1.001 s
    assert codes[1799] == "00:01:00:00.798"  # 60.027 s


def test_dropped_frames_across_midnight(tmp_path: Path) -> None:
    lines = ["Timecode,BlendshapeCount,JawOpen,Extra"]
    for frame in range(180):
        if frame % 50 != 7:
            second = (23 * 3600 + 59 * 60 + 58 + frame // 60) % 86400
            lines.append(
                f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}:{frame % 60:02}.250,61,{frame / 200},7"
            )
    (tmp_path / "take.csv").write_text("\n".join(lines))
    back = read(tmp_path / "take.csv")
    assert (back.names, back.fps, len(back.values)) == (("jawOpen",), 60.0, 180)
    np.testing.assert_allclose(back.values[:, 0], np.arange(180) / 200, atol=1e-6)


@pytest.mark.parametrize("suffix, close", [(".json", 1e-6), (".npz", 0.0)])
@pytest.mark.parametrize("fps, start", [(NTSC, 1.25), (24.0, 0.0), (23.7, 4000.1)])
def test_json_and_npz_come_back(tmp_path: Path, suffix: str, close: float, fps: float, start: float) -> None:
    take, path = _take(7, fps, start), tmp_path / f"take{suffix}"
    write(path, take)
    back = read(path)
    assert (back.names, back.fps, back.start) == (take.names, take.fps, take.start)
    np.testing.assert_allclose(back.values, take.values, atol=close)
    assert back.values.dtype == np.float32
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def _json(folder: Path, data: object) -> Path:
    path = folder / "take.json"
    path.write_text(json.dumps(data))
    return path


def test_json_output_matches_beat_readers(tmp_path: Path) -> None:
    write(
        tmp_path / "take.json", Curves(("jawOpen", "tongueOut"), np.array([[0.25, 0.5], [1, 0]], np.float32), 30.0, 2.0)
    )
    data = json.loads((tmp_path / "take.json").read_text())
    assert data["names"] == ["jawOpen", "tongueOut"]
    assert data["frames"] == [{"weights": [0.25, 0.5], "time": 2.0}, {"weights": [1.0, 0.0], "time": 2.033333}]


def test_beat_json_is_read(tmp_path: Path) -> None:
    values = np.random.default_rng(2).random((300, 51)).round(4)
    frames = [
        {"weights": [*row], "time": round((k + 1) / 60, 4), "rotation": [0, 0, 0]} for k, row in enumerate(values)
    ]
    back = read(_json(tmp_path, {"names": BEAT, "frames": frames}))
    assert (back.fps, back.start) == (60.0, pytest.approx(1 / 60, abs=1e-4))
    assert back.names == CHANNELS[:-1]  # no tongue
    np.testing.assert_allclose(back.values, values[:, [BEAT.index(name) for name in back.names]], atol=1e-6)
    del frames[100:104]  # dropped: put back, from one neighbor to the other
    uneven = read(_json(tmp_path, {"names": BEAT, "frames": frames}))
    assert uneven.fps == 60.0
    assert len(uneven.values) == 300
    np.testing.assert_allclose(
        np.delete(uneven.values, range(99, 105), 0), np.delete(back.values, range(99, 105), 0), atol=0.02
    )


def test_bare_frames_are_read(tmp_path: Path) -> None:
    back = read(_json(tmp_path, {"names": ["jawOpen"], "fps": 25, "start": 1.5, "frames": [[0], [0.5], [2]]}))
    assert (back.names, back.fps, back.start, back.values[:, 0].tolist()) == (("jawOpen",), 25.0, 1.5, [0.0, 0.5, 1.0])


def test_audio2face_json_is_read(tmp_path: Path) -> None:
    names = ["eyeBlinkLeft", "jawOpen", "mouthClose"]
    rows = [[0.0, 0.25, -0.01], [0.5, 1.5, 0.125]]
    export = {
        "exportFps": 60.0,
        "trackPath": "hello.wav",
        "numPoses": 3,
        "numFrames": 2,
        "facsNames": names,
        "weightMat": rows,
    }
    back = read(_json(tmp_path, export))
    assert (back.names, back.fps, back.start) == (tuple(names), 60.0, 0.0)
    assert back.values.tolist() == [[0.0, 0.25, 0.0], [0.5, 1.0, 0.125]]
    with pytest.raises(CurvesError, match="has no ARKit channel"):
        read(_json(tmp_path, export | {"facsNames": ["innerBrowRaiserL", "jawDrop", "lipSuck"]}))
    with pytest.raises(CurvesError, match="don't match its 2 names"):
        read(_json(tmp_path, export | {"facsNames": names[:2]}))
    with pytest.raises(CurvesError, match="frame rate of inf fps"):
        read(_json(tmp_path, export | {"exportFps": float("inf")}))


def test_any_channel_spelling_is_read(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "take.npz",
        names=["Jaw_Open", "Smile", "browInnerUp_L", "browInnerUp_R"],
        values=[[0.1, 1, 0.2, 0.6]],
        fps=50,
    )
    back = read(tmp_path / "take.npz")
    assert (back.names, back.fps, back.start) == (("jawOpen", "browInnerUp"), 50.0, 0.0)
    np.testing.assert_allclose(back.values, [[0.1, 0.4]], atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "Timecode,BlendshapeCount,HeadYaw\n",
        "Timecode,JawOpen\n",
        "Timecode,JawOpen\n00:00:00:00.000\n",
        "Timecode,JawOpen\n00:00:00:00.000,x\n",
        "Timecode,JawOpen\n00:00:00:00.000,nan\n",
        "Timecode,JawOpen\nnow,1\n",
        "Timecode,JawOpen\n" + "9" * 400 + ":00:00:00.000,1\n",
        "\0\0\0",
    ],
)
def test_invalid_livelink_file_is_rejected(tmp_path: Path, text: str) -> None:
    (tmp_path / "take.csv").write_text(text)
    with pytest.raises(CurvesError):
        read(tmp_path / "take.csv")


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "3", '"facsNames"', "[" * 9999, "\0"),
        '{"names": ["jawOpen"], "fps": 30, "start": 0, "frames": [[1, 2]]}',
        '{"names": ["jawOpen"], "fps": 30, "start": 0, "frames": []}',
        '{"names": ["jawOpen"], "frames": [{"weights": [1], "time": 0}, [1]]}',
        '{"names": ["jawOpen"], "frames": [{"weights": [1]}]}',
        '{"names": ["jawOpen"], "frames": [{"weights": [1], "time": NaN}]}',
        '{"names": ["jawOpen"], "frames": [{"weights": [1], "time": 0}, {"weights": [1], "time": 1e9}], "fps": 30}',
        '{"facsNames": ["jawOpen"], "weightMat": [[1]]}',
        '{"facsNames": ["jawOpen"], "weightMat": null, "exportFps": 30}',
    ],
)
def test_invalid_json_is_rejected(tmp_path: Path, text: str) -> None:
    (tmp_path / "take.json").write_text(text)
    with pytest.raises(CurvesError):
        read(tmp_path / "take.json")


def test_invalid_npz_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    path.write_bytes(b"PK\3\4 nothing")
    with pytest.raises(CurvesError, match="contains no readable curves"):
        read(path)
    with open(path, "wb") as file:
        np.save(file, np.zeros((3, 52)))  # an .npy
    with pytest.raises(CurvesError, match="has no supported format"):
        read(path)
    good: dict[str, Any] = {"names": ["jawOpen"], "values": [[0.5]], "fps": 30.0}
    for change in (
        {"names": np.array([object()])},
        {"values": [0.5]},
        {"values": [[np.nan]]},
        {"fps": 0},
        {"fps": [1, 2]},
        {"names": 3},
    ):
        np.savez(path, **(good | change))
        with pytest.raises(CurvesError):
            read(path)


def test_unwritable_path_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "take.txt", tmp_path / "none" / "take.csv", tmp_path / "folder.csv"):
        with pytest.raises(CurvesError):
            check_path(path)
        with pytest.raises(CurvesError):
            write(path, _take(2))
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]
