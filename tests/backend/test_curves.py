"""Curves at other frame rates, and the files that hold them."""

from pathlib import Path

import numpy as np
import pytest

from backend.arkit import CHANNELS
from backend.curves import Curves, CurvesError, check_path, read_json, read_livelink_csv, resample, write

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


def _take(frames: int = 95, fps: float = 30.0, start: float = 0.0) -> Curves:
    values = np.random.default_rng(1).random((frames, len(CHANNELS)), dtype=np.float32)
    return Curves(CHANNELS, values, fps, start)


def test_the_same_rate_gives_the_same_values() -> None:
    take = _take()
    np.testing.assert_array_equal(resample(take, take.fps, len(take.values)).values, take.values)
    held = resample(take, take.fps, len(take.values) + 5).values
    np.testing.assert_array_equal(held[-6:], np.repeat(take.values[-1:], 6, axis=0))


@pytest.mark.parametrize("fps", [12, 24, 25, NTSC, 60, 240])
def test_another_rate_follows_the_same_curve(fps: float) -> None:
    def curve(fps: float, count: int) -> np.ndarray:
        time = np.arange(count) / fps
        return np.stack([0.5 + 0.4 * np.sin(2 * np.pi * time), np.clip(time, 0, 1)], axis=1).astype(np.float32)

    made = resample(Curves(("jawOpen", "tongueOut"), curve(30, 91), 30.0, 1.5), fps, round(3 * fps))
    assert made.values.shape == (round(3 * fps), 2) and made.values.dtype == np.float32
    assert (made.fps, made.start, made.names) == (fps, 1.5, ("jawOpen", "tongueOut"))
    np.testing.assert_allclose(made.values, curve(fps, round(3 * fps)), atol=0.01)


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_a_long_take_is_resampled_like_a_short_one(fps: float, monkeypatch: pytest.MonkeyPatch) -> None:
    take = _take(500)
    whole = resample(take, fps, round(500 / 30 * fps) + 3).values
    monkeypatch.setattr("backend.curves._PIECE", 7)
    np.testing.assert_array_equal(resample(take, fps, len(whole)).values, whole)


def test_between_two_frames_nothing_leaves_their_range() -> None:
    values = np.array([[0], [0], [1], [0], [0], [0.3], [0.3]], np.float32)
    made = resample(Curves(("jawOpen",), values, 30.0), 300.0, 61).values[:, 0]
    assert made[:11].max() == 0 and made[30:41].max() == 0
    assert np.ptp(made[50:]) == 0
    assert made.min() == 0 and made.max() == 1


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_takes(frames: int) -> None:
    made = resample(_take(frames), 60.0, 4).values
    assert made.shape == (4, 52) and np.isfinite(made).all()


@pytest.mark.parametrize("start", [0.0, 3.21, 3599.99])
@pytest.mark.parametrize("fps", [24.0, 25.0, NTSC, 30.0, 23.7, 60.0, 240.0])
def test_livelink_comes_back(tmp_path: Path, fps: float, start: float) -> None:
    take = _take(round(3 * fps) + 1, fps, start)
    write(tmp_path / "take.csv", take)
    back = read_livelink_csv(tmp_path / "take.csv")
    assert back.names == CHANNELS
    assert back.fps == pytest.approx(fps, abs=1e-3)
    assert back.start == pytest.approx(start, abs=1e-3 / fps)
    assert len(back.values) == len(take.values)
    np.testing.assert_allclose(back.values, take.values, atol=2e-6)


def test_livelink_is_what_capture_apps_write(tmp_path: Path) -> None:
    write(tmp_path / "take.CSV", Curves(("jawLeft", "jawRight"), np.array([[0.25, 0.5]] * 61, np.float32), 30.0, 3599.0))
    lines = (tmp_path / "take.CSV").read_text().splitlines()
    assert lines[0] == LIVELINK
    cells = dict(zip(lines[0].split(","), lines[32].split(","), strict=True))
    assert (cells["Timecode"], cells["BlendshapeCount"]) == ("01:00:00:01.000", "61")
    assert (cells["JawLeft"], cells["JawRight"], cells["HeadYaw"]) == ("0.250000", "0.500000", "0")
    assert [path.name for path in tmp_path.iterdir()] == ["take.CSV"]


def test_a_clock_shows_29_97_without_drift(tmp_path: Path) -> None:
    write(tmp_path / "take.csv", _take(1800, NTSC))
    codes = [line.split(",")[0] for line in (tmp_path / "take.csv").read_text().splitlines()[1:]]
    assert codes[:2] == ["00:00:00:00.000", "00:00:00:01.000"]
    assert codes[30] == "00:00:01:00.030"  # 1.001 s
    assert codes[1799] == "00:01:00:00.798"  # 60.027 s


def test_a_capture_with_dropped_frames_over_midnight(tmp_path: Path) -> None:
    lines = ["Timecode,BlendshapeCount,JawOpen,Extra"]
    for frame in range(180):
        if frame % 50 != 7:
            second = (23 * 3600 + 59 * 60 + 58 + frame // 60) % 86400
            lines.append(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}:{frame % 60:02}.250,61,{frame / 200},7")
    (tmp_path / "take.csv").write_text("\n".join(lines))
    back = read_livelink_csv(tmp_path / "take.csv")
    assert (back.names, back.fps, len(back.values)) == (("jawOpen",), 60.0, 180)
    np.testing.assert_allclose(back.values[:, 0], np.arange(180) / 200, atol=1e-6)


def test_json_comes_back(tmp_path: Path) -> None:
    take = _take(7, NTSC, 1.25)
    write(tmp_path / "take.json", take)
    back = read_json(tmp_path / "take.json")
    assert (back.names, back.fps, back.start) == (take.names, take.fps, take.start)
    np.testing.assert_allclose(back.values, take.values, atol=1e-6)


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
        "Timecode,JawOpen\n00:00:00:00,1\n99999999:00:00:00,1\n",
        "\0\0\0",
    ],
)
def test_what_is_no_livelink_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "take.csv").write_text(text)
    with pytest.raises(CurvesError):
        read_livelink_csv(tmp_path / "take.csv")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"names": ["jawOpen"], "fps": 30, "start": 0, "frames": [[1, 2]]}', "[" * 9999])
def test_what_is_no_json_of_curves(tmp_path: Path, text: str) -> None:
    (tmp_path / "take.json").write_text(text)
    with pytest.raises(CurvesError):
        read_json(tmp_path / "take.json")


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "take.txt", tmp_path / "none" / "take.csv", tmp_path / "folder.csv"):
        with pytest.raises(CurvesError):
            check_path(path)
        with pytest.raises(CurvesError):
            write(path, _take(2))
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]
