"""A model's own faces for recordings that have none, so that a small encoder can be distilled on all the sound there is.

A model with a large encoder hears well what it never learned from; a small one hears what it was distilled on. Real speech without a
captured face is easy to come by, so the large one performs it, and the small one learns from that as from any other recording.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from backend.arkit import CHANNELS
from backend.audio import AudioError, read_clip
from backend.curves.base import Curves
from backend.features import RATE
from backend.inference.generator import FACE_FPS

from ..data.beat_writer import Person, recording_stem, write_identities, write_recording
from ..encoders.base import Listen
from ..model.pipeline import TalkerPipeline, encode_sound, load_pipeline, sample_takes
from .performer.performed_takes import Summary

_EMOTION = "neutral"
_SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3")
_PIECE = 30  # s: longer recordings are cut


def imitate(
    model: Path, sounds: Path, out: Path, encoder: Listen | None, takes: int, first: int, seed: int = 0
) -> Summary:
    """Perform every sound under a folder and write the takes to out in BEAT's layout, beside what is there.

    Of each sound so many takes, each by another of the model's identities in turn, neutral, since what a face says is not to depend on whose
    it is. first: BEAT's number of the first identity; it must not be another speaker's. Sounds that can't be read are named and left out.
    Raises ValueError if there is no sound, or if the model needs a large encoder and gets none.
    """
    paths = sorted(path for path in sounds.rglob("*") if path.suffix.lower() in _SOUNDS)
    if not paths:
        raise ValueError(f"{sounds} holds no sounds ({', '.join(_SOUNDS)})")
    pipeline = load_pipeline(model)
    people = [Person(first + k, name, "") for k, name in enumerate(pipeline.identities)]
    out.mkdir(parents=True, exist_ok=True)
    write_identities(out, people)
    done: Counter[int] = Counter()
    turn, seconds = 0, 0.0
    skipped = []
    for path in tqdm(paths, desc="imitate", unit="sound"):
        try:
            samples = read_clip(path).samples
        except AudioError as error:
            skipped.append(f"{path.name}: {error}")
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
    pipeline: TalkerPipeline, samples: np.ndarray, encoder: Listen | None, cast: list[int], seed: int
) -> Iterator[np.ndarray]:
    """The face (N, 52) of each identity in `cast`, of noise seeded one after another."""
    heard = encode_sound(pipeline, samples, encoder)
    for k, who in enumerate(cast):
        yield sample_takes(pipeline, lambda: heard, who, pipeline.emotions.index(_EMOTION), [seed + k])[0].astype(
            np.float32
        )
