"""Speakers and emotions: any number of voices mixed from five parents, and emotions as changes of pitch, rate and melody."""

from dataclasses import dataclass

import numpy as np

from backend.arkit import EMOTIONS

PARENTS = 5
_MAN = 4  # of Kokoro's five voices here, the only one of a man
_HALF = 128  # of a style's 256 numbers: before, the sound of the voice; after, its pace and melody

# Hz of the median pitch. Men's voices are around 85 to 155, women's 165 to 255 (Titze 1994); a little more, for children and old men.
LOWEST, HIGHEST = 80.0, 300.0
SLOWEST, FASTEST = 0.8, 1.35
# Formants of a voice against its parents': shorter and longer throats. More sounds like tape at the wrong speed.
_LONG_THROAT, _SHORT_THROAT = 0.84, 1.2


@dataclass(frozen=True)
class Speaker:
    """A synthetic voice.

    voice_weights, melody_weights: weights of the five parents in its sound and in its rate and melody. Each adds up to 1; negative ones
    extrapolate. hertz: median pitch. formants: factor of all frequencies but the pitch. speed: factor of the rate.
    """

    id: int
    voice_weights: tuple[float, ...]
    melody_weights: tuple[float, ...]
    hertz: float
    formants: float
    speed: float


@dataclass(frozen=True)
class SpeakingStyle:
    """An emotion's change of a voice. pitch, speed: factors. strength: exponent of the pitch's rises and falls.

    tilt: gain in dB per octave above TILT_FROM; above 0 the voice is brighter.
    """

    pitch: float
    speed: float
    strength: float
    tilt: float


TILT_FROM = 500.0  # Hz
# After the review of vocal expression by Juslin & Laukka 2003 (table 7): anger, fear, joy and surprise are high and fast, sadness low, slow
# and flat; anger and joy bright, sadness dull. Disgust and contempt: low and slow (Banse & Scherer 1996). How much is this project's choice:
# as large as the synthesizer still sounds natural, since an emotion that can't be heard can't be learned.
SPEAKING_STYLES: dict[str, SpeakingStyle] = {
    "neutral": SpeakingStyle(1.0, 1.0, 1.0, 0.0),
    "happiness": SpeakingStyle(1.2, 1.08, 1.6, 1.0),
    "anger": SpeakingStyle(1.1, 1.2, 1.8, 2.5),
    "sadness": SpeakingStyle(0.88, 0.78, 0.4, -3.0),
    "contempt": SpeakingStyle(0.9, 0.88, 1.2, 0.5),
    "surprise": SpeakingStyle(1.32, 1.0, 2.0, 0.5),
    "fear": SpeakingStyle(1.28, 1.22, 0.55, -1.0),
    "disgust": SpeakingStyle(0.86, 0.84, 1.7, -1.5),
}
assert set(SPEAKING_STYLES) == set(EMOTIONS)


def draw_speakers(count: int, seed: int, first: int = 1) -> tuple[Speaker, ...]:
    """Draw `count` speakers, numbered from `first`, evenly spread over pitch, rate and vocal tract length.

    A larger count starts with the same speakers.
    """
    return tuple(_draw(number, np.random.default_rng((seed, number)), seed) for number in range(first, first + count))


def _draw(number: int, rng: np.random.Generator, seed: int) -> Speaker:
    # Multiples of these irrational numbers fill the cube evenly however many there are (Roberts 2018, the R3 sequence).
    start = np.random.default_rng(seed).random(3)
    along = (start + number * np.array([0.8191725134, 0.6710436067, 0.5497004779])) % 1
    hertz = LOWEST * (HIGHEST / LOWEST) ** along[0]
    speed = SLOWEST * (FASTEST / SLOWEST) ** along[1]
    # Low voices come from long throats, but not always.
    lean = 0.6 * along[0] + 0.4 * along[2]
    formants = _LONG_THROAT * (_SHORT_THROAT / _LONG_THROAT) ** lean
    # Parents' own pitches are about 90 Hz and 220 to 320: a voice moved far from its parent's sounds hollow.
    manly = np.clip(1.25 - 1.5 * along[0] + rng.normal(0, 0.12), -0.12, 1.12)
    weights = _weights(manly, rng)
    # Half of all speak with their own melody, half with another's.
    melody = weights if rng.random() < 0.5 else _weights(np.clip(rng.normal(0.3, 0.4), -0.1, 1.1), rng)
    return Speaker(number, weights, melody, round(float(hertz), 2), round(float(formants), 4), round(float(speed), 4))


def _weights(manly: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Draw the weights of the parents. Those of the women are extrapolated, so that voices differ more than their parents."""
    women = rng.dirichlet(np.full(PARENTS - 1, 0.5))
    women = 1.25 * women - 0.25 / (PARENTS - 1)
    weights = np.round(np.insert((1 - manly) * women, _MAN, manly), 4)
    weights[_MAN] += 1 - weights.sum()
    return tuple(np.round(weights, 4).tolist())


def style_of(speaker: Speaker, parents: np.ndarray) -> np.ndarray:
    """Mix the speaker's style (510, 1, 256) from the parents' (5, 510, 1, 256)."""
    sound = np.tensordot(speaker.voice_weights, parents[..., :_HALF], axes=1)
    melody = np.tensordot(speaker.melody_weights, parents[..., _HALF:], axes=1)
    return np.concatenate([sound, melody], axis=-1).astype(np.float32)
