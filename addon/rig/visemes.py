"""Visemes: find out which set a rig has, and convert a take's curves to a mix of its poses. Does not need Blender.

Each frame becomes the mix of poses that looks most like the take's mouth: non-negative least squares in eight measures of a mouth
(`_measures`), which are 0 when the lips rest. Missing visemes are approximated by the others, so the same method works for every set.
The mix is unique and changes no faster than the curves, so it needs no smoothing.

Sources:

- Oculus, names and sounds: Khronos, OpenXR registry, XrFaceTrackingVisemeMETA. Names on Ready Player Me's avatars:
  docs.readyplayer.me, Oculus OVR LipSync.
- Rhubarb and Preston Blair: Rhubarb Lip Sync's README, "Mouth shapes" and --datUsePrestonBlair.
- Microsoft: Azure Speech, "Get facial position with viseme".
- SALSA 2: the seven visemes that SALSA LipSync Suite's OneClick setups configure.
- DAZ, Character Creator and MMD: the names that their importers and lip-sync plugins list.
- The poses in ARKit's channels: the targets of `training/synthetic/performer/articulation.json`. They are stressed and somewhat
  exaggerated, as artists sculpt a viseme for full weight.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...backend.arkit import CHANNELS, words
from ...backend.curves.base import Curves
from ...backend.curves.lip_closures import closeness

# A channel without a side stands for both sides.
POSES: dict[str, dict[str, float]] = {
    "sil": {},
    "PP": {"jawOpen": 0.05, "mouthClose": 0.05, "mouthPress": 0.10, "mouthRollLower": 0.09, "mouthRollUpper": 0.07},
    "FF": {"jawOpen": 0.05, "mouthRollLower": 0.26, "mouthRollUpper": 0.02, "mouthUpperUp": 0.18},
    "TH": {"jawOpen": 0.12, "mouthLowerDown": 0.30, "mouthUpperUp": 0.14, "tongueOut": 0.22},
    "DD": {"jawOpen": 0.08, "mouthLowerDown": 0.26, "mouthUpperUp": 0.13, "mouthStretch": 0.08},
    "kk": {"jawOpen": 0.14, "mouthLowerDown": 0.22, "mouthUpperUp": 0.10, "mouthStretch": 0.04},
    "CH": {"jawOpen": 0.04, "mouthLowerDown": 0.48, "mouthUpperUp": 0.36, "mouthPucker": 0.38, "mouthFunnel": 0.50},
    "SS": {"jawOpen": 0.04, "mouthLowerDown": 0.44, "mouthUpperUp": 0.24, "mouthStretch": 0.20},
    "nn": {"jawOpen": 0.11, "mouthLowerDown": 0.25, "mouthUpperUp": 0.12, "mouthStretch": 0.06},
    "RR": {"jawOpen": 0.09, "mouthLowerDown": 0.30, "mouthUpperUp": 0.18, "mouthPucker": 0.30, "mouthFunnel": 0.24},
    "aa": {"jawOpen": 0.55, "mouthLowerDown": 0.18, "mouthUpperUp": 0.06},
    "E": {"jawOpen": 0.36, "mouthLowerDown": 0.33, "mouthUpperUp": 0.18, "mouthStretch": 0.20},
    "ih": {"jawOpen": 0.16, "mouthLowerDown": 0.45, "mouthUpperUp": 0.28, "mouthStretch": 0.38},
    "oh": {"jawOpen": 0.42, "mouthLowerDown": 0.13, "mouthUpperUp": 0.06, "mouthPucker": 0.36, "mouthFunnel": 0.48},
    "ou": {"jawOpen": 0.12, "mouthLowerDown": 0.09, "mouthUpperUp": 0.05, "mouthPucker": 0.80, "mouthFunnel": 0.35},
    "w": {"jawOpen": 0.03, "mouthLowerDown": 0.04, "mouthUpperUp": 0.03, "mouthPucker": 0.90, "mouthFunnel": 0.15},
}  # fmt: skip
_SHUT = ("PP", "FF")  # poses whose lips touch each other or the teeth
_MIN_CLOSENESS = 0.5  # closeness from which lips are brought together
_SEALED = 5  # column of _measures(): how firmly the lips meet
REST = "sil"  # gets the weight that the other poses leave

# The channels that the poses consist of. Where visemes move the mouth, keys for these channels are ignored.
VISEME_CHANNELS: tuple[str, ...] = tuple(
    name for name in CHANNELS if any(name.removesuffix("Left").removesuffix("Right") in pose for pose in POSES.values())
)

_REGULARIZATION = 4e-3  # weight of the squared weights in the least squares, which makes the solution unique
_MAX_ROUNDS = 300  # of coordinate descent
_TOLERANCE = 1e-4  # largest change of a weight in the last round
# Words that may stand before a viseme of one letter.
_MARKS = frozenset(("viseme", "vis", "v", "vowel", "phoneme", "mth", "mouth", "lip", "lips", "say"))
_CLEAR_MARKS = frozenset(("viseme", "vis", "v", "phoneme"))  # words that may stand before any other viseme
_PLAIN = ("", "")
Affix = tuple[str, str]  # what a rig adds before and after its visemes' names, in lower case without separators
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # mouthA


@dataclass(frozen=True)
class VisemeSet:
    """A naming convention for visemes.

    spellings: lower-case name without separators -> its pose, the likeliest name of a pose first.
    enough: how many of its poses a rig must have. letters: True if the names are so short that other keys end in them, so that only
    bare names and those after a mark count.
    """

    label: str
    spellings: dict[str, str]
    enough: int
    letters: bool = False


def _numbered(names: str) -> dict[str, str]:
    """Return the spellings of Microsoft's visemes: for "aa" at 2, aa_02 and, on rigs that have only numbers, 2 or 02."""
    named, bare = {}, {}
    for entry in names.split():
        number, sounds, pose = entry.split(":")
        named[f"{sounds}{int(number):02}"] = named[f"{sounds}{int(number)}"] = pose
        bare[f"viseme{int(number)}"] = bare[f"viseme{int(number):02}"] = pose
    return named | bare


SETS: tuple[VisemeSet, ...] = (
    VisemeSet(
        "Oculus", {name.lower(): name for name in POSES if name != "w"} | {"i": "ih", "o": "oh", "u": "ou"}, enough=8
    ),
    VisemeSet(
        "VRM",
        {"a": "aa", "i": "ih", "u": "ou", "e": "E", "o": "oh", "aa": "aa", "ih": "ih", "ou": "ou", "ee": "E", "oh": "oh"}
        | {"ah": "aa", "uu": "ou"},
        enough=5,
        letters=True,
    ),
    # H and L are a tongue raised behind the teeth, which ARKit has no channel for: those keys are left alone.
    VisemeSet(
        "Rhubarb",
        {"a": "PP", "b": "SS", "c": "E", "d": "aa", "e": "oh", "f": "ou", "g": "FF", "x": "sil"},
        enough=6,
        letters=True,
    ),
    VisemeSet(
        "Preston Blair",
        {"mbp": "PP", "etc": "DD", "e": "E", "ai": "aa", "o": "oh", "u": "ou", "wq": "w", "fv": "FF", "rest": "sil"},
        enough=7,
        letters=True,
    ),
    VisemeSet(
        "Microsoft",
        _numbered(
            "0:sil:sil 2:aa:aa 1:aeaxah:aa 1:aaahax:aa 3:ao:oh 8:ow:oh 4:eyehuh:E 5:er:RR 13:r:RR 6:yiyihix:ih 7:wuw:ou "
            "14:l:nn 15:sz:SS 16:shchjhzh:CH 17:thdh:TH 18:fv:FF 19:dtn:DD 20:kgng:kk 21:pbm:PP"
        ),
        enough=10,
    ),
    VisemeSet(
        "DAZ",
        {"aa": "aa", "ee": "ih", "iy": "ih", "ih": "ih", "eh": "E", "er": "RR", "f": "FF", "k": "kk", "l": "nn"}
        | {"m": "PP", "ow": "oh", "s": "SS", "sh": "CH", "t": "DD", "th": "TH", "uw": "ou", "w": "w"},
        enough=10,
    ),
    # A wide open mouth rounded by Tight-O is an o: the mix finds that.
    VisemeSet(
        "Character Creator",
        {"open": "aa", "explosive": "PP", "dentallip": "FF", "tighto": "ou", "wide": "ih", "affricate": "CH", "lipopen": "DD"},
        enough=5,
    ),
    VisemeSet(
        "Reallusion",  # Character Creator's other set, a pose for each sound
        {"ah": "aa", "ae": "E", "bmp": "PP", "chj": "CH", "ee": "ih", "ih": "ih", "er": "RR", "fv": "FF", "kghng": "kk"}
        | {"oh": "oh", "r": "RR", "sz": "SS", "tldn": "DD", "th": "TH", "woo": "ou"},
        enough=9,
    ),
    VisemeSet(
        "MMD",
        dict(zip("あいうえお", ("aa", "ih", "ou", "E", "oh"), strict=True))
        | dict(zip("アイウエオ", ("aa", "ih", "ou", "E", "oh"), strict=True))
        | {"ah": "aa", "ch": "ih", "u": "ou", "e": "E", "oh": "oh"},
        enough=5,
        letters=True,
    ),
    VisemeSet("SALSA", {"saysmall": "kk", "saymedium": "E", "saylarge": "aa"}, enough=3),
    # Its names are those of SALSA's own configurations: rigs made for it have a key for each.
    VisemeSet(
        "SALSA 2",
        {"w": "w", "t": "DD", "f": "FF", "th": "TH", "ow": "oh", "ee": "ih", "oo": "ou"},
        enough=6,
        letters=True,
    ),
)  # fmt: skip


def find_set(names: Iterable[str]) -> VisemeSet | None:
    """Return the viseme set that a rig has enough poses of, the one with the most if there are several; None if there is none."""
    spelled = list(names)
    counts = [len(set(match(spelled, candidate).values())) for candidate in SETS]
    count, best = max(zip(counts, SETS, strict=True), key=lambda pair: (pair[0] >= pair[1].enough, pair[0]))
    return best if count >= best.enough else None


def match(names: Iterable[str], visemes: VisemeSet, learned: Collection[Affix] | None = None) -> dict[str, str]:
    """Return key -> pose for a rig's names in the set, such as viseme_PP, vrc.v_pp, Fcl_MTH_A or a bare name. One key per pose.

    learned: the result of learn_affixes() for the whole face; None for that of these names.
    """
    names = list(names)
    trusted = learn_affixes(names, visemes) if learned is None else learned
    ranks = {spelling: rank for rank, spelling in enumerate(visemes.spellings)}
    found: dict[str, tuple[int, int, str]] = {}  # pose -> (rank of its spelling, place of the key, key)
    for place, name in enumerate(names):
        for spelling, affix in _read(name, visemes):
            if affix in trusted or affix == _PLAIN:
                pose, candidate = visemes.spellings[spelling], (ranks[spelling], place, name)
                found[pose] = min(found.get(pose, candidate), candidate)
    return {name: pose for pose, (_, _, name) in found.items()}


def learn_affixes(names: Iterable[str], visemes: VisemeSet) -> frozenset[Affix]:
    """Return the affixes that enough of a set's poses share, such as Genesis8__ in Genesis8__eCTRLvAA."""
    poses: dict[Affix, set[str]] = {}
    for name in names:
        for spelling, affix in _read(name, visemes):
            poses.setdefault(affix, set()).add(visemes.spellings[spelling])
    return frozenset(affix for affix, those in poses.items() if len(those) >= visemes.enough)


def _read(name: str, visemes: VisemeSet) -> Iterator[tuple[str, Affix]]:
    """Yield (spelling, affix) of every viseme in a key's name. A mark before it isn't part of the affix."""
    if visemes.letters:
        yield from _read_letter(name, visemes)
        return
    parts = words(name)
    if len(parts) > 1 and parts[-2] in _CLEAR_MARKS and parts[-1] in visemes.spellings:
        yield parts[-1], _PLAIN
    text = "".join(parts)
    for spelling in visemes.spellings:
        at = text.find(spelling)
        while at >= 0:
            yield spelling, (text[:at], text[at + len(spelling) :])
            at = text.find(spelling, at + 1)


def _read_letter(name: str, visemes: VisemeSet) -> Iterator[tuple[str, Affix]]:
    """Yield the same for sets whose visemes must be whole words, bare or after a mark."""
    parts = words(_HUMP.sub("_", name))
    for place, part in enumerate(parts):
        mark = parts[place - 1] if place else ""
        if part in visemes.spellings and (not mark or mark in _MARKS or mark.isdigit()):
            yield part, ("", "".join(parts[place + 1 :]))


def mix(poses: Sequence[str], names: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Return the weights (frames, poses), 0..1, of a rig's poses, all different. names: of the channels. values: (frames, channels)."""
    column = {name: values[:, index] for index, name in enumerate(names)}
    take = _measures({name: column.get(name, np.zeros(len(values))) for name in VISEME_CHANNELS})
    if "PP" not in poses:  # FF would stand in for it, and bare the upper teeth
        take[:, _SEALED] = 0.0
    shapes = [pose for pose in poses if pose != REST]
    targets = (
        np.concatenate([_measures(_channels(POSES[pose])) for pose in shapes])
        if shapes
        else np.zeros((0, take.shape[1]))
    )
    weights = dict(zip(shapes, _mix(take, targets), strict=True))
    # What little is mixed in of other poses would show a slit of teeth between lips that meet.
    meet = np.clip((closeness(Curves(tuple(names), values, 1.0)) - _MIN_CLOSENESS) / (1.0 - _MIN_CLOSENESS), 0.0, 1.0)
    weights |= {pose: weights[pose] * (1.0 - meet) for pose in shapes if pose not in _SHUT}
    weights[REST] = 1.0 - sum(weights.values(), np.zeros(len(values)))
    return np.clip(np.stack([weights[pose] for pose in poses], axis=1), 0.0, 1.0).astype(np.float32)


def _channels(pose: dict[str, float]) -> dict[str, np.ndarray]:
    both = {side: value for name, value in pose.items() for side in (name, name + "Left", name + "Right")}
    return {name: np.array([both.get(name, 0.0)]) for name in VISEME_CHANNELS}


def _measures(channels: dict[str, np.ndarray]) -> np.ndarray:
    """Return the measures of a mouth to match, (frames, 8), weighted by visibility: lips that don't close count most."""

    def both(name: str) -> np.ndarray:
        return (channels[name + "Left"] + channels[name + "Right"]) / 2

    parted = np.maximum(channels["jawOpen"] - channels["mouthClose"], 0.0)  # mouthClose takes back what the jaw opens
    bared = (both("mouthLowerDown") + both("mouthUpperUp")) / 2
    sealed = channels["mouthClose"] + both("mouthPress") + channels["mouthRollUpper"]
    tucked = np.maximum(channels["mouthRollLower"] - channels["mouthRollUpper"], 0.0)  # under the upper teeth, as in f
    rounded = (0.7 * channels["mouthPucker"], 0.7 * channels["mouthFunnel"])
    return np.stack(
        [parted, 0.7 * bared, 0.5 * both("mouthStretch"), *rounded, 3 * sealed, 3 * tucked, 2 * channels["tongueOut"]],
        axis=1,
    )


def _mix(take: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return weights (poses, frames) >= 0 of targets (poses, measures) that best match a take (frames, measures), by coordinate descent."""
    overlap = targets @ targets.T + _REGULARIZATION * np.eye(len(targets))
    match = targets @ take.T
    weights = np.zeros_like(match)
    for _ in range(_MAX_ROUNDS):
        before = weights.copy()
        for pose in range(len(targets)):
            slope = match[pose] - overlap[pose] @ weights
            weights[pose] = np.maximum(weights[pose] + slope / overlap[pose, pose], 0.0)
        if np.abs(weights - before).max(initial=0.0) < _TOLERANCE:
            break
    return weights
