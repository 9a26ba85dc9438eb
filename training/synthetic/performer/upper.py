"""The upper face: blinks, gaze, brows, squint and cheeks. It is random, with chances that depend on pauses, accents and smiles.

Parameters follow captured faces (blink shapes and rates, bandwidths, channels that move together). All randomness comes from the rng
argument, so a take can be made again.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .phones import Phone
from .signal import drift, smooth, union
from .styles import Emotion, Style


def upper_face(
    phones: Sequence[Phone],
    level: np.ndarray,
    lower: dict[str, np.ndarray],
    style: Style,
    emotion: Emotion,
    intensity: float,
    rng: np.random.Generator,
    fps: float,
) -> dict[str, np.ndarray]:
    """Compute the eye, brow, cheek and nose channels, each (frames,), not yet limited to 1.

    phones: as `tidy` returns them. level: (frames,) in dB relative to the speech level. lower: the lower face, whose smile moves cheeks and lids.
    """
    frames = len(level)
    feel = intensity * style.expressive
    lean = {name: 1 + (getattr(emotion, name) - 1) * feel for name in ("blinks", "brow", "brow_rate", "avert")}
    yaw, pitch, jumps = gaze(
        phones, frames, style.avert * lean["avert"], style.avert_up - emotion.look_down * feel, rng, fps
    )
    pitch = pitch - emotion.look_down * feel * (0.6 + 0.4 * np.tanh(drift(rng, frames, 3.0, fps)))
    blink = blinks(phones, jumps, frames, np.clip(style.blinks * lean["blinks"], 9, 26), rng, fps)
    inner, outer, down = brows(phones, level, style, lean["brow"], lean["brow_rate"], rng, fps)

    pose = {
        name: value * feel * np.clip(0.95 + 0.16 * drift(rng, frames, 2.5, fps), 0.5, 1.4)
        for name, value in emotion.pose.items()
    }
    rest = np.zeros(frames)
    smile = smooth((lower["mouthSmileLeft"] + lower["mouthSmileRight"]) / 2, 0.5, fps)
    lift = smooth((lower["mouthUpperUpLeft"] + lower["mouthUpperUpRight"]) / 2, 0.5, fps)
    stir = {name: np.clip(drift(rng, frames, 2.2, fps), -2, 2) for name in ("squint", "cheek", "sneer", "wide")}
    cheek = union(0.55 * smile * (1 + 0.25 * stir["cheek"]), pose.get("cheekSquint", rest))
    squint = union(
        np.maximum(0.7 * style.squint * (1 + 0.5 * stir["squint"]), 0) + 0.25 * smile + 0.3 * down,
        pose.get("eyeSquint", rest),
    )
    sneer = union(
        np.maximum(style.sneer * (1 + 0.5 * stir["sneer"]), 0) + 0.14 * smile + 0.12 * lift, pose.get("noseSneer", rest)
    )
    wide = union(np.maximum(0.35 * outer + 0.03 * stir["wide"], 0), pose.get("eyeWide", rest)) * (
        1 - 0.6 * np.clip(squint, 0, 1)
    )
    # Lids follow a gaze that goes down. A blink closes the rest of the opening.
    lid = union(blink, 0.4 * np.maximum(-pitch, 0))

    def sides(values: np.ndarray, name: str) -> dict[str, np.ndarray]:
        return {name + "Left": values, name + "Right": values.copy()}

    out = sides(lid, "eyeBlink")
    out |= sides(squint + 0.12 * blink, "eyeSquint")
    out |= sides(wide * (1 - 0.85 * blink), "eyeWide")
    out |= sides(np.maximum(pitch, 0), "eyeLookUp") | sides(np.maximum(-pitch, 0), "eyeLookDown")
    # Yaw is positive to the face's own left. Both eyes turn together: one looks in while the other looks out.
    left, right = np.maximum(yaw, 0), np.maximum(-yaw, 0)
    out |= {
        "eyeLookOutLeft": left,
        "eyeLookInRight": 0.94 * left,
        "eyeLookOutRight": right,
        "eyeLookInLeft": 0.94 * right,
    }
    out |= sides(union(down, pose.get("browDown", rest)), "browDown")
    out |= {"browInnerUp": union(inner, pose.get("browInnerUp", rest))}
    out |= sides(union(outer, pose.get("browOuterUp", rest)), "browOuterUp")
    out |= sides(cheek, "cheekSquint") | sides(sneer, "noseSneer")
    if emotion.one_sided:
        for name in ("cheekSquintRight", "noseSneerRight", "browDownRight"):
            out[name] = out[name] * (1 - 0.5 * emotion.one_sided * min(feel, 1.0))
    # Air presses against closed lips at p and b.
    out["cheekPuff"] = smooth(0.05 * lower["mouthClose"] / np.maximum(lower["jawOpen"], 0.02), 0.12, fps)
    return out


def phrase_ends(phones: Sequence[Phone], shortest: float = 0.15) -> np.ndarray:
    """Return the times (s) at which pauses of at least `shortest` s begin."""
    pairs = pairwise(phones)
    return np.array(
        [pause.start for before, pause in pairs if pause.label == "SIL" and pause.end - pause.start >= shortest],
        dtype=float,
    )


def accents(phones: Sequence[Phone], level: np.ndarray, fps: float) -> list[tuple[float, float]]:
    """Return (time s, strength 0..1) of accented syllables: stressed vowels that are louder than the 1.5 s around them."""
    vowels = [phone for phone in phones if phone.stress is not None]
    peaks = [float(level[int(v.start * fps) : int(v.end * fps) + 1].max(initial=-100.0)) for v in vowels]
    centers = np.array([(v.start + v.end) / 2 for v in vowels])
    found = []
    for k, vowel in enumerate(vowels):
        if vowel.stress != 1:
            continue
        around = np.array(peaks)[np.abs(centers - centers[k]) < 0.75]
        rise = peaks[k] - float(np.median(around))
        if peaks[k] >= around.max() - 0.5 and rise > 0.5:
            found.append((float(centers[k]), float(np.clip(rise / 8 + 0.3, 0, 1))))
    return found


def blinks(
    phones: Sequence[Phone], jumps: np.ndarray, frames: int, rate: float, rng: np.random.Generator, fps: float
) -> np.ndarray:
    """Draw lid closure in 0..1, (frames,). rate: blinks per minute. jumps: times (s) of large gaze shifts, which often come with a blink."""
    times, duration = np.arange(frames) / fps, frames / fps
    ends = phrase_ends(phones)
    out = np.zeros(frames)
    mean, spread = 60.0 / rate, 0.7
    clock = float(rng.uniform(-0.6, 0.6) * mean + 0.5 * mean)
    previous = -1.0
    while clock < duration:
        when = clock
        # A blink near the end of a phrase or a large gaze shift often moves there.
        for marks, max_shift, chance in ((ends, 0.9, 0.75), (jumps, 0.5, 0.5)):
            if len(marks) and rng.random() < chance:
                nearest = marks[np.abs(marks - when).argmin()]
                if abs(nearest - when) < max_shift:
                    when = float(nearest + rng.uniform(-0.05, 0.18))
                    break
        if when > previous + 0.4 and when > 0:
            previous = when
            closing = 0.072 * np.exp(rng.normal(0, 0.22))
            opening = 0.135 * np.exp(rng.normal(0, 0.28))
            # Captured blinks peak at 0.67, since trackers underestimate closed lids. A rig's lid closes near 1.0, so ours go there.
            peak = float(np.clip(rng.normal(0.92, 0.06), 0.76, 0.99))
            low, high = np.searchsorted(times, (when - closing, when + 2.0 * opening))
            t = times[low:high] - when
            down = 0.5 + 0.5 * np.cos(np.pi * np.clip(-t / closing, 0, 1))
            # Lids open fast at first and ease into place.
            up = (0.5 + 0.5 * np.cos(np.pi * np.clip(t / (2.0 * opening), 0, 1) ** 0.72)) ** 1.15
            out[low:high] = np.maximum(out[low:high], peak * np.where(t < 0, down, up))
        clock = max(clock, when) + max(0.45, mean * float(np.exp(rng.normal(-(spread**2) / 2, spread))))
    return out


def gaze(
    phones: Sequence[Phone], frames: int, avert: float, tendency: float, rng: np.random.Generator, fps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw yaw and pitch in eyeLook units (+ left, + up), (frames,) each, and the times (s) of large jumps.

    Fixations on the listener and away from them alternate. The gaze leaves more often in pauses and just before a phrase, while the speaker
    plans what to say. Between fixations the eyes jump within 30 to 60 ms.
    """
    times, duration = np.arange(frames) / fps, frames / fps
    pauses = [(p.start - 0.2, p.end + 0.3) for p in phones if p.label == "SIL" and p.end - p.start > 0.3]
    knots, points, jumps = [-1.0], [(0.0, 0.0)], []
    clock, away = float(rng.uniform(0.2, 1.5)), False
    while clock < duration:
        thinking = any(first <= clock <= last for first, last in pauses)
        away = not away and rng.random() < min(0.9, avert * (1.7 if thinking else 0.8))
        if away:
            size = float(np.clip(0.17 * np.exp(rng.normal(0, 0.45)), 0.05, 0.5))
            angle = rng.uniform(0, 2 * np.pi)
            point = (size * np.cos(angle) * 1.15, size * np.sin(angle) * 0.7 + tendency * rng.uniform(0.3, 1.3))
            stay = 0.75 * np.exp(rng.normal(0, 0.5))
        else:
            point = (float(rng.normal(0, 0.025)), float(rng.normal(0, 0.018)))
            stay = 1.1 * np.exp(rng.normal(0, 0.55))
        distance = float(np.hypot(point[0] - points[-1][0], point[1] - points[-1][1]))
        takes = 0.03 + 0.06 * distance
        knots += [clock, clock + takes]
        points += [points[-1], point]
        if distance > 0.2:
            jumps.append(clock)
        clock += max(0.25, float(stay))
    path = np.array(points)
    wander = 0.008 * np.stack([drift(rng, frames, 0.8, fps), drift(rng, frames, 0.8, fps)], axis=1)
    eyes = np.stack([np.interp(times, knots, path[:, k]) for k in range(2)], axis=1) + wander
    eyes = smooth(eyes, 4 / fps, fps)
    return eyes[:, 0], eyes[:, 1], np.array(jumps)


def brows(
    phones: Sequence[Phone],
    level: np.ndarray,
    style: Style,
    size: float,
    rate: float,
    rng: np.random.Generator,
    fps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw inner raise, outer raise and frown, (frames,) each: flashes on some accents, longer raises over some phrases, and a slow drift."""
    frames = len(level)
    times = np.arange(frames) / fps
    size = style.brow * size
    raised, frown = np.zeros(frames), np.zeros(frames)
    for when, strength in accents(phones, level, fps):
        if rng.random() < style.brow_rate * rate * (0.5 + strength):
            height = size * 0.34 * (0.5 + strength) * float(np.exp(rng.normal(-0.1, 0.4)))
            hold = rng.uniform(0.02, 0.35)
            start = when - rng.uniform(0.0, 0.12)
            curve = height * _rise_and_fall(times, start, start + hold, 0.22, rng.uniform(0.3, 0.6))
            if rng.random() < style.brow_down:
                frown = np.maximum(frown, 0.8 * curve)
            else:
                raised = np.maximum(raised, curve)
    for first, last in _phrases(phones):
        if last - first > 0.8 and rng.random() < 0.35 * min(1.5, style.brow):
            height = size * rng.uniform(0.06, 0.2)
            raised = np.maximum(
                raised, height * _rise_and_fall(times, first, first + rng.uniform(0.3, 1.0) * (last - first), 0.4, 0.9)
            )
    wander = np.tanh(drift(rng, frames, 2.4, fps) / 2) * 2
    other = np.tanh(drift(rng, frames, 2.4, fps) / 2) * 2
    raised = 0.7 * np.tanh(raised / 0.7)
    base = raised + np.maximum(0.03 * size * (0.6 + wander), 0)
    balance = np.clip(style.brow_inner + 0.12 * other, 0, 1)
    inner = base * (0.35 + 0.9 * balance)
    outer = base * (1.15 - 0.8 * balance)
    frown = 0.6 * np.tanh(frown / 0.6) + np.maximum(0.025 * (0.4 + other), 0)
    stacked = smooth(np.stack([inner, outer, frown], axis=1), 0.28, fps)
    return stacked[:, 0], stacked[:, 1], stacked[:, 2]


def _phrases(phones: Sequence[Phone]) -> list[tuple[float, float]]:
    runs: list[tuple[float, float]] = []
    for phone in phones:
        if phone.label != "SIL":
            joins = runs and phone.start - runs[-1][1] < 0.2
            runs[-1:] = [(runs[-1][0], phone.end)] if joins else runs[-1:] + [(phone.start, phone.end)]
    return runs


def _rise_and_fall(times: np.ndarray, first: float, last: float, rise: float, fall: float) -> np.ndarray:
    up = np.clip((times - (first - rise)) / rise, 0, 1)
    down = np.clip((last + fall - times) / fall, 0, 1)
    return (up * up * (3 - 2 * up)) * (down * down * (3 - 2 * down))
