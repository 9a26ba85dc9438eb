"""What the add-on and the backend say to each other, and how it is put on a pipe.

A frame is one line of JSON (UTF-8, ended by a newline) that holds "type", "nbytes" and the fields of the message, then nbytes of
payload: little-endian float32. Only TakeReady, and a Generate with something kept, have a payload. Every message carries an id: that of the request, or of the request
that a reply answers; 0 in an Error about no request in particular.
"""

import json
import math
from dataclasses import dataclass, fields
from types import UnionType
from typing import IO, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from ..arkit import CHANNELS
from ..messages import UserMessage

MAX_HEADER = 64 * 1024
MAX_PAYLOAD = 512 * 1024 * 1024
_CHUNK = 1024 * 1024
_ROW = 4 * len(CHANNELS)  # bytes of a frame


class ProtocolError(Exception):
    """The other end sent something that is no message, or this end tried to. The pipe can't be used any further."""


@dataclass(frozen=True)
class Hello:
    """Ask who is there. Answered by Ready, after any Progress and Notice, or by Error of kind "model"."""

    id: int


@dataclass(frozen=True)
class Generate:
    """Ask for takes of the seconds [start, end) of a sound file; end None is the file's end.

    identity and emotion are names out of Ready, or "auto": matched to the voice. seed, seed + 1, ... make count takes at fps frames
    a second. intensity: 0 is neutral, 1 the emotion as the model knows it. moods, where there are any, say instead of emotion and
    intensity how somebody feels at which seconds after start: (seconds, emotion, intensity), ascending; in between it blends.
    kept: (frames, 52 channels of backend.arkit) float32 at fps, what the takes must hold on to; NaN where they are free.
    Answered by any number of Progress and Notice, then a TakeReady for each take, then Done; or by Cancelled or Error.
    """

    id: int
    file: str
    start: float = 0.0
    end: float | None = None
    identity: str = "auto"
    emotion: str = "auto"
    seed: int = 0
    count: int = 1
    fps: float = 30.0
    intensity: float = 1.0
    moods: tuple[tuple[float, str, float], ...] = ()
    kept: np.ndarray | None = None


@dataclass(frozen=True)
class Cancel:
    """Give up the Generate whose id is job, under way or waiting. Unanswered when that job has ended already."""

    id: int
    job: int


@dataclass(frozen=True)
class Shutdown:
    """Give up every job and end the process."""

    id: int


@dataclass(frozen=True)
class Ready:
    """Who answers: version of the backend, its model and Python, and what a Generate may ask for."""

    id: int
    version: str
    model: str
    model_version: str
    model_sha256: str
    steps: int
    identities: tuple[tuple[str, str], ...]  # (name, description)
    emotions: tuple[str, ...]
    python: str
    runtime: str  # the one that does the work: onnx, torch or tensorrt


@dataclass(frozen=True)
class Progress:
    """How far a job is: stage is a caption for people ("Listening"), fraction is of the whole job, 0..1; translatable: as in Notice.

    Sent again every second or two in which nothing else is, as a sign of life; with id 0 while the backend starts."""

    id: int
    stage: str
    fraction: float
    translatable: UserMessage | None = None


@dataclass(frozen=True)
class Notice:
    """What the artist should know though the job goes on: message is one sentence in English, translatable the same with its template."""

    id: int
    message: str
    translatable: UserMessage | None = None


@dataclass(frozen=True)
class TakeReady:
    """Take number index (0..count-1) of a job, with all that is needed to make it again.

    seed, identity, emotion are the resolved ones (never "auto"). likeness: the identities that the voice is most like, with probabilities. values: (frames, len(names)) float32 in 0..1; frame k lies k / fps
    seconds after the start that was asked for.
    """

    id: int
    index: int
    count: int
    seed: int
    identity: str
    emotion: str
    fps: float
    names: tuple[str, ...]
    frames: int
    audio_sha256: str
    model_sha256: str
    likeness: tuple[tuple[str, float], ...]
    values: np.ndarray


@dataclass(frozen=True)
class Done:
    """Every take of the job has been sent."""

    id: int


@dataclass(frozen=True)
class Cancelled:
    """The job was given up as asked. Takes sent before this stay good."""

    id: int


@dataclass(frozen=True)
class Error:
    """The job failed. kind: "audio" (the file), "request" (what was asked), "model" (the model's files) or "internal" (a bug: its
    traceback is in the log); message, translatable: for the artist, as in Notice."""

    id: int
    kind: str
    message: str
    translatable: UserMessage | None = None


Request = Hello | Generate | Cancel | Shutdown
Reply = Ready | Progress | Notice | TakeReady | Done | Cancelled | Error
Message = Request | Reply

_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Message)}
_PAYLOADS = {TakeReady: "values", Generate: "kept"}  # the field that travels behind the header


Frame = tuple[bytes, memoryview]  # the header's line, and the payload


def write(pipe: IO[bytes], message: Message) -> None:
    """Put a message on a pipe and flush it. Raises ProtocolError when it is too large, OSError when the other end is gone."""
    put(pipe, frame(message))


def put(pipe: IO[bytes], parts: Frame) -> None:
    """Put what frame() made on a pipe and flush it. Raises OSError when the other end is gone."""
    line, payload = parts
    pipe.write(line)
    if len(payload):
        pipe.write(payload)
    pipe.flush()


def frame(message: Message) -> Frame:
    """A message as it is put on a pipe; the payload is the message's own array. Raises ProtocolError when it is too large."""
    header = {field.name: getattr(message, field.name) for field in fields(message)}
    array = header.pop(_PAYLOADS.get(type(message), ""), None)
    payload = (
        np.ascontiguousarray(() if array is None else array, "<f4").reshape(-1).view(np.uint8)
    )  # no copy: a take may be large
    if isinstance(message, TakeReady) and len(payload) != message.frames * len(message.names) * 4:
        raise ProtocolError(
            f"A take of {message.frames} frames and {len(message.names)} names can't hold {len(payload)} bytes"
        )
    if isinstance(message, Generate) and len(payload) % _ROW:
        raise ProtocolError(f"What is kept can't be {len(payload)} bytes: a frame has {_ROW}")
    try:
        # ASCII escapes carry any path, lone surrogates of undecodable file names included.
        line = (
            json.dumps(
                {"type": type(message).__name__, "nbytes": len(payload), **header}, allow_nan=False, default=_to_json
            ).encode()
            + b"\n"
        )
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"{type(message).__name__} can't be sent: {error}") from error
    if len(line) > MAX_HEADER or len(payload) > MAX_PAYLOAD:
        raise ProtocolError(
            f"{type(message).__name__} is too large to send: {len(line)} bytes of header, {len(payload)} of payload"
        )
    return line, payload.data


def _to_json(value: object) -> Any:
    """Return what JSON has for a value that json doesn't know. Raises TypeError."""
    if isinstance(value, UserMessage):
        return value.to_json()
    raise TypeError(f"{type(value).__name__} is not for JSON")


def read(pipe: IO[bytes]) -> Message | None:
    """Take the next message off a buffered pipe, waiting for it; None when the pipe ended between two messages.

    Raises ProtocolError for anything else: memory is only taken for bytes that arrived, and for no more than the limits above.
    """
    line = pipe.readline(MAX_HEADER + 1)
    if not line:
        return None
    if len(line) > MAX_HEADER:
        raise ProtocolError(f"A header is longer than {MAX_HEADER} bytes: {line[:40]!r}")
    if not line.endswith(b"\n"):
        raise ProtocolError(f"The pipe ended inside a header: {line[:40]!r}")
    kind, header, size = _header(line)
    values = {}
    if kind is TakeReady:
        shape = _shape(header)
        if size != shape[0] * shape[1] * 4:
            raise ProtocolError(f"A take of {shape[0]} frames and {shape[1]} names can't hold {size} bytes")
        values["values"] = _payload(pipe, size).reshape(shape)
        if not np.isfinite(values["values"]).all():
            raise ProtocolError("A take holds values that are no numbers")
    elif kind is Generate and size and size % _ROW == 0:
        values["kept"] = _payload(pipe, size).reshape(-1, len(CHANNELS))
    elif size:
        raise ProtocolError(f"A {kind.__name__} can't hold {size} bytes of payload")
    return _build(kind, header, values)


def _header(line: bytes) -> tuple[type, dict[str, Any], int]:
    """(class of the message, its fields as JSON has them, bytes of payload) of a header line."""
    try:
        header = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # bytes that are no UTF-8 raise a ValueError too
        raise ProtocolError(f"A header is not JSON: {line[:40]!r}") from error
    if not isinstance(header, dict):
        raise ProtocolError(f"A header is not a JSON object: {line[:40]!r}")
    name, size = header.pop("type", None), header.pop("nbytes", None)
    if not isinstance(name, str) or name not in _TYPES:
        raise ProtocolError(f"There is no message of type {str(name)[:40]!r}")
    if type(size) is not int or not 0 <= size <= MAX_PAYLOAD:
        raise ProtocolError(f"A payload can't be {ascii(size)[:40]} bytes")
    return _TYPES[name], header, size


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; Python's own would take the last of two values of a name. Raises ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _shape(header: dict[str, Any]) -> tuple[int, int]:
    frames, names = header.get("frames"), header.get("names")
    if type(frames) is not int or not 1 <= frames <= MAX_PAYLOAD or not isinstance(names, list) or not names:
        raise ProtocolError("A take needs frames and names")
    return frames, len(names)


def _payload(pipe: IO[bytes], size: int) -> np.ndarray:
    data = bytearray()
    while len(data) < size:
        part = pipe.read(min(_CHUNK, size - len(data)))
        if not part:
            raise ProtocolError(f"The pipe ended inside a payload, after {len(data)} of {size} bytes")
        data += part
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)


def _build(kind: type, header: dict[str, Any], values: dict[str, Any]) -> Any:
    hints = get_type_hints(kind)
    unknown = header.keys() - (hints.keys() - {_PAYLOADS.get(kind)})
    if unknown:
        raise ProtocolError(f"{kind.__name__} has no field {str(min(unknown))[:40]!r}")
    for name, value in header.items():
        try:
            values[name] = _typed(value, hints[name])
        except (TypeError, OverflowError) as error:
            raise ProtocolError(f"{kind.__name__}.{name} can't be {str(value)[:40]!r}") from error
    try:
        return kind(**values)
    except TypeError as error:
        raise ProtocolError(f"{kind.__name__} lacks a field: {error}") from error


def _typed(value: Any, hint: Any) -> Any:
    """A JSON value as the type that a field declares. Raises TypeError when it is another."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):  # the only unions are "T | None"
        return None if value is None else _typed(value, inner[0])
    if origin is tuple and isinstance(value, list):
        if inner[-1] is Ellipsis:
            return tuple(_typed(item, inner[0]) for item in value)
        if len(value) == len(inner):
            return tuple(_typed(item, item_hint) for item, item_hint in zip(value, inner, strict=True))
    elif origin is dict and isinstance(value, dict):
        return {key: _typed(item, inner[1]) for key, item in value.items()}
    elif hint is UserMessage:
        return UserMessage.from_json(value)
    elif hint is float:
        if type(value) in (int, float) and math.isfinite(value):
            return float(value)
    elif type(value) is hint:  # exact: True is no int here
        return value
    raise TypeError(hint)
