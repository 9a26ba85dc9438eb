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
_ONLY_FILES = {"protocol_whitelist": "file"}
_MAX_GAP = 0.1  # s; shorter gaps are due to rounded times


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
    """Yield (rate, (n, channels) float32) for each block; nothing if there is no sound track. Silence fills gaps, in sync with the film.

    Raises AudioError.
    """
    import av

    address = str(path.absolute())
    with reading(path), _ffmpeg_errors(), av.open(address, options=_ONLY_FILES, metadata_errors="replace") as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or stream.codec_context is None or not stream.rate:
            return
        rate, layout = stream.rate, stream.layout
        begins = (container.start_time or 0) / av.time_base  # of the film: MPEG streams don't start at 0
        written, form, resampler = 0, ("", "", 0), None
        for frame in _frames(container, stream):
            missing = 0 if frame.time is None else round((frame.time - begins) * rate) - written
            if missing > (_MAX_GAP * rate if written else 0):
                for silence in _silence(missing, len(layout.channels)):
                    yield rate, silence
                written += missing
            current = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or current != form:
                form, resampler = current, av.AudioResampler(format="fltp", layout=layout, rate=rate)
            for part in resampler.resample(frame):
                written += part.samples
                yield rate, part.to_ndarray().T


@contextlib.contextmanager
def _ffmpeg_errors() -> Iterator[None]:
    """Turn PyAV's errors into OSError: some of them, such as a missing decoder, are of other kinds."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error


def _silence(frames: int, channels: int) -> Iterator[np.ndarray]:
    for start in range(0, frames, _BLOCK):
        yield np.zeros((min(_BLOCK, frames - start), channels), np.float32)


def _frames(container, stream) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """Yield the frames that can be decoded of a stream, without broken packets."""
    import av

    began = False
    try:
        for packet in container.demux(stream):
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    began = True
                    yield frame
    except av.error.FFmpegError:  # the rest of the file is broken
        if not began:
            raise
