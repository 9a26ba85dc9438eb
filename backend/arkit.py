"""ARKit's 52 blendshapes: their names, the orders files store them in, the regions of the face they move, and rigs' spellings of them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Meaning = TypeVar("Meaning")

# Apple's documented order; every array of this project that holds "all channels" is in this order.
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

# What an animator calls the parts of a face. Each channel belongs to exactly one.
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

# BEAT's eight emotions in its label order, 0..7.
EMOTIONS: tuple[str, ...] = ("neutral", "happiness", "anger", "sadness", "contempt", "surprise", "fear", "disgust")

# Channels without a left and a right of their own that some rigs split in two: each half gets the whole value.
SPLIT: tuple[str, ...] = ("browInnerUp", "cheekPuff")

_SEPARATOR = re.compile(r"[\s_.:|\-]+")
_COPY_NUMBER = re.compile(r"\.\d{3,}$")  # what Blender puts behind a name that is taken


@dataclass(frozen=True)
class NameMap:
    """How a rig spells the channels. keys: channel -> the rig's names for it, of which both halves of a split one must move;
    missing: the channels that the rig lacks, in the order of CHANNELS."""

    keys: dict[str, tuple[str, ...]]
    missing: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """The share of the channels that were found, 0..1."""
        return len(self.keys) / (len(self.keys) + len(self.missing))


def _spellings() -> dict[str, tuple[str, str]]:
    """Lower-case name without separators -> (channel, half: "l", "r" or "" for the whole)."""
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
    """The parts of a rig's name, in lower case: head.Jaw_Open.001 -> head, jaw, open."""
    plain = unicodedata.normalize("NFKC", _COPY_NUMBER.sub("", name)).lower()  # \uff12 is a 2
    return [word for word in _SEPARATOR.split(plain) if word]


def look_up(name: str, spellings: Mapping[str, Meaning]) -> tuple[Meaning, int] | None:
    """What a rig's name means by a table of lower-case names without separators, and how many words of prefix it has before that:
    jawOpen, JawOpen, jaw_open, A25_Jaw_Open, head.jawOpen.001 all mean "jawopen"."""
    parts = words(name)
    for prefix in range(len(parts)):
        if (found := spellings.get("".join(parts[prefix:]))) is not None:
            return found, prefix
    return None


def map_names(names: Iterable[str]) -> NameMap:
    """Find the channels among a rig's names, whatever case, separators, sides (Left, _L) or prefixes it writes them with.

    Of several names for one channel the one that is closest to ARKit's own spelling is taken, and a whole before its two halves.
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
