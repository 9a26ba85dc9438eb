"""Messages survive the pipe, and nothing but messages does."""

import io
import json
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from protocol_frames import MESSAGES, TAKE, raw_frame, to_bytes

from backend.ipc import protocol
from backend.ipc.protocol import MAX_HEADER, Error, Generate, Message, Notice, Progress, ProtocolError


def _same(one: Message | None, other: Message) -> bool:
    if type(one) is not type(other):
        return False
    arrays = [
        (getattr(one, name), getattr(other, name))
        for name in ("values", "kept")
        if getattr(other, name, None) is not None
    ]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in arrays) and _fields(one) == _fields(other)


def _fields(message: Message | None) -> dict[str, object]:
    return {name: value for name, value in vars(message).items() if not isinstance(value, np.ndarray)}


def test_every_message_comes_back() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Message))
    pipe = io.BytesIO(to_bytes(*MESSAGES))
    for message in MESSAGES:
        assert _same(protocol.read(pipe), message)
    assert protocol.read(pipe) is None


def test_the_bytes_are_what_the_docs_say() -> None:
    line, payload = to_bytes(TAKE).split(b"\n", 1)
    header = json.loads(line)
    assert (header["type"], header["nbytes"], header["frames"], "values" in header) == ("TakeReady", 24, 3, False)
    np.testing.assert_array_equal(np.frombuffer(payload, "<f4"), np.arange(6))


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
        raw_frame({"type": "TakeReady", "nbytes": 2**40, "id": 1, "frames": 2**37, "names": ["a", "b"]}),
        to_bytes(TAKE)[:-1],
        to_bytes(replace(TAKE, values=np.full((3, 2), np.nan))),
    ],
)
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol.read(io.BytesIO(data))
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_a_claimed_payload_takes_no_memory() -> None:
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


def test_message_of_an_older_peer_is_understood() -> None:
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
        Generate(1, "a", fps=float("nan")),
        Progress(1, "a", float("inf")),
        replace(TAKE, frames=4),
        Generate(1, "a", kept=np.zeros((2, 51), np.float32)),
        Error(1, "audio", b"bytes"),  # type: ignore[arg-type]
    ],
)
def test_what_can_not_be_sent_leaves_the_pipe_clean(message: Message) -> None:
    pipe = io.BytesIO()
    with pytest.raises(ProtocolError):
        protocol.write(pipe, message)
    assert pipe.getvalue() == b""
