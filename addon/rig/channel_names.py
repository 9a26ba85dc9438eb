"""Map a rig's shape keys by name: which curve, or mix of curves, each of them gets. Does not need Blender.

`backend.arkit` knows ARKit's names and those that differ only in case, separators, sides and prefixes (Live Link, Unity, Faceit,
Ready Player Me, Character Creator 3, FaceCap, VRM Perfect Sync). This module adds conventions with other words: Character Creator 4,
MetaHuman (curves and FBX morphs), SRanipal and VRCFaceTracking's Unified Expressions, VRoid's lids, Ready Player Me's short list.

If one channel is split into several keys (both corners of the lips, both lips), each gets the whole curve. If one key stands for
several channels (a blink of both eyes), it gets their mean, unless another key stands for one of them alone.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from ...backend.arkit import CHANNELS, REGIONS, SPELLINGS, look_up, words
from . import visemes
from .visemes import VisemeSet

ChannelMix = dict[str, float]  # curve -> its weight; a curve is an ARKit channel or a pose of `visemes`
Choices = Sequence[tuple[str, str]]  # of one mesh: (curve, the key that it moves, "" for none)

# Channel -> other names. `*` is a side; where only the name has it, the channel is split into two keys. `^` is the upper or the lower
# lip, which also splits it. If a rig has several of the names, the first is used.
_ALIASES: dict[str, str] = {
    "browDown*": "browDrop* browLowerer*",
    "browInnerUp": "browRaiseInner* browRaiseIn*",
    "browOuterUp*": "browRaiseOuter*",
    "cheekPuff": "mouthCheekBlow*",
    "cheekSquint*": "cheekRaise* eyeCheekRaise*",
    "eyeBlink*": "eye*Blink eyeClosed* eyeClose* eyesClosed*",
    "eyeLookUp*": "eye*LookUp eye*Up",
    "eyeLookDown*": "eye*LookDown eye*Down",
    # Left is outward for the left eye and inward for the right.
    "eyeLookOutLeft": "eyeLLookL eyeLookLeftL eyeLeftLeft",
    "eyeLookInLeft": "eyeLLookR eyeLookRightL eyeLeftRight",
    "eyeLookInRight": "eyeRLookL eyeLookLeftR eyeRightLeft",
    "eyeLookOutRight": "eyeRLookR eyeLookRightR eyeRightRight",
    "eyeSquint*": "eyeSquintInner* eye*Squeeze",
    "eyeWide*": "eyeWiden* eye*Wide eyesWide*",
    "jawForward": "jawFwd",
    "mouthClose": "mouthLipsTogether^* mouthClosed mouthClose^* mouthClose^",
    "mouthFrown*": "mouthCornerDepress* mouthSad*",
    "mouthFunnel": "mouthFunnel^* mouthFunnel^ mouth^Overturn lipFunnel",
    "mouthLeft": "mouth^Left",
    "mouthLowerDown*": "mouthLowerLipDepress* mouthDownLower*",
    "mouthPress*": "mouthLipsPress* mouthPress^*",
    "mouthPucker": "mouthPucker^* mouthPucker^ mouthLipsPurse^* mouthPurse^* mouthPurse^ mouthPout lipPucker",
    "mouthRight": "mouth^Right",
    "mouthRollLower": "mouthRollLower* mouthRollInLower* mouthLowerLipRollIn* mouthLowerLipBite* mouthLowerInside lipSuckLower",
    "mouthRollUpper": "mouthRollUpper* mouthRollInUpper* mouthUpperLipRollIn* mouthUpperLipBite* mouthUpperInside lipSuckUpper",
    "mouthShrugLower": "mouthShrugLower* jawChinRaiseD* mouthLowerOverlay mouthRaiserLower",
    "mouthShrugUpper": "mouthShrugUpper* jawChinRaiseU* mouthRaiserUpper",
    "mouthSmile*": "mouthCornerPull*",
    "mouthUpperUp*": "mouthUpperLipRaise* mouthUpUpper* mouthPullUpper*",
    "noseSneer*": "noseWrinkle*",
    "tongueOut": "tongueLongStep1",
}

# Names that are clear only with a side: a key called Blink may be a whole expression.
_SIDED: dict[str, str] = {
    "eyeBlinkLeft": "blinkLeft blinkL winkLeft winkL ウィンク2",
    "eyeBlinkRight": "blinkRight blinkR winkRight winkR ウィンク2右",
}

# Names that are used only if no key above is found: keys for both sides, and vague ones.
_FALLBACKS: dict[str, tuple[str, ...]] = {
    "eyesClosed": ("eyeBlinkLeft", "eyeBlinkRight"),
    "eyesLookUp": ("eyeLookUpLeft", "eyeLookUpRight"),
    "eyesLookDown": ("eyeLookDownLeft", "eyeLookDownRight"),
    "eyeLookLeft": ("eyeLookOutLeft", "eyeLookInRight"),
    "eyeLookRight": ("eyeLookInLeft", "eyeLookOutRight"),
    "mouthOpen": ("jawOpen",),
    "まばたき": ("eyeBlinkLeft", "eyeBlinkRight"),
}
_BLINKS = {"blink": _FALLBACKS["eyesClosed"]}  # on rigs with visemes only, where the word means a blink
_LAST = 99  # rank after all aliases
_CUSTOM = VisemeSet("custom", {}, 0)  # for a face whose visemes were all chosen manually
_SIDES = {"l": ("l", "left"), "r": ("r", "right")}
_SIDE_OF = {"l": "Left", "left": "Left", "r": "Right", "right": "Right"}
_LIPS = {"u": ("u", "up", "upper"), "d": ("d", "down", "lower")}


@dataclass(frozen=True)
class _Meaning:
    """The meaning of a spelling. part: which of the keys that share the channel, "" for a whole one. rank: 0 for ARKit's own names."""

    channels: tuple[str, ...]
    part: str
    rank: int


def _meanings() -> dict[str, _Meaning]:
    """Return lower-case name without separators -> its meaning."""
    found = {spelling: _Meaning((channel,), half, 0) for spelling, (channel, half) in SPELLINGS.items()}
    for template, aliases in _ALIASES.items():
        for rank, alias in enumerate(aliases.split(), start=1):
            for side, lip in product(_SIDES if "*" in alias else [""], _LIPS if "^" in alias else [""]):
                channel = template.replace("*", "Left" if side == "l" else "Right")
                part = lip if "*" in template else lip + side
                for side_word, lip_word in product(_SIDES.get(side, [""]), _LIPS.get(lip, [""])):
                    spelling = alias.replace("*", side_word).replace("^", lip_word).lower()
                    found.setdefault(spelling, _Meaning((channel,), part, rank))
    for channel, names in _SIDED.items():
        for rank, alias in enumerate(names.split(), start=1):
            found.setdefault(alias.lower(), _Meaning((channel,), "", rank))
    stems = [name.removesuffix("Left") for name in CHANNELS if name.endswith("Left")]
    # Not sideways movements of jaw, lips and eyes, whose left and right are opposites.
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
_MIN_INNER_LENGTH = 7  # letters; shorter names occur inside others by chance
_LONG = tuple(spelling for spelling in _MEANINGS if len(spelling) >= _MIN_INNER_LENGTH)
_HEADS = frozenset(spelling[:4] for spelling in _MEANINGS)
_NUMBER = re.compile(r"\d+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # jawOpenShape


_Affix = tuple[str, str]  # what a rig adds before and after known names, in lower case without separators
_COMMON = 3  # names that must share an affix, unless all names of a mesh do
# Words that change the meaning of a name and so are never affixes.
_MEANINGFUL = frozenset(
    [
        "l",
        "r",
        "left",
        "right",
        "up",
        "down",
        "upper",
        "lower",
        "inner",
        "outer",
        "in",
        "out",
        "open",
        "close",
        "closed",
        "half",
    ]
)


def map_keys(names: Iterable[str], affixes: Collection[_Affix] | None = None) -> dict[str, ChannelMix]:
    """Return key -> its mix of channels, for the known names of a mesh. No channel goes to two keys with the same effect.

    Of several names for a channel, the closest to ARKit's own spelling is used; a whole key comes before its parts.
    affixes: the result of learn_affixes() for the face; None for that of this mesh.
    """
    names = list(names)
    known = learn_affixes([names]) if affixes is None else affixes
    found: dict[tuple[tuple[str, ...], str], list[tuple[bool, int, int, bool, str]]] = {}
    for name in names:
        if match := look_up(name, _MEANINGS):
            meaning, prefix = _with_side(name, *match)
            rank = meaning.rank == _LAST, meaning.rank, prefix
        elif read := [reading for reading in _read_inside(name) if reading[1] in known]:
            meaning = _MEANINGS[max(read, key=lambda reading: len(reading[0]))[0]]
            rank = meaning.rank == _LAST, _LAST + meaning.rank, 0
        else:
            continue
        found.setdefault((meaning.channels, meaning.part), []).append((*rank, name not in CHANNELS, name))
    best = {target: min(candidates, key=lambda candidate: candidate[:4])[4] for target, candidates in found.items()}
    sums: dict[str, ChannelMix] = {}
    for channel in CHANNELS:
        parts = {part: name for (channels, part), name in best.items() if channels == (channel,)}
        for name in [parts[""]] if "" in parts else parts.values():
            sums[name] = {channel: 1.0}
    used = {channel for each in sums.values() for channel in each}
    for (channels, _), name in best.items():
        if len(channels) > 1 and not used.intersection(channels):
            sums[name] = dict.fromkeys(channels, 1.0 / len(channels))
    return sums


def _with_side(name: str, meaning: _Meaning, prefix: int) -> tuple[_Meaning, int]:
    """Return the one-sided meaning of a name whose prefix is a side, such as L_mouthSmile."""
    side = next((_SIDE_OF[word] for word in words(name)[:prefix] if word in _SIDE_OF), "")
    channel = next((each for each in meaning.channels if side and each.endswith(side)), "")
    return (_Meaning((channel,), meaning.part, 1), prefix) if channel else (meaning, prefix)


def learn_affixes(meshes: Sequence[Sequence[str]]) -> frozenset[_Affix]:
    """Return the affixes that a face's keys add to known names, such as facs_bs_ and _div2 in facs_bs_MouthClose_div2."""
    everywhere: dict[_Affix, set[str]] = {}
    learned = set()
    for names in meshes:
        here: dict[_Affix, set[str]] = {}
        for name in names:
            if look_up(name, _MEANINGS) is None:
                for spelling, affix in _read_inside(name):
                    if len(spelling) >= _MIN_INNER_LENGTH:
                        here.setdefault(affix, set()).add(spelling)
        for affix, spellings in here.items():
            everywhere.setdefault(affix, set()).update(spellings)
            if 1 < len(spellings) == len(names):
                learned.add(affix)
    return frozenset(learned.union(affix for affix, spellings in everywhere.items() if len(spellings) >= _COMMON))


@lru_cache(maxsize=1 << 14)
def _read_inside(name: str) -> tuple[tuple[str, _Affix], ...]:
    """Return (spelling, affix) of all known spellings inside a name. A side at its end counts to the spelling: mouthSmile_div2_L."""
    text, last = "".join(words(name)), (words(_HUMP.sub("_", name)) or [""])[-1]
    side = last if last in _SIDE_OF else ""
    found: list[tuple[str, _Affix]] = []
    for start in range(len(text)):
        for stop in range(start + 4, len(text) + 1) if text[start : start + 4] in _HEADS else ():
            found += _split(text, start, stop, side)
    return tuple(found)


def _split(text: str, start: int, stop: int, side: str) -> Iterator[tuple[str, _Affix]]:
    """Yield the spelling text[start:stop] and its affix, if it is known. side: the side that the text ends in, or ""."""
    spelling, before, behind = text[start:stop], text[:start], text[stop:]
    if behind.endswith(side):
        spelling, behind = spelling + side, behind.removesuffix(side)
    before, behind = (_NUMBER.sub("#", affix) for affix in (before, behind))  # A01_ and A02_ are one affix
    if spelling not in _MEANINGS or not before + behind or {before, behind} & _MEANINGFUL:
        return
    if not any(known in affix for affix in (before, behind) for known in _LONG):  # two names in one are a corrective
        yield spelling, (before, behind)


@dataclass(frozen=True)
class FaceMap:
    """The mapping of a face. sums: key -> its mix of curves, for each mesh. visemes: the set that moves its mouth, None for ARKit's lips."""

    sums: tuple[dict[str, ChannelMix], ...]
    visemes: VisemeSet | None


def map_face(meshes: Sequence[Sequence[str]], by_hand: Sequence[Choices] = ()) -> FaceMap:
    """Map the names of the keys of a face's meshes.

    by_hand: the manual choices on each mesh. Choices of missing keys have no effect.
    A face with visemes, and with less than half of the channels that they stand for, speaks by visemes. Its keys for those channels
    are ignored then, or the mouth would move twice.
    """
    choices = [
        [(curve, key) for curve, key in own if not key or key in names]
        for names, own in zip(meshes, by_hand or [()] * len(meshes), strict=True)
    ]
    taken = {key for own in choices for _, key in own}
    free = [[name for name in names if name not in taken] for names in meshes]
    affixes, found = learn_affixes(free), visemes.find_set(name for names in meshes for name in names)
    automatic = [map_keys(names, affixes) for names in free]
    if found:
        automatic = [_blinks(names) | each for names, each in zip(free, automatic, strict=True)]
    sums = _chosen(automatic, meshes, choices, CHANNELS)
    spoken = {channel for mesh in sums for each in mesh.values() for channel in each}.intersection(
        visemes.VISEME_CHANNELS
    )
    written = visemes.learn_affixes((name for names in meshes for name in names), found) if found else frozenset()
    matches = [visemes.match(names, found, written) if found else {} for names in free]
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


def _blinks(names: Sequence[str]) -> dict[str, ChannelMix]:
    """Return the mix of a key for both lids, on a mesh that has no one-sided key."""
    if any("eyeBlinkLeft" in each for each in map_keys(names).values()):
        return {}
    keys = [name for name in names if (words(name) or [""])[-1] in _BLINKS]
    return {name: dict.fromkeys(_BLINKS["blink"], 0.5) for name in keys[:1]}


def _chosen(
    automatic: Sequence[dict[str, ChannelMix]],
    meshes: Sequence[Sequence[str]],
    choices: Sequence[Choices],
    curves: Collection[str],
) -> list[dict[str, ChannelMix]]:
    """Replace the automatic mapping by the choices, for some of the curves.

    The meshes share an Action, in which keys of the same name are one F-curve. So a choice applies to all meshes that have a key of
    that name, and removes the curve's automatic keys on all meshes.
    """
    chosen: dict[str, list[str]] = {}
    for curve, key in dict.fromkeys(choice for own in choices for choice in own if choice[0] in curves and choice[1]):
        chosen.setdefault(key, []).append(curve)
    replaced = {
        name
        for mesh, own in zip(automatic, choices, strict=True)
        for name, each in mesh.items()
        if any(curve in each for curve, _ in own)
    }
    return [
        {name: each for name, each in mesh.items() if name not in replaced}
        | {name: dict.fromkeys(chosen[name], 1.0 / len(chosen[name])) for name in names if name in chosen}
        for mesh, names in zip(automatic, meshes, strict=True)
    ]


def has_lips(channels: Iterable[str]) -> bool:
    """Return True if a face has at least half of the channels that visemes stand for, so that it speaks by them."""
    return 2 * len(set(channels).intersection(visemes.VISEME_CHANNELS)) >= len(visemes.VISEME_CHANNELS)


def coverage(channels: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return region of the face -> (how many of its channels are given, how many it has)."""
    have = set(channels)
    return {region: (len(have.intersection(names)), len(names)) for region, names in REGIONS.items()}
