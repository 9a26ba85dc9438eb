"""`prepare`: what it takes, what it leaves out and says so, and that neither an interruption nor the number of processes changes the result."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

from backend.arkit import BEAT, CHANNELS
from backend.shell import CLOSED_PIPE
from tests.closed_pipe import run_unread
from training.__main__ import main
from training.data import prepared as prepared_module
from training.data.beat import BeatError, emotion_of, find_recordings, read_track, survey
from training.data.convert import voiced_share
from training.data.prepared import FACES, FEATURES, MEL, Prepared, batches, load_prepared, prepare

MakeTake = Callable[..., None]


def copy_of(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "recordings"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_broken_files_are_reported(beat_folder: Path, tmp_path: Path) -> None:
    root = copy_of(beat_folder, tmp_path)
    one = root / "1"
    (one / "1_wayne_0_1_1.json").write_text('{"names": [')
    (one / "1_wayne_0_2_2.wav").write_bytes(b"RIFF nothing")
    (one / "1_wayne_0_3_3.json").unlink()
    (one / "1_wayne_0_119_119.json").write_bytes((one / "1_wayne_0_65_65.json").read_bytes())
    (one / "1_wayne_0_119_119.wav").write_bytes((one / "1_wayne_0_65_65.wav").read_bytes())
    (one / "take two.wav").write_bytes(b"")
    (one / "1_wayne_0_65_65.TextGrid").write_text("nonsense")
    face = json.loads((root / "2/2_scott_0_1_1.json").read_text())
    face["frames"][7]["weights"][3] = float("nan")
    (root / "2/2_scott_0_1_1.json").write_text(json.dumps(face))
    face["names"][0] = "tailWag"
    (root / "2/2_scott_0_2_2.json").write_text(json.dumps(face))
    assert main(["prepare", "beat", str(root), str(tmp_path / "out"), "--workers", "1"]) == 0
    data = load_prepared(tmp_path / "out")
    assert [each.id for each in data.recordings] == ["1_wayne_0_65_65", "2_scott_0_3_3", "2_scott_0_65_65"]
    reasons = {each.id: each.reason for each in data.left_out}
    assert {each.kind for each in data.left_out} == {"broken"}
    words = {
        "1_wayne_0_1_1": "not a BEAT face file",
        "1_wayne_0_2_2": "is in no format that can be read",
        "1_wayne_0_3_3": "there is no 1_wayne_0_3_3.json",
        "1_wayne_0_119_119": "beyond BEAT's 118",
        "take two": "its name",
        "2_scott_0_1_1": "no numbers",
        "2_scott_0_2_2": "tailWag",
    }
    assert reasons.keys() == words.keys()
    for name, word in words.items():
        assert word in reasons[name]
    assert data.notes.keys() == {"1_wayne_0_65_65"} and data.recordings[0].spoken is None
    report = (tmp_path / "out/report.md").read_text()
    assert "7 broken" in report and all(name in report for name in words)
    with open(tmp_path / "out/report.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10 and sum(row["left_out"] == "broken" for row in rows) == 7
    for name in ("hours", "lag", "parts"):
        assert (tmp_path / f"out/report_{name}.png").read_bytes()[:4] == b"\x89PNG"


def test_parallel_equals_serial_preparation(beat_folder: Path, tmp_path: Path) -> None:
    prepare(beat_folder, tmp_path / "serial", {2}, workers=1)
    prepare(beat_folder, tmp_path / "parallel", {2}, workers=2)
    assert contents(tmp_path / "serial") == contents(tmp_path / "parallel")


def test_interrupted_preparation_resumes(beat_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(beat_folder, tmp_path / "whole", workers=1)
    convert = prepared_module.convert_into
    done: list[str] = []
    again: list[str] = []

    def convert_three(recording, align, part):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(recording.id)
        return convert(recording, align, part)

    monkeypatch.setattr(prepared_module, "convert_into", convert_three)
    with pytest.raises(KeyboardInterrupt):
        prepare(beat_folder, tmp_path / "resumed", workers=1)
    with pytest.raises(FileNotFoundError, match="run `prepare`"):
        load_prepared(tmp_path / "resumed")
    (tmp_path / "resumed/parts" / f"{done[0]}.npz").write_bytes(b"cut short")

    def convert_and_note(recording, align, part):
        again.append(recording.id)
        return convert(recording, align, part)

    monkeypatch.setattr(prepared_module, "convert_into", convert_and_note)
    prepare(beat_folder, tmp_path / "resumed", workers=1)
    assert set(again) == {each.id for each in find_recordings(beat_folder)} - set(done[1:])
    assert contents(tmp_path / "whole") == contents(tmp_path / "resumed")


def test_changed_recordings_drop_features(beat_folder: Path, tmp_path: Path) -> None:
    root, out = copy_of(beat_folder, tmp_path), tmp_path / "out"
    prepare(root, out, workers=1)
    (out / "features.f16").write_bytes(b"kept")
    prepare(root, out, {2}, workers=1)  # another hold-out moves nothing
    assert (out / "features.f16").read_bytes() == b"kept" and load_prepared(out).held_out == {2}
    (root / "1/1_wayne_0_1_1.wav").unlink()
    prepare(root, out, workers=1)
    assert not (out / "features.f16").exists()


@pytest.mark.parametrize(
    ("subtype", "rate", "channels"), [("FLOAT", 16000, 1), ("PCM_24", 44100, 2), ("DOUBLE", 48000, 1)]
)
def test_wav_format_does_not_matter(beat_folder: Path, tmp_path: Path, subtype: str, rate: int, channels: int) -> None:
    import soxr

    name = "1/1_wayne_0_1_1"
    plain = prepare_one(beat_folder, tmp_path / "plain", name)
    sound, _ = soundfile.read(beat_folder / f"{name}.wav")
    root = tmp_path / "other"
    (root / "1").mkdir(parents=True)
    other = soxr.resample(sound, 16000, rate)
    soundfile.write(root / f"{name}.wav", np.stack([other] * channels, axis=1), rate, subtype=subtype)
    shutil.copy(beat_folder / f"{name}.json", root / "1")
    heard = prepare(root, tmp_path / "heard", workers=1)
    assert heard.recordings[0].length == plain.recordings[0].length == 50
    np.testing.assert_array_equal(heard.array("faces"), plain.array("faces"))
    difference = np.abs(heard.array("mel").astype(np.float32) - plain.array("mel").astype(np.float32))
    loud = plain.array("mel").astype(np.float32) > 0.5
    assert difference[loud].mean() < 0.01


def prepare_one(folder: Path, tmp_path: Path, name: str, align: bool = True) -> Prepared:
    root = tmp_path / "recordings"
    (root / name).parent.mkdir(parents=True)
    for path in (folder / name).parent.glob(f"{Path(name).name}.*"):
        shutil.copy(path, (root / name).parent)
    return prepare(root, tmp_path / "out", workers=1, align=align)


def test_prepared_faces_keep_their_times(beat_folder: Path, tmp_path: Path) -> None:
    """Frame k of a recording in time is the captured face at k / 30 s, which is BEAT's frame 2 k - 1; before the first frame it holds."""
    data = prepare_one(beat_folder, tmp_path, "1/1_wayne_0_1_1")
    frames = json.loads((beat_folder / "1/1_wayne_0_1_1.json").read_text())["frames"]
    captured = np.array([frames[max(2 * k - 1, 0)]["weights"] for k in range(150)])
    mine = data.array("faces")[:, [CHANNELS.index(name) for name in BEAT]]
    np.testing.assert_allclose(mine, captured, atol=6e-4)
    recording = data.recordings[0]
    assert (recording.start, recording.length, recording.shift) == (0, 50, 0.0) and abs(recording.lag or 0) < 0.05
    assert data.array("mel").shape == (50 * MEL, 80)


@pytest.mark.parametrize("late", [0.3, -0.42])
def test_lagging_faces_are_shifted(make_take: MakeTake, tmp_path: Path, late: float) -> None:
    """The moved face is the one in time, over the tenths for which there is one."""
    for name, delay in (("in_time", 0.0), ("moved", late)):
        make_take(tmp_path / name / "1", "1_wayne_0_1_1", seconds=12.0, seed=3, late=delay)
    truth, moved = (prepare(tmp_path / name, tmp_path / f"{name}_out", workers=1) for name in ("in_time", "moved"))
    recording = moved.recordings[0]
    assert recording.shift == recording.lag == pytest.approx(late, abs=0.02)
    assert (recording.start, recording.length) == ((0, 117) if late > 0 else (5, 115))
    expected = truth.array("faces")[FACES * recording.start :][: FACES * recording.length, CHANNELS.index("jawOpen")]
    np.testing.assert_allclose(moved.array("faces")[:, CHANNELS.index("jawOpen")], expected, atol=0.12)
    assert np.abs(moved.array("faces")[:, CHANNELS.index("jawOpen")] - expected).mean() < 0.01
    np.testing.assert_array_equal(
        moved.array("mel"), truth.array("mel")[MEL * recording.start :][: MEL * recording.length]
    )


def test_takes_with_unknown_lag_are_dropped(beat_folder: Path, make_take: MakeTake, tmp_path: Path) -> None:
    root = copy_of(beat_folder, tmp_path)
    make_take(root / "1", "1_wayne_0_4_4", silent=True)
    make_take(root / "1", "1_wayne_0_2_2", seconds=8.0, seed=2, late=1.5)  # later than is looked for
    data = prepare(root, tmp_path / "out", workers=1)
    assert [(each.id, each.kind) for each in data.left_out] == [("1_wayne_0_2_2", "lag")]
    silent = next(each for each in data.recordings if each.id == "1_wayne_0_4_4")
    assert (silent.voiced, silent.spoken, silent.lag, silent.shift) == (0.0, 0.0, None, 0.0)
    assert [take.id for take in data.part("test") if take.speaker == 1] == [
        "1_wayne_0_3_3"
    ]  # the last in which somebody speaks
    known = prepare(root, tmp_path / "known", workers=1, align=False)
    assert not known.left_out and {each.lag for each in known.recordings} == {None}


def test_channel_order_does_not_matter(beat_folder: Path, tmp_path: Path) -> None:
    path = beat_folder / "1/1_wayne_0_1_1.json"
    face = json.loads(path.read_text())
    order = np.random.default_rng(0).permutation(51)
    shuffled = {
        "names": [face["names"][k] for k in order],
        "frames": [{**frame, "weights": [frame["weights"][k] for k in order]} for frame in face["frames"]],
    }
    (tmp_path / "shuffled.json").write_text(json.dumps(shuffled))
    np.testing.assert_array_equal(read_track(tmp_path / "shuffled.json").sampled(30.0), read_track(path).sampled(30.0))
    assert read_track(path).sampled(30.0)[:, CHANNELS.index("jawOpen")].max() > 0.1


def test_emotion_boundaries_follow_beat() -> None:
    """FaceDiffuser's script gives 64, 72, 80, ... to neutral; the listing doesn't."""
    edges = [
        (1, "neutral"), (64, "neutral"), (65, "happiness"), (72, "happiness"), (73, "anger"), (80, "anger"), (81, "sadness"), (86, "sadness"),
        (87, "contempt"), (94, "contempt"), (95, "surprise"), (102, "surprise"), (103, "fear"), (110, "fear"), (111, "disgust"), (118, "disgust"),
    ]  # fmt: skip
    assert [emotion_of(0, number) for number, _ in edges] == [emotion for _, emotion in edges]
    assert {emotion_of(1, number) for number, _ in edges} == {"neutral"}
    for number in (0, 119):
        with pytest.raises(BeatError, match=str(number)):
            emotion_of(0, number)


def test_file_names_give_type_and_number(make_take: MakeTake, tmp_path: Path) -> None:
    for name in ("4_stewart_1_12_12", "4_stewart_0_65_65", "4_stewart_0_9_9"):
        make_take(tmp_path / "4", name, seconds=0.5, silent=True)
    found, wrong = survey(tmp_path)
    assert [(each.id, each.type, each.number, each.emotion) for each in found] == [
        ("4_stewart_0_9_9", 0, 9, "neutral"),
        ("4_stewart_1_12_12", 1, 12, "neutral"),
        ("4_stewart_0_65_65", 0, 65, "happiness"),
    ]
    assert not wrong
    with pytest.raises(BeatError, match="none of the 3 recordings"):
        prepare(tmp_path, tmp_path / "out", workers=1)


def test_voiced_share_ignores_noise() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(5 * 16000) / 16000
    speech = 0.05 * np.sin(2 * np.pi * 150 * time) * (np.sin(2 * np.pi * 1.5 * time) > 0)
    assert voiced_share(speech + 1e-3 * rng.standard_normal(len(time))) == pytest.approx(8 / 15, abs=0.03)
    for sound in (
        np.zeros(len(time)),
        1e-2 * rng.standard_normal(len(time)),
        0.1 * np.sin(2 * np.pi * 50 * time),
        1e-4 * speech,
    ):
        assert voiced_share(sound) < 0.02


def test_batches_stay_in_their_part(beat_folder: Path, tmp_path: Path) -> None:
    prepare(beat_folder, tmp_path / "out", {2}, workers=1)
    tenths = 8 * 50
    np.zeros((tenths * FEATURES, 4), np.float16).tofile(tmp_path / "out/features.f16")
    by_take, official = load_prepared(tmp_path / "out"), load_prepared(tmp_path / "out", "official")
    assert (by_take.scheme, official.scheme) == ("takes", "official")
    assert [take.id for take in by_take.part("test")] == ["1_wayne_0_3_3"]
    assert {take.split for take in official.takes} == {
        "test",
        "voice",
    }  # all four of speaker 1's are listed for testing
    assert len(by_take.sequences("voice", 2.0)) == 4 * 2  # 2 + 2 s; what is left, 1 s, is too little
    assert [face.shape for face in by_take.faces("train")] == 3 * [(150, 52)]
    with pytest.raises(BeatError, match="empty"):
        next(by_take.faces("val"))
    with pytest.raises(BeatError, match="'test' part of the split 'takes'"):
        next(batches(by_take, "test", 2, 6.0, 0, 0, [range(2)]))
    first = [
        batch.faces[..., :52]
        for batch, _ in zip(batches(by_take, "train", 3, 2.0, 5, 0, [range(3)]), range(3), strict=False)
    ]
    again = next(batches(by_take, "train", 3, 2.0, 5, 2, [range(3)]))
    assert (again.faces[..., :52] == first[2]).all() and again.faces[..., 52:].isnan().all()
    assert (first[0] != first[1]).any()
    test = by_take.part("test")[0]
    window = next(batches(by_take, "test", 1, 5.0, 0, 0, [range(1)]))
    np.testing.assert_array_equal(
        window.faces[0, :, :52].numpy(), by_take.array("faces")[FACES * test.offset :][:150].astype(np.float32)
    )


def test_other_schema_versions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(json.dumps({"takes": [], "identities": []}))
    with pytest.raises(ValueError, match="run `prepare` again"):
        load_prepared(tmp_path)


def test_unrelated_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", "beat", str(tmp_path), str(tmp_path / "out")]) == 1
    assert "no recordings in BEAT's layout" in capsys.readouterr().err


def test_closed_pipe_ends_quietly(beat_folder: Path, tmp_path: Path) -> None:
    """As in `| head -1`. The data are there all the same."""
    done = run_unread("training", "prepare", "beat", beat_folder, tmp_path / "data", "--workers", "1")
    assert done.returncode == CLOSED_PIPE and "Traceback" not in done.stderr, done.stderr
    assert load_prepared(tmp_path / "data").takes
