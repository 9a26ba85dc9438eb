"""Pseudo-labels: faces that a model generates for recordings without one, so that a student encoder can be distilled on more speech.

A model with a large encoder generalizes to new recordings, one with a student encoder less so. Real speech without a captured face is easy
to find. So the large model generates faces for it, and the student learns from them as from recorded ones.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from backend.arkit import CHANNELS
from backend.audio import AudioError, find_sounds, read_clip
from backend.curves.base import Curves
from backend.features import RATE
from backend.inference.generator import FACE_FPS

from ..data.beat_writer import Person, recording_stem, write_identities, write_recording
from ..model.pipeline import Encode, TalkerPipeline, encode_sound, load_pipeline, sample_takes
from .performer.performed_takes import Summary

_EMOTION = "neutral"
_PIECE = 30  # s; longer recordings are cut


def write_pseudo_labels(
    model: Path, sounds: Path, out: Path, encoder: Encode | None, takes: int, first: int, seed: int = 0
) -> Summary:
    """Generate takes for every sound under a folder and add them to `out` in BEAT's layout.

    Each sound gets `takes` neutral takes, with the model's identities in turn, so that the lips do not depend on the identity. first: BEAT's
    speaker number of the first identity, which must be free. Unreadable sounds are skipped and reported. Raises ValueError if there is no
    sound, or if the model needs a large encoder and none is given.
    """
    found = list(find_sounds(sounds))
    paths = [path for path, why_not in found if not why_not]
    skipped = [f"{path.name}: {why_not}" for path, why_not in found if why_not]
    if not paths:
        raise ValueError(f"{sounds} holds no sounds that can be read" + "".join(f"\n  {line}" for line in skipped))
    pipeline = load_pipeline(model)
    people = [Person(first + k, name, "") for k, name in enumerate(pipeline.identities)]
    out.mkdir(parents=True, exist_ok=True)
    write_identities(out, people)
    done: Counter[int] = Counter()
    turn, seconds = 0, 0.0
    for path in tqdm(paths, desc="imitate", unit="sound"):
        try:
            samples = read_clip(path).samples
        except AudioError as error:
            skipped.append(f"{path.name}: {error}")
            continue
        if len(samples) < RATE:
            skipped.append(f"{path.name}: it is shorter than a second")
            continue
        for begin in range(0, len(samples), _PIECE * RATE):
            piece = samples[begin : begin + _PIECE * RATE]
            if len(piece) < RATE:
                continue
            cast = [k % len(people) for k in range(turn, turn + takes)]
            for who, face in zip(cast, _faces(pipeline, piece, encoder, cast, seed + turn), strict=True):
                stem = recording_stem(people[who], _EMOTION, done[who])
                write_recording(out / str(people[who].speaker), stem, piece, Curves(CHANNELS, face, float(FACE_FPS)))
                done[who] += 1
            turn += takes
            seconds += takes * len(piece) / RATE
    return Summary(turn, 0, seconds, tuple(skipped))


def _faces(
    pipeline: TalkerPipeline, samples: np.ndarray, encoder: Encode | None, cast: list[int], seed: int
) -> Iterator[np.ndarray]:
    """Yield a face (N, 52) for each identity in `cast`, with consecutive seeds."""
    condition = encode_sound(pipeline, samples, encoder)
    for k, who in enumerate(cast):
        yield sample_takes(pipeline, lambda: condition, who, pipeline.emotions.index(_EMOTION), [seed + k])[0].astype(
            np.float32
        )
