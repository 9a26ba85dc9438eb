"""The real tracker on films of the sample face, with known channels. Needs the extra `video`, and FACE_TRACKER=path of face_landmarker.task."""

import os
import sys
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mediapipe", reason="films need the extra `video`", exc_type=ImportError)
av = pytest.importorskip("av", reason="films need the extra `video`", exc_type=ImportError)
MODEL = Path(os.environ.get("FACE_TRACKER", ""))
if not MODEL.is_file():
    pytest.skip("FACE_TRACKER does not name a face_landmarker.task", allow_module_level=True)

sys.path.insert(0, str(Path(__file__).parent))

from drawn_face import draw_sample_face

from backend.arkit import CHANNELS
from backend.audio import film
from training.evaluation.metrics import correlation
from training.video import face_tracker
from training.video.face_tracker import TrackerError, open_tracker, track_film, track_picture
from training.video.landmark_curves import estimate_scale, face_curves
from training.video.landmark_fit import sample_head

FRAMES = 30


def performance() -> list[dict[str, float]]:
    """Two openings with rounded lips, and one blink between them."""
    phase = np.arange(FRAMES) / FRAMES
    jaw = 0.6 * np.sin(2 * np.pi * phase) ** 2
    pucker = 0.7 * np.clip(np.sin(2 * np.pi * phase - 0.9), 0, 1)
    blink = np.clip(1 - np.abs(np.arange(FRAMES) - 15) / 2, 0, 1)
    return [
        {"jawOpen": j, "mouthPucker": p, "eyeBlinkLeft": b, "eyeBlinkRight": b}
        for j, p, b in zip(jaw.tolist(), pucker.tolist(), blink.tolist(), strict=True)
    ]


def write_film(path: Path, pictures: list[np.ndarray], times: list[int]) -> None:
    """A film whose pictures come at the given times in ms."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], "yuv420p"
        stream.bit_rate = 4_000_000
        stream.codec_context.time_base = Fraction(1, 1000)
        for time, picture in zip(times, pictures, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.slow
def test_a_film_of_the_sample_face(tmp_path: Path) -> None:
    faces = performance()
    times = np.cumsum([0, *([40, 33, 50] * FRAMES)])[:FRAMES].tolist()
    blank = np.full((320, 320, 3), 120, np.uint8)
    pictures = [draw_sample_face(face, size=320) for face in faces]
    write_film(tmp_path / "face.mp4", [*pictures, blank], [*times, times[-1] + 40])
    tracked = track_film(tmp_path / "face.mp4", MODEL)
    assert tracked.found.tolist() == [True] * FRAMES + [False]
    assert 1000 * tracked.times[:FRAMES] == pytest.approx(times, abs=1.0)
    assert tracked.size.tolist() == [320, 320]
    landmarks, scores = tracked.landmarks[:FRAMES], tracked.scores[:FRAMES]
    found = face_curves(landmarks, scores, estimate_scale([landmarks], [scores], sample_head()), sample_head())
    for name, least in (("jawOpen", 0.95), ("mouthPucker", 0.75), ("eyeBlinkLeft", 0.7)):
        truth = np.array([face[name] for face in faces])
        assert correlation(found[:, CHANNELS.index(name)], truth) > least, name


def test_the_head_turns_as_it_was_drawn() -> None:
    with closing(open_tracker(MODEL)) as tracker:
        turned = [
            track_picture(tracker, draw_sample_face({}, yaw, pitch))[2] for yaw, pitch in ((12, 0), (-12, 0), (0, 9))
        ]
        straight = track_picture(tracker, draw_sample_face({}))[2]
    right, left, down = (np.degrees(each - straight) for each in turned)
    assert 6 < right[0] < 16 and -16 < left[0] < -6  # the tracker makes turns a little smaller
    assert 4 < down[1] < 14


def test_sound_and_pictures_begin_together(tmp_path: Path) -> None:
    """As in MPEG files, whose clock doesn't begin at 0."""
    with av.open(str(tmp_path / "late.mkv"), "w") as container:
        pictures = container.add_stream("mpeg4", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for k in range(25):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = 20 + k, Fraction(1, 25)  # from 0.8 s on
            container.mux(pictures.encode(frame))
        block = av.AudioFrame.from_ndarray(np.full((1, 16000), 8000, np.int16), format="s16", layout="mono")
        block.sample_rate, block.pts, block.time_base = 16000, 12800, Fraction(1, 16000)
        container.mux(sound.encode(block))
        for stream in (pictures, sound):
            container.mux(stream.encode())
    assert [round(time, 2) for time, _ in face_tracker._pictures(tmp_path / "late.mkv")][:2] == [0.0, 0.04]
    rates, blocks = zip(*film._by_pyav(tmp_path / "late.mkv"), strict=True)
    heard = np.concatenate(blocks)
    assert rates[0] == 16000 and len(heard) == 16000 and abs(heard[0, 0]) > 0.2


def test_what_is_no_film_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(TrackerError, match="can't be decoded"):
        track_film(tmp_path / "text.mp4", MODEL)
    (tmp_path / "bad.task").write_text("no tracker")
    with pytest.raises(TrackerError, match="can't be opened"):
        open_tracker(tmp_path / "bad.task")
