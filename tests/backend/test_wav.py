"""WAVs are read without libsndfile as with it, and other files are refused with a sentence."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio import AudioError, UnknownFormat, find_sounds, read_clip, source
from backend.audio.wav import WavFile

SPEECH = Path(__file__).parents[1] / "data/speech.ogg"
SOUND = np.random.default_rng(0).uniform(-1, 1, (1000, 2)).astype(np.float32)


@pytest.fixture
def without_libsndfile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "soundfile", None)
    monkeypatch.setattr(source, "open_film", lambda path: None)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("endian", ["FILE", "BIG"])
def test_every_kind_of_sample_is_read(tmp_path: Path, subtype: str, form: str, endian: str) -> None:
    if endian == "BIG" and form != "WAV":
        pytest.skip("RIFX is plain")
    soundfile.write(tmp_path / "a.wav", SOUND, 22050, format=form, subtype=subtype, endian=endian)
    with open(tmp_path / "a.wav", "rb") as file, soundfile.SoundFile(tmp_path / "a.wav") as theirs:
        mine = WavFile(file)
        assert (mine.samplerate, mine.channels, mine.frames) == (22050, 2, 1000)
        np.testing.assert_array_equal(mine.read(300), theirs.read(300, "float32"))
        mine.seek(990)
        theirs.seek(990)
        np.testing.assert_array_equal(mine.read(300), theirs.read(300, "float32"))
        assert mine.read(300).shape == (0, 2)


@pytest.mark.parametrize("subtype", ["ULAW", "GSM610", "IMA_ADPCM"])
def test_compressed_wav_is_refused(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", SOUND[:, 0], 44100, format="WAV", subtype=subtype)
    with open(tmp_path / "a.wav", "rb") as file, pytest.raises(ValueError, match="WAV of kind"):
        WavFile(file)


@pytest.mark.parametrize("cut", [0, 4, 11, 20, 30, 43])
def test_cut_header_is_refused(tmp_path: Path, cut: int) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, SOUND, 22050, format="WAV")
    with pytest.raises(ValueError, match="WAV"):
        WavFile(io.BytesIO(buffer.getvalue()[:cut]))


@pytest.mark.usefixtures("without_libsndfile")
def test_clips_are_the_same_without_libsndfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.tile(SOUND, (60, 1)), 44100)
    mine = read_clip(path, 0.1, 1.1)
    shutil.copy(path, tmp_path / "cut.wav")
    with open(tmp_path / "cut.wav", "r+b") as file:  # as a recorder that crashed leaves it
        file.seek(40)
        file.write(b"\xff\xff\xff\x7f")
    corrected = read_clip(tmp_path / "cut.wav", 0.1, 1.1)
    monkeypatch.setattr(source, "soundfile", soundfile)
    theirs = read_clip(path, 0.1, 1.1)
    np.testing.assert_array_equal(mine.samples, theirs.samples)
    np.testing.assert_array_equal(corrected.samples, theirs.samples)


@pytest.mark.usefixtures("without_libsndfile")
def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"speech.ogg\" can't be read here \(it isn't a WAV\): convert it to WAV"):
        read_clip(SPEECH)
    for name in ("a.mp3", "a.flac", "a.aiff"):
        soundfile.write(tmp_path / name, SOUND, 44100)
        with pytest.raises(AudioError, match="convert it to WAV"):
            read_clip(tmp_path / name)
    assert [bool(reason) for _, reason in find_sounds(tmp_path)] == [True] * 3
