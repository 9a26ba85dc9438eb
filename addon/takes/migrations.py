"""What takes store of themselves, in the forms of all versions so far: any of them is brought to that of today. Knows no Blender.

1: no version is told; what later was added may be missing, and so may be what was there only for a while
2: all of TakeInfo's fields, moods, locks and likeness as JSON
"""

from collections.abc import Callable, Mapping
from typing import Any

VERSION = 2

Stored = dict[str, Any]

_ALWAYS = (
    "strip",
    "sound",
    "start",
    "end",
    "first_frame",
    "fps",
    "identity",
    "emotion",
    "seed",
    "audio_sha256",
    "model_sha256",
)
_UNLOCKED = '{"channels": [], "frames": null}'
# What a take was made with before there was a choice; made: not told.
_BEFORE = {"made": 0.0, "intensity": 1.0, "moods": "[]", "locks": _UNLOCKED, "likeness": "[]", "retimed": False}


def _from_1(stored: Stored) -> Stored:
    if not stored["model_sha256"]:
        stored = {**stored, "identity": "capture"}  # once "imported"
    return {**_BEFORE, **stored}


_STEPS: tuple[Callable[[Stored], Stored], ...] = (_from_1,)  # from version 1 to 2, and so on


def told_version(stored: Mapping[str, Any]) -> int:
    version = stored.get("version", 1)
    return version if isinstance(version, int) else 1


def is_known(stored: Mapping[str, Any]) -> bool:
    """Whether this version can read what is stored: it is a take of this version or an earlier one."""
    return 1 <= told_version(stored) <= VERSION and all(name in stored for name in _ALWAYS)


def current(stored: Mapping[str, Any]) -> Stored:
    """What is stored, in the form of today. Raises KeyError when it isn't known."""
    if not is_known(stored):
        raise KeyError("version")
    result = dict(stored)
    for step in _STEPS[told_version(stored) - 1 :]:
        result = step(result)
    return result | {"version": VERSION}
