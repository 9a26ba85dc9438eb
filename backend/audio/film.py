"""Sound that libsndfile has no decoder for (AAC, WMA, films), by the program ffmpeg or the package PyAV, where one of them is installed."""

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
from .errors import AudioError, reading, shown

_BLOCK = 1 << 18  # frames times channels
_AU_HEADER = 24  # bytes
_AU_FLOAT = 6


@dataclass(frozen=True)
class Film:
    """The first sound track of a file. rate: frames a second; read: (first frame) -> (n, channels) float32, block after block."""

    rate: int
    channels: int
    read: Callable[[int], Iterator[np.ndarray]]


def open_film(path: Path) -> Film | None:
    """The sound of a file; None where neither ffmpeg nor PyAV is installed. Raises AudioError when it can't make sound of it."""
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
    """The blocks without the frames before the first. (Seeking is exact in few of these formats.)"""
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
    """(rate, channels, big-endian float32) of what ffmpeg decodes. Raises AudioError when it decodes nothing."""
    # Only this file, however it names others; a track that starts after the film is led in by silence, so that both start together.
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
    said: deque[bytes] = deque(maxlen=1)
    listener = Thread(target=said.extend, args=(process.stderr,), daemon=True)  # or a full pipe would stop it
    listener.start()
    try:
        header = process.stdout.read(_AU_HEADER)
        offset, encoding, rate, channels = (int.from_bytes(header[at : at + 4], "big") for at in (4, 12, 16, 20))
        if len(header) < _AU_HEADER or encoding != _AU_FLOAT or not rate or not channels:
            listener.join(timeout=5.0)
            why = " ".join(said[0].decode(errors="replace").split())[-200:] if said else "it says nothing"
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
        listener.join(timeout=5.0)
        process.stdout.close()
        process.stderr.close()


def _by_pyav(path: Path) -> Generator[tuple[int, np.ndarray], None, None]:
    """(rate, (n, channels) float32), block after block; none where there is no sound track."""
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
            if not began and frame.time and frame.time > 0:  # a track that starts after the film
                yield rate, np.zeros((round(frame.time * rate), len(stream.layout.channels)), np.float32)
            began = True
            for part in resampler.resample(frame):
                yield rate, part.to_ndarray().T


def _decoded(packet) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """The frames of a packet, none of a broken one."""
    import av

    try:
        yield from packet.decode()
    except av.error.InvalidDataError:
        return
