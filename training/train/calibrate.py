"""How much noise the upper face begins from: so much that it moves as far as in the recordings.

A model that is not trained to the end predicts too little of what comes seldom, and each step takes that further: at unit noise it blinks
a fourth as often as the faces it learned from. More noise in what it begins from makes up for it (a temperature above 1).
"""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor

from backend.arkit import CHANNELS, UPPER

from ..data.prepared import Prepared
from ..evaluation.sequences import hear_take, thin, truth_of
from ..model.pipeline import TalkerPipeline, load_pipeline, perform

_ROUNDS = 8
_POWER = 0.4  # of a ratio of deviations that a round makes up for; blinks answer about threefold to more noise, brows a third
_LEAST, _MOST = 0.8, 1.3  # beyond, faces leave what the model knows


def _groups() -> dict[str, list[int]]:
    """Channels whose noise is turned up together."""
    groups: dict[str, list[int]] = {"lids": [], "gaze": [], "rest": []}
    for name in UPPER:
        group = "lids" if name.startswith("eyeBlink") else "gaze" if name.startswith("eyeLook") else "rest"
        groups[group].append(CHANNELS.index(name))
    return groups


def _given(heard: Tensor) -> Tensor:
    return heard


def fit_start(performer: TalkerPipeline, data: Prepared, limit: int = 24) -> np.ndarray:
    """The deviations (C,) of the starting noise at which lids, gaze and the rest move as far as in the sequences that the model learned from.

    Raises ValueError if there are no such sequences of identities that the model knows.
    """
    known = [
        take
        for take in data.sequences("train")
        if take.identity in performer.identities and take.emotion in performer.emotions
    ]
    takes = thin(known, limit)
    if not takes:
        raise ValueError(
            f"{data.folder} has no sequences of identities that this model knows, so nothing tells how far faces move"
        )
    truth = np.mean([truth_of(data, take).std(0) for take in takes], axis=0)
    heard = [hear_take(performer, data, take) for take in takes]
    groups = _groups()
    for _ in range(_ROUNDS):
        spreads = []
        for sound, take in zip(heard, takes, strict=True):
            who = performer.identities.index(take.identity), performer.emotions.index(take.emotion)
            spreads.append(perform(performer, partial(_given, sound), *who, [0, 1]).std(1).mean(0))
        spread = np.mean(spreads, axis=0)
        start = performer.start.copy()
        for group in groups.values():
            start[group] *= (truth[group].sum() / spread[group].sum()) ** _POWER
            start[group] = start[group].clip(_LEAST, _MOST)
        performer = replace(performer, start=start)
    return performer.start


def calibrate(folder: Path, data: Prepared) -> dict[str, float]:
    """Write a fitted start into the model.json of a folder that train or distill wrote; returns each group's deviation."""
    start = fit_start(load_pipeline(folder), data)
    path = folder / "model.json"
    meta = json.loads(path.read_text())
    meta["start"] = [round(float(each), 3) for each in start]
    path.write_text(json.dumps(meta, indent=1) + "\n")
    return {name: meta["start"][group[0]] for name, group in _groups().items()}
