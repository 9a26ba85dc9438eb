"""Messages survive the pipe, and nothing but messages does."""

import io
import json
from dataclasses import is_dataclass, replace
from typing import Any, get_args

import numpy as np
import pytest
from protocol_frames import MESSAGES, TAKE, raw_frame, to_bytes

from backend.curves.base import Curves
from backend.ipc import protocol
from backend.ipc.protocol import MAX_HEADER, Error, Generate, Message, Notice, Progress, ProtocolError
from backend.performance import EmotionKey, Performance

# Written by version 0.1.0, whose messages were flat in the code too.
RECORDED: dict[str, tuple[bytes, Message]] = {
    "request": (
        (
            b'{"type": "Generate", "nbytes": 0, "id": 2, "file": "a b.wav", "start": 0.5, "end": null, "identity": "calm", '
            b'"emotion": "auto", "seed": 3, "count": 2, "fps": 24, "intensity": 0.5, "moods": [[0.0, "anger", 1.0], [2, "neutral", 0]]}\n'
        ),
        Generate(
            2,
            "a b.wav",
            0.5,
            None,
            Performance("calm", "auto", 3, 2, 24, 0.5, (EmotionKey(0.0, "anger", 1.0), EmotionKey(2, "neutral", 0))),
        ),
    ),
    "request with locks": (
        (
            b'{"type": "Generate", "nbytes": 208, "id": 6, "file": "a.wav", "start": 0.0, "end": null, "identity": "auto", '
            b'"emotion": "auto", "seed": 0, "count": 1, "fps": 30.0, "intensity": 1.0, "moods": []}\n'
            + bytes.fromhex("0000c07f0000003f" * 26)
        ),
        Generate(6, "a.wav", performance=Performance(locked=np.tile(np.array([np.nan, 0.5], np.float32), 26)[None])),
    ),
    "take": (
        (
            b'{"type": "TakeReady", "nbytes": 24, "id": 5, "index": 0, "count": 2, "seed": 7, "identity": "calm", "emotion": "anger", '
            b'"fps": 29.97, "names": ["jawOpen", "tongueOut"], "frames": 3, "audio_sha256": "aa", "model_sha256": "bb", '
            b'"likeness": [["calm", 0.75]]}\n' + bytes.fromhex("000000000000803f0000004000004040000080400000a040")
        ),
        TAKE,
    ),
    "request with a locked head": (
        (
            b'{"type": "Generate", "nbytes": 220, "id": 6, "file": "a.wav", "start": 0.0, "end": null, "identity": "auto", '
            b'"emotion": "auto", "seed": 0, "count": 1, "fps": 30.0, "intensity": 1.0, "moods": [], '
            b'"rotations": ["HeadYaw", "HeadPitch", "HeadRoll"]}\n' + bytes.fromhex("0000c07f" * 54 + "0000003f")
        ),
        Generate(6, "a.wav", performance=Performance(locked=np.array([[*[np.nan] * 54, 0.5]], np.float32))),
    ),
    "take that turns the head": (
        (
            b'{"type": "TakeReady", "nbytes": 24, "id": 5, "index": 0, "count": 2, "seed": 7, "identity": "calm", "emotion": "anger", '
            b'"fps": 29.97, "names": ["jawOpen"], "rotations": ["HeadPitch"], "frames": 3, "audio_sha256": "aa", "model_sha256": "bb", '
            b'"likeness": [["calm", 0.75]]}\n' + bytes.fromhex("000000000000803f0000004000004040000080400000a040")
        ),
        replace(
            TAKE,
            take=replace(
                TAKE.take,
                curves=Curves(
                    ("jawOpen",),
                    np.array([[0], [2], [4]], np.float32),
                    29.97,
                    rotations={"HeadPitch": np.array([1, 3, 5], np.float32)},
                ),
            ),
        ),
    ),
}


def _curves(values: np.ndarray) -> Curves:
    return Curves(("jawOpen", "tongueOut"), values, 29.97)


def _same(one: Any, other: Any) -> bool:
    """Compare two messages, with NaN equal to NaN."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if not is_dataclass(one):
        return bool(one == other)
    return type(one) is type(other) and all(_same(value, vars(other)[name]) for name, value in vars(one).items())


def test_every_message_survives_the_pipe() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Message))
    pipe = io.BytesIO(to_bytes(*MESSAGES))
    for message in MESSAGES:
        assert _same(message, protocol.read(pipe))
    assert protocol.read(pipe) is None


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_frame_is_read(name: str) -> None:
    recorded, message = RECORDED[name]
    assert _same(message, protocol.read(io.BytesIO(recorded)))


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_frame_is_written(name: str) -> None:
    recorded, message = RECORDED[name]
    (line, _, payload), (now, _, sent) = recorded.partition(b"\n"), to_bytes(message).partition(b"\n")
    assert json.loads(now) == json.loads(line)
    assert sent == payload


def test_emotion_keys_have_names() -> None:
    message = protocol.read(io.BytesIO(RECORDED["request"][0]))
    assert isinstance(message, Generate)
    assert [key.emotion for key in message.performance.emotion_keys] == ["anger", "neutral"]


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"garbage\n",
        b"\xff\xfe\n",
        b"[" * 60000 + b"\n",
        b"1\n",
        b"x" * (MAX_HEADER + 10),
        b'{"type": "Hello"',
        b'{"type": "Hello", "nbytes": 0, "id": 1, "id": 2}\n',
        b'{"type": "Progress", "nbytes": 0, "id": 1, "stage": "a", "fraction": NaN}\n',
        b'{"type": "Progress", "nbytes": 0, "id": 1, "stage": "a", "fraction": 1e999}\n',
        b'{"type": "Hello", "nbytes": 0, "id": ' + b"9" * 5000 + b"}\n",
        raw_frame({"type": "Hello", "id": 1}),
        raw_frame({"type": "Nonsense", "nbytes": 0, "id": 1}),
        raw_frame({"type": ["Hello"], "nbytes": 0, "id": 1}),
        raw_frame({"type": "Hello", "nbytes": 0}),
        raw_frame({"type": "Hello", "nbytes": 0, "id": "1"}),
        raw_frame({"type": "Hello", "nbytes": 0, "id": True}),
        raw_frame({"type": "Hello", "nbytes": 0, "id": 1.0}),
        raw_frame({"type": "Hello", "nbytes": 0, "id": None}),
        raw_frame({"type": "Hello", "nbytes": 0, "id": 1, "more": 2}),
        raw_frame({"type": "Hello", "nbytes": 4, "id": 1}, bytes(4)),
        raw_frame({"type": "Generate", "nbytes": 8, "id": 1, "file": "a"}, bytes(8)),
        raw_frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "moods": [[0.0, "anger"]]}),
        raw_frame({"type": "Hello", "nbytes": -1, "id": 1}),
        raw_frame({"type": "Hello", "nbytes": 0.0, "id": 1}),
        raw_frame({"type": "Hello", "nbytes": "two\nlines", "id": 1}),
        raw_frame({"type": "Generate", "nbytes": 0, "id": 1}),
        raw_frame({"type": "Generate", "nbytes": 0, "id": 1, "file": 3}),
        raw_frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "fps": 10**400}),
        raw_frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "strengths": {"jaw": 1.0}}),
        raw_frame({"type": "Ready", "nbytes": 0, "id": 1, "identities": [["a"]]}),
        raw_frame({"type": "TakeReady", "nbytes": 8, "id": 1}, bytes(8)),
        raw_frame({"type": "TakeReady", "nbytes": 8, "id": 1, "frames": 1, "names": ["a"]}, bytes(8)),
        raw_frame({"type": "TakeReady", "nbytes": 4, "id": 1, "frames": 1, "names": ["a"]}, bytes(4)),
        raw_frame(
            {"type": "TakeReady", "nbytes": 8, "id": 1, "frames": 1, "names": ["a"], "rotations": ["a"]}, bytes(8)
        ),
        raw_frame({"type": "TakeReady", "nbytes": 8, "id": 1, "frames": 1, "names": ["a"], "rotations": {}}, bytes(8)),
        raw_frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "rotations": ["HeadYaw"]}),
        raw_frame({"type": "Generate", "nbytes": 212, "id": 1, "file": "a", "rotations": ["HeadYaw"]}, bytes(212)),
        raw_frame({"type": "TakeReady", "nbytes": 2**40, "id": 1, "frames": 2**37, "names": ["a", "b"]}),
        to_bytes(TAKE)[:-1],
        to_bytes(replace(TAKE, take=replace(TAKE.take, curves=_curves(np.full((3, 2), np.nan))))),
    ],
)
def test_malformed_frame_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol.read(io.BytesIO(data))
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_claimed_payload_takes_no_memory() -> None:
    class Tiny(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            self.largest = max(self.largest, size or 0)
            return super().read(size)

    frames = protocol.MAX_PAYLOAD // 4
    pipe = Tiny(raw_frame({"type": "TakeReady", "nbytes": frames * 4, "frames": frames, "names": ["a"]}, bytes(100)))
    with pytest.raises(ProtocolError, match="after 100 of"):
        protocol.read(pipe)
    assert pipe.largest <= 2**20


def test_older_peer_message_is_read() -> None:
    pipe = io.BytesIO(raw_frame({"type": "Notice", "nbytes": 0, "id": 1, "message": "No GPU."}))
    assert protocol.read(pipe) == Notice(1, "No GPU.", None)


def test_malformed_template_is_refused() -> None:
    template = {"template": "{a.__class__}", "arguments": {"a": 1}}
    pipe = io.BytesIO(
        raw_frame({"type": "Notice", "nbytes": 0, "id": 1, "message": "No GPU.", "translatable": template})
    )
    with pytest.raises(ProtocolError, match="translatable"):
        protocol.read(pipe)


@pytest.mark.parametrize(
    "message",
    [
        Generate(1, "a" * MAX_HEADER),
        Generate(1, "a", performance=Performance(fps=float("nan"))),
        Progress(1, "a", float("inf")),
        replace(TAKE, take=replace(TAKE.take, curves=_curves(np.zeros((2, 3))))),
        Generate(1, "a", performance=Performance(locked=np.zeros((2, 51), np.float32))),
        Error(1, "audio", b"bytes"),  # type: ignore[arg-type]
    ],
)
def test_unsendable_message_writes_nothing(message: Message) -> None:
    pipe = io.BytesIO()
    with pytest.raises(ProtocolError):
        protocol.write(pipe, message)
    assert pipe.getvalue() == b""
