"""Any sound file becomes 16 kHz mono, or a sentence about what is wrong with it."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio import LARGEST, RATE, AudioError, read_clip


def _tone(rate: int, seconds: float = 1.0, hertz: float = 200.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def _write(path: Path, samples: np.ndarray, rate: int, subtype: str | None = None) -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


@pytest.mark.parametrize("rate", [1000, 8000, 11025, 16000, 22050, 44100, 48000, 96000, 768000])
def test_every_rate_keeps_its_timing(tmp_path: Path, rate: int) -> None:
    clip = read_clip(_write(tmp_path / "a.wav", _tone(rate), rate, "FLOAT"), 0.1, 0.9)
    assert clip.samples.dtype == np.float32
    assert len(clip.samples) == round(0.8 * RATE)
    assert clip.start == pytest.approx(0.1, abs=1 / rate)  # a frame of the file
    expected = 0.5 * np.sin(2 * np.pi * 200 * (clip.start + np.arange(len(clip.samples)) / RATE))
    np.testing.assert_allclose(clip.samples[800:-800], expected[800:-800], atol=1e-3)


@pytest.mark.parametrize(
    "name, subtype",
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.flac", None),
        ("a.ogg", None),
        ("a.mp3", None),
        ("a.aiff", None),
        ("a.wav", "GSM610"),
    ],
)
def test_every_audio_format_is_read(tmp_path: Path, name: str, subtype: str | None) -> None:
    path = _write(tmp_path / name, _tone(44100), 44100, subtype)
    clip = read_clip(path)
    assert abs(len(clip.samples) / RATE - 1) < 0.06  # mp3 pads
    assert 0.3 < np.sqrt(np.mean(clip.samples[2000:-2000] ** 2)) < 0.4
    assert clip.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.stack([_tone(16000), np.zeros(16000, np.float32)], axis=1)
    np.testing.assert_allclose(
        read_clip(_write(tmp_path / "a.wav", both, 16000, "FLOAT")).samples, _tone(16000) / 2, atol=1e-6
    )
    many = np.tile(_tone(16000)[:, None], 64)
    np.testing.assert_allclose(
        read_clip(_write(tmp_path / "b.wav", many, 16000, "FLOAT")).samples, _tone(16000), atol=1e-6
    )


def test_blocks_leave_no_seam(tmp_path: Path) -> None:
    clip = read_clip(_write(tmp_path / "a.wav", _tone(48000, 30), 48000, "FLOAT"))  # more than one block
    expected = 0.5 * np.sin(2 * np.pi * 200 * np.arange(30 * RATE) / RATE)
    np.testing.assert_allclose(clip.samples[800:-800], expected[800:-800], atol=1e-5)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_long_clip_is_streamed(tmp_path: Path, rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(
        tmp_path / "a.wav",
        _tone(rate, 70) + 0.01 * np.random.default_rng(0).standard_normal(70 * rate).astype(np.float32),
        rate,
    )
    held = read_clip(path, 1.0, 69.5)
    monkeypatch.setattr("backend.audio.clip._MAX_HELD", 60.0)
    clip = read_clip(path, 1.0, 69.5)
    for _ in range(2):
        assert [len(block) for block in clip.blocks] == [30 * RATE, 30 * RATE, round(8.5 * RATE)]
    np.testing.assert_array_equal(clip.samples, held.samples)
    assert (clip.start, clip.sha256) == (held.start, held.sha256)
    path.write_bytes(path.read_bytes()[: 2 * rate])  # a second is left
    with pytest.raises(AudioError):
        list(clip.blocks)


def test_non_finite_samples_become_silence(tmp_path: Path) -> None:
    samples = _tone(48000)
    samples[1000:9000:7] = np.nan
    samples[20000:20100] = np.inf
    samples[30000] = 3e38
    clip = read_clip(_write(tmp_path / "a.wav", samples, 48000, "FLOAT"))
    assert np.isfinite(clip.samples).all()
    assert len(clip.samples) == RATE


def test_end_is_limited_to_file_length(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _tone(16000), 16000)
    assert len(read_clip(path, 0.5, 1.04).samples) == RATE // 2
    assert len(read_clip(path, 0.5, 1e308).samples) == RATE // 2


def test_absurd_start_is_past_the_end(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="past the end"):
        read_clip(_write(tmp_path / "a.wav", _tone(16000), 16000), 1e308)


@pytest.mark.parametrize(
    "name", ["a b.wav", "ünïcödé.wav", "日本語.wav", "😀.wav", "x" * 250 + ".wav", "a", "..wav", "-"]
)
def test_any_file_name_is_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "a.wav", _tone(16000), 16000).rename(tmp_path / name)
    assert len(read_clip(path).samples) == RATE
    monkeypatch.chdir(tmp_path)
    assert len(read_clip(name).samples) == RATE


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a name be any bytes")
def test_undecodable_file_name_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _tone(16000), 16000).rename(tmp_path / os.fsdecode(b"\xff\x80.wav"))
    assert len(read_clip(path).samples) == RATE


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("left", [0.02, 0.5, 0.9])
def test_truncated_file_is_read_or_rejected(tmp_path: Path, suffix: str, left: float) -> None:
    path = _write(tmp_path / f"a.{suffix}", _tone(44100, 2), 44100)
    os.truncate(path, round(path.stat().st_size * left))
    try:
        assert RATE * 0.2 <= len(read_clip(path).samples) <= 2.1 * RATE
    except AudioError:
        pass


def _refused(path: Path | str, start: float = 0.0, end: float | None = None) -> str:
    with pytest.raises(AudioError) as caught:
        read_clip(path, start, end)
    message = str(caught.value)
    assert not message.endswith(".")
    assert "\n" not in message
    assert len(message) < 500
    return message


def test_non_audio_files_are_rejected(tmp_path: Path) -> None:
    assert "no file" in _refused(tmp_path / "none.wav")
    assert "folder" in _refused(tmp_path)
    (tmp_path / "empty.wav").touch()
    assert "is empty" in _refused(tmp_path / "empty.wav")
    (tmp_path / "text.wav").write_text("This is text. " * 100)
    assert "convert" in _refused(tmp_path / "text.wav")
    (tmp_path / "a.raw").write_bytes(bytes(1000))
    assert "convert" in _refused(tmp_path / "a.raw")
    assert "Midi Sample Dump" in _refused(
        _write(tmp_path / "a.sds", _tone(16000), 16000)
    )  # libsndfile prints what a broken one holds
    os.truncate(tmp_path / "empty.wav", LARGEST + 1)
    assert "4 GB is the most" in _refused(tmp_path / "empty.wav")
    assert "contains no sound" in _refused(_write(tmp_path / "none.wav", np.zeros(0, np.float32), 16000))
    assert "sample rate" in _refused(_write(tmp_path / "slow.wav", np.zeros(100, np.float32), 1))
    _refused("a\0b.wav")
    _refused("a" * 5000)
    _refused("a\nb")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert "regular" in _refused(tmp_path / "pipe.wav")


def test_empty_ranges_are_rejected(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _tone(16000), 16000)
    assert "past the end" in _refused(path, 1.0)
    assert "too short" in _refused(path, 0.5, 0.6)
    assert "too short" in _refused(path, 0.9)
    assert "too short" in _refused(_write(tmp_path / "short.wav", _tone(16000, 0.1), 16000))
    for start, end in ((-1.0, None), (0.5, 0.5), (0.5, 0.2), (float("nan"), None), (0.0, float("inf"))):
        assert "range" in _refused(path, start, end)
    assert len(read_clip(path, 0.3, 0.5).samples) == RATE // 5


def test_callback_can_cancel_reading(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _tone(48000, 60), 48000)
    fractions: list[float] = []
    read_clip(path, callback=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1

    def give_up(fraction: float) -> None:
        raise ValueError("enough")  # even what a broken file raises is not mistaken for the file's fault

    with pytest.raises(ValueError, match="enough"):
        read_clip(path, callback=give_up)
