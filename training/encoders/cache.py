"""Cache the large encoder's features of every recording, so that training does not run the encoder."""

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
    """Write the features of all recordings to features.f16, and the encoder's name and width to features.json.

    root: the recordings that `data` was prepared from. An interrupted run resumes; another encoder starts over. Raises BeatError if a
    recording is missing, broken or was changed since.
    """
    path = data.folder / "features.f16"
    part, counter = path.with_suffix(".part"), data.folder / "features.done"
    source = {"encoder": encoder.name, "width": encoder.width, "parameters": encoder.parameters}
    done = 0
    if counter.exists() and part.exists():
        earlier = json.loads(counter.read_text())
        takes = earlier.pop("takes")
        done = takes if earlier == source else 0
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
            file.write(_encode(take, paths[take.id], encoder).tobytes())
            file.flush()
            counter.write_text(json.dumps({**source, "takes": index}))
        file.truncate()
    part.replace(path)
    (data.folder / "features.json").write_text(json.dumps(source, indent=1) + "\n")
    counter.unlink()


def _encode(take: Recorded, path: Path, encoder: Encoder) -> np.ndarray:
    """Return one take's features, (FEATURES * length, F) float16."""
    try:
        sound = read_clip(path).samples[take.start * TENTH : (take.start + take.length) * TENTH]
    except AudioError as error:
        raise BeatError(
            f"can't read {path} ({error}): repair it, or prepare the recordings again without it"
        ) from error
    if len(sound) < take.length * TENTH:
        raise BeatError(f"{path} is shorter than when it was prepared: prepare the recordings again")
    features = encoder(sound).astype(np.float16)
    if not np.isfinite(features).all():
        raise BeatError(
            f"{encoder.name} gives values beyond half precision for {path}: leave it out, or use another encoder"
        )
    return features
