"""Mouths that speak by visemes: a few whole poses where ARKit has 52 channels. Which set a rig has, and a take's curves as a mix of its poses.

A frame becomes the mix of the rig's poses whose mouth is closest to the take's: least squares with weights that are never negative, in
seven measures of a mouth (`_measures`), which is 0 where the lips rest. A viseme that a rig lacks is made up for by those that it has;
so one solution serves every set. The mix is unique and changes no faster than the curves do, so it needs no smoothing.

Sources. Oculus's fifteen and their sounds: Khronos, OpenXR registry, XrFaceTrackingVisemeMETA; their names on Ready Player Me's
avatars: docs.readyplayer.me, Oculus OVR LipSync. Rhubarb's shapes and their names in Preston Blair's set: Rhubarb Lip Sync's README,
"Mouth shapes" and --datUsePrestonBlair. What each pose is in ARKit's channels: `training/synthetic/performer/phones.py`, the targets that the model
learned from, stressed and somewhat exaggerated, as artists make a viseme to be seen at full weight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...backend.arkit import CHANNELS, words

# Both sides of a channel that has two move alike.
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
REST = "sil"  # gets what the other poses leave over

# The channels that the poses are made of. Where visemes speak, no key of these channels moves besides.
SPOKEN_FOR: tuple[str, ...] = tuple(
    name for name in CHANNELS if any(name.removesuffix("Left").removesuffix("Right") in pose for pose in POSES.values())
)

_SMALL = 4e-3  # times the square of the weights is added to the distance: of mixes that look alike, that of few and strong poses
_ROUNDS, _CLOSE = (
    300,
    1e-4,
)  # of the solution: at most so many rounds, and it is good enough when none moved a weight further
_MARKS = frozenset(
    ("viseme", "vis", "v", "phoneme", "mth", "mouth", "lip", "lips")
)  # what may stand before a viseme's name


@dataclass(frozen=True)
class VisemeSet:
    """A convention. spellings: lower-case name of a viseme -> its pose; enough: how many of its poses tell that a rig means this set."""

    label: str
    spellings: dict[str, str]
    enough: int


SETS: tuple[VisemeSet, ...] = (
    VisemeSet(
        "Oculus", {name.lower(): name for name in POSES if name != "w"} | {"i": "ih", "o": "oh", "u": "ou"}, enough=8
    ),
    VisemeSet("VRM", {"a": "aa", "i": "ih", "u": "ou", "e": "E", "o": "oh", "aa": "aa", "ih": "ih", "ou": "ou", "ee": "E", "oh": "oh"}, enough=5),
    # H and L are a tongue raised behind the teeth, which ARKit has no channel for: those keys are left alone.
    VisemeSet("Rhubarb", {"a": "PP", "b": "SS", "c": "E", "d": "aa", "e": "oh", "f": "ou", "g": "FF", "x": "sil"}, enough=6),
    VisemeSet(
        "Preston Blair",
        {"mbp": "PP", "etc": "DD", "e": "E", "ai": "aa", "o": "oh", "u": "ou", "wq": "w", "fv": "FF", "rest": "sil"},
        enough=7,
    ),
)  # fmt: skip


def find_set(names: Iterable[str]) -> VisemeSet | None:
    """The set that a rig's names are of, None when they are of none: of those it has enough of, the one it has most of."""
    spelled = list(names)
    counts = [len(set(match(spelled, candidate).values())) for candidate in SETS]
    count, best = max(zip(counts, SETS, strict=True), key=lambda pair: (pair[0] >= pair[1].enough, pair[0]))
    return best if count >= best.enough else None


def match(names: Iterable[str], visemes: VisemeSet) -> dict[str, str]:
    """Key -> pose, for those of a rig's names that are of the set: viseme_PP, vrc.v_pp, Fcl_MTH_A, or the bare name. One key a pose."""
    found: dict[str, str] = {}  # pose -> key
    for name in names:
        *before, last = words(name) or [""]
        if last in visemes.spellings and (not before or before[-1] in _MARKS):
            found.setdefault(visemes.spellings[last], name)
    return {name: pose for pose, name in found.items()}


def mix(poses: Sequence[str], names: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Weights (frames, poses), 0..1, of a rig's poses, all different. names: of the channels; values: (frames, channels)."""
    column = {name: values[:, index] for index, name in enumerate(names)}
    take = _measures({name: column.get(name, np.zeros(len(values))) for name in SPOKEN_FOR})
    shapes = [pose for pose in poses if pose != REST]
    targets = (
        np.concatenate([_measures(_channels(POSES[pose])) for pose in shapes])
        if shapes
        else np.zeros((0, take.shape[1]))
    )
    weights = dict(zip(shapes, _mix(take, targets), strict=True))
    weights[REST] = 1.0 - sum(weights.values(), np.zeros(len(values)))
    return np.clip(np.stack([weights[pose] for pose in poses], axis=1), 0.0, 1.0).astype(np.float32)


def _channels(pose: dict[str, float]) -> dict[str, np.ndarray]:
    both = {side: value for name, value in pose.items() for side in (name, name + "Left", name + "Right")}
    return {name: np.array([both.get(name, 0.0)]) for name in SPOKEN_FOR}


def _measures(channels: dict[str, np.ndarray]) -> np.ndarray:
    """What of a mouth is to be matched, (frames, 8), each as strong as it is seen: a lip that fails to close most of all."""

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
    """Weights (poses, frames) >= 0 with which targets (poses, measures) come closest to a take (frames, measures), by coordinate descent."""
    overlap = targets @ targets.T + _SMALL * np.eye(len(targets))
    wanted = targets @ take.T
    weights = np.zeros_like(wanted)
    for _ in range(_ROUNDS):
        before = weights.copy()
        for pose in range(len(targets)):
            slope = wanted[pose] - overlap[pose] @ weights
            weights[pose] = np.maximum(weights[pose] + slope / overlap[pose, pose], 0.0)
        if np.abs(weights - before).max(initial=0.0) < _CLOSE:
            break
    return weights
