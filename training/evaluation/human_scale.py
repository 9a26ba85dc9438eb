"""How alike people are who say the same words: for scale beside what a model reaches.

The face of a take is put together word by word from other takes, of the same person or of another one, as long as each word lasts there.
No model can be expected to agree more with a person than this person does with himself or herself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.arkit import CHANNELS
from backend.sounds.files import Word

from ..data.prepared import FACES, Prepared, Take
from .sequences import recorded_face, words_of

_FPS = 10 * FACES
_SHORTEST = 3  # frames of a word
_VERSIONS = 8  # takes put together from other words, at most
_FEWEST = 30  # frames that are put together


@dataclass(frozen=True)
class SaidWord:
    """A word as somebody said it once. face: (frames, 52), NaN in unknown channels."""

    talker: int
    take: Take
    face: np.ndarray


Lexicon = Mapping[str, Sequence[SaidWord]]


def read_lexicon(data: Prepared, takes: Sequence[Take]) -> Lexicon:
    """Return how each word was said in some takes whose words are known."""
    lexicon: dict[str, list[SaidWord]] = {}
    for take in takes:
        face = recorded_face(data, take)
        for word in words_of(data, take).words:
            first, last = _frames(word)
            if last - first >= _SHORTEST:
                lexicon.setdefault(word.text.lower(), []).append(SaidWord(take.speaker, take, face[first:last]))
    return lexicon


def performances(
    data: Prepared, take: Take, lexicon: Lexicon, same_person: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield a take's face (N, 52), put together from words of other takes, and where it is one (N,), for each way to do so.

    same_person: by the talker of the take, else by others. Frames between words that nobody else says are NaN.
    """
    words = words_of(data, take).words
    frames = FACES * take.length
    for version in range(_VERSIONS):
        face = np.full((frames, len(CHANNELS)), np.nan)
        there = np.zeros(frames, bool)
        for word in words:
            first, last = _frames(word)
            others = [
                each
                for each in lexicon.get(word.text.lower(), ())
                if (each.talker == take.speaker) == same_person and each.take != take
            ]
            if len(others) > version and last - first >= _SHORTEST:
                # Spread over all who say it, so that the talker with most words does not speak alone.
                chosen = others[(version * len(others)) // min(_VERSIONS, len(others))]
                face[first:last] = _stretched(chosen.face, last - first)
                there[first:last] = True
        if there.sum() >= _FEWEST:
            yield face, there


def _stretched(face: np.ndarray, frames: int) -> np.ndarray:
    """Return a face (n, C) over another number of frames, (frames, C)."""
    at = np.linspace(0, len(face) - 1, frames)
    return np.stack([np.interp(at, np.arange(len(face)), column) for column in face.T], axis=1)


def _frames(word: Word) -> tuple[int, int]:
    return round(word.start * _FPS), round(word.end * _FPS)
