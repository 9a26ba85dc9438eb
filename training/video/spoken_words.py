"""What is said in a film whose words are known, and when: GRID's sentences, by its alignments or by the names of its films.

A film of 25 pictures a second misses many closures of the lips, and a tracker others. Where a p, b or m is known to be said, they are shut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend import DEFAULT_MODEL
from backend.inference.generator import hear, load_model
from backend.sounds.files import Transcript, Word
from backend.sounds.script import align_script
from backend.sounds.shapes import SHAPE_OF, Sound

Listen = Callable[[np.ndarray], Sequence[Sound]]  # samples (n,) at 16 kHz -> what is heard, in order

# GRID (Cooke et al. 2006): a letter or digit of a film's name stands for each word.
_COMMANDS = {"b": "bin", "l": "lay", "p": "place", "s": "set"}
_COLORS = {"b": "blue", "g": "green", "r": "red", "w": "white"}
_PREPOSITIONS = {"a": "at", "b": "by", "i": "in", "w": "with"}
_DIGITS = dict(
    zip("z123456789", ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), strict=True)
)
_ADVERBS = {"a": "again", "n": "now", "p": "please", "s": "soon"}
# How its letters are said, but for w, which it leaves out.
_LETTERS = {
    "a": "ay", "b": "bee", "c": "see", "d": "dee", "e": "ee", "f": "eff", "g": "gee", "h": "aitch", "i": "eye",
    "j": "jay", "k": "kay", "l": "ell", "m": "em", "n": "en", "o": "oh", "p": "pee", "q": "cue", "r": "are",
    "s": "ess", "t": "tea", "u": "you", "v": "vee", "x": "ex", "y": "why", "z": "zed",
}  # fmt: skip
_ALIGNED_RATE = 25_000  # units of its alignments in a second
_PAUSES = ("sil", "sp")
_MARGIN = 0.03  # s that a sound may begin before or end after its word
_CLOSED_SHAPE = SHAPE_OF["P"]
_EARLY, _LATE = 0.03, 0.07  # s before a sound begins and after it ends, between which the lips are closest
_SHUT, _PARTED = 0.04, 0.1  # s from a closure: up to where the lips are shut, and from where on they are as they were


@dataclass(frozen=True)
class SpokenWord:
    """A word of a film. start, end: s; from 0 to infinity if nobody knows when it is said."""

    text: str
    start: float = 0.0
    end: float = float("inf")


def bundled_listener() -> Listen:
    """Return the hearing of the bundled model."""
    model = load_model(DEFAULT_MODEL, threads=1)
    return lambda samples: hear(model, samples)


def sentence_words(code: str) -> tuple[SpokenWord, ...]:
    """Return the words of a GRID sentence by the six letters and digits of its name, such as bbaf2n: bin blue at f two now."""
    known = (_COMMANDS, _COLORS, _PREPOSITIONS, _LETTERS, _DIGITS, _ADVERBS)
    return tuple(SpokenWord(words[letter]) for words, letter in zip(known, code, strict=True))


def read_alignment(path: Path) -> tuple[SpokenWord, ...]:
    """Read the words of one of GRID's .align files. Raises ValueError for anything else."""
    words = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match line.split():
            case []:
                continue
            case [start, end, word]:
                if word.lower() not in _PAUSES:
                    said = _LETTERS.get(word.lower(), word)
                    words.append(SpokenWord(said, float(start) / _ALIGNED_RATE, float(end) / _ALIGNED_RATE))
            case _:
                raise ValueError(
                    f"{path.name} is not one of GRID's alignments: {line!r} is not a start, an end and a word"
                )
    return tuple(words)


def transcribe(heard: Sequence[Sound], words: Sequence[SpokenWord]) -> Transcript:
    """Return the words and their sounds with the times at which they were heard.

    Where the time of a word is known, only what was heard then counts.
    """
    if all(word.end == float("inf") for word in words):
        return align_script(heard, " ".join(word.text for word in words))
    sounds: list[Sound] = []
    for word in words:
        inside = [each for each in heard if word.start - _MARGIN <= each.center <= word.end + _MARGIN]
        sounds += align_script(inside, word.text).sounds if inside else ()
    return Transcript(tuple(sounds), tuple(Word(word.text, word.start, word.end) for word in words))


def shut_lips(gap: np.ndarray, times: np.ndarray, sounds: Sequence[Sound]) -> np.ndarray:
    """Return what is left of the gap between the lips, 0..1 (n,), if they shut at each p, b and m, in the picture that has them closest.

    gap: (n,). times: of its pictures, s, (n,).
    """
    left = np.ones(len(gap))
    for sound in sounds:
        near = np.flatnonzero((times >= sound.start - _EARLY) & (times <= sound.end + _LATE))
        if sound.shape == _CLOSED_SHAPE and len(near):
            closest = times[near[np.argmin(gap[near])]]
            left = np.minimum(left, np.interp(np.abs(times - closest), [_SHUT, _PARTED], [0.0, 1.0]))
    return left
