"""Rigs' own names for what ARKit's channels do: which curve, or which sum of curves, each of their shape keys gets. Knows no Blender.

ARKit's spellings, and those that differ only in case, separators, sides and prefixes (Live Link, Unity, Faceit, Ready Player Me,
Character Creator 3, FaceCap, VRM Perfect Sync), are `backend.arkit`'s. Here are the conventions that use words of their own: Character
Creator 4, MetaHuman (curves and FBX morphs), SRanipal and VRCFaceTracking's Unified Expressions, VRoid's lids, Ready Player Me's short
list. Where one channel is several keys (both corners of the lips, both lips), each of them gets the whole curve; where one key is
several channels (a blink of both eyes), it gets their mean, and only if no key is for one of them alone.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from ...backend.arkit import CHANNELS, REGIONS, SPELLINGS, look_up
from . import visemes
from .visemes import VisemeSet

ChannelMix = dict[str, float]  # curve -> its weight: a channel of ARKit's, or a pose of `visemes`
Choices = Sequence[tuple[str, str]]  # of one mesh: (curve, the key that it shall move there, "" for none)

# Channel -> other names. `*` in a channel and its names is a side; in a name alone it is one of two keys that share the channel,
# as is `^`, the upper or the lower lip. Of several names that a rig has, the first is taken.
_ALIASES: dict[str, str] = {
    "browDown*": "browDrop* browLowerer*",
    "browInnerUp": "browRaiseInner* browRaiseIn*",
    "browOuterUp*": "browRaiseOuter*",
    "cheekPuff": "mouthCheekBlow*",
    "cheekSquint*": "cheekRaise* eyeCheekRaise*",
    "eyeBlink*": "eye*Blink eyeClosed* eyeClose*",
    "eyeLookUp*": "eye*LookUp eye*Up",
    "eyeLookDown*": "eye*LookDown eye*Down",
    # To the left is outwards for the left eye and inwards for the right.
    "eyeLookOutLeft": "eyeLLookL eyeLookLeftL eyeLeftLeft",
    "eyeLookInLeft": "eyeLLookR eyeLookRightL eyeLeftRight",
    "eyeLookInRight": "eyeRLookL eyeLookLeftR eyeRightLeft",
    "eyeLookOutRight": "eyeRLookR eyeLookRightR eyeRightRight",
    "eyeSquint*": "eyeSquintInner* eye*Squeeze",
    "eyeWide*": "eyeWiden* eye*Wide",
    "jawForward": "jawFwd",
    "mouthClose": "mouthLipsTogether^* mouthClosed",
    "mouthFrown*": "mouthCornerDepress* mouthSad*",
    "mouthFunnel": "mouthFunnel^* mouth^Overturn lipFunnel",
    "mouthLeft": "mouth^Left",
    "mouthLowerDown*": "mouthLowerLipDepress* mouthDownLower*",
    "mouthPress*": "mouthLipsPress*",
    "mouthPucker": "mouthPucker^* mouthLipsPurse^* mouthPout lipPucker",
    "mouthRight": "mouth^Right",
    "mouthRollLower": "mouthRollInLower* mouthLowerLipRollIn* mouthLowerLipBite* mouthLowerInside lipSuckLower",
    "mouthRollUpper": "mouthRollInUpper* mouthUpperLipRollIn* mouthUpperLipBite* mouthUpperInside lipSuckUpper",
    "mouthShrugLower": "jawChinRaiseD* mouthLowerOverlay mouthRaiserLower",
    "mouthShrugUpper": "jawChinRaiseU* mouthRaiserUpper",
    "mouthSmile*": "mouthCornerPull*",
    "mouthUpperUp*": "mouthUpperLipRaise* mouthUpUpper* mouthPullUpper*",
    "noseSneer*": "noseWrinkle*",
    "tongueOut": "tongueLongStep1",
}

# What a key for both sides means, and others that are only taken for want of better.
_FALLBACKS: dict[str, tuple[str, ...]] = {
    "eyesClosed": ("eyeBlinkLeft", "eyeBlinkRight"),
    "eyesLookUp": ("eyeLookUpLeft", "eyeLookUpRight"),
    "eyesLookDown": ("eyeLookDownLeft", "eyeLookDownRight"),
    "eyeLookLeft": ("eyeLookOutLeft", "eyeLookInRight"),
    "eyeLookRight": ("eyeLookInLeft", "eyeLookOutRight"),
    "mouthOpen": ("jawOpen",),
}
_LAST = 99  # a rank behind all aliases
_CUSTOM = VisemeSet("custom", {}, 0)  # of a face whose visemes were all chosen by hand
_SIDES = {"l": ("l", "left"), "r": ("r", "right")}
_LIPS = {"u": ("u", "up", "upper"), "d": ("d", "down", "lower")}


@dataclass(frozen=True)
class _Meaning:
    """What a spelling stands for. part: "" for the whole, or which of the keys that share the channel; rank: 0 is ARKit's own."""

    channels: tuple[str, ...]
    part: str
    rank: int


def _meanings() -> dict[str, _Meaning]:
    """Lower-case name without separators -> what it stands for."""
    found = {spelling: _Meaning((channel,), half, 0) for spelling, (channel, half) in SPELLINGS.items()}
    for template, aliases in _ALIASES.items():
        for rank, alias in enumerate(aliases.split(), start=1):
            for side, lip in product(_SIDES if "*" in alias else [""], _LIPS if "^" in alias else [""]):
                channel = template.replace("*", "Left" if side == "l" else "Right")
                part = lip if "*" in template else lip + side
                for side_word, lip_word in product(_SIDES.get(side, [""]), _LIPS.get(lip, [""])):
                    spelling = alias.replace("*", side_word).replace("^", lip_word).lower()
                    found.setdefault(spelling, _Meaning((channel,), part, rank))
    stems = [name.removesuffix("Left") for name in CHANNELS if name.endswith("Left")]
    # Not the jaw, the lips or the eyes going aside: there left and right are opposites.
    both: dict[str, tuple[str, ...]] = {
        stem: (stem + "Left", stem + "Right")
        for stem in stems
        if stem not in ("jaw", "mouth", "eyeLookIn", "eyeLookOut")
    }
    for stem, pair in list(both.items()):
        both |= {alias.replace("*", ""): pair for alias in _ALIASES.get(stem + "*", "").split()}
    for spelling, meant in (_FALLBACKS | both).items():
        found.setdefault(spelling.lower(), _Meaning(meant, "", _LAST))
    return found


_MEANINGS = _meanings()


def map_keys(names: Iterable[str]) -> dict[str, ChannelMix]:
    """What each of a mesh's keys gets, for those of its names that are known. No channel is spent on two keys that do the same.

    Of several names for one thing the one that is closest to ARKit's own spelling is taken, and a whole before its parts.
    """
    found: dict[tuple[tuple[str, ...], str], list[tuple[int, int, bool, str]]] = {}
    for name in names:
        if match := look_up(name, _MEANINGS):
            meaning, prefix = match
            found.setdefault((meaning.channels, meaning.part), []).append(
                (meaning.rank, prefix, name not in CHANNELS, name)
            )
    best = {spot: min(candidates, key=lambda candidate: candidate[:3])[3] for spot, candidates in found.items()}
    sums: dict[str, ChannelMix] = {}
    for channel in CHANNELS:
        parts = {part: name for (channels, part), name in best.items() if channels == (channel,)}
        for name in [parts[""]] if "" in parts else parts.values():
            sums[name] = {channel: 1.0}
    spent = {channel for each in sums.values() for channel in each}
    for (channels, _), name in best.items():
        if len(channels) > 1 and not spent.intersection(channels):
            sums[name] = dict.fromkeys(channels, 1.0 / len(channels))
    return sums


@dataclass(frozen=True)
class FaceMap:
    """What each key of a face's meshes gets, in the order of the meshes; visemes: the set that its mouth speaks by, None for ARKit's."""

    sums: tuple[dict[str, ChannelMix], ...]
    visemes: VisemeSet | None


def map_face(meshes: Sequence[Sequence[str]], by_hand: Sequence[Choices] = ()) -> FaceMap:
    """Map the names of the keys of a face's meshes; by_hand: what the artist chose on each, of keys that aren't there to no effect.

    A face that has visemes, and less than half of the channels that these speak for, speaks by visemes; its own keys for those
    channels are left alone then, or the mouth would move twice.
    """
    choices = [
        [(curve, key) for curve, key in own if not key or key in names]
        for names, own in zip(meshes, by_hand or [()] * len(meshes), strict=True)
    ]
    taken = {key for own in choices for _, key in own}
    free = [[name for name in names if name not in taken] for names in meshes]
    sums = _chosen([map_keys(names) for names in free], meshes, choices, CHANNELS)
    spoken = {channel for mesh in sums for each in mesh.values() for channel in each}.intersection(visemes.SPOKEN_FOR)
    found = visemes.find_set(name for names in meshes for name in names)
    matches = [visemes.match(names, found) if found else {} for names in free]
    poses = _chosen(
        [{name: {pose: 1.0} for name, pose in each.items()} for each in matches], meshes, choices, visemes.POSES
    )
    if not any(poses) or has_lips(spoken):
        return FaceMap(tuple(sums), None)
    return FaceMap(
        tuple(
            {name: each for name, each in mesh.items() if not spoken.intersection(each)} | spoken_by
            for mesh, spoken_by in zip(sums, poses, strict=True)
        ),
        found or _CUSTOM,
    )


def _chosen(
    automatic: Sequence[dict[str, ChannelMix]],
    meshes: Sequence[Sequence[str]],
    choices: Sequence[Choices],
    curves: Collection[str],
) -> list[dict[str, ChannelMix]]:
    """What keys get automatically, but for what was chosen of some of the curves.

    The meshes share an Action, where keys of one name are one F-curve. So a choice is good for the keys of that name on all meshes, and
    so is that the keys which had the curve before are left alone.
    """
    wanted: dict[str, list[str]] = {}
    for curve, key in dict.fromkeys(choice for own in choices for choice in own if choice[0] in curves and choice[1]):
        wanted.setdefault(key, []).append(curve)
    replaced = {
        name
        for mesh, own in zip(automatic, choices, strict=True)
        for name, each in mesh.items()
        if any(curve in each for curve, _ in own)
    }
    return [
        {name: each for name, each in mesh.items() if name not in replaced}
        | {name: dict.fromkeys(wanted[name], 1.0 / len(wanted[name])) for name in names if name in wanted}
        for mesh, names in zip(automatic, meshes, strict=True)
    ]


def has_lips(channels: Iterable[str]) -> bool:
    """Whether a face with these channels speaks by them, though it has visemes: it has half of those that visemes stand for."""
    return 2 * len(set(channels).intersection(visemes.SPOKEN_FOR)) >= len(visemes.SPOKEN_FOR)


def coverage(channels: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Region of the face -> how many of its channels are among these, and how many it has."""
    have = set(channels)
    return {region: (len(have.intersection(names)), len(names)) for region, names in REGIONS.items()}
