"""One recording -> its share of the prepared arrays, in a small file of its own: what worker processes do. No torch here: they start fast."""

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from backend.audio import RATE, AudioError, read_clip
from backend.features import BANDS, HOP, MEL_FPS, compress, mel_power, speech_gain

from .beat import BeatError, Recording, read_track
from .lag import CONFIDENT, Lag, estimate_lag
from .splits import SPOKEN
from .textgrid import TextGridError, read_text_grid, spoken_share

FPS = 30  # of prepared faces
_ROUND = 2  # raised when this module's results change, so that results of an older one are not taken for these
_PIECE = 6000  # mel frames at once: memory stays flat in a 10-minute conversation


@dataclass(frozen=True)
class Outcome:
    """What became of a recording. start, length: tenths of a second (see splits.Recorded, also for the rest).

    broken, dropped: why it is left out (its files can't be used; its lag can't be told); note: what of it could not be used.
    """

    id: str
    broken: str = ""
    dropped: str = ""
    note: str = ""
    start: int = 0
    length: int = 0
    voiced: float = 0.0
    spoken: float | None = None
    lag: float | None = None
    confidence: float | None = None
    shift: float = 0.0

    @property
    def kept(self) -> bool:
        return not (self.broken or self.dropped)


def stamp(recording: Recording, align: bool) -> str:
    """Return a signature that changes when the recording's files or the options do."""
    files = []
    for suffix in (".wav", ".json", ".TextGrid"):
        path = _with(recording, suffix)
        status = path.stat() if path.exists() else None
        files.append(None if status is None else [status.st_size, status.st_mtime_ns])
    return json.dumps([_ROUND, align, files])


def convert_into(recording: Recording, align: bool, part: Path) -> Outcome:
    """Convert a recording and write the result to `part`, completely or not at all. A broken recording is a result too."""
    signature = stamp(recording, align)
    empty = np.zeros((0, 0), np.float16)
    arrays = Converted(empty, empty, empty)
    try:
        outcome, arrays = convert(recording, align)
    except (BeatError, AudioError) as error:
        outcome = Outcome(recording.id, broken=str(error))
    except Exception as error:  # noqa: BLE001  whatever a file can do to its reader: one recording never ends a run of thousands
        outcome = Outcome(recording.id, broken=f"it can't be converted ({type(error).__name__}: {error})")
    partial = part.with_name(f"{part.name}.{os.getpid()}")
    with open(partial, "wb") as file:
        np.savez(file, **vars(arrays), outcome=json.dumps(asdict(outcome)), stamp=signature)
    partial.replace(part)
    return outcome


def read_part(part: Path, signature: str) -> Outcome | None:
    """Return what convert_into wrote, or None if it is missing, damaged or of other files."""
    try:
        with np.load(part) as arrays:
            return Outcome(**json.loads(str(arrays["outcome"]))) if str(arrays["stamp"]) == signature else None
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


@dataclass(frozen=True)
class Converted:
    """The arrays of a recording of a length in tenths, float16.

    faces: (3 length, 52) in 0..1. head: (3 length, 3) in radians. Both are NaN where the recording doesn't know.
    mel: (10 length, BANDS).
    """

    faces: np.ndarray
    head: np.ndarray
    mel: np.ndarray


def convert(recording: Recording, align: bool) -> tuple[Outcome, Converted]:
    """Convert a recording. The arrays are empty if it is dropped. Raises BeatError or AudioError."""
    track = read_track(_with(recording, ".json"))
    sound = read_clip(_with(recording, ".wav")).samples
    power = _power(sound * np.float32(speech_gain(sound)))
    voiced = voiced_share(sound)
    spoken, note = _spoken(_with(recording, ".TextGrid"))
    lag: Lag | None = None
    if align and voiced >= SPOKEN:  # silence has no lag
        lag = estimate_lag(power, track.sampled(MEL_FPS))
    shift = lag.shift if lag is not None and lag.known else 0.0
    start, length = _overlap(track.times, len(sound) / RATE, shift)
    outcome = Outcome(
        recording.id,
        note=note,
        start=start,
        length=length,
        voiced=round(voiced, 4),
        spoken=None if spoken is None else round(spoken, 4),
        lag=None if lag is None else round(lag.seconds, 4),
        confidence=None if lag is None else round(lag.confidence, 3),
        shift=round(shift, 4),
    )
    if lag is not None and not lag.known:
        reason = f"the face's lag behind the sound is unknown (confidence {lag.confidence:.2f}, at least {CONFIDENT} is needed)"
        empty = np.zeros((0, 0), np.float16)
        return Outcome(**{**asdict(outcome), "dropped": reason}), Converted(empty, empty, empty)
    times = (np.arange(length * FPS // 10) + start * FPS // 10) / FPS + outcome.shift
    mel = compress(power[start * MEL_FPS // 10 : (start + length) * MEL_FPS // 10])
    return outcome, Converted(*(each.astype(np.float16) for each in (track.at(times), track.head_at(times), mel)))


def voiced_share(sound: np.ndarray) -> float:
    """Return the share of samples (n,) at 16 kHz with a voice, 0..1. It is 0 for steady noise and silence.

    These are 10-ms frames within 30 dB of the loud ones, at least 12 dB above the room and -55 dB full scale.
    """
    frames = len(sound) // HOP
    if frames == 0:
        return 0.0
    blocks = sound[: frames * HOP].reshape(frames, HOP).astype(np.float64)
    level = 10 * np.log10((blocks**2).mean(axis=1) + 1e-12)
    room, loud = max(float(np.percentile(level, 5)), -75.0), float(np.percentile(level, 98))
    return float((level > max(room + 12.0, loud - 30.0, -55.0)).mean())


def _with(recording: Recording, suffix: str) -> Path:
    return recording.path.with_name(recording.path.name + suffix)


def _spoken(path: Path) -> tuple[float | None, str]:
    """Return the share of speech by the TextGrid, and what is wrong with the file."""
    if not path.exists():
        return None, ""
    try:
        return spoken_share(read_text_grid(path)), ""
    except (TextGridError, OSError) as error:
        return None, str(error)


def _power(sound: np.ndarray) -> np.ndarray:
    """Return the mel power of all whole frames of samples (n,), (n // HOP, BANDS)."""
    frames = len(sound) // HOP
    pieces = [mel_power(sound, first, min(_PIECE, frames - first)) for first in range(0, frames, _PIECE)]
    return np.concatenate(pieces) if pieces else np.zeros((0, BANDS), np.float32)


def _overlap(times: np.ndarray, seconds: float, shift: float) -> tuple[int, int]:
    """Return start and length, in tenths of a second of the sound, of the part with a face. BEAT's first frame, at 1/60 s, covers 0 s too."""
    first = times[0] if times[0] > 0.05 else 0.0
    start = max(0, math.ceil(10 * (first - shift) - 1e-6))
    faces = math.floor(FPS * (times[-1] - shift) + 1e-6) + 1  # one at 0 s, the last not after the last captured one
    length = min(math.floor(10 * seconds + 1e-6), faces * 10 // FPS) - start
    if length < 10:
        raise BeatError(
            f"sound and face share less than a second ({seconds:.1f} s of sound, face to {times[-1]:.1f} s)"
        )
    return start, length
