"""A faulty backend: the seed of a request decides how `python faulty_backend.py` replies to it.

It needs nothing but Python, so that it can stand in for the real one.
"""

import json
import random
import struct
import sys
from collections.abc import Sequence
from typing import Any

NAMES = ("jawOpen", "mouthClose", "eyeBlinkLeft")
ILLS: dict[str, dict[str, Any]] = {
    "good": {},
    "of another job": {"id": 10**12},
    "of no job": {"id": 0},
    "of another number": {"index": 1},
    "below zero": {"index": -1},
    "of more": {"count": 2},
    "at another rate": {"fps": 25.5},
    "of names that ARKit lacks": {"names": ["jawOpen", "noseWiggle", "eyeBlinkLeft"]},
    "of a name twice": {"names": ["jawOpen", "jawOpen", "eyeBlinkLeft"]},
    "far too long": {"frames": 5000},
    "beyond 1": {"value": 1.5},
    "below 0": {"value": -0.25},
    "huge": {"value": 3e38},
}
IGNORED = ("of another job", "of no job")  # it answers nobody


def take(request: dict[str, Any], **changes: Any) -> bytes:
    """Return a TakeReady of constant values, as long as the tests' speech of 9.25 s."""
    value, frames = (
        changes.pop("value", 0.5),
        changes.get("frames", round((request["end"] - request["start"]) * request["fps"])),
    )
    header = {
        "id": request["id"],
        "index": 0,
        "count": 1,
        "seed": request["seed"],
        "identity": "calm",
        "emotion": "anger",
        "fps": request["fps"],
        "names": NAMES,
        "frames": frames,
        "audio_sha256": "aa",
        "model_sha256": "bb",
        "likeness": [],
        **changes,
    }
    size = frames * len(header["names"])
    return line("TakeReady", 4 * size, header) + struct.pack("<f", value) * size


def line(kind: str, nbytes: int, fields: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "nbytes": nbytes, **fields}).encode() + b"\n"


def planned_replies(seed: int) -> list[tuple[str, str]]:
    """Return the replies to a request with a seed: (type, variant). The end of the job is always among them."""
    rng = random.Random(seed)
    replies = [
        ("TakeReady", "good" if rng.random() < 0.6 else rng.choice([*ILLS])),
        *(("TakeReady", rng.choice([*ILLS])) for _ in range(rng.choice((0, 0, 0, 1, 2)))),
        *(("Progress", rng.choice(("0.5", "-7", "1e300"))) for _ in range(rng.randrange(3))),
        *(("Notice", "") for _ in range(rng.randrange(2))),
        *(("Ready", "") for _ in range(rng.randrange(2))),
        *(("Other", rng.choice(("Done", "Error", "Cancelled"))) for _ in range(rng.randrange(2))),
    ]
    rng.shuffle(replies)
    end = [("Done", ""), ("Done", ""), ("Done", ""), ("Error", ""), ("Cancelled", "")][rng.randrange(5)]
    if rng.random() < 0.2:
        replies.insert(rng.randrange(len(replies) + 1), end)
    return [*replies, *[end] * rng.choice((1, 1, 2))]


def is_good(replies: Sequence[tuple[str, str]]) -> bool:
    """Return True if the replies are a take and then the end."""
    ends = next(n for n, (kind, _) in enumerate(replies) if kind in ("Done", "Error", "Cancelled"))
    takes = [which for kind, which in replies[:ends] if kind == "TakeReady" and which not in IGNORED]
    return replies[ends][0] == "Done" and takes == ["good"]


def encode_reply(request: dict[str, Any], kind: str, which: str) -> bytes:
    number = request["id"]
    if kind == "TakeReady":
        return take(request, **ILLS[which])
    if kind == "Other":  # to a job of long ago
        number, kind, which = number - 10**6, which, ""
    fields: dict[str, dict[str, Any]] = {
        "Ready": dict.fromkeys(("version", "model", "model_version", "model_sha256", "python", "runtime"), "")
        | {"steps": 1, "identities": [], "emotions": []},
        "Progress": {"stage": "Performing", "fraction": float(which or 0)},
        "Notice": {"message": "A notice."},
        "Error": {"kind": "audio", "message": "It is broken."},
    }
    return line(kind, 0, {"id": number, **fields.get(kind, {})})


def main() -> None:
    while header := sys.stdin.buffer.readline():
        request = json.loads(header)
        sys.stdin.buffer.read(request["nbytes"])
        if request["type"] == "Generate":
            sys.stdout.buffer.write(
                b"".join(encode_reply(request, kind, which) for kind, which in planned_replies(request["seed"]))
            )
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
