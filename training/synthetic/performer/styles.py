"""The performer's 13 identities, each tied to the voices that sound like it, and BEAT's 8 emotions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

from backend.arkit import EMOTIONS


@dataclass(frozen=True)
class Voice:
    """A voice. hertz: median pitch. formants: factor of an adult woman's resonances, small for long vocal tracts. speed: factor of an
    ordinary speaking rate."""

    hertz: float
    formants: float
    speed: float


@dataclass(frozen=True)
class Style:
    """Parameters of one identity's movements. A gain of 1.0 is average, biases are ARKit values, rates are per minute."""

    name: str
    description: str
    voice: Voice  # the typical voice tied to it
    jaw: float = 1.0  # how far the jaw opens
    lower_lip: float = 1.0  # how much the lower lip shows teeth
    upper_lip: float = 1.0
    spread: float = 1.0  # smile and stretch on spread vowels
    rounding: float = 1.0  # pucker and funnel
    funnel_share: float = 0.5  # 0: rounds by pucker only, 1: by funnel
    smile: float = 0.0  # mouthSmile that comes with talking
    press: float = 1.0  # how firmly the lips close
    crispness: float = 1.0  # above 1: quicker lips, below: lazier ones
    chin: float = 1.0  # mouthShrugLower, jawForward
    blinks: float = 17.0
    brow: float = 1.0  # size of brow movements
    brow_rate: float = 0.4  # share of accents that a brow marks
    brow_inner: float = 0.5  # 0: raises outer brows, 1: inner ones
    brow_down: float = 0.15  # share of marked accents that frown instead
    avert: float = 0.3  # how often the gaze leaves the listener
    avert_up: float = 0.0  # where it goes: + up, - down
    squint: float = 0.06
    sneer: float = 0.04
    expressive: float = 1.0  # how far emotions go


@dataclass(frozen=True)
class Emotion:
    """A pose that is added to speech, and gains of the dynamics.

    pose: channel -> ARKit value, where a name without Left or Right means both sides.
    """

    pose: Mapping[str, float] = field(default_factory=dict)
    jaw: float = 1.0
    lips: float = 1.0
    smile: float = 1.0  # gain of the smile by speech and style
    crispness: float = 1.0
    one_sided: float = 0.0  # 0: the pose is even, 1: only on one side of the mouth
    blinks: float = 1.0
    brow: float = 1.0
    brow_rate: float = 1.0
    avert: float = 1.0
    look_down: float = 0.0


STYLES: tuple[Style, ...] = (
    Style("Mira", "bright and quick", Voice(225, 1.12, 1.25), jaw=0.82, spread=1.25, smile=0.04, crispness=1.3, brow=1.25, brow_rate=0.55, blinks=21,
          brow_inner=0.1, avert=0.2, avert_up=0.06, upper_lip=1.45, lower_lip=0.85, squint=0.03, chin=0.7),
    Style("Nora", "soft and small", Voice(265, 1.12, 0.86), jaw=0.66, lower_lip=0.7, upper_lip=0.7, spread=0.8, rounding=0.85, smile=0.05,
          crispness=0.92, brow=0.6, brow_rate=0.25, brow_inner=0.75, blinks=14, avert=0.4, avert_up=-0.06, press=0.8),
    Style("Ada", "clear and exact", Voice(185, 1.04, 1.1), jaw=0.9, lower_lip=1.1, rounding=1.2, funnel_share=0.35, press=1.5, crispness=1.2,
          brow=0.8, brow_rate=0.35, brow_inner=0.4, blinks=12, avert=0.15, squint=0.05, chin=0.7),
    Style("Vera", "warm and open", Voice(225, 1.0, 0.94), jaw=1.2, lower_lip=1.05, spread=1.05, smile=0.12, brow=1.05, brow_rate=0.45, brow_inner=0.55,
          blinks=18, squint=0.12, avert=0.28, rounding=0.95),
    Style("Lena", "lively, all brows", Voice(235, 1.07, 1.14), jaw=1.08, spread=1.1, brow=1.6, brow_rate=0.7, brow_inner=0.3, blinks=24, avert=0.4,
          avert_up=0.1, smile=0.07, upper_lip=1.1, crispness=1.08),
    Style("Joan", "low and wry", Voice(160, 0.97, 0.88), jaw=0.85, lower_lip=0.95, spread=0.9, smile=0.06, brow=0.9, brow_rate=0.35,
          brow_inner=0.1, brow_down=0.3, blinks=13, avert=0.35, squint=0.16, sneer=0.07),
    Style("Hugo", "big and slow", Voice(90, 0.9, 0.9), jaw=1.32, lower_lip=1.2, rounding=1.15, crispness=0.86, brow=1.0, brow_rate=0.35, brow_down=0.35,
          blinks=11, avert=0.25, chin=1.4),
    Style("Otto", "dry, barely moves", Voice(122, 0.92, 0.86), jaw=0.6, lower_lip=0.6, upper_lip=0.5, spread=0.6, rounding=0.7, press=1.3, brow=0.4,
          brow_rate=0.18, brow_inner=0.5, blinks=10, avert=0.2, squint=0.12, expressive=0.8, chin=0.8),
    Style("Bruno", "gruff, from the jaw", Voice(94, 0.92, 1.08), jaw=1.28, lower_lip=0.9, upper_lip=0.6, spread=0.65, rounding=0.8, crispness=0.95,
          brow=0.95, brow_rate=0.4, brow_down=0.6, blinks=15, avert=0.3, avert_up=-0.05, chin=1.6,
          squint=0.14, sneer=0.09),
    Style("Milo", "young and smiling", Voice(290, 1.1, 1.0), jaw=1.1, spread=1.35, smile=0.26, upper_lip=1.1, crispness=1.05, brow=1.1, brow_rate=0.5,
          brow_inner=0.6, blinks=22, avert=0.45, avert_up=0.04, squint=0.15, rounding=0.9),
    Style("Theo", "earnest, inner brows", Voice(135, 0.99, 1.12), jaw=0.95, rounding=1.1, funnel_share=0.65, brow=1.25, brow_rate=0.45, brow_inner=0.95,
          brow_down=0.1, blinks=17, avert=0.35, avert_up=-0.08),
    Style("Emil", "round-lipped and thoughtful", Voice(150, 1.02, 1), jaw=0.86, rounding=1.45, funnel_share=0.7, spread=0.7, crispness=0.9, brow=0.8,
          brow_rate=0.3, brow_inner=0.65, blinks=16, avert=0.65, avert_up=0.12, press=0.9),
    Style("Karl", "fast and tense", Voice(110, 0.97, 1.3), jaw=0.92, lower_lip=1.3, upper_lip=1.25, spread=1.15, press=1.7, crispness=1.25, brow=1.0,
          brow_rate=0.5, brow_down=0.55, blinks=25, avert=0.3, squint=0.18, sneer=0.11, rounding=0.9),
)  # fmt: skip

EMOTION_STYLES: dict[str, Emotion] = {
    "neutral": Emotion(),
    "happiness": Emotion(
        {"mouthSmile": 0.62, "cheekSquint": 0.55, "eyeSquint": 0.2, "mouthDimple": 0.15, "browOuterUp": 0.15, "mouthUpperUp": 0.12},
        jaw=1.12, lips=1.05, crispness=1.06, blinks=1.1, brow=1.15, brow_rate=1.25, avert=0.8),
    "anger": Emotion(
        {"browDown": 0.85, "eyeSquint": 0.35, "noseSneer": 0.35, "mouthPress": 0.2, "mouthFrown": 0.2, "jawForward": 0.15, "eyeWide": 0.2,
         "mouthStretch": 0.08, "mouthLowerDown": 0.08},
        smile=0.35, jaw=1.15, lips=1.2, crispness=1.15, blinks=0.75, brow=0.7, avert=0.5),
    "sadness": Emotion(
        {"browInnerUp": 0.75, "mouthFrown": 0.55, "mouthShrugLower": 0.25, "browDown": 0.12, "mouthPucker": 0.03, "eyeSquint": 0.08},
        smile=0.35, jaw=0.78, lips=0.82, crispness=0.86, blinks=1.3, brow=0.7, brow_rate=0.7, avert=1.5, look_down=0.2),
    "contempt": Emotion(
        {"mouthSmile": 0.55, "mouthDimple": 0.5, "cheekSquint": 0.3, "eyeSquint": 0.22, "noseSneer": 0.2, "browDown": 0.1,
         "mouthUpperUp": 0.06},
        smile=0.7, jaw=0.88, lips=0.9, crispness=0.95, one_sided=0.88, blinks=0.9, brow=0.8, avert=1.1, look_down=0.05),
    "surprise": Emotion(
        {"browInnerUp": 0.8, "browOuterUp": 0.85, "eyeWide": 0.75, "jawOpen": 0.2, "mouthFunnel": 0.04},
        jaw=1.25, lips=1.05, crispness=1.08, blinks=0.8, brow=1.2, brow_rate=1.3, avert=0.7),
    "fear": Emotion(
        {"browInnerUp": 0.8, "browOuterUp": 0.35, "browDown": 0.25, "eyeWide": 0.75, "mouthStretch": 0.45, "mouthFrown": 0.1,
         "mouthLowerDown": 0.06},
        smile=0.5, jaw=0.9, lips=1.0, crispness=1.12, blinks=0.7, brow=0.8, avert=1.4),
    "disgust": Emotion(
        {"noseSneer": 0.8, "mouthUpperUp": 0.4, "browDown": 0.4, "eyeSquint": 0.4, "cheekSquint": 0.3, "mouthFrown": 0.3,
         "mouthShrugLower": 0.12, "mouthShrugUpper": 0.1},
        smile=0.35, jaw=0.92, lips=0.95, blinks=1.1, brow=0.7, brow_rate=0.8, avert=1.2, look_down=0.03),
}  # fmt: skip

assert tuple(EMOTION_STYLES) == EMOTIONS  # the label order is BEAT's


# Standard deviations over speakers of log pitch, log formants and log speed, which scale the distance between voices.
_SPREAD = Voice(0.38, 0.1, 0.15)


def style_of_voice(voice: Voice) -> Style:
    """Return the identity that sounds most like a voice, so that the model can learn a voice match that holds for unseen voices."""

    def distance(style: Style) -> float:
        return sum(
            (log(getattr(voice, part) / getattr(style.voice, part)) / getattr(_SPREAD, part)) ** 2
            for part in ("hertz", "formants", "speed")
        )

    return min(STYLES, key=distance)
