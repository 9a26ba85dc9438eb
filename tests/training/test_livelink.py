"""Takes of LiveLinkFace, in the app's own layout and made on the spot, to recordings and to arrays."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

from backend.arkit import CHANNELS, EMOTIONS
from backend.audio import read_clip
from backend.curve_files.livelink import write_csv
from backend.curves.base import Curves
from training.__main__ import main
from training.data.beat import NUMBERS, find_recordings, read_track
from training.data.beat_writer import Person, recording_stem
from training.data.livelink_takes import find_captures, import_livelink
from training.data.prepared import load_prepared

SECONDS = 3.0
MIDNIGHT = 24 * 3600.0


def jaw(time: np.ndarray) -> np.ndarray:
    return 0.3 + 0.2 * np.sin(np.pi * time)


def write_take(
    path: Path, fps: float = 60.0, start: float = 43200.0, rate: int = 48000, dropped: tuple[int, ...] = ()
) -> None:
    """path.csv as the app writes it (jaw and mouth right before left) and path.wav, in stereo."""
    time = np.arange(round(SECONDS * fps)) / fps
    values = np.zeros((len(time), len(CHANNELS)), np.float32)
    values[:, CHANNELS.index("jawOpen")] = jaw(time)
    values[:, CHANNELS.index("jawLeft")], values[:, CHANNELS.index("mouthRight")] = 0.25, 0.5
    values[:, CHANNELS.index("tongueOut")] = 0.75
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(path.with_name(path.name + ".csv"), Curves(CHANNELS, values, fps, start))
    if dropped:
        lines = path.with_name(path.name + ".csv").read_text().splitlines()
        path.with_name(path.name + ".csv").write_text(
            "\n".join(line for k, line in enumerate(lines) if k - 1 not in dropped)
        )
    write_sound(path.with_name(path.name + ".wav"), rate)


def write_sound(path: Path, rate: int = 48000) -> None:
    time = np.arange(round(SECONDS * rate)) / rate
    tone = 0.25 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(path, np.stack([tone, tone], axis=1), rate)


@pytest.mark.parametrize("fps", [30.0, 60000 / 1001, 60.0])
@pytest.mark.parametrize("start", [43200.0, MIDNIGHT - 1.0])
def test_take_becomes_a_recording(tmp_path: Path, fps: float, start: float) -> None:
    write_take(tmp_path / "in" / "MySlate_1_iPhone", fps, start, dropped=(20, 21, 77))
    done = import_livelink(tmp_path / "in", tmp_path / "out")
    assert done.written == ("1_in_0_1_1",) and not done.skipped
    [recording] = find_recordings(tmp_path / "out")
    assert (recording.speaker, recording.emotion) == (1, "neutral")
    face = read_track(recording.path.with_suffix(".json")).sampled(60.0)
    assert abs(len(face) - SECONDS * 60) <= 2
    grid = np.arange(len(face)) / 60
    inner = slice(3, len(face) - 3)
    np.testing.assert_allclose(face[inner, CHANNELS.index("jawOpen")], jaw(grid)[inner], atol=0.005)
    constant = {"jawLeft": 0.25, "jawRight": 0, "mouthLeft": 0, "mouthRight": 0.5, "tongueOut": 0.75}
    for name, value in constant.items():
        np.testing.assert_allclose(face[:, CHANNELS.index(name)], value, atol=1e-4)
    sound = read_clip(recording.path.with_suffix(".wav")).samples
    assert len(sound) == SECONDS * 16000
    time = np.arange(len(sound)) / 16000
    np.testing.assert_allclose(sound[2000:-2000], 0.25 * np.sin(2 * np.pi * 440 * time)[2000:-2000], atol=0.005)


def test_import_reads_names_and_emotions(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("Zoë/smile", "Zoë/plain", "ben/take1", "ben/deep/take2", "guest"):
        write_take(folder / name)
    write_take(folder / "20240101_MySlate_7" / "MySlate_7_iPhone")
    (folder / "20240101_MySlate_7" / "take.json").write_text("{}")
    (folder / "ben" / "broken.csv").write_text("Timecode,BlendshapeCount,JawOpen\nnever,61,x\n")
    write_sound(folder / "ben" / "broken.wav")
    write_take(folder / "ben" / "noise")
    (folder / "ben" / "noise.wav").write_bytes(b"no sound")
    write_take(folder / "ben" / "silent")
    (folder / "ben" / "silent.wav").unlink()
    (folder / "takes.csv").write_text(
        "file,emotion,identity\nZoë/smile.csv,happiness,\nguest,fear,anna\nben/deep/take2.wav,,\n"
    )
    done = import_livelink(folder, tmp_path / "out")
    assert [person.identity for person in done.people] == ["Zoë", "anna", "ben", "in"]
    assert done.written == (
        "4_in_0_1_1",
        "1_Zoe_0_1_1",
        "1_Zoe_0_65_65",
        "3_ben_0_2_2",
        "3_ben_0_4_4",
        "2_anna_0_103_103",
    )
    assert len(done.skipped) == 3
    for name in ("ben/broken", "ben/noise", "ben/silent"):
        assert sum(line.startswith(f"{name}: ") for line in done.skipped) == 1
    felt = {recording.id: recording.emotion for recording in find_recordings(tmp_path / "out")}
    assert (
        felt["1_Zoe_0_65_65"] == "happiness" and felt["2_anna_0_103_103"] == "fear" and felt["3_ben_0_2_2"] == "neutral"
    )
    identities = json.loads((tmp_path / "out" / "identities.json").read_text())
    assert [(row["id"], row["identity"]) for row in identities] == [(1, "Zoë"), (2, "anna"), (3, "ben"), (4, "in")]
    assert json.loads((tmp_path / "out" / "sources.json").read_text())["2_anna_0_103_103"] == "guest"


def test_calibrated_table_is_preferred(tmp_path: Path) -> None:
    for ending in ("_raw", "_cal", "_neutral"):
        write_take(tmp_path / f"MySlate_1_iPhone{ending}")
        (tmp_path / f"MySlate_1_iPhone{ending}.wav").unlink()
    (tmp_path / "frame_log.csv").write_text("V,1\n")
    write_sound(tmp_path / "MySlate_1_iPhone.WAV")
    captures, skipped = find_captures(tmp_path)
    assert [(c.name, c.curves.name, c.sound.name) for c in captures] == [
        ("MySlate_1_iPhone", "MySlate_1_iPhone_cal.csv", "MySlate_1_iPhone.WAV")
    ]
    assert not skipped


def test_many_takes_keep_their_emotion(tmp_path: Path) -> None:
    person = Person(5, "Jean-Luc 2", "")
    assert recording_stem(person, "neutral", 0) == "5_JeanLuc_0_1_1"
    for emotion in EMOTIONS:
        first, last = NUMBERS[emotion]
        stems = [recording_stem(person, emotion, k) for k in range(3 * (last - first + 1) + 1)]
        assert len(set(stems)) == len(stems)
        (tmp_path / emotion / "5").mkdir(parents=True)
        for stem in stems:
            for suffix in (".json", ".wav"):
                (tmp_path / emotion / "5" / f"{stem}{suffix}").touch()
        found = find_recordings(tmp_path / emotion)
        assert len(found) == len(stems) and {recording.emotion for recording in found} == {emotion}


@pytest.mark.parametrize(
    ("table", "words"),
    [("name\na\n", "column"), ("file,emotion\nnone.csv,fear\n", "none.csv"), ("file,emotion\na.csv,bored\n", "bored")],
)
def test_invalid_take_table_is_reported(tmp_path: Path, table: str, words: str) -> None:
    write_take(tmp_path / "a")
    (tmp_path / "takes.csv").write_text(table)
    with pytest.raises(ValueError, match=words):
        import_livelink(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_removed_take_is_deleted(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_take(tmp_path / "in" / name)
    import_livelink(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "a.csv").unlink()
    import_livelink(tmp_path / "in", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "sources.json").read_text()) == {"1_in_0_1_1": "b"}
    assert sorted(path.name for path in (tmp_path / "out" / "1").iterdir()) == ["1_in_0_1_1.json", "1_in_0_1_1.wav"]


def test_foreign_recordings_are_kept(tmp_path: Path, beat_folder: Path) -> None:
    write_take(tmp_path / "in" / "a")
    shutil.copytree(beat_folder, tmp_path / "out")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="another folder"):
        import_livelink(tmp_path / "in", tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == before


def test_livelink_command_prepares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ann/a", "ann/b", "bob/a"):
        write_take(tmp_path / "in" / name)
    assert (
        main(["prepare", "livelink", str(tmp_path / "in"), str(tmp_path / "out"), "--hold-out", "2", "--workers", "1"])
        == 0
    )
    assert "1 ann, 2 bob" in capsys.readouterr().out
    data = load_prepared(tmp_path / "out")
    assert data.identities == ("ann", "bob") and {take.identity for take in data.part("voice")} == {"bob"}
    assert len(data.takes) == 3 and all(take.length >= 28 for take in data.takes)
    assert main(["prepare", "livelink", str(tmp_path / "none"), str(tmp_path / "other")]) == 1
    assert "holds no take" in capsys.readouterr().err


def test_missing_ffmpeg_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_take(tmp_path / "a")
    (tmp_path / "a.wav").rename(tmp_path / "a.mov")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"a\.mov.*install it, or put a \.wav"):
        import_livelink(tmp_path, tmp_path / "out")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg, which takes sound out of films, isn't installed")
def test_sound_is_read_from_video(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name, delay in (("a", 0.0), ("b", 0.5)):
        write_take(folder / name)
        (folder / f"{name}.wav").rename(tmp_path / "sound.wav")
        film = ["-f", "lavfi", "-i", f"testsrc=size=32x32:rate=30:duration={SECONDS}"]
        sound = ["-itsoffset", str(delay), "-i", str(tmp_path / "sound.wav")]
        command = [
            "ffmpeg",
            "-nostdin",
            "-v",
            "error",
            *film,
            *sound,
            "-c:v",
            "mpeg4",
            "-c:a",
            "aac",
            str(folder / f"{name}.mov"),
        ]
        subprocess.run(command, check=True)
    write_take(folder / "c")
    (folder / "c.wav").unlink()
    (folder / "c.mov").write_bytes(b"no film")
    done = import_livelink(folder, tmp_path / "out")
    assert len(done.written) == 2 and len(done.skipped) == 1 and done.skipped[0].startswith("c: ")
    for stem, delay in zip(done.written, (0.0, 0.5), strict=True):
        heard = read_clip(tmp_path / "out" / "1" / f"{stem}.wav").samples
        assert abs(len(heard) / 16000 - SECONDS - delay) < 0.1
        assert abs(np.argmax(np.abs(heard) > 0.1) / 16000 - delay) < 0.01


def test_a_neutral_take_is_a_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    for name in ("anna/line1_neutral", "anna/line1_happy", "app"):
        write_take(folder / name)
    shutil.copy(folder / "app.csv", folder / "app_neutral.csv")  # the app's own, without a sound
    shutil.copy(folder / "app.csv", folder / "alone_neutral.csv")
    (folder / "takes.csv").write_text("file,emotion\nanna/line1_neutral.csv,neutral\nanna/line1_happy.csv,happiness\n")
    captures, skipped = find_captures(folder)
    assert [capture.name for capture in captures] == ["anna/line1_happy", "anna/line1_neutral", "app"]
    assert [line.split(":")[0] for line in skipped] == ["alone_neutral"]
    command = ["prepare", "livelink", str(folder), str(tmp_path / "out"), "--aligned", "--workers", "1"]
    assert main(command) == 3  # one was left out
    assert "alone_neutral" in "".join(capsys.readouterr())
    assert len(load_prepared(tmp_path / "out").takes) == 3
