"""Films whose words are known: GRID's sentences and alignments, and lips that shut at p, b and m."""

import json
from pathlib import Path

import numpy as np
import pytest
from filmed_faces import filmed

pytest.importorskip("torch")

from backend.audio import read_clip
from backend.sounds.files import read_transcript
from backend.sounds.shapes import Sound
from training.data.beat import read_track
from training.evaluation.metrics import lip_gap
from training.video import video_takes
from training.video.film_folders import FilmClip, find_films
from training.video.landmark_curves import estimate_scale
from training.video.landmark_fit import sample_head
from training.video.shots import find_shots, shot_curves
from training.video.spoken_words import (
    SpokenWord,
    bundled_listener,
    read_alignment,
    sentence_words,
    shut_lips,
    transcribe,
)
from training.video.tracked_film import measure, write_tracked


def test_a_sentence_is_read_from_its_name() -> None:
    assert [word.text for word in sentence_words("bbaf2n")] == ["bin", "blue", "at", "eff", "two", "now"]
    assert [word.text for word in sentence_words("pwizzs")] == ["place", "white", "in", "zed", "zero", "soon"]


def test_an_alignment_gives_words_and_times(tmp_path: Path) -> None:
    path = tmp_path / "bbaf2n.align"
    path.write_text("0 25000 sil\n25000 31250 bin\n31250 32500 sp\n32500 40000 f\n")
    assert read_alignment(path) == (SpokenWord("bin", 1.0, 1.25), SpokenWord("eff", 1.3, 1.6))
    path.write_text("<html>not found</html>\n")
    with pytest.raises(ValueError, match=r"bbaf2n\.align is not one of GRID's alignments"):
        read_alignment(path)


def test_every_talker_has_alignments_of_its_own(tmp_path: Path) -> None:
    for talker, start in (("s1", 0), ("s2", 25000)):
        for name, content in (
            (f"{talker}/video/bbaf2n.mpg", ""),
            (f"alignments/{talker}/bbaf2n.align", f"{start} 50000 bin\n"),
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
    (tmp_path / "mara.mp4").touch()
    (tmp_path / "s1" / "video" / "swwz5p.mpg").touch()
    found = {clip.name: clip.words for clip in find_films(tmp_path)}
    assert found["s1/video/bbaf2n"] == (SpokenWord("bin", 0.0, 2.0),)
    assert found["s2/video/bbaf2n"] == (SpokenWord("bin", 1.0, 2.0),)
    assert [word.text for word in found["s1/video/swwz5p"]] == ["set", "white", "with", "zed", "five", "please"]
    assert found["mara"] == ()


def test_words_are_looked_for_where_they_are_said() -> None:
    heard = [
        Sound("B", 0.1, 0.2),
        Sound("IH", 0.2, 0.3),
        Sound("N", 0.3, 0.4),
        Sound("B", 1.0, 1.1),
        Sound("IY", 1.1, 1.3),
    ]
    said = transcribe(heard, [SpokenWord("bee")])
    assert [each.label for each in said.sounds] == ["B", "IY"]
    assert said.sounds[0].start == pytest.approx(1.0)
    early = transcribe(heard, [SpokenWord("bee", 0.0, 0.5)])
    assert early.sounds[0].start == pytest.approx(0.1) and early.words[0].end == 0.5


def test_lips_shut_at_a_p_and_nowhere_else() -> None:
    times = np.arange(50) / 25
    gap = 0.5 + 0.3 * np.sin(20 * times)
    left = shut_lips(gap, times, [Sound("P", 0.9, 1.0), Sound("S", 1.5, 1.6)])
    shut = times[left == 0]
    assert len(shut) and 0.85 <= shut.min() and shut.max() <= 1.1
    assert (left[(times < 0.75) | (times > 1.2)] == 1).all()
    closest = gap[(times >= 0.87) & (times <= 1.07)].min()
    assert closest in gap[left == 0]  # where the lips come closest, and not in the middle of the sound


def test_curves_of_a_film_are_shut_where_its_sounds_say() -> None:
    film, _ = filmed(6.0)
    shot, scale = find_shots(film)[0], estimate_scale([film.landmarks], [film.scores], sample_head())
    gap = measure(film.landmarks).gap
    wide = float(film.times[np.argmax(gap)])
    before, after = (
        lip_gap(np.nan_to_num(shot_curves(film, shot, scale, sample_head(), sounds)[0]))
        for sounds in ((), [Sound("B", wide - 0.02, wide + 0.02)])
    )
    near = slice(round(30 * wide) - 3, round(30 * wide) + 4)
    assert before[near].min() > 0.1 and after[near].min() < 0.02
    far = np.abs(np.arange(len(before)) / 30 - wide) > 0.3
    np.testing.assert_array_equal(before[far], after[far])


def test_words_lie_beside_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two films are joined into a take, whose times follow one another."""
    monkeypatch.setattr(video_takes, "require_tracker", lambda model: None)
    monkeypatch.setattr(video_takes, "_sound", lambda clip: np.zeros(48000, np.float32))
    tracker = tmp_path / "face_landmarker.task"
    tracker.touch()
    clips = []
    for name, words in (("a", (SpokenWord("bee"),)), ("b", (SpokenWord("bee"),)), ("c", ())):
        path = tmp_path / f"{name}.mp4"
        path.touch()
        clips.append(FilmClip(name, path, None, "ann", "neutral", words))
        write_tracked(tmp_path / "tracked" / f"{name}.npz", filmed(3.0)[0], video_takes._stamp(clips[-1], tracker))
    listen = lambda samples: [Sound("B", 1.0, 1.1), Sound("IY", 1.1, 1.3)]
    video_takes.import_video(clips, tracker, tmp_path / "recordings", tmp_path / "tracked", 1, listen)
    (path,) = (tmp_path / "recordings" / "1").glob("*.TextGrid")
    said = read_transcript(path)
    assert [(each.text, round(each.start, 3)) for each in said.words] == [("bee", 1.0), ("bee", 4.0)]
    track = read_track(path.with_suffix(".json"))
    gap = lip_gap(np.nan_to_num(track.weights))
    for start in (1.0, 4.0):
        assert gap[(track.times > start - 0.05) & (track.times < start + 0.2)].min() < 0.02

    video_takes.import_video(clips, tracker, tmp_path / "recordings", tmp_path / "tracked", 1)
    assert not path.exists()


def test_the_bundled_model_hears_the_sounds_of_words() -> None:
    speech = Path(__file__).parents[1] / "data" / "speech.ogg"
    heard = bundled_listener()(read_clip(speech).samples)
    known = json.loads(speech.with_suffix(".json").read_text())["phones"]
    closed = [(start, end) for label, start, end in known if label in ("P", "B", "M")]
    found = [
        any(each.label in ("P", "B", "M") and start - 0.1 < each.center < end + 0.1 for each in heard)
        for start, end in closed
    ]
    assert np.mean(found) > 0.7
