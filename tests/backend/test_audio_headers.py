"""Everything that can be heard of a file is read, whatever its header says, and lengths that disagree are told."""

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio import RATE, AudioError, UnknownFormat, find_sounds, read_clip

SECONDS = 3.0
SAMPLES = (
    0.3 * np.sin(2 * np.pi * 200 * np.arange(round(SECONDS * RATE)) / RATE)
    + 0.01 * np.random.default_rng(0).standard_normal(round(SECONDS * RATE))
).astype(np.float32)


def _coded(form: str, subtype: str | None = None, samples: np.ndarray = SAMPLES, rate: int = RATE) -> bytearray:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return bytearray(file.getvalue())


def _put(data: bytearray, at: int, number: int, size: int, order: str) -> bytearray:
    data[at : at + size] = number.to_bytes(size, order)  # type: ignore[arg-type]
    return data


def _wav(size: int, riff: int | None = None) -> bytearray:
    data = _coded("WAV", "PCM_16")
    _put(data, data.find(b"data") + 4, size, 4, "little")
    return data if riff is None else _put(data, 4, riff, 4, "little")


def _rf64() -> bytearray:
    data = _coded("RF64", "PCM_16")
    data[20:44] = bytes(24)
    return data


def _flac(total: int) -> bytearray:
    data = _coded("FLAC")
    return _put(data, 21, int.from_bytes(data[21:26], "big") >> 36 << 36 | total, 5, "big")


def _caf(size: bytes) -> bytearray:
    data = _coded("CAF", "PCM_16")
    at = data.find(b"data")
    data[at + 4 : at + 12] = size
    return data


def _au(size: int) -> bytearray:
    return _put(_coded("AU", "PCM_16"), 8, size, 4, "big")


def _mp3(frames: int | None) -> bytearray:
    """An MP3 whose Xing header tells so many frames, or that has no such header."""
    data = _coded("MP3")
    at = max(data.find(b"Xing"), data.find(b"Info"))
    if frames is None:
        return data[data.find(data[:2], at) :]
    return _put(data, at + 8, frames, 4, "big")


# name of the file -> its bytes, and whether its header is wrong rather than silent
WHOLE: dict[str, tuple[Callable[[], bytearray], bool]] = {
    "no size.wav": (lambda: _wav(0, 0), True),
    "no size but the file's.wav": (lambda: _wav(0), True),
    "streamed.wav": (lambda: _wav(0xFFFFFFFF, 0xFFFFFFFF), False),
    "too small.wav": (lambda: _wav(RATE * 2), True),
    "no size.rf64": (_rf64, True),
    "no size.flac": (lambda: _flac(0), False),
    "too small.flac": (lambda: _flac(RATE), True),
    "too large.flac": (lambda: _flac(10 * RATE), True),
    "no size.caf": (lambda: _caf(b"\xff" * 8), False),
    "zero.caf": (lambda: _caf(bytes(8)), False),
    "unknown.au": (lambda: _au(0xFFFFFFFF), False),
    "zero.au": (lambda: _au(0), True),
    "too small.au": (lambda: _au(RATE), True),
    "silent about it.mp3": (lambda: _mp3(None), False),
    "too few frames.mp3": (lambda: _mp3(20), True),
    "too many frames.mp3": (lambda: _mp3(2000), True),
    "a wav.raw": (lambda: _coded("WAV"), False),
    "no suffix": (lambda: _coded("FLAC"), False),
    "named otherwise.mp3": (lambda: _coded("OGG"), False),
}


@pytest.mark.parametrize("name", WHOLE)
def test_all_of_a_file_is_read(name: str, tmp_path: Path) -> None:
    make, wrong = WHOLE[name]
    path = tmp_path / name
    path.write_bytes(make())
    clip = read_clip(path)
    assert len(clip.samples) / RATE == pytest.approx(
        SECONDS, abs=0.15
    )  # an MP3 has silence at both ends; a FLAC may lose a frame
    assert np.sqrt(np.mean(clip.samples**2)) == pytest.approx(0.21, abs=0.01)
    assert all("can be heard" in str(notice) for notice in clip.notices)
    assert bool(clip.notices) == wrong


JOINED: dict[str, Callable[[], bytearray]] = {
    "a.mp3": lambda: _coded("MP3"),
    "tagged.mp3": lambda: bytearray(b"ID3\4\0\0\0\0\0\x0a" + bytes(10)) + _coded("MP3") + b"TAG" + bytes(125),
    "no headers.mp3": lambda: _mp3(None),
    "padded.mp3": lambda: _coded("MP3") + bytes(5000),
    "a.ogg": lambda: _coded("OGG"),
    "a.opus": lambda: _coded("OGG", "OPUS"),
    "a.wav": lambda: _coded("WAV", "PCM_16"),
    "a.flac": lambda: _coded("FLAC"),
    "a.oga": lambda: _ogg_flac(_coded("FLAC")),
}


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize("pieces", [1, 3])
def test_joined_files_are_read_completely(name: str, pieces: int, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(JOINED[name]() * pieces)
    clip = read_clip(path)
    assert len(clip.samples) / RATE == pytest.approx(pieces * SECONDS, abs=0.1 * pieces)  # MP3's ends
    assert np.sqrt(np.mean(clip.samples[-RATE:] ** 2)) == pytest.approx(0.21, abs=0.02)
    late = read_clip(path, pieces * SECONDS - 1.0, pieces * SECONDS - 0.5)
    assert len(late.samples) == RATE // 2
    assert late.start == pytest.approx(pieces * SECONDS - 1.0, abs=1e-3)
    np.testing.assert_allclose(
        late.samples[800:-800], clip.samples[round(late.start * RATE) :][800 : RATE // 2 - 800], atol=0.02
    )


def test_joined_files_of_other_rates(tmp_path: Path) -> None:
    both = np.stack([SAMPLES, SAMPLES], axis=1)
    for form in ("OGG", "MP3", "WAV"):
        path = tmp_path / f"a.{form.lower()}"
        path.write_bytes(_coded(form) + _coded(form, samples=both[::2], rate=RATE // 2) + _coded(form, samples=both))
        assert len(read_clip(path).samples) / RATE == pytest.approx(3 * SECONDS, abs=0.3)


def test_trailing_bytes_are_no_sound(tmp_path: Path) -> None:
    for index, tail in enumerate(
        (b"LIST\x04\0\0\0abcd", b"ID3\4" + bytes(100), bytes(512), b"\0", b"TAG" + bytes(125))
    ):
        path = tmp_path / f"{index}.wav"
        path.write_bytes(_coded("WAV", "PCM_16") + tail)
        clip = read_clip(path)
        assert len(clip.samples) == len(SAMPLES)
        assert not clip.notices
    empty = _coded("WAV", samples=SAMPLES[:0])
    (tmp_path / "empty.wav").write_bytes(empty + b"LIST\x04\0\0\0abcd")
    with pytest.raises(AudioError, match="contains no sound"):
        read_clip(tmp_path / "empty.wav")


@pytest.mark.parametrize("form", ["WAV", "FLAC", "MP3", "OGG", "AIFF", "CAF"])
def test_truncated_file_is_read_partially(form: str, tmp_path: Path) -> None:
    data = _coded(form)
    path = tmp_path / "a"
    path.write_bytes(data[: len(data) * 6 // 10])
    clip = read_clip(path)
    # an Ogg page holds about a second, and the last one is lost
    assert 0.25 * SECONDS < len(clip.samples) / RATE < 0.7 * SECONDS
    assert bool(clip.notices) == (form in ("WAV", "FLAC", "MP3"))  # the others' headers don't tell


SPEECH = np.random.default_rng(2).standard_normal(RATE).astype(np.float32) * 0.1
HUM = (0.3 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("channels", "heard", "told"),
    [
        ([SPEECH, -SPEECH], SPEECH, True),
        ([0.8 * SPEECH, -SPEECH], -SPEECH, True),
        ([SPEECH + 0.3, -SPEECH + 0.3], SPEECH + 0.3, True),
        ([SPEECH + HUM, -SPEECH + HUM], SPEECH + HUM, True),
        ([SPEECH, -SPEECH, SPEECH, -SPEECH], SPEECH, True),
        ([SPEECH, np.concatenate([-SPEECH[: len(SPEECH) // 3], SPEECH[len(SPEECH) // 3 :]])], SPEECH, True),
        ([SPEECH, SPEECH], SPEECH, False),
        ([SPEECH, 0 * SPEECH], SPEECH / 2, False),
        ([0 * SPEECH] * 7 + [SPEECH], SPEECH / 8, False),
        ([SPEECH, np.roll(SPEECH, 77)], (SPEECH + np.roll(SPEECH, 77)) / 2, False),
        ([0 * SPEECH, 0 * SPEECH], 0 * SPEECH, False),
    ],
)
def test_channels_that_cancel_are_not_averaged(
    channels: list[np.ndarray], heard: np.ndarray, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "a.wav", np.stack(channels, axis=1), RATE, subtype="FLOAT")
    clip = read_clip(tmp_path / "a.wav")
    np.testing.assert_allclose(clip.samples, heard, atol=1e-6)
    assert ["cancel each other" in str(notice) for notice in clip.notices] == [True] * told
    monkeypatch.setattr("backend.audio.clip._MAX_HELD", 0.5)  # a long clip
    long = read_clip(tmp_path / "a.wav")
    np.testing.assert_allclose(long.samples, heard, atol=1e-6)
    assert long.notices == clip.notices


def test_brief_phase_inversion_is_averaged(tmp_path: Path) -> None:
    speech = np.tile(SPEECH, 3)
    other = speech.copy()
    other[: RATE // 4] *= -1
    soundfile.write(tmp_path / "a.wav", np.stack([speech, other], axis=1), RATE, subtype="FLOAT")
    assert not read_clip(tmp_path / "a.wav").notices


def test_undecodable_file_names_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "av", None)  # not installed
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(1000))
    with pytest.raises(UnknownFormat, match="or install ffmpeg"):
        read_clip(tmp_path / "a.m4a")


def test_folder_sounds_are_found_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    (tmp_path / "inside").mkdir()
    for name in ("a.wav", "b.bwf", "inside/c", "d.txt"):
        (tmp_path / name).write_bytes(_coded("WAV"))
    (tmp_path / "e.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(1000))
    (tmp_path / "f.mp3").write_text("<html>404</html>")
    (tmp_path / "g").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(1000))
    (tmp_path / "notes.txt").write_text("one\ntwo\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(1000))
    (tmp_path / "empty.wav").touch()
    for name in ("link.wav", "link"):
        (tmp_path / name).symlink_to("gone.wav")
    found = {path.relative_to(tmp_path).as_posix(): why for path, why in find_sounds(tmp_path)}
    assert {name for name, why in found.items() if not why} == {"a.wav", "b.bwf", "inside/c", "d.txt"}
    assert {name for name, why in found.items() if why} == {"e.m4a", "f.mp3", "g", "empty.wav", "link.wav"}


def _ogg_flac(flac: bytearray) -> bytearray:
    """FLAC in Ogg as its mapping says, with a page for each frame of 4096 samples."""
    starts = [at for at in range(len(flac) - 6) if flac[at : at + 2] == b"\xff\xf8" and flac[at + 2] >> 4 == 12]
    frames = [bytes(flac[a:b]) for a, b in zip(starts, [*starts[1:], len(flac)], strict=True)]
    packets = [
        b"\x7fFLAC\1\0\0\1" + bytes(flac[:42]).replace(b"fLaC\x80", b"fLaC\0"),
        b"\x84\0\0\x08" + bytes(8),
        *frames,
    ]
    pages = bytearray()
    for number, packet in enumerate(packets):
        lacing = [255] * (len(packet) // 255) + [len(packet) % 255]
        assert len(lacing) < 256
        flags = 2 if number == 0 else 4 if number == len(packets) - 1 else 0
        pages += b"OggS\0" + struct.pack("<BqIIIB", flags, 4096 * max(0, number - 1), 7, number, 0, len(lacing))
        pages += bytes(lacing) + packet
    return pages
