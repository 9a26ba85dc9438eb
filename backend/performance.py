"""What is asked of the model and what it returns. Both processes, the command line and all file formats hold these."""

from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from .curves.base import Curves
from .sounds.shapes import Sound

AUTO = "auto"  # as an identity or emotion: the best match for the voice


class EmotionKey(NamedTuple):
    """An emotion at one point in time: seconds after the start of the sound, and an intensity as in Performance."""

    seconds: float
    emotion: str
    intensity: float


@dataclass(frozen=True)
class Performance:
    """A request: all that is asked of the model, except the sound.

    identity, emotion: names of the model's, or AUTO.
    seed, count: make `count` takes, with seeds seed, seed + 1, ...
    fps: frames a second of the curves.
    intensity: of the emotion; 0 is neutral, 1 is as learned.
    emotion_keys: emotions over time, ascending; between two keys they blend. They replace emotion and intensity.
    locked: known values to inpaint around, (frames, 52) float32 at fps, channels as in backend.arkit.CHANNELS, NaN where free.
        With (frames, 55), the head's rotations follow, in radians as in backend.arkit.HEAD. A model without them ignores them.

    To add a control: add a field here, a property in addon/properties.py and an option in backend/__main__.py, and use it in
    backend/inference/. The message, batch tables and takes take it up by its name.
    """

    identity: str = AUTO
    emotion: str = AUTO
    seed: int = 0
    count: int = 1
    fps: float = 30.0
    intensity: float = 1.0
    emotion_keys: tuple[EmotionKey, ...] = ()
    locked: np.ndarray | None = None


def read_performance(source: object, **known: Any) -> Performance:
    """Build a request of `known` fields and, for the others, the attributes of `source` that have their names.

    A field that neither has keeps its default.
    """
    names = [field.name for field in fields(Performance) if field.name not in known and hasattr(source, field.name)]
    return Performance(**{name: getattr(source, name) for name in names}, **known)


@dataclass(frozen=True)
class Take:
    """One generated performance, with what made it.

    curves: all 52 channels at the fps that was asked for; frame 0 is the start of the sound. Its rotations are the head's, if the model
        has them.
    identity, emotion, seed: as used, never AUTO.
    audio_sha256, model_sha256: of the sound as decoded and of the model's files; "" where samples were given instead of a file.
    likeness: the identities that the voice is most like, with probabilities, best first.
    sounds: as the model heard them, without gaps; none if it can't tell sounds apart.
    """

    seed: int
    identity: str
    emotion: str
    curves: Curves
    audio_sha256: str = ""
    model_sha256: str = ""
    likeness: tuple[tuple[str, float], ...] = ()
    sounds: tuple[Sound, ...] = ()

    def resolve(self, asked: Performance) -> Performance:
        """Return the request for this take alone: with the identity, emotion and seed that were used, and no locked values.

        Those are in the curves, see addon/generation/regenerate.py.
        """
        return replace(asked, identity=self.identity, emotion=self.emotion, seed=self.seed, count=1, locked=None)
