"""Whether a take is the one that was asked for: what doesn't fit is refused before anything of it reaches a face."""

from ...backend.arkit import CHANNELS
from ...backend.ipc.protocol import TakeReady
from ...backend.messages import UserMessage

_ROUNDING = 1e-4  # of values, which are 0..1


def describe_mismatch(take: TakeReady, index: int, count: int, fps: float, seconds: float) -> UserMessage | None:
    """Return what of a take is not as it was asked for, in a word or two, None when all is. index: how many came before it; seconds: of the strip."""
    reasons = {
        UserMessage("its number"): take.index == index < count == take.count,
        UserMessage("its frame rate"): take.fps == fps,
        UserMessage("its channels"): len(set(take.names)) == len(take.names) and set(take.names) <= set(CHANNELS),
        UserMessage("its length"): take.frames <= max(1, round(seconds * fps)) + 1,  # the sound's file may be shorter
        UserMessage("its values"): -_ROUNDING <= take.values.min() and take.values.max() <= 1 + _ROUNDING,
    }
    return next((reason for reason, fits in reasons.items() if not fits), None)
