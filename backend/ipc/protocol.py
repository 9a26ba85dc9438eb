"""The messages between the add-on and the backend, and their form on a pipe.

A frame is one line of JSON (UTF-8, ended by a newline) with "type", "nbytes" and the fields of the message, followed by nbytes of
payload: little-endian float32. Only TakeReady, and a Generate with locked values, have a payload. Every message has an id: that of the
request, or of the request that a reply answers; 0 in an Error about no particular request.

On the wire all fields of a message stand side by side: those of a Generate's performance, and of a TakeReady's take and its curves.
"""

import json
from dataclasses import dataclass, field
from typing import IO, Any, get_args

import numpy as np

from ..arkit import CHANNELS, HEAD
from ..curves.base import ROTATIONS, Curves
from ..flat_format import FlatFormat, from_json
from ..messages import UserMessage
from ..performance import Performance, Take
from ..sounds.shapes import Sound

MAX_HEADER = 64 * 1024
MAX_PAYLOAD = 512 * 1024 * 1024
_CHUNK = 1024 * 1024
_FLOAT = 4  # bytes


class ProtocolError(Exception):
    """Something that is not a message was received or was about to be sent. After a failed read the pipe can't be used any further."""


@dataclass(frozen=True)
class Hello:
    """Ask the backend to introduce itself. Answered by Ready, after any Progress and Notice, or by Error of kind "model"."""

    id: int


@dataclass(frozen=True)
class Generate:
    """Ask for takes of the seconds [start, end) of a sound file; end None is the file's end.

    On the wire performance.emotion_keys are "moods", and performance.locked is the payload. "rotations" lists what it locks beside the 52
    channels; it is missing where that is nothing.
    Answered by any number of Progress and Notice, then a TakeReady for each take, then Done; or by Cancelled or Error.
    """

    id: int
    file: str
    start: float = 0.0
    end: float | None = None
    performance: Performance = field(default_factory=Performance)


@dataclass(frozen=True)
class Cancel:
    """Cancel the Generate whose id is job, running or waiting. Not answered when that job has already ended."""

    id: int
    job: int


@dataclass(frozen=True)
class Shutdown:
    """Cancel all jobs and end the process."""

    id: int


@dataclass(frozen=True)
class Ready:
    """The backend's version, model and Python, and the names that a Generate may use."""

    id: int
    version: str
    model: str
    model_version: str
    model_sha256: str
    steps: int
    identities: tuple[tuple[str, str], ...]  # (name, description)
    emotions: tuple[str, ...]
    python: str
    runtime: str  # in use: onnx, numpy, torch or tensorrt


@dataclass(frozen=True)
class Progress:
    """How far a job is: stage is a caption for the panel ("Listening"), fraction is of the whole job, 0..1; translatable: as in Notice.

    Repeated at least every two seconds as a sign of life; with id 0 while the backend starts.
    """

    id: int
    stage: str
    fraction: float
    translatable: UserMessage | None = None


@dataclass(frozen=True)
class Notice:
    """Something the artist should know although the job continues: one sentence in English; translatable is the same with its template."""

    id: int
    message: str
    translatable: UserMessage | None = None


@dataclass(frozen=True)
class Heard:
    """Sounds of a job's clip as the model heard them, in order. Sent before the takes, in as many messages as they need."""

    id: int
    sounds: tuple[Sound, ...]


@dataclass(frozen=True)
class TakeReady:
    """Take number index (0 .. count - 1) of a job.

    On the wire take.sounds is missing, see Heard, "frames" is the number of frames, and take.curves.values, finite and (frames, names), is the payload.
    "rotations" lists those whose angles follow the values in each frame; it is missing where there are none.
    """

    id: int
    index: int
    count: int
    take: Take


@dataclass(frozen=True)
class Done:
    """Every take of the job has been sent."""

    id: int


@dataclass(frozen=True)
class Cancelled:
    """The job was canceled as asked. Takes sent before this remain valid."""

    id: int


@dataclass(frozen=True)
class Error:
    """The job failed.

    kind: "audio" (the file), "request" (what was asked), "model" (the model's files) or "internal" (a bug, with a traceback in the log).
    message, translatable: for the artist, as in Notice.
    """

    id: int
    kind: str
    message: str
    translatable: UserMessage | None = None


Request = Hello | Generate | Cancel | Shutdown
Reply = Ready | Progress | Notice | Heard | TakeReady | Done | Cancelled | Error
Message = Request | Reply

# The names on the wire are older than those in the code.
_NAMES = {"emotion_keys": "moods", "locked": "kept"}
_FORMATS = {
    kind.__name__: FlatFormat(kind, (Performance, Take, Curves), _NAMES, left_out=("start", "sounds"))
    for kind in get_args(Message)
}
_PAYLOADS: dict[type, str] = {TakeReady: "values", Generate: "kept"}  # the field that follows the header


Frame = tuple[bytes, memoryview]  # the header's line, and the payload


def write(pipe: IO[bytes], message: Message) -> None:
    """Write a message to a pipe and flush it. Raises ProtocolError when it is too large, OSError when the other end is gone."""
    put(pipe, frame(message))


def put(pipe: IO[bytes], parts: Frame) -> None:
    """Write what frame() made to a pipe and flush it. Raises OSError when the other end is gone."""
    line, payload = parts
    pipe.write(line)
    if len(payload):
        pipe.write(payload)
    pipe.flush()


def frame(message: Message) -> Frame:
    """Encode a message. The payload is the message's own array. Raises ProtocolError when it is too large or can't be encoded."""
    name = type(message).__name__
    header = _FORMATS[name].flatten(message)
    array = header.pop(_PAYLOADS.get(type(message), ""), None)
    angles = header.pop("rotations", {})
    if angles:
        header["rotations"] = [*angles]
        array = np.column_stack([array, *angles.values()])
    values = np.ascontiguousarray(() if array is None else array, "<f4")
    payload = values.reshape(-1).view(np.uint8)  # no copy: a take may be large
    if isinstance(message, TakeReady):
        header["frames"] = len(values)
        if values.ndim != 2 or values.shape[1] != len(header["names"]) + len(angles):
            raise ProtocolError(f"A take of {len(header['names'])} names can't hold {values.shape} values")
    if isinstance(message, Generate) and array is not None:
        if values.ndim != 2 or values.shape[1] not in (len(CHANNELS), len(CHANNELS + HEAD)):
            raise ProtocolError(f"Locked values can't be {values.shape}: a frame has {len(CHANNELS)} channels")
        if values.shape[1] > len(CHANNELS):
            header["rotations"] = [*HEAD]
    try:
        # ASCII escapes carry any path, lone surrogates of undecodable file names included.
        line = (
            json.dumps({"type": name, "nbytes": len(payload), **header}, allow_nan=False, default=_to_json).encode()
            + b"\n"
        )
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"{name} can't be sent: {error}") from error
    if len(line) > MAX_HEADER or len(payload) > MAX_PAYLOAD:
        raise ProtocolError(f"{name} is too large to send: {len(line)} bytes of header, {len(payload)} of payload")
    return line, payload.data


def _to_json(value: object) -> Any:
    """Return what JSON has for a value that json doesn't know. Raises TypeError."""
    if isinstance(value, UserMessage):
        return value.to_json()
    raise TypeError(f"{type(value).__name__} is not for JSON")


def read(pipe: IO[bytes]) -> Message | None:
    """Read the next message from a buffered pipe, waiting for it; None when the pipe ended between two messages.

    Raises ProtocolError for anything else. Memory is taken only for bytes that arrived, up to the limits above.
    """
    line = pipe.readline(MAX_HEADER + 1)
    if not line:
        return None
    if len(line) > MAX_HEADER:
        raise ProtocolError(f"A header is longer than {MAX_HEADER} bytes: {line[:40]!r}")
    if not line.endswith(b"\n"):
        raise ProtocolError(f"The pipe ended inside a header: {line[:40]!r}")
    kind, header, size = _header(line)
    values: dict[str, Any] = {}
    if kind is TakeReady:
        (frames, names), rotations = _pop_shape(header), _pop_rotations(header, ROTATIONS)
        width = names + len(rotations)
        if size != frames * width * _FLOAT:
            raise ProtocolError(f"A take of {frames} frames and {width} names can't hold {size} bytes")
        table = _payload(pipe, size).reshape(frames, width)
        if not np.isfinite(table).all():
            raise ProtocolError("A take holds values that are not finite")
        values["values"] = table[:, :names]
        values["rotations"] = dict(zip(rotations, table[:, names:].T, strict=True))
    elif kind is Generate and size:
        width = len(CHANNELS) + len(_pop_rotations(header, HEAD))
        if width not in (len(CHANNELS), len(CHANNELS + HEAD)) or size % (width * _FLOAT):
            raise ProtocolError(f"A {kind.__name__} can't hold {size} bytes of payload")
        values["kept"] = _payload(pipe, size).reshape(-1, width)
    elif size:
        raise ProtocolError(f"A {kind.__name__} can't hold {size} bytes of payload")
    return _build(kind, header, values)


def _header(line: bytes) -> tuple[type, dict[str, Any], int]:
    """Split a header line: (class of the message, its fields as JSON has them, bytes of payload)."""
    try:
        header = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # bytes that are no UTF-8 raise a ValueError too
        raise ProtocolError(f"A header is not JSON: {line[:40]!r}") from error
    if not isinstance(header, dict):
        raise ProtocolError(f"A header is not a JSON object: {line[:40]!r}")
    name, size = header.pop("type", None), header.pop("nbytes", None)
    if not isinstance(name, str) or name not in _FORMATS:
        raise ProtocolError(f"There is no message of type {str(name)[:40]!r}")
    if type(size) is not int or not 0 <= size <= MAX_PAYLOAD:
        raise ProtocolError(f"A payload can't be {ascii(size)[:40]} bytes")
    return _FORMATS[name].kind, header, size


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object; Python's own takes the last of two values of a name. Raises ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _pop_shape(header: dict[str, Any]) -> tuple[int, int]:
    frames, names = header.pop("frames", None), header.get("names")
    if type(frames) is not int or not 1 <= frames <= MAX_PAYLOAD or not isinstance(names, list) or not names:
        raise ProtocolError("A take needs frames and names")
    return frames, len(names)


def _pop_rotations(header: dict[str, Any], known: tuple[str, ...]) -> list[str]:
    names = header.pop("rotations", [])
    if not isinstance(names, list) or any(name not in known for name in names) or len(set(names)) < len(names):
        raise ProtocolError(f"Rotations can't be {ascii(names)[:40]}")
    return names


def _payload(pipe: IO[bytes], size: int) -> np.ndarray:
    data = bytearray()
    while len(data) < size:
        part = pipe.read(min(_CHUNK, size - len(data)))
        if not part:
            raise ProtocolError(f"The pipe ended inside a payload, after {len(data)} of {size} bytes")
        data += part
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)


def _build(kind: type, header: dict[str, Any], values: dict[str, Any]) -> Any:
    form = _FORMATS[kind.__name__]
    unknown = header.keys() - (form.types.keys() - {_PAYLOADS.get(kind)})
    if unknown:
        raise ProtocolError(f"{kind.__name__} has no field {str(min(unknown))[:40]!r}")
    for name, value in header.items():
        try:
            values[name] = from_json(value, form.types[name])
        except (TypeError, OverflowError) as error:
            raise ProtocolError(f"{kind.__name__}.{name} can't be {str(value)[:40]!r}") from error
    try:
        return form.nest(values)
    except TypeError as error:
        raise ProtocolError(f"{kind.__name__} lacks a field: {error}") from error
