"""Read WAV files with numpy alone: whole numbers of 8 to 32 bits and floats, in RIFF, RF64 or big-endian RIFX."""

from typing import BinaryIO

import numpy as np

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN = 0xFFFFFFFF  # the size of a chunk in RF64, whose true one is in the chunk ds64
_LARGEST_HEADER = 1 << 24  # bytes


class WavFile:
    """A WAV, with the names and the scaling of soundfile.SoundFile. Raises ValueError for any other file.

    file: opened for reading bytes; it is not closed.
    """

    format, format_info = "WAV", "WAV"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(12)
        if head[:4] not in (b"RIFF", b"RF64", b"RIFX") or head[8:] != b"WAVE":
            raise ValueError("it isn't a WAV")
        self._order = ">" if head[:4] == b"RIFX" else "<"
        form, long_size = b"", 0
        while (name := file.read(4)) != b"data":
            length = self._number(file.read(4))
            if len(name) < 4 or file.tell() + length > min(size, _LARGEST_HEADER):
                raise ValueError("the WAV has no samples")
            content = file.read(length + length % 2)
            if name == b"fmt ":
                form = content
            elif name == b"ds64":
                long_size = self._number(content[8:16])
        length = self._number(stated := file.read(4))
        self._first = file.tell()
        if len(stated) < 4 or not form:
            raise ValueError("the WAV has no samples")
        self._read_format(form)
        if head[:4] == b"RF64" and length == _UNKNOWN:
            length = long_size
        self.frames = min(length, size - self._first) // self._align
        self._at = 0

    def seek(self, frame: int) -> None:
        self._at = frame

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> np.ndarray:
        """Return the next frames, (n, channels) float32, fewer at the end."""
        frames = max(0, min(frames, self.frames - self._at))
        self._file.seek(self._first + self._at * self._align)
        data = self._file.read(frames * self._align)
        data = data[: len(data) // self._align * self._align]
        self._at += len(data) // self._align
        return self._values(data).reshape(-1, self.channels)

    def _read_format(self, form: bytes) -> None:
        number = self._number
        kind, self.channels, self.samplerate = number(form[:2]), number(form[2:4]), number(form[4:8])
        self._align, bits = number(form[12:14]), number(form[14:16])
        if kind == _EXTENSIBLE:
            kind = number(form[24:26])
        self._bytes = bits // 8
        known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}.get(kind, ())
        if bits not in known or not self.channels or self._align != self.channels * self._bytes:
            raise ValueError(f"WAV of kind {kind} with {bits} bits")
        self._is_float = kind == _FLOAT

    def _values(self, data: bytes) -> np.ndarray:
        if self._is_float:
            return np.frombuffer(data, f"{self._order}f{self._bytes}").astype(np.float32)
        if self._bytes == 1:
            return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
        if self._bytes == 3:  # as the upper bytes of 32 bits
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)[:, :: 1 if self._order == "<" else -1]
            return wide.reshape(-1).view("<i4").astype(np.float32) / np.float32(1 << 31)
        values = np.frombuffer(data, f"{self._order}i{self._bytes}").astype(np.float32)
        return values / np.float32(1 << 8 * self._bytes - 1)

    def _number(self, data: bytes) -> int:
        return int.from_bytes(data, "big" if self._order == ">" else "little")
