"""Messages survive the pipe, and nothing but messages does."""

import io
import json
import random
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from backend import protocol
from backend.arkit import CHANNELS
from backend.protocol import (
    MAX_HEADER,
    Cancel,
    Cancelled,
    Done,
    Error,
    Generate,
    Hello,
    Message,
    Notice,
    Progress,
    ProtocolError,
    Ready,
    Shutdown,
    TakeReady,
)

TAKE = TakeReady(
    5,
    0,
    2,
    7,
    "calm",
    "anger",
    29.97,
    ("jawOpen", "tongueOut"),
    3,
    "aa",
    "bb",
    (("calm", 0.75),),
    np.arange(6, dtype=np.float32).reshape(3, 2),
)
KEPT = np.linspace(0, 1, 2 * len(CHANNELS), dtype=np.float32).reshape(2, -1)
KEPT[1, ::3] = np.nan
MESSAGES: list[Message] = [
    Hello(1),
    Generate(2, "C:\\a b\\\udcff é 😀.wav", 0.5, None, "calm", "auto", 3, 2, 24, 0.5, ((0.0, "anger", 1.0), (2, "neutral", 0))),
    Generate(6, "a.wav", kept=KEPT),
    Cancel(3, 2),
    Shutdown(4),
    Ready(1, "0.1", "student", "1", "cc", 2, (("calm", "moves little"),), ("neutral", "anger"), "3.13.0", "onnx"),
    Progress(2, "Listening", 0.25),
    Notice(2, "No GPU."),
    TAKE,
    Done(2),
    Cancelled(2),
    Error(0, "audio", "No.\nReally."),
]


def _bytes(*messages: Message) -> bytes:
    pipe = io.BytesIO()
    for message in messages:
        protocol.write(pipe, message)
    return pipe.getvalue()


def _frame(header: object, payload: bytes = b"") -> bytes:
    return json.dumps(header).encode() + b"\n" + payload


def _same(one: Message | None, other: Message) -> bool:
    if type(one) is not type(other):
        return False
    arrays = [(getattr(one, name), getattr(other, name)) for name in ("values", "kept") if getattr(other, name, None) is not None]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in arrays) and _fields(one) == _fields(other)


def _fields(message: Message | None) -> dict[str, object]:
    return {name: value for name, value in vars(message).items() if not isinstance(value, np.ndarray)}


def test_every_message_comes_back() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Message))
    pipe = io.BytesIO(_bytes(*MESSAGES))
    for message in MESSAGES:
        assert _same(protocol.read(pipe), message)
    assert protocol.read(pipe) is None


def test_the_bytes_are_what_the_docs_say() -> None:
    line, payload = _bytes(TAKE).split(b"\n", 1)
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
        b'{"type": "Progress", "nbytes": 0, "id": 1, "stage": "a", "fraction": NaN}\n',
        b'{"type": "Progress", "nbytes": 0, "id": 1, "stage": "a", "fraction": 1e999}\n',
        b'{"type": "Hello", "nbytes": 0, "id": ' + b"9" * 5000 + b"}\n",
        _frame({"type": "Hello", "id": 1}),
        _frame({"type": "Nonsense", "nbytes": 0, "id": 1}),
        _frame({"type": ["Hello"], "nbytes": 0, "id": 1}),
        _frame({"type": "Hello", "nbytes": 0}),
        _frame({"type": "Hello", "nbytes": 0, "id": "1"}),
        _frame({"type": "Hello", "nbytes": 0, "id": True}),
        _frame({"type": "Hello", "nbytes": 0, "id": 1.0}),
        _frame({"type": "Hello", "nbytes": 0, "id": None}),
        _frame({"type": "Hello", "nbytes": 0, "id": 1, "more": 2}),
        _frame({"type": "Hello", "nbytes": 4, "id": 1}, bytes(4)),
        _frame({"type": "Generate", "nbytes": 8, "id": 1, "file": "a"}, bytes(8)),
        _frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "moods": [[0.0, "anger"]]}),
        _frame({"type": "Hello", "nbytes": -1, "id": 1}),
        _frame({"type": "Hello", "nbytes": 0.0, "id": 1}),
        _frame({"type": "Generate", "nbytes": 0, "id": 1}),
        _frame({"type": "Generate", "nbytes": 0, "id": 1, "file": 3}),
        _frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "fps": 10**400}),
        _frame({"type": "Generate", "nbytes": 0, "id": 1, "file": "a", "strengths": {"jaw": 1.0}}),
        _frame({"type": "Ready", "nbytes": 0, "id": 1, "identities": [["a"]]}),
        _frame({"type": "TakeReady", "nbytes": 8, "id": 1}, bytes(8)),
        _frame({"type": "TakeReady", "nbytes": 8, "id": 1, "frames": 1, "names": ["a"]}, bytes(8)),
        _frame({"type": "TakeReady", "nbytes": 4, "id": 1, "frames": 1, "names": ["a"]}, bytes(4)),
        _frame({"type": "TakeReady", "nbytes": 2**40, "id": 1, "frames": 2**37, "names": ["a", "b"]}),
        _bytes(TAKE)[:-1],
        _bytes(replace(TAKE, values=np.full((3, 2), np.nan))),
    ],
)
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        protocol.read(io.BytesIO(data))
    assert len(str(caught.value)) < 300


def test_a_claimed_payload_takes_no_memory() -> None:
    class Tiny(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            self.largest = max(self.largest, size or 0)
            return super().read(size)

    frames = protocol.MAX_PAYLOAD // 4
    pipe = Tiny(_frame({"type": "TakeReady", "nbytes": frames * 4, "frames": frames, "names": ["a"]}, bytes(100)))
    with pytest.raises(ProtocolError, match="after 100 of"):
        protocol.read(pipe)
    assert pipe.largest <= 2**20


def test_mutated_bytes_are_read_or_refused() -> None:
    rng, good = random.Random(1), [_bytes(message) for message in MESSAGES]
    read = refused = 0
    for _ in range(5000):
        data = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 4)):
            where = rng.randrange(len(data))
            data[where : where + rng.choice((0, 1, 1, 8))] = rng.randbytes(rng.choice((0, 1, 1, 3)))
        pipe = io.BytesIO(data)
        try:
            while protocol.read(pipe) is not None:
                read += 1
        except ProtocolError:
            refused += 1
    assert refused > 1000 and read > 100


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
