"""ARKit's 52 blendshapes: names, the orders that files store them in, face regions, and rigs' spellings.

Runs in Blender, in the backend process and in training.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Meaning = TypeVar("Meaning")

# In the order that Apple documents. Every array of this project that holds all channels is in this order.
CHANNELS: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft", "eyeWideLeft",
    "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

# BEAT stores its 51 names alphabetically and leaves out tongueOut.
BEAT: tuple[str, ...] = tuple(sorted(set(CHANNELS) - {"tongueOut"}))

# Parts of a face in an animator's words. Each channel belongs to exactly one.
REGIONS: dict[str, tuple[str, ...]] = {
    "jaw": ("jawForward", "jawLeft", "jawRight", "jawOpen"),
    "lips": tuple(name for name in CHANNELS if name.startswith("mouth")) + ("tongueOut",),
    "cheeks": ("cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight"),
    "brows": tuple(name for name in CHANNELS if name.startswith("brow")),
    "lids": tuple(name for name in CHANNELS if name.startswith(("eyeBlink", "eyeSquint", "eyeWide"))),
    "gaze": tuple(name for name in CHANNELS if name.startswith("eyeLook")),
}

LOWER: tuple[str, ...] = tuple(name for name in CHANNELS if name in REGIONS["jaw"] + REGIONS["lips"])
UPPER: tuple[str, ...] = tuple(name for name in CHANNELS if name not in LOWER)

# Rotations of the head that a model may have beside the 52, by Live Link Face's names, in radians.
# Yaw turns to the person's right, pitch down, and roll tilts to the right shoulder.
HEAD: tuple[str, ...] = ("HeadYaw", "HeadPitch", "HeadRoll")

# BEAT's eight emotions in its label order, 0..7.
EMOTIONS: tuple[str, ...] = ("neutral", "happiness", "anger", "sadness", "contempt", "surprise", "fear", "disgust")

# Channels without sides that some rigs split into left and right. Each half gets the whole value.
SPLIT: tuple[str, ...] = ("browInnerUp", "cheekPuff")

_SEPARATOR = re.compile(r"[\s_.:|\-]+")
_COPY_NUMBER = re.compile(r"\.\d{3,}$")  # the suffix that Blender appends to duplicate names


@dataclass(frozen=True)
class NameMap:
    """A rig's names for the channels.

    keys: channel -> the rig's names for it; two for a channel that the rig splits in halves.
    missing: the channels that the rig lacks, in the order of CHANNELS.
    """

    keys: dict[str, tuple[str, ...]]
    missing: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """Return the share of the channels that were found, 0..1."""
        return len(self.keys) / (len(self.keys) + len(self.missing))


def _spellings() -> dict[str, tuple[str, str]]:
    """Map lower-case names without separators to (channel, half). half: "l", "r" or "" for the whole."""
    spellings = {}
    for name in CHANNELS:
        plain = name.lower()
        spellings[plain] = (name, "")
        for side in ("left", "right"):
            if plain.endswith(side):
                spellings[plain.removesuffix(side) + side[0]] = (name, "")
            elif name in SPLIT:
                spellings[plain + side] = spellings[plain + side[0]] = (name, side[0])
    return spellings


SPELLINGS: Mapping[str, tuple[str, str]] = _spellings()


def words(name: str) -> list[str]:
    """Split a rig's name into lower-case words: head.Jaw_Open.001 -> head, jaw, open."""
    plain = unicodedata.normalize("NFKC", _COPY_NUMBER.sub("", name)).lower()  # \uff12 is a 2
    return [word for word in _SEPARATOR.split(plain) if word]


def look_up(name: str, spellings: Mapping[str, Meaning]) -> tuple[Meaning, int] | None:
    """Look up a rig's name in a table of lower-case names without separators. Return its meaning, or None.

    The second value is the number of words before the matching part. jawOpen, JawOpen, jaw_open, A25_Jaw_Open and
    head.jawOpen.001 all match "jawopen".
    """
    parts = words(name)
    for prefix in range(len(parts)):
        if (found := spellings.get("".join(parts[prefix:]))) is not None:
            return found, prefix
    return None


def map_names(names: Iterable[str]) -> NameMap:
    """Find the channels among a rig's names, in any case and with any separators, sides (Left, _L) or prefixes.

    Of several names for one channel, the one closest to ARKit's spelling wins, and a whole wins over its two halves.
    """
    found: dict[tuple[str, str], list[tuple[int, bool, str]]] = {}
    for name in names:
        if match := look_up(name, SPELLINGS):
            (channel, half), prefix = match
            found.setdefault((channel, half), []).append((prefix, name != channel, name))
    best = {spot: min(candidates, key=lambda candidate: candidate[:2])[2] for spot, candidates in found.items()}
    keys = {}
    for channel in CHANNELS:
        whole, halves = best.get((channel, "")), tuple(best[channel, half] for half in "lr" if (channel, half) in best)
        if whole or halves:
            keys[channel] = (whole,) if whole else halves
    return NameMap(keys, tuple(name for name in CHANNELS if name not in keys))
