"""One message of each kind, and frames that are nearly messages: what both ends of the pipe are fed in tests."""

import io
import json
import random
from typing import Any

import numpy as np

from backend.arkit import CHANNELS
from backend.curves.base import Curves
from backend.ipc import protocol
from backend.ipc.protocol import (
    Cancel,
    Cancelled,
    Done,
    Error,
    Generate,
    Heard,
    Hello,
    Message,
    Notice,
    Progress,
    Ready,
    Shutdown,
    TakeReady,
)
from backend.messages import UserMessage
from backend.performance import EmotionKey, Performance, Take
from backend.sounds.shapes import Sound

TAKE = TakeReady(
    5,
    0,
    2,
    Take(
        7,
        "calm",
        "anger",
        Curves(("jawOpen", "tongueOut"), np.arange(6, dtype=np.float32).reshape(3, 2), 29.97),
        "aa",
        "bb",
        (("calm", 0.75),),
    ),
)
LOCKED = np.linspace(0, 1, 2 * len(CHANNELS), dtype=np.float32).reshape(2, -1)
LOCKED[1, ::3] = np.nan
REQUESTS: list[Message] = [
    Hello(1),
    Generate(
        2,
        "C:\\a b\\\udcff é 😀.wav",
        0.5,
        None,
        performance=Performance(
            identity="calm",
            emotion="auto",
            seed=3,
            count=2,
            fps=24,
            intensity=0.5,
            emotion_keys=(EmotionKey(0.0, "anger", 1.0), EmotionKey(2, "neutral", 0)),
        ),
    ),
    Generate(6, "a.wav", performance=Performance(locked=LOCKED)),
    Cancel(3, 2),
    Shutdown(4),
]
REPLIES: list[Message] = [
    Ready(1, "0.1", "student", "1", "cc", 2, (("calm", "moves little"),), ("neutral", "anger"), "3.13.0", "onnx"),
    Progress(2, "Listening", 0.25),
    Notice(2, "No GPU."),
    Notice(2, "No GPU", UserMessage("No {what}, {count} of {seconds:.1f}", what="GPU", count=2, seconds=0.5)),
    Heard(2, (Sound("M", 0.0, 0.25), Sound("AA", 0.25, 0.5, 2.0))),
    TAKE,
    Done(2),
    Cancelled(2),
    Error(0, "audio", "No.\nReally.", UserMessage("{why}", why=UserMessage("No"))),
]
MESSAGES = [*REQUESTS, *REPLIES]

_ODD: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        100,
        101,
        2**31,
        2**53,
        2**64,
        10**400,
        0.0,
        -0.0,
        0.5,
        1e-320,
        1e308,
        float("nan"),
        float("inf"),
    ),
    *(
        "",
        "a",
        "auto",
        "calm",
        "\0",
        "\n\r\t",
        "\u202e\ud800",
        "é😀",
        "../../etc/passwd",
        "//server/share",
        "x" * 3000,
        "%s%n{0}",
    ),
    *(
        [],
        {},
        [[]],
        [0],
        ["a", "a"],
        [None],
        {"": None},
        [[0.0, "anger", 1.0]],
        [[1, "anger", 1], [0, "calm", 2]],
        [["a", "b"]] * 500,
    ),
]


def to_bytes(*messages: Message) -> bytes:
    pipe = io.BytesIO()
    for message in messages:
        protocol.write(pipe, message)
    return pipe.getvalue()


def raw_frame(header: object, payload: bytes = b"") -> bytes:
    return json.dumps(header).encode() + b"\n" + payload


def broken(rng: random.Random, messages: list[Message]) -> bytes:
    """A frame that is hardly ever a message any more: its bytes, its structure, its lengths."""
    data = to_bytes(rng.choice(messages))
    line, _, payload = data.partition(b"\n")
    match rng.randrange(8):
        case 0 | 1:  # bytes changed, lost, added
            changed = bytearray(data)
            for _ in range(rng.randint(1, 4)):
                where = rng.randrange(len(changed) + 1)
                changed[where : where + rng.choice((0, 1, 1, 8))] = rng.randbytes(rng.choice((0, 1, 1, 3)))
            return bytes(changed)
        case 2:  # cut off, and perhaps gone on with another
            return data[: rng.randrange(1, len(data))] + rng.choice((b"", to_bytes(rng.choice(messages))))
        case 3:  # junk before it
            return (
                rng.choice(
                    (
                        b"\n",
                        b"\0",
                        b"print\n",
                        b"\xef\xbb\xbf",
                        b"{}\n",
                        b"[" * 3000,
                        rng.randbytes(rng.randrange(1, 99)),
                    )
                )
                + data
            )
        case 4:  # another length
            header = json.loads(line) | {
                "nbytes": rng.choice((-1, 1, 4, 208, 2**29, 2**29 + 1, 2**31, 2**63, 1.0, "0", None, [0]))
            }
            return raw_frame(header, payload)
        case 5:  # a name twice
            pair = rng.choice([json.dumps({name: value})[1:-1] for name, value in json.loads(line).items()])
            return b"{" + pair.encode() + b", " + line[1:] + b"\n" + payload
        case 6:  # deep, or long
            depth = rng.choice((50, 900, 990, 1000, 5000, 30000))
            deep = rng.choice(
                (
                    "[" * depth + "]" * depth,
                    '{"a":' * (depth // 4) + "1" + "}" * (depth // 4),
                    "9" * depth,
                    '"' + "x" * 70000 + '"',
                )
            )
            return line[:-1] + f', "{rng.choice(("id", "more", "file", "names"))}": {deep}}}\n'.encode() + payload
        case _:  # another payload
            return (
                line
                + b"\n"
                + rng.choice(
                    (payload[:-1], payload + b"\0\0\0\0", rng.randbytes(len(payload) + 1), b"\xff" * len(payload))
                )
            )


def odd(rng: random.Random, messages: list[Message]) -> bytes:
    """A frame that is good JSON, with values that nobody expects; often still a message."""
    line, _, payload = to_bytes(rng.choice(messages)).partition(b"\n")
    header = json.loads(line)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        name = rng.choice([*header])
        value, kind = rng.choice(_ODD), type(header[name])
        if rng.random() < 0.7:  # of a type that it may have
            value = rng.choice([other for other in _ODD if type(other) is kind] or [value])
        if name in ("type", "nbytes") and rng.random() < 0.9:
            continue
        header[name] = value
    if rng.random() < 0.05:
        header.pop(rng.choice([*header]))
    if payload and rng.random() < 0.5:
        payload = np.array(
            rng.choices((0.5, -1.0, 7.0, 1e38, np.nan, np.inf, -0.0), k=len(payload) // 4), "<f4"
        ).tobytes()
    return raw_frame(header, payload)
