"""Sound that libsndfile can't decode, read with ffmpeg and with PyAV. Each is skipped where it isn't installed."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from backend.audio import RATE, AudioError, UnknownFormat, film, read_clip

SPEECH = Path(__file__).parents[1] / "data/speech.ogg"
SECONDS = 2.0
# name of a file -> its muxer, codec, bit rate and sample rate, and how many seconds its encoder may put before the sound
FILMS = {
    "phone.m4a": ("ipod", "aac", 128_000, 44100, 0.0),
    "camera.mp4": ("mp4", "aac", 128_000, 48000, 0.0),
    "camera.mov": ("mov", "aac", 128_000, 48000, 0.0),
    "raw.aac": ("adts", "aac", 128_000, 44100, 0.03),
    "browser.webm": ("webm", "libopus", 96_000, 48000, 0.0),
    "screen.mkv": ("matroska", "ac3", 192_000, 48000, 0.01),
    "old.wma": ("asf", "wmav2", 128_000, 44100, 0.05),
    "camcorder.ts": ("mpegts", "mp2", 192_000, 48000, 0.03),
    "camcorder.mpg": ("mpeg", "mp2", 192_000, 48000, 0.03),
    "old.avi": ("avi", "ac3", 192_000, 48000, 0.01),
    "speech.spx": ("spx", "libspeex", 24_000, 16000, 0.03),
}
needs_av = pytest.mark.skipif(importlib.util.find_spec("av") is None, reason="PyAV isn't installed")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg isn't installed")
TOOLS = (pytest.param("ffmpeg", marks=needs_ffmpeg), pytest.param("PyAV", marks=needs_av))


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the program or package that the test uses, the only one that the backend finds."""
    if request.param == "PyAV":
        monkeypatch.setattr(film.shutil, "which", lambda name: None)
    return request.param


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return read_clip(SPEECH, 0.0, SECONDS).samples


def _encode(tool: str, path: Path, samples: np.ndarray, start: float = 0.0) -> None:
    """Write stereo sound that starts so many seconds after the film."""
    muxer, codec, bitrate, rate, _ = FILMS[path.name]
    if tool == "ffmpeg":
        data = np.stack([samples, samples], axis=1).astype("<f4").tobytes()
        source = ["-itsoffset", str(start), "-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "-"]
        coded = ["-c:a", codec, "-b:a", str(bitrate), "-ar", str(rate), "-f", muxer, str(path)]
        done = subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", *source, *coded], input=data, capture_output=True, check=False
        )
        if b"encoder" in done.stderr:
            pytest.skip(f"this ffmpeg can't encode {codec}")
        assert done.returncode == 0, done.stderr
        return
    import av

    try:
        av.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip(f"this PyAV can't encode {codec}")
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo")
        stream.bit_rate = bitrate
        frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]), format="fltp", layout="stereo")
        frame.rate, frame.pts = RATE, round(start * RATE)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("name", FILMS)
def test_films_are_read(tool: str, name: str, speech: np.ndarray, tmp_path: Path) -> None:
    _encode(tool, tmp_path / name, speech)
    heard = read_clip(tmp_path / name).samples
    delay = FILMS[name][-1]
    assert -0.03 <= len(heard) / RATE - SECONDS <= delay + 0.06  # encoders fill their last block
    lags = range(round(RATE * delay) + 1)
    count = min(len(speech), len(heard)) - lags[-1]
    # Compare loudness, since codecs change phases: 20 blocks a second.
    likeness = [np.corrcoef(_loudness(heard[lag:][:count]), _loudness(speech[:count]))[0, 1] for lag in lags[::80]]
    assert max(likeness) > 0.99


def _loudness(samples: np.ndarray) -> np.ndarray:
    size = RATE // 20
    return np.sqrt(np.mean(np.square(samples[: len(samples) // size * size].reshape(-1, size)), axis=1))


@pytest.mark.parametrize("name", ["camera.mp4", "camcorder.ts"])
def test_range_of_a_film(tool: str, name: str, speech: np.ndarray, tmp_path: Path) -> None:
    _encode(tool, tmp_path / name, speech)
    whole, part = read_clip(tmp_path / name).samples, read_clip(tmp_path / name, 0.5, 1.5).samples
    assert len(part) == RATE
    inner = slice(RATE // 10, -RATE // 10)  # away from the ends, where resampling sees other neighbors
    np.testing.assert_allclose(part[inner], whole[RATE // 2 :][: len(part)][inner], atol=1e-3)


def test_broken_film_is_read_or_refused(tool: str, speech: np.ndarray, tmp_path: Path) -> None:
    path, rng = tmp_path / "camera.mov", np.random.default_rng(0)
    _encode(tool, path, speech)
    whole = path.read_bytes()
    for _ in range(8):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 255
        path.write_bytes(data[: rng.integers(1, len(data))])
        with pytest.raises(AudioError, match=r"camera\.mov"):
            read_clip(path)  # the index of this file is at its end
    path = tmp_path / "raw.aac"
    _encode(tool, path, speech)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes(200) + whole[len(whole) // 2 + 200 : -50])
    assert len(read_clip(path).samples) > RATE


@needs_av
def test_sound_stays_in_sync_with_the_picture(
    speech: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import av

    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        picture = container.add_stream("mpeg4", rate=24)
        picture.width = picture.height = 32
        container.mux([*picture.encode(av.VideoFrame(32, 32, "yuv420p")), *picture.encode(None)])
        for at in (0.5, 2.0):  # seconds
            block = (speech[:RATE] * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.rate, frame.pts = RATE, round(at * RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    monkeypatch.setattr(film.shutil, "which", lambda name: None)
    heard = read_clip(path).samples
    expected = np.zeros(3 * RATE, np.float32)
    for at in (0.5, 2.0):
        expected[round(at * RATE) :][:RATE] = speech[:RATE]
    np.testing.assert_allclose(heard[: len(expected)], expected, atol=1e-3)  # times in MKV are whole milliseconds


@needs_av
def test_film_without_sound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    with av.open(str(tmp_path / "mute.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width = stream.height = 32
        container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode(None))
    monkeypatch.setattr(film.shutil, "which", lambda name: None)
    with pytest.raises(AudioError, match="contains no sound"):
        read_clip(tmp_path / "mute.mp4")


def test_messages_fit_where_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film.shutil, "which", lambda name: None)
    monkeypatch.setitem(__import__("sys").modules, "av", None)  # not installed
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(1000))
    with pytest.raises(UnknownFormat, match="or install ffmpeg or the Python package av") as caught:
        read_clip(tmp_path / "a.m4a")
    for_artist = str(caught.value.in_blender)
    assert "as WAV" in for_artist and "a.m4a" in for_artist and "install" not in for_artist
