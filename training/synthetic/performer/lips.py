"""The lower face: phones and loudness to jaw, lips and tongue, the same every time.

Coarticulation after Cohen & Massaro (1993, "Modeling coarticulation in synthetic visual speech"): every phone pulls every articulator
towards its target with a dominance that falls off exponentially before and after it; where phones overlap, the articulator goes to
the dominance-weighted mean. What must happen whatever the neighbours want (lips that meet, a lip under the teeth) comes after
that and after all smoothing, so nothing can undo it.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from training.synthetic.performer.phones import ARTICULATORS, BILABIAL, DENTAL, LABIODENTAL, Phone, Score, score
from training.synthetic.performer.signal import plateau, smooth, union
from training.synthetic.performer.styles import Emotion, Style

# How long before a phone an articulator begins to move for it and how long after it lets go (s, time constants). Rounding comes early
# and stays late; the jaw and the vertical lips are quick.
_ATTACK = dict(zip(ARTICULATORS, (0.045, 0.042, 0.042, 0.060, 0.080, 0.065), strict=True))
_RELEASE = dict(zip(ARTICULATORS, (0.048, 0.045, 0.045, 0.062, 0.078, 0.065), strict=True))
# The jaw is heavy: it is widest a little after the middle of its vowel, and artists part the lips with it.
_LAG = dict(zip(ARTICULATORS, (0.018, 0.018, 0.018, 0.0, 0.0, 0.0), strict=True))  # s
# jawOpen that comes with the voice alone, at the speech level, whatever the phone: artists and captured faces open up when loud.
_VOICED_OPENING = 0.065
_REST = 0.045  # the same for a pause, whose pull must not reach into the words
_REACH = 0.9  # s; beyond this a phone's pull is nothing
_CHUNK = 4.0  # s; phones x frames matrices stay small


def lower_face(
    phones: Sequence[Phone], level: np.ndarray, style: Style, emotion: Emotion, intensity: float, fps: float
) -> dict[str, np.ndarray]:
    """Jaw, mouth and tongue channels, each (frames,), still without limits at 1.

    phones: tidy; level: (frames,) dB relative to the speech level of the take; intensity: 0..1 and above, how far the emotion goes.
    """
    frames = len(level)
    times = np.arange(frames) / fps
    feel = intensity * style.expressive
    lean = {name: 1 + (getattr(emotion, name) - 1) * feel for name in ("jaw", "lips", "smile", "crispness")}
    pull = smooth(coarticulate(score(phones), frames, fps), 0.13 / (style.crispness * lean["crispness"]), fps)
    part = dict(zip(ARTICULATORS, pull.T, strict=True))

    talk = talking(phones, times)
    effort = loudness_factor(level, fps)
    shut = strongest((bump(phone, times, 0.095, 0.100) for phone in held(phones) if phone.base in BILABIAL), frames)
    tuck = strongest((bump(phone, times, 0.090, 0.090) for phone in phones if phone.base in LABIODENTAL), frames)
    tongue = strongest(
        (bump(phone, times, 0.06, 0.06, DENTAL[phone.base]) for phone in phones if phone.base in DENTAL), frames
    )
    breath = strongest(breaths(phones, times), frames)

    # A pose is carried more fully in words than in rests, and swells slowly with the voice.
    swell = smooth(np.clip((level + 30) / 30, 0, 1.2), 1.6, fps)
    carry = feel * (0.62 + 0.2 * talk + 0.2 * swell)
    pose = {name: value * carry for name, value in emotion.pose.items()}
    rest = np.zeros(frames)

    lips = lean["lips"] * (0.72 + 0.28 * effort)
    voiced = _VOICED_OPENING * voice_amplitude(level, fps) * talk
    jaw = (
        style.jaw * lean["jaw"] * (0.9 * part["jaw"] * effort + voiced)
        + pose.get("jawOpen", rest) * talk
        + 0.035 * breath
    )
    jaw = jaw * (1 - 0.5 * shut) * (1 - 0.6 * tuck)
    parting = (1 - shut) * (1 - tuck)  # what parts the lips gives way where they must meet
    lower = (style.lower_lip * lips * 0.95 * part["lower"] + pose.get("mouthLowerDown", rest) * talk) * parting
    upper = (style.upper_lip * lips * 0.95 * part["upper"] + pose.get("mouthUpperUp", rest) * talk) * (1 - shut)
    upper = upper * (1 - 0.4 * tuck) + 0.03 * breath * (1 - shut)
    share = style.funnel_share - 0.5
    pucker = style.rounding * lips * part["pucker"] * (1 - 0.5 * share) + pose.get("mouthPucker", rest)
    funnel = style.rounding * lips * part["funnel"] * (1 + share) + pose.get("mouthFunnel", rest) * talk
    funnel = funnel * (1 - shut) * (1 - 0.6 * tuck)
    rounded = np.clip(pucker + funnel, 0, 1)
    spread = style.spread * lips * part["spread"] * (1 - 0.4 * shut)

    out = {
        "jawOpen": jaw,
        # Lips together while the jaw is open: never more than the jaw, exactly as much where the lips meet.
        "mouthClose": jaw * shut**2,
        "jawForward": style.chin * (0.10 * part["funnel"] + 0.05 * tuck) + pose.get("jawForward", rest),
        "mouthPucker": pucker * (1 - 0.15 * shut),
        "mouthFunnel": funnel,
        "mouthRollLower": 0.26 * tuck + 0.09 * style.press * shut,
        "mouthRollUpper": 0.07 * style.press * shut + 0.02 * tuck,
        "mouthShrugLower": union(
            style.chin * (0.10 * shut + 0.12 * tuck + 0.08 * part["funnel"]), pose.get("mouthShrugLower", rest)
        ),
        "mouthShrugUpper": union(0.05 * shut + 0.05 * tuck + 0.05 * part["funnel"], pose.get("mouthShrugUpper", rest)),
        "tongueOut": tongue * (1 - shut) * (1 - tuck),
    }
    lazy = (
        smooth(talk * (0.7 + 0.3 * np.minimum(effort, 1.2)), 0.8, fps) * talk
    )  # what comes with talking as such, slowly
    cheer = max(lean["smile"], 0.0) * (0.40 * spread + style.smile * lazy)
    smile = union(cheer, pose.get("mouthSmile", rest)) * (1 - 0.45 * rounded)
    paired = {
        "mouthSmile": smile,
        "mouthStretch": union(0.34 * spread + 0.12 * part["lower"] * lips, pose.get("mouthStretch", rest))
        * (1 - 0.3 * rounded),
        "mouthDimple": union(0.22 * smile + 0.03 * shut * style.press, pose.get("mouthDimple", rest)),
        "mouthFrown": union(
            0.10 * part["lower"] * lips * (1 - np.clip(2 * smile, 0, 1)) + 0.04 * tuck, pose.get("mouthFrown", rest)
        ),
        "mouthPress": union(0.10 * style.press * shut, pose.get("mouthPress", rest) * (1 - 0.5 * talk)),
        "mouthLowerDown": lower,
        "mouthUpperUp": upper,
    }
    uneven = style.skew
    for name, values in paired.items():
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            out[name + side] = values * (1 + sign * uneven)
    one_sided = emotion.one_sided * min(feel, 1.0)
    if one_sided:
        # Contempt pulls one corner: the side this face favors. The other keeps what speech gives it.
        off = "Right" if uneven >= 0 else "Left"
        bare = {"mouthSmile": cheer * (1 - 0.45 * rounded), "mouthDimple": 0.05 * spread}
        for name, values in bare.items():
            out[name + off] = out[name + off] * (1 - one_sided) + values * one_sided * (1 - abs(uneven))
    aside = style.shift * lazy * (0.6 + 0.8 * part["jaw"]) + 0.03 * style.skew * lazy
    for name, size in (("mouth", 1.0), ("jaw", 0.5)):
        out[name + "Left"], out[name + "Right"] = size * np.maximum(aside, 0), size * np.maximum(-aside, 0)
    return out


def coarticulate(score: Score, frames: int, fps: float) -> np.ndarray:
    """(frames, len(ARTICULATORS)) where the targets and their dominances take each articulator."""
    centre, half = (score.start + score.end) / 2, (score.end - score.start) / 2
    # A target is held over the middle of its phone; a pause is all middle.
    hold = half * np.where(score.rest, 0.9, 0.45)
    out = np.zeros((frames, len(ARTICULATORS)))
    step = max(1, int(_CHUNK * fps))
    for first in range(0, frames, step):
        times = np.arange(first, min(first + step, frames)) / fps
        near = (centre + hold > times[0] - _REACH) & (centre - hold < times[-1] + _REACH)
        offset = times[None, :] - centre[near, None]
        resting = score.rest[near, None]
        for k, name in enumerate(ARTICULATORS):
            before = np.maximum(_LAG[name] - offset - hold[near, None], 0)
            after = np.maximum(offset - _LAG[name] - hold[near, None], 0)
            fade = before / np.where(resting, _REST, _ATTACK[name]) + after / np.where(resting, _REST, _RELEASE[name])
            dominance = score.dominances[near, k, None] * np.exp(-fade)
            total = dominance.sum(axis=0)
            out[first : first + step, k] = (dominance * score.values[near, k, None]).sum(axis=0) / np.maximum(
                total, 1e-12
            )
    return out


def loudness_factor(level: np.ndarray, fps: float) -> np.ndarray:
    """(frames,) what the jaw's opening is multiplied by: 1 at the speech level, about 1.3 when loud, .5 when quiet, .3 in silence.

    Silence isn't 0 here: a jaw opens before its vowel sounds, and in pauses the phones already ask for a closed mouth.
    """
    return smooth(np.interp(level, (-45.0, -20.0, -8.0, 0.0, 4.0, 9.0), (0.3, 0.45, 0.72, 1.02, 1.22, 1.36)), 0.08, fps)


def voice_amplitude(level: np.ndarray, fps: float) -> np.ndarray:
    """(frames,) how strongly the voice sounds, as amplitude: 1 at the speech level, 0 in silence."""
    return smooth(np.clip(10 ** (level / 20), 0.0, 1.6), 0.1, fps)


def bump(phone: Phone, times: np.ndarray, rise: float, fall: float, size: float = 1.0) -> tuple[slice, np.ndarray]:
    """A full contact in the middle of a phone: (where in times, values), with at least 40 ms of it held so that 30 fps can't miss it."""
    centre, half = (phone.start + phone.end) / 2, (phone.end - phone.start) / 2
    hold = max(0.020, half - 0.035)
    where, values = _place(times, centre - hold, centre + hold, rise, fall)
    return where, size * values


def held(phones: Sequence[Phone]) -> list[Phone]:
    """The phones, each one before or after a pause drawn out into it: lips that met for the last sound of a phrase stay together."""
    out = []
    for k, phone in enumerate(phones):
        before = k and phones[k - 1].label == "SIL"
        after = k + 1 < len(phones) and phones[k + 1].label == "SIL"
        early = min(0.1, phones[k - 1].end - phones[k - 1].start) if before else 0.0
        late = min(0.25, phones[k + 1].end - phones[k + 1].start) if after else 0.0
        out.append(Phone(phone.label, phone.start - early, phone.end + late))
    return out


def breaths(phones: Sequence[Phone], times: np.ndarray) -> list[tuple[slice, np.ndarray]]:
    """Lips part a little before a phrase that follows a pause, the more so the longer the pause was."""
    found = []
    for pause, following in pairwise(phones):
        length = pause.end - pause.start
        if pause.label == "SIL" and length > 0.35 and following.base not in BILABIAL:
            where, values = _place(times, pause.end - 0.12, pause.end, 0.16, 0.12)
            found.append((where, values * min(1.0, length)))
    return found


def talking(phones: Sequence[Phone], times: np.ndarray) -> np.ndarray:
    """(frames,) 1 in words and short pauses, 0 at rest, with soft edges."""
    runs: list[list[float]] = []
    for phone in phones:
        if phone.label != "SIL":
            if runs and phone.start - runs[-1][1] < 0.3:
                runs[-1][1] = phone.end
            else:
                runs.append([phone.start, phone.end])
    return strongest((_place(times, first, last, 0.15, 0.18) for first, last in runs), len(times))


def strongest(bumps: Iterable[tuple[slice, np.ndarray]], frames: int) -> np.ndarray:
    """(frames,) of bumps that overlap the strongest counts."""
    out = np.zeros(frames)
    for where, values in bumps:
        out[where] = np.maximum(out[where], values)
    return out


def _place(times: np.ndarray, first: float, last: float, rise: float, fall: float) -> tuple[slice, np.ndarray]:
    low, high = np.searchsorted(times, (first - rise, last + fall))
    where = slice(int(low), int(high))
    return where, plateau(times[where], first, last, rise, fall)
