"""The lower face: map phones and loudness to jaw, lips and tongue, without any randomness.

Coarticulation follows Cohen & Massaro (1993, "Modeling coarticulation in synthetic visual speech"): every phone pulls every articulator
toward its target with a dominance that decays exponentially before and after it. Where phones overlap, the articulator takes the
dominance-weighted mean. Contacts that neighboring phones must not prevent (lips that meet, a lip under the teeth) are added after that and
after all smoothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .articulation import ARTICULATORS, Articulation, bundled_articulation
from .phones import BILABIAL, DENTAL, LABIODENTAL, Phone, Score, score
from .signal import plateau, smooth, union
from .styles import Emotion, Style

# jawOpen by the voice alone, at the speech level and whatever the phone: animated and captured faces open up when loud.
_VOICED_OPENING = 0.065
_PAUSE_TIME_CONSTANT = 0.045  # s, so short that a pause does not affect the words around it
_MAX_DISTANCE = 0.9  # s; a phone farther away has no effect
_CHUNK = 4.0  # s; keeps the phones x frames matrices small


@dataclass(frozen=True)
class _Speech:
    """What speech and emotion ask of the lower face. Arrays are (frames,)."""

    style: Style
    gains: dict[str, float]  # the emotion's factor of jaw, lips, smile and crispness
    part: dict[str, np.ndarray]  # activation of each articulator
    talk: np.ndarray  # 1 in words, 0 at rest
    effort: np.ndarray  # factor of the openings, by loudness
    voiced: np.ndarray  # opening by the voice alone
    shut: np.ndarray  # 1 where the lips must meet
    tuck: np.ndarray  # 1 where the lower lip must meet the teeth
    tongue: np.ndarray
    breath: np.ndarray
    pose: dict[str, np.ndarray]  # the emotion's channels

    @property
    def lips(self) -> np.ndarray:
        """The gain of all lip movements."""
        return self.gains["lips"] * (0.72 + 0.28 * self.effort)

    def posed(self, name: str) -> np.ndarray:
        """Return the emotion's value of a channel, 0 if its pose does not move it."""
        return self.pose.get(name, np.zeros(len(self.talk)))


def lower_face(
    phones: Sequence[Phone],
    level: np.ndarray,
    style: Style,
    emotion: Emotion,
    intensity: float,
    fps: float,
    articulation: Articulation | None = None,
) -> dict[str, np.ndarray]:
    """Compute the jaw, mouth and tongue channels, each (frames,), not yet limited to 1.

    phones: as `tidy` returns them. level: (frames,) in dB relative to the take's speech level. intensity: 0 is neutral, 1 the emotion as acted.
    articulation: the bundled one by default.
    """
    strength = intensity * style.expressive
    speech = _analyze(phones, level, style, emotion, strength, fps, articulation or bundled_articulation())
    pucker, funnel = _rounding(speech)
    rounded = np.clip(pucker + funnel, 0, 1)
    spread = style.spread * speech.lips * speech.part["spread"] * (1 - 0.4 * speech.shut)
    # Slow movements that come with talking as such.
    slow = smooth(speech.talk * (0.7 + 0.3 * np.minimum(speech.effort, 1.2)), 0.8, fps) * speech.talk
    speech_smile = max(speech.gains["smile"], 0.0) * (0.40 * spread + style.smile * slow)

    out = _middle_channels(speech, pucker, funnel)
    for name, values in _paired_channels(speech, rounded, spread, speech_smile).items():
        out[name + "Left"], out[name + "Right"] = values, values.copy()
    one_sided = emotion.one_sided * min(strength, 1.0)
    if one_sided:
        # Contempt pulls the left corner. The right one keeps what speech gives it.
        by_speech = {"mouthSmile": speech_smile * (1 - 0.45 * rounded), "mouthDimple": 0.05 * spread}
        for name, values in by_speech.items():
            out[name + "Right"] = out[name + "Right"] * (1 - one_sided) + values * one_sided
    for name in ("mouthLeft", "mouthRight", "jawLeft", "jawRight"):
        out[name] = np.zeros_like(slow)
    return out


def _analyze(
    phones: Sequence[Phone],
    level: np.ndarray,
    style: Style,
    emotion: Emotion,
    strength: float,
    fps: float,
    articulation: Articulation,
) -> _Speech:
    frames = len(level)
    times = np.arange(frames) / fps
    gains = {name: 1 + (getattr(emotion, name) - 1) * strength for name in ("jaw", "lips", "smile", "crispness")}
    pull = coarticulate(score(phones, articulation), articulation, frames, fps)
    pull = smooth(pull, 0.13 / (style.crispness * gains["crispness"]), fps)
    talk = talking(phones, times)
    closures = (contact(phone, times, 0.095, 0.100) for phone in extend_into_pauses(phones) if phone.base in BILABIAL)
    tucks = (contact(phone, times, 0.090, 0.090) for phone in phones if phone.base in LABIODENTAL)
    tongues = (contact(phone, times, 0.06, 0.06, DENTAL[phone.base]) for phone in phones if phone.base in DENTAL)
    # A pose shows more fully in words than in rests, and grows slowly with the voice.
    swell = smooth(np.clip((level + 30) / 30, 0, 1.2), 1.6, fps)
    presence = strength * (0.62 + 0.2 * talk + 0.2 * swell)
    return _Speech(
        style,
        gains,
        dict(zip(ARTICULATORS, pull.T, strict=True)),
        talk,
        loudness_factor(level, fps),
        _VOICED_OPENING * voice_amplitude(level, fps) * talk,
        strongest(closures, frames),
        strongest(tucks, frames),
        strongest(tongues, frames),
        strongest(breaths(phones, times), frames),
        {name: value * presence for name, value in emotion.pose.items()},
    )


def _rounding(speech: _Speech) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the lips pucker and funnel, (frames,) each."""
    style, part = speech.style, speech.part
    share = style.funnel_share - 0.5
    pucker = style.rounding * speech.lips * part["pucker"] * (1 - 0.5 * share) + speech.posed("mouthPucker")
    funnel = style.rounding * speech.lips * part["funnel"] * (1 + share) + speech.posed("mouthFunnel") * speech.talk
    return pucker, funnel * (1 - speech.shut) * (1 - 0.6 * speech.tuck)


def _middle_channels(speech: _Speech, pucker: np.ndarray, funnel: np.ndarray) -> dict[str, np.ndarray]:
    """Return the channels that have no side."""
    style, part, shut, tuck = speech.style, speech.part, speech.shut, speech.tuck
    jaw = (
        style.jaw * speech.gains["jaw"] * (0.9 * part["jaw"] * speech.effort + speech.voiced)
        + speech.posed("jawOpen") * speech.talk
        + 0.035 * speech.breath
    )
    jaw = jaw * (1 - 0.5 * shut) * (1 - 0.6 * tuck)
    return {
        "jawOpen": jaw,
        # Lips together while the jaw is open: never more than the jaw, exactly as much where the lips meet.
        "mouthClose": jaw * shut**2,
        "jawForward": style.chin * (0.10 * part["funnel"] + 0.05 * tuck) + speech.posed("jawForward"),
        "mouthPucker": pucker * (1 - 0.15 * shut),
        "mouthFunnel": funnel,
        "mouthRollLower": 0.26 * tuck + 0.09 * style.press * shut,
        "mouthRollUpper": 0.07 * style.press * shut + 0.02 * tuck,
        "mouthShrugLower": union(
            style.chin * (0.10 * shut + 0.12 * tuck + 0.08 * part["funnel"]), speech.posed("mouthShrugLower")
        ),
        "mouthShrugUpper": union(0.05 * shut + 0.05 * tuck + 0.05 * part["funnel"], speech.posed("mouthShrugUpper")),
        "tongueOut": speech.tongue * (1 - shut) * (1 - tuck),
    }


def _paired_channels(
    speech: _Speech, rounded: np.ndarray, spread: np.ndarray, speech_smile: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the channels with a left and a right side, by their names without it."""
    style, part, lips, talk = speech.style, speech.part, speech.lips, speech.talk
    shut, tuck = speech.shut, speech.tuck
    parting = (1 - shut) * (1 - tuck)  # lips do not part where they must meet
    lower = (style.lower_lip * lips * 0.95 * part["lower"] + speech.posed("mouthLowerDown") * talk) * parting
    upper = (style.upper_lip * lips * 0.95 * part["upper"] + speech.posed("mouthUpperUp") * talk) * (1 - shut)
    upper = upper * (1 - 0.4 * tuck) + 0.03 * speech.breath * (1 - shut)
    smile = union(speech_smile, speech.posed("mouthSmile")) * (1 - 0.45 * rounded)
    stretch = union(0.34 * spread + 0.12 * part["lower"] * lips, speech.posed("mouthStretch"))
    frown = 0.10 * part["lower"] * lips * (1 - np.clip(2 * smile, 0, 1)) + 0.04 * tuck
    return {
        "mouthSmile": smile,
        "mouthStretch": stretch * (1 - 0.3 * rounded),
        "mouthDimple": union(0.22 * smile + 0.03 * shut * style.press, speech.posed("mouthDimple")),
        "mouthFrown": union(frown, speech.posed("mouthFrown")),
        "mouthPress": union(0.10 * style.press * shut, speech.posed("mouthPress") * (1 - 0.5 * talk)),
        "mouthLowerDown": lower,
        "mouthUpperUp": upper,
    }


def coarticulate(score: Score, articulation: Articulation, frames: int, fps: float) -> np.ndarray:
    """Return the activation of each articulator, (frames, len(ARTICULATORS)): the dominance-weighted mean of the targets."""
    center, half = (score.start + score.end) / 2, (score.end - score.start) / 2
    # A target is held over the middle of its phone; a pause is all middle.
    hold = half * np.where(score.rest, 0.9, 0.45)
    out = np.zeros((frames, len(ARTICULATORS)))
    step = max(1, int(_CHUNK * fps))
    for first in range(0, frames, step):
        times = np.arange(first, min(first + step, frames)) / fps
        near = (center + hold > times[0] - _MAX_DISTANCE) & (center - hold < times[-1] + _MAX_DISTANCE)
        offset = times[None, :] - center[near, None]
        resting = score.rest[near, None]
        for k in range(len(ARTICULATORS)):
            late = offset - articulation.lag[k]
            before, after = np.maximum(-late - hold[near, None], 0), np.maximum(late - hold[near, None], 0)
            attack = np.where(resting, _PAUSE_TIME_CONSTANT, articulation.attack[k])
            release = np.where(resting, _PAUSE_TIME_CONSTANT, articulation.release[k])
            fade = before / attack + after / release
            dominance = score.dominances[near, k, None] * np.exp(-fade)
            total = dominance.sum(axis=0)
            out[first : first + step, k] = (dominance * score.values[near, k, None]).sum(axis=0) / np.maximum(
                total, 1e-12
            )
    return out


def loudness_factor(level: np.ndarray, fps: float) -> np.ndarray:
    """Return the factor of the jaw's opening, (frames,): 1 at the speech level, about 1.3 when loud, 0.5 when quiet, 0.3 in silence.

    It is not 0 in silence, because a jaw opens before its vowel sounds. In pauses, the phones already close the mouth.
    """
    return smooth(np.interp(level, (-45.0, -20.0, -8.0, 0.0, 4.0, 9.0), (0.3, 0.45, 0.72, 1.02, 1.22, 1.36)), 0.08, fps)


def voice_amplitude(level: np.ndarray, fps: float) -> np.ndarray:
    """Return the amplitude of the voice, (frames,): 1 at the speech level, 0 in silence."""
    return smooth(np.clip(10 ** (level / 20), 0.0, 1.6), 0.1, fps)


def contact(phone: Phone, times: np.ndarray, rise: float, fall: float, size: float = 1.0) -> tuple[slice, np.ndarray]:
    """Return a full contact in the middle of a phone, as a slice of times and its values.

    It is held for at least 40 ms, so that it shows at 30 fps.
    """
    center, half = (phone.start + phone.end) / 2, (phone.end - phone.start) / 2
    hold = max(0.020, half - 0.035)
    where, values = _plateau_at(times, center - hold, center + hold, rise, fall)
    return where, size * values


def extend_into_pauses(phones: Sequence[Phone]) -> list[Phone]:
    """Extend each phone that is next to a pause into it: lips that met for the last sound of a phrase stay together."""
    out = []
    for k, phone in enumerate(phones):
        before = k and phones[k - 1].label == "SIL"
        after = k + 1 < len(phones) and phones[k + 1].label == "SIL"
        early = min(0.1, phones[k - 1].end - phones[k - 1].start) if before else 0.0
        late = min(0.25, phones[k + 1].end - phones[k + 1].start) if after else 0.0
        out.append(Phone(phone.label, phone.start - early, phone.end + late))
    return out


def breaths(phones: Sequence[Phone], times: np.ndarray) -> list[tuple[slice, np.ndarray]]:
    """Return the parting of the lips before each phrase that follows a pause. It grows with the length of the pause."""
    found = []
    for pause, following in pairwise(phones):
        length = pause.end - pause.start
        if pause.label == "SIL" and length > 0.35 and following.base not in BILABIAL:
            where, values = _plateau_at(times, pause.end - 0.12, pause.end, 0.16, 0.12)
            found.append((where, values * min(1.0, length)))
    return found


def talking(phones: Sequence[Phone], times: np.ndarray) -> np.ndarray:
    """Return 1 in words and short pauses and 0 at rest, (frames,), with soft edges."""
    runs: list[list[float]] = []
    for phone in phones:
        if phone.label != "SIL":
            if runs and phone.start - runs[-1][1] < 0.3:
                runs[-1][1] = phone.end
            else:
                runs.append([phone.start, phone.end])
    return strongest((_plateau_at(times, first, last, 0.15, 0.18) for first, last in runs), len(times))


def strongest(bumps: Iterable[tuple[slice, np.ndarray]], frames: int) -> np.ndarray:
    """Combine bumps, given as slices and values, into one curve (frames,). Where they overlap, the strongest counts."""
    out = np.zeros(frames)
    for where, values in bumps:
        out[where] = np.maximum(out[where], values)
    return out


def _plateau_at(times: np.ndarray, first: float, last: float, rise: float, fall: float) -> tuple[slice, np.ndarray]:
    low, high = np.searchsorted(times, (first - rise, last + fall))
    where = slice(int(low), int(high))
    return where, plateau(times[where], first, last, rise, fall)
