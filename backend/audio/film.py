"""Decode sound that libsndfile can't (AAC, WMA, films) with the program ffmpeg or the package PyAV, where installed."""

import contextlib
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

import numpy as np

from ..platforms import child_flags
from .audio_errors import AudioError, reading, shown

_BLOCK = 1 << 18  # frames times channels
_AU_HEADER = 24  # bytes
_AU_FLOAT = 6


@dataclass(frozen=True)
class Film:
    """The first sound track of a file.

    rate: frames per second. read(first): yield blocks (n, channels) float32 from a frame to the end.
    """

    rate: int
    channels: int
    read: Callable[[int], Iterator[np.ndarray]]


def open_film(path: Path) -> Film | None:
    """Open the sound of a file; None without ffmpeg and PyAV. Raises AudioError if they can't decode it."""
    if shutil.which("ffmpeg"):
        with _ffmpeg(path) as (rate, channels, _):
            return Film(rate, channels, lambda first: _from_first(_by_ffmpeg(path), first))
    try:
        import av  # noqa: F401
    except ImportError:
        return None
    with contextlib.closing(_by_pyav(path)) as blocks:
        rate, block = next(blocks, (0, np.zeros((0, 1), np.float32)))
    if not rate:
        raise AudioError("{file} contains no sound: choose another file", file=shown(path))
    return Film(rate, block.shape[1], lambda first: _from_first((block for _, block in _by_pyav(path)), first))


def _from_first(blocks: Iterator[np.ndarray], first: int) -> Iterator[np.ndarray]:
    """Drop the frames before the first. Seeking would be exact in few of these formats."""
    with contextlib.closing(blocks):  # type: ignore[type-var]
        for block in blocks:
            if first < len(block):
                yield block[first:]
            first = max(0, first - len(block))


def _by_ffmpeg(path: Path) -> Iterator[np.ndarray]:
    with _ffmpeg(path) as (_, channels, stream):
        while data := stream.read(4 * channels * max(1, _BLOCK // channels)):
            whole = len(data) // (4 * channels) * channels
            yield np.frombuffer(data, ">f4", whole).reshape(-1, channels).astype(np.float32)


@contextlib.contextmanager
def _ffmpeg(path: Path) -> Iterator[tuple[int, int, IO[bytes]]]:
    """Start ffmpeg. Yield rate, channels and a pipe of big-endian float32. Raises AudioError if it decodes nothing."""
    # Allow only this file, even if it refers to others. Start a late sound track with silence, in sync with the film.
    command = [
        "ffmpeg",
        "-nostdin",
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-i",
        f"file:{path.absolute()}",
        "-map",
        "0:a:0",
    ]
    command += ["-af", "aresample=async=1:first_pts=0", "-c:a", "pcm_f32be", "-f", "au", "-"]
    with reading(path):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=child_flags(),
        )
    assert process.stdout and process.stderr
    last_line: deque[bytes] = deque(maxlen=1)
    # Read all of stderr, because a full pipe would block ffmpeg.
    drain = Thread(target=last_line.extend, args=(process.stderr,), daemon=True)
    drain.start()
    try:
        header = process.stdout.read(_AU_HEADER)
        offset, encoding, rate, channels = (int.from_bytes(header[at : at + 4], "big") for at in (4, 12, 16, 20))
        if len(header) < _AU_HEADER or encoding != _AU_FLOAT or not rate or not channels:
            drain.join(timeout=5.0)
            why = " ".join(last_line[0].decode(errors="replace").split())[-200:] if last_line else "it says nothing"
            raise AudioError(
                "{file} gives no sound (ffmpeg: {reason}): choose another file, or export it again",
                file=shown(path),
                reason=why.rstrip("."),
            )
        process.stdout.read(offset - _AU_HEADER)
        yield rate, channels, process.stdout
    finally:
        process.kill()
        process.wait()
        drain.join(timeout=5.0)
        process.stdout.close()
        process.stderr.close()


def _by_pyav(path: Path) -> Generator[tuple[int, np.ndarray], None, None]:
    """Yield (rate, (n, channels) float32) for each block; nothing if there is no sound track."""
    import av

    with reading(path), av.open(str(path.absolute()), options={"protocol_whitelist": "file"}) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            return
        rate = stream.rate
        resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=rate)
        began = False
        frames = (frame for packet in container.demux(stream) for frame in _decoded(packet))
        for frame in frames:
            if not began and frame.time and frame.time > 0:  # the track starts after the film
                yield rate, np.zeros((round(frame.time * rate), len(stream.layout.channels)), np.float32)
            began = True
            for part in resampler.resample(frame):
                yield rate, part.to_ndarray().T


def _decoded(packet) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """Yield the frames of a packet; nothing for a broken one."""
    import av

    try:
        yield from packet.decode()
    except av.error.InvalidDataError:
        return
