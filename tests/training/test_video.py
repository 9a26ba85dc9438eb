"""Films become recordings. Landmarks are those of the tracked sample face, moved by known channels, so MediaPipe isn't needed here."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from filmed_faces import EYES, filmed, landmarks_of, scores_of, speech

pytest.importorskip("torch")

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from training.__main__ import main
from training.data.beat import find_recordings, read_track
from training.data.beat_writer import beat_json
from training.data.prepared import load_prepared
from training.evaluation.metrics import correlation, lip_gap
from training.video import video_takes
from training.video.face_tracker import head_rotation
from training.video.film_folders import FilmClip, find_films
from training.video.landmark_curves import KNOWN, estimate_scale, face_curves
from training.video.landmark_fit import FITTED, fit_landmarks, lay_on, rest_face, sample_head
from training.video.shots import Shot, find_cuts, find_shots, shot_curves
from training.video.tracked_film import TrackedFilm, is_tracked, measure, read_tracked, write_tracked
from training.video.video_takes import Piece, import_video, join


def film_of(seconds: float = 8.0, fps: float = 25.0, seed: int = 0) -> TrackedFilm:
    return filmed(seconds, fps, seed)[0]


def lost(film: TrackedFilm, first: int, last: int) -> TrackedFilm:
    arrays = {name: getattr(film, name).copy() for name in ("landmarks", "scores", "rotations")}
    for array in arrays.values():
        array[first:last] = np.nan
    return TrackedFilm(**{**vars(film), **arrays})


@pytest.mark.parametrize("turn", [0.0, 12.0])
def test_the_fit_finds_what_moved(turn: float) -> None:
    _, face = speech(6.0, 25.0)
    landmarks = landmarks_of(face, turn)
    found = fit_landmarks(landmarks, rest_face(landmarks, sample_head()), sample_head())
    for name in ("jawOpen", "mouthPucker"):
        column = FITTED.index(name)
        assert correlation(found[:, column], face[:, column]) > 0.93, name
        slope = np.polyfit(face[:, column], found[:, column], 1)[0]
        assert 0.7 < slope < 1.2, name  # the ridge makes it a little less
    still = found[:, FITTED.index("mouthFrownLeft")]
    assert still.max() < 0.2


def test_rigid_motion_is_taken_out() -> None:
    still = landmarks_of(np.zeros((1, len(FITTED))))
    moved = np.concatenate([landmarks_of(np.zeros((1, len(FITTED))), turn) * 1.7 + 30 for turn in (0, 10, -15)])
    assert np.abs(lay_on(moved, still[0]) - still).max() < 1e-6 * EYES


def test_lips_are_as_far_apart_as_in_the_film() -> None:
    _, face = speech(10.0, 25.0)
    landmarks, scores = landmarks_of(face, noise=0.15), scores_of(face)
    scale = estimate_scale([landmarks], [scores], sample_head())
    found = face_curves(landmarks, scores, scale, sample_head())
    gap = measure(landmarks).gap
    assert correlation(lip_gap(np.nan_to_num(found)), gap) > 0.98
    closed = gap < np.quantile(gap, 0.1)
    assert lip_gap(np.nan_to_num(found))[closed].max() < 0.05
    assert 0 <= np.nanmin(found) and np.nanmax(found) <= 1


def test_scores_of_any_scale_give_the_same_face() -> None:
    _, face = speech(10.0, 25.0)
    landmarks = landmarks_of(face)
    jaws = []
    for scale, rest in ((0.3, 0.0), (0.8, 0.15)):
        scores = scores_of(face, scale, rest)
        found = face_curves(landmarks, scores, estimate_scale([landmarks], [scores], sample_head()), sample_head())
        jaws.append(found[:, CHANNELS.index("jawOpen")])
    assert np.abs(jaws[0] - jaws[1]).max() < 0.02  # of a full opening
    lids = found[:, CHANNELS.index("eyeBlinkLeft")]
    assert lids.max() > 0.8 and np.median(lids) < 0.05


def test_unknown_channels_stay_unknown() -> None:
    film = film_of()
    scale = estimate_scale([film.landmarks], [film.scores], sample_head())
    found = face_curves(film.landmarks, film.scores, scale, sample_head())
    here = {name for k, name in enumerate(CHANNELS) if not np.isnan(found[:, k]).any()}
    assert here == set(KNOWN)
    assert {"cheekPuff", "noseSneerLeft", "tongueOut", "jawForward"}.isdisjoint(here)


def test_rotation_has_live_links_signs() -> None:
    def matrix(axis: int, degrees: float) -> np.ndarray:
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turn = np.eye(4)
        i, j = [k for k in range(3) if k != axis]
        sign = -1 if axis == 1 else 1
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s * sign, s * sign, c
        return turn

    # The face looks along +z and sees its own right at -x.
    assert np.degrees(head_rotation(matrix(1, -20.0))) == pytest.approx([20, 0, 0], abs=1e-6)  # to its right
    assert np.degrees(head_rotation(matrix(0, 15.0))) == pytest.approx([0, 15, 0], abs=1e-6)  # down
    assert np.degrees(head_rotation(matrix(2, 10.0))) == pytest.approx([0, 0, 10], abs=1e-6)  # to its right


def test_lost_faces_split_takes_and_short_losses_do_not() -> None:
    film = film_of(10.0)
    whole = find_shots(film)
    assert [(shot.start, shot.end) for shot in whole] == [(0.0, 10.0)]
    assert [(shot.start, shot.end) for shot in find_shots(lost(film, 60, 62))] == [(0.0, 10.0)]
    split = find_shots(lost(film, 100, 110))
    assert [(shot.start, shot.end) for shot in split] == [(0.0, 4.0), (4.4, 10.0)]
    assert find_shots(lost(film, 30, 250)) == []  # the rest is too short


def test_cuts_split_takes() -> None:
    film = film_of(10.0)
    change = film.change.copy()
    change[125] = 60.0
    picture = TrackedFilm(**{**vars(film), "change": change})
    assert find_cuts(picture).tolist() == [125]
    assert [(shot.start, shot.end) for shot in find_shots(picture)] == [(0.0, 5.0), (5.0, 10.0)]
    landmarks = film.landmarks.copy()
    landmarks[125:] += 2 * EYES  # another face, in front of the same wall
    elsewhere = TrackedFilm(**{**vars(film), "landmarks": landmarks})
    assert find_cuts(elsewhere).tolist() == [125]


def test_frame_rates_vary() -> None:
    rng = np.random.default_rng(3)
    _, face = speech(8.0, 60.0)
    kept = np.sort(rng.choice(480, 260, replace=False))
    kept[0] = 0
    times = kept / 60.0
    film = TrackedFilm(
        times,
        landmarks_of(face[kept]),
        scores_of(face[kept]),
        np.zeros((260, 3)),
        np.full(260, 2.0),
        np.array([360, 288]),
    )
    (shot,) = find_shots(film)
    scale = estimate_scale([film.landmarks], [film.scores], sample_head())
    found, turns = shot_curves(film, shot, scale, sample_head())
    assert len(found) == len(turns) == shot.frames == round(30 * (shot.end - shot.start))
    truth = np.interp(np.arange(len(found)) / 30, np.arange(480) / 60, face[:, FITTED.index("jawOpen")])
    assert correlation(found[:, CHANNELS.index("jawOpen")], truth) > 0.95


def test_tracked_films_are_kept(tmp_path: Path) -> None:
    film = film_of(2.0)
    write_tracked(tmp_path / "a" / "b.npz", film, [1, 2])
    again = read_tracked(tmp_path / "a" / "b.npz", [1, 2])
    assert again is not None and all(np.array_equal(getattr(again, key), value) for key, value in vars(film).items())
    assert is_tracked(tmp_path / "a" / "b.npz", [1, 2])
    assert not is_tracked(tmp_path / "a" / "b.npz", [1, 3])
    (tmp_path / "a" / "b.npz").write_bytes(b"cut off")
    assert read_tracked(tmp_path / "a" / "b.npz", [1, 2]) is None


def test_folders_of_grid_and_cremad_are_read_as_they_are(tmp_path: Path) -> None:
    names = (
        "s1/video/mpg_6000/bbaf2n.mpg",
        "s26/lwwx5p.mpg",
        "grid_s31_bgiq6p.mp4",
        "VideoFlash/1001_DFA_ANG_XX.flv",
        "VideoFlash/1002_IEO_HAP_HI.flv",
        "mara/webcam 1.webm",
        "alone.mov",
        "._alone.mov",
        "notes.txt",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "AudioWAV").mkdir()
    (tmp_path / "AudioWAV" / "1001_DFA_ANG_XX.wav").touch()
    (tmp_path / "takes.csv").write_text("file,emotion,identity\nalone.mov,sadness,Ida\n")
    found = {clip.name: clip for clip in find_films(tmp_path)}
    assert {name: (clip.identity, clip.emotion) for name, clip in found.items()} == {
        "s1/video/mpg_6000/bbaf2n": ("grid_s1", "neutral"),
        "s26/lwwx5p": ("grid_s26", "neutral"),
        "grid_s31_bgiq6p": ("grid_s31", "neutral"),
        "VideoFlash/1001_DFA_ANG_XX": ("cremad_1001", "anger"),
        "VideoFlash/1002_IEO_HAP_HI": ("cremad_1002", "happiness"),
        "mara/webcam 1": ("mara", "neutral"),
        "alone": ("Ida", "sadness"),
    }
    assert found["VideoFlash/1001_DFA_ANG_XX"].sound == tmp_path / "AudioWAV" / "1001_DFA_ANG_XX.wav"
    assert found["mara/webcam 1"].sound is None
    with pytest.raises(ValueError, match="holds no film"):
        find_films(tmp_path / "AudioWAV")


@pytest.mark.parametrize("count", [10, 14, 26, 200])
def test_clips_are_joined_into_takes(count: int) -> None:
    clip = FilmClip("a", Path("a.mp4"), None, "a", "neutral")
    pieces = [Piece(clip, film_of(2.0), Shot(0.0, 3.0, np.arange(2))) for _ in range(count)]
    takes = join(pieces)
    assert [piece for take in takes for piece in take] == pieces
    assert all(30 <= 3 * len(take) <= 75 for take in takes)


def test_rotations_are_written_beside_the_face() -> None:
    curves = Curves(("jawOpen",), np.zeros((4, 1), np.float32), 30.0, rotations={"HeadYaw": np.arange(4) / 10})
    written = json.loads(beat_json(curves))
    assert written["rotations"] == {"HeadYaw": [0.1, 0.2, 0.3]} and len(written["frames"]) == 3


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder of "films" that were tracked already: their sound, and what was tracked. Returns it and the tracker."""
    folder, tracker = tmp_path / "films", tmp_path / "face_landmarker.task"
    tracker.touch()
    monkeypatch.setattr(video_takes, "require_tracker", lambda model: None)
    rng = np.random.default_rng(0)
    for person, count in (("ann", 12), ("bob", 1)):
        for k in range(count):
            path = folder / person / f"{k}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            film = film_of(3.0, 25.0, seed=k)
            jaw = np.interp(np.arange(48000) / 16000, film.times, speech(3.0, 25.0, k)[1][:, 0])
            voice = sum(np.sin(2 * np.pi * 120 * n * np.arange(48000) / 16000) / n for n in range(1, 9))
            sound = 0.1 * jaw * voice + 1e-4 * rng.standard_normal(48000)
            soundfile.write(path, sound, 16000, format="WAV")
            clip = FilmClip(f"{person}/{k}", path, None, person, "neutral")
            stamp = video_takes._stamp(clip, tracker)
            write_tracked(tmp_path / "out" / "tracked" / f"{person}/{k}.npz", film, stamp)
    (folder / "silent").mkdir()
    (folder / "silent" / "x.mp4").write_bytes(b"no film")
    return folder, tracker


def test_films_become_prepared_recordings(
    films: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tracker = films
    monkeypatch.setattr(video_takes, "_track", lambda clip, model, out: "it can't be decoded.")
    out = tmp_path / "out"
    code = main(["prepare", "video", str(folder), str(out), "--tracker", str(tracker), "--workers", "1"])
    assert code == 3  # some films were left out
    assert [(each.speaker, each.name) for each in find_recordings(out / "recordings")] == [(1, "ann"), (2, "bob")]
    track = read_track(out / "recordings" / "1" / "1_ann_0_1_1.json")
    assert np.isnan(track.weights[:, CHANNELS.index("cheekPuff")]).all()
    face = json.loads((out / "recordings" / "1" / "1_ann_0_1_1.json").read_text())
    assert face["rotations"]["HeadYaw"][5] == pytest.approx(0.1, abs=1e-4)
    data = load_prepared(out)
    assert [each.identity for each in data.recordings] == ["ann"]  # 3 s of bob are too short for a lag
    assert data.recordings[0].length == 360 and abs(data.recordings[0].lag or 1.0) < 0.05
    text = (out / "films.md").read_text()
    assert "# 14 films of 2 people" in text and "silent/x | it can't be decoded." in text
    assert (out / "films_curves.png").stat().st_size > 10_000
    assert len((out / "films.csv").read_text().splitlines()) == 1 + 14


def test_films_of_nobody_are_an_error(
    films: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tracker = films
    monkeypatch.setattr(video_takes, "_track", lambda clip, model, out: "it can't be decoded.")
    with pytest.raises(ValueError, match="none of the 1 films"):
        import_video(folder / "silent", tracker, tmp_path / "other", tmp_path / "kept", 1)


@pytest.mark.parametrize("package", ["mediapipe", "av"])
def test_what_is_missing_is_told(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").touch()
    monkeypatch.setitem(sys.modules, "mediapipe", None if package == "mediapipe" else sys)
    monkeypatch.setitem(sys.modules, "av", None if package == "av" else sys)
    command = ["prepare", "video", str(tmp_path), str(tmp_path / "out"), "--tracker", str(tmp_path / "no.task")]
    assert main(command) == 1
    assert "pip install -e .[video]" in capsys.readouterr().err


def test_a_missing_tracker_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("mediapipe", "av"):
        monkeypatch.setitem(sys.modules, package, sys)
    with pytest.raises(ValueError, match="download face_landmarker.task"):
        import_video([], tmp_path / "no.task", tmp_path / "out", tmp_path / "kept")
