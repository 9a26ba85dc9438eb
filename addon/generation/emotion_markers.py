"""Emotion keys from the scene: markers named after emotions, and the animated intensity of the panel. Runs in Blender."""

import re

import bpy
import numpy as np

from ...backend.performance import EmotionKey
from ..keyframes.face_action import fcurves
from ..keyframes.key_reduction import reduce_curve
from ..span import Span

_FADE = 0.4  # seconds in which one emotion becomes the next
_PATH = "lipsync.intensity"
_TOLERANCE = 0.01  # of the intensity between emotion keys
_MAX_KEYS = 1000  # emotion keys, so that they fit into a message
_MARKER = re.compile(r"(?P<emotion>[a-z_]+)\s*(?P<amount>\d*\.?\d+)?\s*(?P<percent>%)?", re.IGNORECASE)


def read_emotion_keys(
    scene: bpy.types.Scene, span: Span, emotion: str, intensity: float, emotions: tuple[str, ...]
) -> tuple[EmotionKey, ...]:
    """Read a strip's emotion keys; () when emotion and intensity never change.

    Before the first marker, the emotion of the panel applies. A marker is named after an emotion, such as "Anger", "anger 50%" or
    "anger 1.5", and applies until the next marker. The panel's intensity, animated or not, multiplies all of them.
    """
    length = span.end - span.start
    stages = [(0.0, emotion, 1.0)]
    for marker in sorted(scene.timeline_markers, key=lambda marker: marker.frame):
        if found := _parse(marker.name, emotions):
            seconds = (marker.frame - span.first_frame) / span.fps
            if seconds <= 0:
                stages = [(0.0, *found)]
            elif seconds < length:
                stages.append((seconds, *found))
    curve = next((fcurve for fcurve in _scene_fcurves(scene) if fcurve.data_path == _PATH), None)
    if len(stages) == 1 and curve is None:
        # One marker at or before the start is as good as the panel.
        _, name, amount = stages[0]
        return () if (name, amount) == (emotion, 1.0) else (EmotionKey(0.0, name, amount * intensity),)

    def factor(seconds: float) -> float:
        value = curve.evaluate(span.first_frame + seconds * span.fps) if curve else intensity
        return float(np.clip(value, 0.0, 2.0))

    frames = np.arange(max(2, round(length * span.fps) + 1)) / span.fps
    corners = _corners(frames, np.array([factor(seconds) for seconds in frames])) if curve else np.array([0.0])
    keys: list[EmotionKey] = []
    for number, (start, name, amount) in enumerate(stages):
        stop = stages[number + 1][0] if number + 1 < len(stages) else length + _FADE
        half = min(_FADE, stop - start) / 2
        begin, end = start + half if number else 0.0, stop - half
        times = [begin, *(float(t) for t in corners if begin < t < end), *([end] if number + 1 < len(stages) else [])]
        keys += [EmotionKey(t, name, min(amount * factor(t), 2.0)) for t in dict.fromkeys(times)]
    return tuple(sorted({key.seconds: key for key in keys}.values()))


def _parse(name: str, emotions: tuple[str, ...]) -> tuple[str, float] | None:
    match = _MARKER.fullmatch(name.strip())
    if match is None or match["emotion"].lower() not in emotions:
        return None
    amount = float(match["amount"] or 1.0) / (100 if match["percent"] and match["amount"] else 1)
    return match["emotion"].lower(), amount


def _scene_fcurves(scene: bpy.types.Scene) -> list[bpy.types.FCurve]:
    data = scene.animation_data
    return fcurves(data.action, "SCENE") if data and data.action else []


def _corners(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the times between which the values are linear within a tolerance: the smallest with at most _MAX_KEYS times."""
    tolerance = _TOLERANCE
    while len(corners := reduce_curve(values[:, None].astype(np.float32), tolerance, bezier=False)[0][0]) > _MAX_KEYS:
        tolerance *= 2
    return times[corners]
