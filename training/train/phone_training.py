"""Train the phone head of an exported model: a small network that names the phone of each frame of the encoder's output.

The encoder stays frozen, and its features come from the backend as it runs for users. Retrain the head after each change
of the encoder; that takes minutes on one core.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from backend.audio import read_clip
from backend.features import RATE, log_mel, speech_gain
from backend.inference.generator import Model
from backend.sounds.phone_head import FPS, PhoneHead, stack_context
from backend.sounds.shapes import PAUSE, PHONES, SHAPE_OF, Sound

from ..synthetic.performer.perform import QUIET, relative_level
from ..synthetic.performer.phones import Phone, read_phones, tidy
from .augment import augment
from .batch_rng import BatchRng, make_batch_rng

log = logging.getLogger(__name__)

_LEVEL_FPS = 60.0
_REACH = 4  # frames of context on either side
_HIDDEN = 192
_BATCH = 1024  # frames
_LEARNING_RATE = 2e-3
_DROPOUT = 0.15
_SMOOTHING = 0.05  # of the labels: phone times are given on a grid of 25 ms


@dataclass(frozen=True)
class Utterance:
    """A clip with phone times."""

    file: Path
    speaker: int
    phones: tuple[Phone, ...]


def read_utterances(folder: Path) -> list[Utterance]:
    """Read manifest.jsonl of a folder that the stage `synthesise` wrote. Raises FileNotFoundError."""
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise FileNotFoundError(f"{folder} holds no manifest.jsonl: choose a folder of speech with phone times.")
    rows = map(json.loads, manifest.read_text(encoding="utf-8").splitlines())
    return [
        Utterance(folder / "audio" / f"{row['id']}.ogg", row["speaker"], read_phones(row["phones"])) for row in rows
    ]


def choose_utterances(
    utterances: Sequence[Utterance], hold_out: Sequence[int], minutes: float, seed: int
) -> tuple[list[Utterance], list[Utterance]]:
    """Shuffle utterances. Return some that last about as many minutes, and all those of the speakers held out."""
    utterances = [utterances[index] for index in np.random.default_rng(seed).permutation(len(utterances))]
    used: list[Utterance] = []
    seconds = 0.0
    for each in utterances:
        if each.speaker not in hold_out and seconds < 60 * minutes:
            used.append(each)
            seconds += max((phone.end for phone in each.phones), default=0.0)
    return used, [each for each in utterances if each.speaker in hold_out]


def true_sounds(samples: np.ndarray, phones: Sequence[Phone]) -> list[Sound]:
    """Return the phones of a clip as the sounds that should be heard, without gaps."""
    return [
        Sound(phone.base if phone.base in SHAPE_OF else PAUSE, phone.start, phone.end)
        for phone in tidy_phones(samples, phones)
    ]


def tidy_phones(samples: np.ndarray, phones: Sequence[Phone]) -> tuple[Phone, ...]:
    """Return phones that cover a clip without gaps; word boundaries go to their neighbors, or to a pause where it is quiet."""
    duration = len(samples) / RATE
    level = relative_level(samples, max(1, round(_LEVEL_FPS * duration)), _LEVEL_FPS)
    return tidy(phones, duration, level < QUIET, _LEVEL_FPS)


def labels_of(samples: np.ndarray, phones: Sequence[Phone], frames: int) -> np.ndarray:
    """Return the index into PHONES of each frame at FPS, (frames,)."""
    tidied = tidy_phones(samples, phones)
    ends = np.array([phone.end for phone in tidied])
    which = np.searchsorted(ends, np.arange(frames) / FPS, side="right").clip(max=len(tidied) - 1)
    return np.array([PHONES.index(phone.base) for phone in tidied])[which]


def features_of(model: Model, samples: np.ndarray, rng: BatchRng | None = None) -> np.ndarray:
    """Encode a clip, (frames at FPS, D). rng: if given, as another voice in another room."""
    mel = log_mel(samples * np.float32(speech_gain(samples)))
    if rng is not None:
        mel = augment(torch.from_numpy(mel)[None], rng)[0].numpy()
    return model.runtime.encode(mel[: len(mel) // 2 * 2])[0]


def encode_utterances(
    model: Model, utterances: Iterable[Utterance], seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (features (n, D), labels (n,)) of each utterance; every other one is augmented."""
    for number, utterance in enumerate(utterances):
        samples = read_clip(utterance.file).samples
        rng = make_batch_rng(seed, number, range(1), torch.device("cpu")) if number % 2 else None
        features = features_of(model, samples, rng)
        yield features, labels_of(samples, utterance.phones, len(features))


def bigram(sequences: Iterable[np.ndarray]) -> np.ndarray:
    """Return the log probability of each phone to follow another on the next frame, (phones, phones)."""
    counts = np.full((len(PHONES), len(PHONES)), 0.5)
    for labels in sequences:
        np.add.at(counts, (labels[:-1], labels[1:]), 1.0)
    return np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_head(data: Sequence[tuple[np.ndarray, np.ndarray]], epochs: int, seed: int) -> PhoneHead:
    """Train on (features, labels) of clips."""
    torch.manual_seed(seed)
    every = np.concatenate([features for features, _ in data])
    mean, std = every.mean(axis=0), every.std(axis=0) + 1e-3
    inputs = torch.from_numpy(
        np.concatenate([stack_context((features - mean) / std, _REACH) for features, _ in data]).astype(np.float16)
    )
    labels = torch.from_numpy(np.concatenate([labels for _, labels in data]))
    network = nn.Sequential(
        nn.Dropout(_DROPOUT), nn.Linear(inputs.shape[1], _HIDDEN), nn.ReLU(), nn.Dropout(_DROPOUT),
        nn.Linear(_HIDDEN, len(PHONES)),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters(), _LEARNING_RATE, weight_decay=1e-3)
    steps = epochs * (len(labels) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, steps + 1)
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        order, total = torch.randperm(len(labels), generator=generator), 0.0
        for first in range(0, len(order) - _BATCH + 1, _BATCH):
            picked = order[first : first + _BATCH]
            loss = nn.functional.cross_entropy(
                network(inputs[picked].float()), labels[picked], label_smoothing=_SMOOTHING
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(picked) / len(order)
        log.info("epoch %d: loss %.3f", epoch + 1, total)
    hidden, output = network[1], network[4]
    assert isinstance(hidden, nn.Linear) and isinstance(output, nn.Linear)
    # The standardization becomes a part of the first layer.
    weight = hidden.weight.detach().numpy() / np.tile(std, 2 * _REACH + 1)
    bias = hidden.bias.detach().numpy() - weight @ np.tile(mean, 2 * _REACH + 1)
    return PhoneHead(
        weight.T.astype(np.float32),
        bias.astype(np.float32),
        output.weight.detach().numpy().T.astype(np.float32),
        output.bias.detach().numpy().astype(np.float32),
        bigram(labels for _, labels in data),
    )
