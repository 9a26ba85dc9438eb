"""Features of every recording, kept beside the faces: a large encoder listens once, and never again in training."""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from backend.audio import AudioError, read_clip

from ..data.beat import BeatError, find_recordings
from ..data.prepared import FEATURES, TENTH, Prepared
from ..data.splits import Recorded
from .base import Encoder


def cache_features(data: Prepared, root: Path, encoder: Encoder) -> None:
    """Write features.f16 for all recordings, and features.json, which says whose they are and how wide.

    Goes on where it was interrupted; another encoder starts anew. root: the recordings that `data` was prepared from. Raises BeatError
    naming the recording that is missing, broken or no longer the one prepared.
    """
    path = data.folder / "features.f16"
    part, counter = path.with_suffix(".part"), data.folder / "features.done"
    whose = {"encoder": encoder.name, "width": encoder.width, "parameters": encoder.parameters}
    done = 0
    if counter.exists() and part.exists():
        done = (kept := json.loads(counter.read_text())).pop("takes")
        done = done if kept == whose else 0
    paths = {recording.id: recording.path.with_suffix(".wav") for recording in find_recordings(root)}
    if missing := [take.id for take in data.recordings if take.id not in paths]:
        raise BeatError(
            f"{missing[0]} of {data.folder} (and {len(missing) - 1} more) isn't under {root}: name the folder it was prepared from"
        )
    with open(part, "r+b" if done else "wb") as file:
        file.seek(sum(take.length for take in data.recordings[:done]) * FEATURES * encoder.width * 2)
        for index, take in enumerate(
            tqdm(data.recordings[done:], desc="features", unit="take", initial=done, total=len(data.recordings)),
            done + 1,
        ):
            file.write(_listen(take, paths[take.id], encoder).tobytes())
            file.flush()
            counter.write_text(json.dumps({**whose, "takes": index}))
        file.truncate()
    part.replace(path)
    (data.folder / "features.json").write_text(json.dumps(whose, indent=1) + "\n")
    counter.unlink()


def _listen(take: Recorded, path: Path, encoder: Encoder) -> np.ndarray:
    """One take's features: (FEATURES * length, F) float16."""
    try:
        sound = read_clip(path).samples[take.start * TENTH : (take.start + take.length) * TENTH]
    except AudioError as error:
        raise BeatError(f"can't read {path} ({error}): mend it, or prepare the recordings again without it") from error
    if len(sound) < take.length * TENTH:
        raise BeatError(f"{path} is shorter than when it was prepared: prepare the recordings again")
    features = encoder(sound).astype(np.float16)
    if not np.isfinite(features).all():
        raise BeatError(
            f"{encoder.name} hears values beyond half precision in {path}: leave it out, or take another encoder"
        )
    return features
