"""Check that a take matches the request before it is keyed. Runs in Blender, without bpy."""

from collections.abc import Sequence

from ...backend.arkit import CHANNELS
from ...backend.ipc.protocol import TakeReady
from ...backend.messages import UserMessage
from ...backend.performance import Performance
from ...backend.sounds.shapes import SHAPE_OF, Sound

_ROUNDING = 1e-4  # of values, which are 0..1


def describe_mismatch(reply: TakeReady, index: int, requested: Performance, seconds: float) -> UserMessage | None:
    """Name what differs from the request, in a word or two; None when nothing does. index: of the take. seconds: length of the strip."""
    curves = reply.take.curves
    reasons = {
        UserMessage("its number"): reply.index == index < requested.count == reply.count,
        UserMessage("its frame rate"): curves.fps == requested.fps,
        UserMessage("its channels"): len(set(curves.names)) == len(curves.names) and set(curves.names) <= set(CHANNELS),
        # Shorter is fine: the sound's file may end before the strip.
        UserMessage("its length"): len(curves.values) <= max(1, round(seconds * requested.fps)) + 1,
        UserMessage("its values"): -_ROUNDING <= curves.values.min() and curves.values.max() <= 1 + _ROUNDING,
    }
    return next((reason for reason, fits in reasons.items() if not fits), None)


def are_sounds(sounds: Sequence[Sound]) -> bool:
    """Return True if sounds have known labels and last for some time."""
    return all(sound.label in SHAPE_OF and 0 <= sound.start < sound.end for sound in sounds)
