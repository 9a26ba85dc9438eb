"""The properties of takes in all versions so far, and their conversion to the current one. Does not need Blender.

1: without a version; anything that was added later may be missing
2: the fields of TakeInfo and its performance side by side; emotion keys (called moods), locks and likeness as JSON

A field that a version-2 take lacks has its default: a new control needs no new version.
"""

from collections.abc import Callable, Mapping
from typing import Any

VERSION = 2

Stored = dict[str, Any]

_REQUIRED = (
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
# The values that version 1 implied. made: unknown.
_VERSION_1_DEFAULTS = {
    "made": 0.0,
    "intensity": 1.0,
    "moods": "[]",
    "locks": _UNLOCKED,
    "likeness": "[]",
    "retimed": False,
}


def _from_1(stored: Stored) -> Stored:
    if not stored["model_sha256"]:
        stored = {**stored, "identity": "capture"}  # "imported" in version 1
    return {**_VERSION_1_DEFAULTS, **stored}


_STEPS: tuple[Callable[[Stored], Stored], ...] = (_from_1,)  # from version 1 to 2, and so on


def stored_version(stored: Mapping[str, Any]) -> int:
    """Return the version of a take's properties."""
    version = stored.get("version", 1)
    return version if isinstance(version, int) else 1


def is_known(stored: Mapping[str, Any]) -> bool:
    """Return True if the properties are those of a take of this version or an earlier one."""
    return 1 <= stored_version(stored) <= VERSION and all(name in stored for name in _REQUIRED)


def current(stored: Mapping[str, Any]) -> Stored:
    """Convert properties to the current version. Raises KeyError when they are not known."""
    if not is_known(stored):
        raise KeyError("version")
    result = dict(stored)
    for step in _STEPS[stored_version(stored) - 1 :]:
        result = step(result)
    return result | {"version": VERSION}
