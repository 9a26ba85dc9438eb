"""Changes to the expression of a take: emotions that show, even sides, and brows that mark accents.

A face is (N, 52) in 0..1, in backend.arkit's order, at 30 fps. Functions return a new one.
"""

import numpy as np

from backend.arkit import CHANNELS
from backend.inference.generator import FACE_FPS

from ..evaluation.metrics import lip_gap
from ..synthetic.performer.head_motion import loud_accents
from ..synthetic.performer.signal import smooth
from ..synthetic.performer.styles import EMOTION_STYLES, Emotion, Style

_DIRECTIONS = ("eyeLook", "jaw", "mouthLeft", "mouthRight")  # left and right mean directions here, not sides
_PAIRS = [
    (i, CHANNELS.index(name[: -len("Left")] + "Right"))
    for i, name in enumerate(CHANNELS)
    if name.endswith("Left") and not name.startswith(_DIRECTIONS)
]
_SHIFTS = [
    tuple(CHANNELS.index(part + side) for side in ("Left", "Right"))
    for part in ("jaw", "mouth")
]  # fmt: skip
_ONE_SIDE = ("mouth", "cheek", "nose")  # parts of the face that move on one side only in a one-sided emotion
_TOUCHING = 0.06  # gap between the lips, in units of jawOpen, under which an emotion parts them less
_INNER = [CHANNELS.index("browInnerUp")]
_OUTER = [CHANNELS.index(f"browOuterUp{side}") for side in ("Left", "Right")]
_RAISE = 0.22  # of the brows, at a full accent of an average identity
_RAISE_SECONDS = 0.5  # from rest to rest


def emotion_pose(emotion: str) -> np.ndarray:
    """Return an emotion's mean pose, (52,)."""
    style: Emotion = EMOTION_STYLES[emotion]
    pose = np.zeros(len(CHANNELS))
    for name, value in style.pose.items():
        for k, channel in enumerate(CHANNELS):
            if channel == name or channel in (name + "Left", name + "Right"):
                weak = channel.endswith("Right") and channel.startswith(_ONE_SIDE)
                pose[k] = value * (1 - style.one_sided if weak else 1)
    return pose


def add_pose(face: np.ndarray, emotion: str, size: float = 1.0) -> np.ndarray:
    """Raise channels so that their mean is at least the emotion's pose times `size`. Lips that touch stay as they are."""
    missing = np.maximum(size * emotion_pose(emotion) - face.mean(0), 0)
    if not missing.any():
        return face
    parted = np.pad(np.clip(lip_gap(face) / _TOUCHING, 0, 1), 1, mode="edge")
    beside = np.minimum(np.minimum(parted[:-2], parted[2:]), parted[1:-1])
    parted = smooth(beside, 0.07, FACE_FPS)[:, None]
    # The corners of the mouth move as freely on closed lips; what parts them waits.
    parts_lips = np.array(
        [name.startswith(("mouthUpperUp", "mouthLowerDown", "jawOpen", "mouthFunnel")) for name in CHANNELS]
    )
    share = np.where(parts_lips, parted, 1.0)
    return np.asarray(np.clip(face + missing * share, 0, 1))


def lean_left(face: np.ndarray) -> np.ndarray:
    """Swap the sides of mouth, cheeks and nose if the face smiles on the right: one-sided emotions are shown on the left."""
    left, right = (CHANNELS.index(f"mouthSmile{side}") for side in ("Left", "Right"))
    if face[:, left].mean() >= face[:, right].mean():
        return face
    face = face.copy()
    for one, other in _PAIRS:
        if CHANNELS[one].startswith(_ONE_SIDE):
            face[:, [one, other]] = face[:, [other, one]]
    return face


def make_even(face: np.ndarray) -> np.ndarray:
    """Give both sides of the face the same mean over the take. What differs from moment to moment stays."""
    face = face.copy()
    for left, right in _PAIRS:
        half = (face[:, left].mean() - face[:, right].mean()) / 2
        face[:, left] -= half
        face[:, right] += half
    for left, right in _SHIFTS:
        aside = face[:, left].mean() - face[:, right].mean()
        face[:, left] -= max(aside, 0)
        face[:, right] -= max(-aside, 0)
    return np.clip(face, 0, 1)


def raise_brows(face: np.ndarray, level: np.ndarray, noise: np.ndarray, style: Style) -> np.ndarray:
    """Raise the brows on the accents of speech, some more than others.

    level: (N,) in dB relative to ordinary speech. noise: (N,), white, which decides how far each accent raises them.
    """
    accents = loud_accents(level, FACE_FPS)
    seconds = np.arange(len(face)) / FACE_FPS
    bumps = np.zeros(len(face))
    for when, strength in accents:
        phase = np.clip((seconds - when) / _RAISE_SECONDS + 0.5, 0, 1)
        bumps = np.maximum(bumps, strength * np.sin(np.pi * phase) ** 2)
    chance = 1 + 1.2 * smooth(noise, 0.6, FACE_FPS) * np.sqrt(0.6 * FACE_FPS)
    lift = _RAISE * style.brow * bumps * np.clip(chance, 0, 2.5)
    face = face.copy()
    face[:, _INNER] += (0.5 + style.brow_inner) * lift[:, None]
    face[:, _OUTER] += (1.5 - style.brow_inner) * lift[:, None]
    return np.clip(face, 0, 1)
