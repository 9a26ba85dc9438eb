"""Sound that is broken, odd or none at all, asked of one real process: each is a take or one sentence, soon and in little memory.

The bounds: 10 s for a file of up to 200 MB, 120 s up to 4 GB, 250 MB of memory for any; what is larger is refused at once. test_audio.py has what read_clip does with each.
"""

import os
import random
import socket
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import real_backend
import soundfile
from corrupt_audio import Spoiled, spoiled

from backend.__main__ import DEFAULT_MODEL
from backend.audio import LARGEST, AudioError, read_clip
from backend.ipc.client import Client
from backend.ipc.protocol import Error, Generate
from backend.performance import Performance, Take
from tests.soak import Soak

FPS = 30.0
SOON = 10.0  # s
LARGE = 120.0  # s, for files that are nearly too large
MOST_MEMORY = 250  # MB

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "model.json").exists(), reason="backend/model holds no model")


class Service:
    """One process for all the tests here."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._ids = count(1)
        self._first = self._good()

    def ask(self, file: str | Path, start: float = 0.0, end: float | None = None, within: float = SOON) -> Take | str:
        """The take of a file, or the sentence in its place."""
        began = time.monotonic()
        answer = real_backend.answer(
            self.client, Generate(next(self._ids), str(file), start, end, performance=Performance(fps=FPS)), within + 20
        )
        assert time.monotonic() - began < within
        if isinstance(answer, Error):
            assert answer.kind in ("audio", "request"), answer
            assert _is_a_sentence(answer.message), answer
            return answer.message
        (take,) = answer
        assert take.curves.values.shape[1] == 52
        assert take.curves.values.min() >= 0
        assert take.curves.values.max() <= 1  # finite: the protocol's word
        return take

    def assert_well(self) -> None:
        """It does what it did at first, and it has not grown."""
        assert np.array_equal(self._good(), self._first)
        assert self.peak() < MOST_MEMORY

    def peak(self) -> float:
        """MB that the process had at most; 0 where the system doesn't say."""
        status = Path(f"/proc/{self.client._process.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

    def _good(self) -> np.ndarray:
        take = self.ask(real_backend.SPEECH, 2.0, 3.0, within=60)
        assert isinstance(take, Take)
        return take.curves.values


def _is_a_sentence(text: str) -> bool:
    """One, that says what failed and what to do next."""
    return (
        text.isprintable()
        and not text.endswith(".")
        and text[0].isupper() | (text[0] in '"0123456789')
        and (": " in text and 40 < len(text) < 500)
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    client = real_backend.start(tmp_path_factory.mktemp("service"))
    yield Service(client)
    client.stop()


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_corrupt_sound_files_are_survived(soak: Soak, service: Service, tmp_path: Path) -> None:
    for n in soak.times(quick=250, long=20_000):
        file = spoiled(n)
        with soak.trial("spoiled sound files: header, lengths, bytes flipped, cut, put in"):
            _ask_for_spoiled(service, tmp_path, file, n)
            if n % 250 == 249:
                service.assert_well()


def _ask_for_spoiled(service: Service, folder: Path, file: Spoiled, number: int) -> None:
    path = folder / f"a.{file.suffix}"
    path.write_bytes(file.data)
    start, end = random.Random(number).choice(((0.0, None), (0.0, None), (0.0, 0.4), (0.1, None), (0.3, 60.0)))
    try:
        answer = service.ask(path, start, end)
        if isinstance(answer, Take):
            assert len(answer.curves.values) == max(1, round(len(read_clip(path, start, end).samples) / 16000 * FPS))
        else:
            with pytest.raises(AudioError):
                read_clip(path, start, end)
    except AssertionError as error:
        raise AssertionError(f"{file.what}, from {start} to {end}") from error


def _noise(seconds: float, rate: int = 16000, channels: int = 1) -> np.ndarray:
    noise = 0.1 * np.random.default_rng(1).standard_normal((round(seconds * rate), channels))
    return noise.astype(np.float32)


def _with(value: float, every: int) -> np.ndarray:
    sound = _noise(1)
    sound[::every] = value
    return sound


SOUNDS: dict[str, tuple[np.ndarray, int, int | str]] = {  # samples, rate, frames of the take or a word of the sentence
    "all NaN": (_with(np.nan, 1), 16000, 30),
    "some NaN": (_with(np.nan, 7), 16000, 30),
    "all inf": (_with(np.inf, 1), 16000, 30),
    "some -inf": (_with(-np.inf, 3), 16000, 30),
    "as large as a float can be": (_with(3.4e38, 2), 16000, 30),
    "as small as a float can be": (np.full((16000, 1), 1e-45, np.float32), 16000, 30),
    "silence": (np.zeros((16000, 1), np.float32), 16000, 30),
    "a constant": (np.ones((16000, 1), np.float32), 16000, 30),
    "too loud": (_noise(1) * 1e4, 16000, 30),
    "no sample": (_noise(0), 16000, "contains no sound"),
    "one sample": (_noise(1 / 16000), 16000, "too short"),
    "a sample less than the shortest": (_noise(0.2)[1:], 16000, "too short"),
    "the shortest": (_noise(0.2), 16000, 6),
    "1 Hz": (_noise(100, 1), 1, "sample rate"),
    "999 Hz": (_noise(1, 999), 999, "sample rate"),
    "1 kHz": (_noise(1, 1000), 1000, 30),
    "16001 Hz": (_noise(1, 16001), 16001, 30),
    "767999 Hz": (_noise(1, 767999), 767999, 30),
    "768 kHz": (_noise(1, 768000), 768000, 30),
    "768001 Hz": (_noise(1, 768001), 768001, "sample rate"),
    "the highest rate": (_noise(1, 16000), 2**31 - 1, "sample rate"),
    "64 channels": (_noise(1, 16000, 64), 16000, 30),
    "as many channels as can be": (_noise(0.5, 16000, 1024), 16000, 15),
}


def test_unusual_samples_and_rates(soak: Soak, service: Service, tmp_path: Path) -> None:
    for what, (samples, rate, expected) in SOUNDS.items():
        path = tmp_path / f"{what}.wav"
        soundfile.write(path, samples, rate, subtype="FLOAT")
        with soak.trial("odd sound: NaN, inf, no or one sample, 1 Hz, 768 kHz, 64 channels"):
            answer = service.ask(path)
            assert len(answer.curves.values) == expected if isinstance(answer, Take) else str(expected) in answer, (
                what,
                answer,
            )
    service.assert_well()


NO_SOUND = {
    "text.wav": b"This is text. " * 1000,
    "web page.mp3": b"<!DOCTYPE html><html><body>404</body></html>",
    "zip.flac": b"PK\3\4" + bytes(1000),
    "only a start.wav": b"RIFF",
    "random.ogg": random.Random(0).randbytes(100_000),
    "zeros.mp3": bytes(100_000),
    "headerless.raw": random.Random(1).randbytes(32000),
}
NO_PATHS = [
    *(
        "/dev/zero",
        "/dev/full",
        "/dev/tty",
        "/dev/stdin",
        "/dev/fd/0",
        "/proc/self/mem",
        "/proc/self/environ",
        "/proc/kmsg",
    ),
    *(
        "//server/share/a.wav",
        r"\\server\share\a.wav",
        r"\\?\C:\a.wav",
        r"\\.\PhysicalDrive0",
        r"C:\a.wav",
        "C:a.wav",
        "NUL",
        "CON",
    ),
    *(
        "smb://server/a.wav",
        "http://localhost/a.wav",
        "file:///etc/hosts",
        "|id",
        "$(id)",
        "`id`",
        "~/a.wav",
        "-",
        "--help",
    ),
    *(
        "",
        ".",
        "..",
        "/",
        "//",
        "a\0b",
        "a\nb",
        "\ud800",
        "a" * 300,
        "a/" * 5000,
        "😀" * 500,
        "none.wav",
        "\x7f\x1b[31m",
    ),
]


def test_non_audio_files_are_rejected(soak: Soak, service: Service, inside: Path) -> None:
    for name, data in NO_SOUND.items():
        (inside / name).write_bytes(data)
    (inside / "folder.wav").mkdir()
    (inside / "loop.wav").symlink_to("loop.wav")
    (inside / "dangling.wav").symlink_to("nothing.wav")
    paths = [*NO_PATHS, *(str(path) for path in inside.iterdir())]
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.wav")
        (inside / "to a device.wav").symlink_to("/dev/zero")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.wav")
        paths += [str(inside / name) for name in ("pipe.wav", "to a device.wav", "socket.wav")]
    for path in paths:
        with soak.trial("paths that lead to no sound: text, folders, devices, pipes, network, URLs"):
            answer = service.ask(path)
            assert isinstance(answer, str), path
    service.assert_well()


def test_any_file_name_is_accepted(soak: Soak, service: Service, tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    soundfile.write(sound, _noise(0.3), 16000)
    for n in soak.times(quick=20, long=500):
        path = tmp_path / _name(n)
        try:
            os.link(sound, path)
        except (OSError, ValueError):  # not a name that a file can have here
            pass
        with soak.trial("names of files: emoji, scripts, control characters, undecodable, very long"):
            answer = service.ask(path)
            assert isinstance(answer, Take) == os.path.isfile(path), (n, path, answer)
    service.assert_well()


LETTERS = (
    *(
        "a",
        " ",
        ".",
        "-",
        "%s",
        "'",
        '"',
        "`",
        "\\",
        "\n",
        "\t",
        "\x01",
        "\x7f",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "日本",
        "\u0639",
        "🎤",
    ),
    *(
        "\u202e",
        "\u200b",
        "\ufeff",
        "\U0001f469\u200d\U0001f680",
        "\U0010ffff",
        "\udc80",
        "\udcff",
    ),  # turned, unseen, joined, undecodable
)


def _name(number: int) -> str:
    chance = random.Random(number)
    if number % 10 == 0:
        return chance.choice(("a", "é", "日", "🎤")) * chance.randrange(1, 120)
    return "".join(chance.choices(LETTERS, k=chance.randrange(1, 30))) + chance.choice((".wav", ".WAV", ""))


def _sparse(path: Path, head: bytes, size: int) -> Path:
    """A file that is all zeros but for its head, which takes no room on most disks."""
    path.write_bytes(head)
    os.truncate(path, size)
    return path


def _w64(seconds: float, channels: int, rate: int) -> bytes:
    """The header of a Wave64 of 16 bits, whose lengths have 64."""
    riff, tail = bytes.fromhex("2e91cf11a5d628db04c10000"), bytes.fromhex("f3acd3118cd100c04f8edb8a")
    data = round(seconds * rate) * 2 * channels
    numbers = [(1, 2), (channels, 2), (rate, 4), (rate * 2 * channels, 4), (2 * channels, 2), (16, 2)]
    form = b"".join(number.to_bytes(size, "little") for number, size in numbers)
    sizes = [
        (data + 104).to_bytes(8, "little"),
        (24 + len(form)).to_bytes(8, "little"),
        (data + 24).to_bytes(8, "little"),
    ]
    return b"riff" + riff + sizes[0] + b"wave" + tail + b"fmt " + tail + sizes[1] + form + b"data" + tail + sizes[2]


def test_oversized_sound_files_are_rejected(soak: Soak, service: Service, tmp_path: Path) -> None:
    flac = tmp_path / "small.flac"
    soundfile.write(flac, _noise(1), 16000)
    heads = {
        "headless.wav": b"",
        "half an hour.w64": _w64(1800, 64, 48000),
        "a second.w64": _w64(1, 1, 48000),
        "cut.flac": flac.read_bytes()[:400],  # what follows is searched for the next frame
    }
    for name, head in heads.items():
        with soak.trial("sparse files of 10 GB, with a good header and without"):
            answer = service.ask(_sparse(tmp_path / name, head, 10 << 30), 0.0, 1.0, within=2)
            assert isinstance(answer, str)
            assert "10.0 GB" in answer
    wide = _w64(1800, 64, 192000)  # a GB is 44 s
    with soak.trial("sparse files of 200 MB, every sample of 64 channels at 192 kHz asked for"):
        answer = service.ask(_sparse(tmp_path / "wide.w64", wide, 200 << 20))
        assert isinstance(answer, Take)
        assert len(answer.curves.values) == round((200 << 20) / (2 * 64 * 192000) * FPS)
    for _ in soak.times(quick=0, long=1):  # the worst of what is not refused
        for name, head in heads.items():
            with soak.trial("sparse files of 4 GB, with a good header and without"):
                answer = service.ask(_sparse(tmp_path / name, head, LARGEST), 0.0, 1.0, within=LARGE)
                assert isinstance(answer, Take) == name.endswith("w64"), answer
        with soak.trial("sparse files of 4 GB, every sample of 64 channels at 192 kHz asked for"):
            answer = service.ask(_sparse(tmp_path / "wide.w64", wide, LARGEST), within=LARGE)
            assert isinstance(answer, Take)
    service.assert_well()
