"""Calibration: choose the standard deviation of the upper face's initial noise, so that it moves as far as in the recordings.

A model that is not fully trained underestimates rare movements, and every step adds to that: with unit noise it blinks a fourth as often as
the recorded faces. A larger initial noise, like a temperature above 1, makes up for it.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from backend.arkit import CHANNELS, UPPER

from ..data.prepared import Prepared, Take
from ..evaluation.sequences import encode_take, evenly_spaced, recorded_face
from ..model.pipeline import TalkerPipeline, load_pipeline, sample_takes

_ROUNDS = 8
# Share of the log ratio of standard deviations that a round corrects. Blinks answer about threefold to more noise, brows a third.
_DAMPING = 0.4
_MIN_STD, _MAX_STD = 0.8, 1.3  # beyond these, faces look unlike the training data


def _groups() -> dict[str, list[int]]:
    """Return the channel indices of each group that shares one standard deviation."""
    groups: dict[str, list[int]] = {"lids": [], "gaze": [], "rest": []}
    for name in UPPER:
        group = "lids" if name.startswith("eyeBlink") else "gaze" if name.startswith("eyeLook") else "rest"
        groups[group].append(CHANNELS.index(name))
    return groups


def _sampled_std(pipeline: TalkerPipeline, condition: Tensor, take: Take) -> np.ndarray:
    """Return the standard deviation over time of each channel, (C,), averaged over two sampled takes."""
    identity, emotion = pipeline.identities.index(take.identity), pipeline.emotions.index(take.emotion)
    return sample_takes(pipeline, lambda: condition, identity, emotion, [0, 1]).std(1).mean(0)


def fit_initial_std(pipeline: TalkerPipeline, data: Prepared, limit: int = 24) -> np.ndarray:
    """Fit the standard deviation (C,) of the initial noise at which each group moves as far as in the training sequences.

    At most `limit` sequences are used. Raises ValueError if none shows an identity and emotion that the model knows.
    """
    known = [
        take
        for take in data.sequences("train")
        if take.identity in pipeline.identities
        and take.emotion in pipeline.emotions
        and not np.isnan(recorded_face(data, take)).any()  # a face of which only the mouth is known can't tell
    ]
    takes = evenly_spaced(known, limit)
    if not takes:
        raise ValueError(
            f"{data.folder} has no sequences of identities that this model knows: calibrate on the data it was trained on"
        )
    recorded = np.mean([recorded_face(data, take).std(0) for take in takes], axis=0)
    conditions = [encode_take(pipeline, data, take) for take in takes]
    groups = _groups()
    for _ in range(_ROUNDS):
        stds = [_sampled_std(pipeline, condition, take) for condition, take in zip(conditions, takes, strict=True)]
        sampled = np.mean(stds, axis=0)
        initial_std = pipeline.initial_std.copy()
        for group in groups.values():
            initial_std[group] *= (recorded[group].sum() / sampled[group].sum()) ** _DAMPING
            initial_std[group] = initial_std[group].clip(_MIN_STD, _MAX_STD)
        pipeline = replace(pipeline, initial_std=initial_std)
    return pipeline.initial_std


def calibrate(folder: Path, data: Prepared) -> dict[str, float]:
    """Write the fitted standard deviations into the model.json of a folder that train or distill wrote. Return that of each group."""
    initial_std = fit_initial_std(load_pipeline(folder), data)
    path = folder / "model.json"
    meta = json.loads(path.read_text())
    meta["start"] = [round(float(each), 3) for each in initial_std]
    path.write_text(json.dumps(meta, indent=1) + "\n")
    return {name: meta["start"][group[0]] for name, group in _groups().items()}
