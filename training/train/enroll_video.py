"""Enrollment from films: add an identity to an exported model that performs as a person in films does.

The films become recordings of the channels that they tell, the identity is fitted to these, and its row is added to the exported model. No
network changes, so nothing is exported again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from backend.audio import read_clip
from backend.inference.generator import load_model, voice_queries
from backend.model_folder import read_card

from ..data.prepared import prepare
from ..import_exported import import_exported
from ..model.checkpoint import load_model as load_trained
from ..model.config import TrainConfig
from ..video.film_folders import FILMS, FilmClip
from ..video.video_takes import import_video
from .enroll import Enrolled, enroll
from .enroll_voice import add_row, check_new, read_library


@dataclass(frozen=True)
class EnrolledFromVideo:
    """An identity from films. nearest: the known identity that it started from. seconds: how much of the films was used."""

    nearest: str
    seconds: float


def enroll_video(
    folder: Path, films: Sequence[Path], tracker: Path, out: Path, name: str, description: str, config: TrainConfig
) -> EnrolledFromVideo:
    """Write the exported model in `folder` to `out` with a new identity, fitted to one person's films.

    films: files, or folders of them. tracker: face_landmarker.task. Channels that films don't tell follow from the others, as in the known
    identities. Raises ValueError if the name is taken, `folder` is no exported model or the films can't be used; AudioError; ModelError.
    """
    raw = read_library(folder)
    check_new(name, [entry.name for entry in read_card(folder).identities], out)
    clips = [FilmClip(f"{k}_{path.stem}", path, None, name, "neutral") for k, path in enumerate(_files(films))]
    with TemporaryDirectory(prefix="enroll_") as place:
        work = Path(place)
        import_video(clips, tracker, work / "recordings", work / "tracked", workers=1)
        data = prepare(work / "recordings", work / "prepared", workers=1)
        import_exported(folder, work / "base")
        # The voice's key is its own query, below, so the embedding is free to follow the face alone.
        free = replace(config, weights=replace(config.weights, contrast=0.0))
        enrolled: Enrolled = enroll(work / "base", data, work / "grown", name, description, free)
        embedding = load_trained(work / "grown")[0].personalizer.identities[-1].detach().numpy()
        sounds = [read_clip(path).samples for path in sorted((work / "recordings").glob("*/*.wav"))]
        key, _ = voice_queries(load_model(folder), np.concatenate(sounds))
        add_row(folder, out, raw, name, description, embedding, key)
    return EnrolledFromVideo(enrolled.nearest, sum(take.length for take in data.takes) / 10)


def _files(films: Sequence[Path]) -> list[Path]:
    """Return the films, those of folders in the order of their names. Raises ValueError if there is none or one is missing."""
    found: list[Path] = []
    for path in films:
        if not path.exists():
            raise ValueError(f"there is no film {path}: check its name.")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [each for each in inside if not path.is_dir() or each.suffix.lower() in FILMS]
    if not found:
        raise ValueError(
            f"{', '.join(map(str, films))} holds no film: choose files, or a folder of one person's films."
        )
    return found
