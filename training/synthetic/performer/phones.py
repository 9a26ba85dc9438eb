"""Phones and their targets: lip and jaw shapes, and how strongly each phone dominates its neighbors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

# The degrees of freedom that phones have targets for; lips.py turns them into ARKit channels.
ARTICULATORS: tuple[str, ...] = ("jaw", "lower", "upper", "spread", "pucker", "funnel")

BILABIAL = frozenset("PBM")  # the lips must meet
LABIODENTAL = frozenset("FV")  # the lower lip must meet the upper teeth
DENTAL = {"TH": 0.22, "DH": 0.1}  # how far the tongue shows
SILENT = frozenset(("SIL", "SP", "sil", "sp", "spn", "SPN", ""))


@dataclass(frozen=True)
class Phone:
    """One phone. label: ARPAbet with its stress digit, `SIL` or `SP`. start, end: seconds."""

    label: str
    start: float
    end: float

    @property
    def base(self) -> str:
        """Return the label without its stress digit."""
        return self.label.rstrip("012")

    @property
    def stress(self) -> int | None:
        """Return 0, 1 or 2 for a vowel, None for anything else."""
        return int(self.label[-1]) if self.label[-1:].isdigit() else None


def read_phones(rows: Iterable[Sequence[str | float]]) -> tuple[Phone, ...]:
    """Read phones from rows of [label, start s, end s] and sort them by time. Rows without a duration are dropped."""
    found = [Phone(str(label), float(start), float(end)) for label, start, end in rows if float(end) > float(start)]
    return tuple(sorted(found, key=lambda phone: phone.start))


# Each row: targets of jaw opening (as jawOpen at an ordinary loudness), lower lip down, upper lip up, spread, pucker and funnel, then the
# dominance of each. Tongue-only sounds have little dominance, so they take the lips of their neighbors. The lips part most where the teeth
# show (s, ee, sh), and less where the jaw already opens the mouth. The order of openings and of resistances to coarticulation follows Cohen
# & Massaro 1993 and JALI (Edwards et al. 2016); the values are this project's.
_TARGETS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "AA": ((0.46, 0.15, 0.05, 0.04, 0.00, 0.06), (1.0, 0.9, 0.8, 0.6, 1.00, 0.80)),
    "AE": ((0.43, 0.26, 0.17, 0.46, 0.00, 0.00), (1.0, 0.9, 0.8, 0.8, 1.00, 0.80)),
    "AH": ((0.29, 0.16, 0.07, 0.12, 0.02, 0.04), (0.9, 0.7, 0.6, 0.4, 0.60, 0.50)),
    "AO": ((0.42, 0.12, 0.06, 0.00, 0.22, 0.40), (1.0, 0.8, 0.7, 0.8, 0.8, 1.0)),
    "EH": ((0.31, 0.30, 0.16, 0.42, 0.00, 0.00), (1.0, 0.8, 0.7, 0.7, 1.00, 0.80)),
    "ER": ((0.15, 0.32, 0.19, 0.00, 0.30, 0.26), (0.9, 0.7, 0.6, 0.8, 0.9, 0.9)),
    "IH": ((0.17, 0.35, 0.19, 0.48, 0.00, 0.00), (0.8, 0.7, 0.6, 0.6, 0.80, 0.70)),
    "IY": ((0.11, 0.42, 0.26, 0.95, 0.00, 0.00), (0.9, 0.9, 0.8, 1.1, 1.20, 1.00)),
    "UH": ((0.16, 0.18, 0.08, 0.00, 0.40, 0.24), (0.8, 0.7, 0.6, 0.8, 0.9, 0.8)),
    "UW": ((0.10, 0.08, 0.04, 0.00, 0.74, 0.30), (1.0, 0.9, 0.9, 1.3, 1.5, 1.2)),
    "OO": ((0.27, 0.10, 0.05, 0.00, 0.48, 0.42), (1.0, 0.8, 0.8, 1.0, 1.2, 1.2)),
    "P": ((0.04, 0.02, 0.02, 0.10, 0.04, 0.00), (0.9, 1.2, 1.2, 0.1, 0.1, 0.4)),
    "B": ((0.05, 0.02, 0.02, 0.10, 0.04, 0.00), (0.9, 1.2, 1.2, 0.1, 0.1, 0.4)),
    "M": ((0.05, 0.02, 0.02, 0.10, 0.04, 0.00), (0.9, 1.2, 1.2, 0.1, 0.1, 0.4)),
    "F": ((0.04, 0.02, 0.20, 0.20, 0.00, 0.00), (0.9, 1.2, 1.0, 0.2, 0.40, 0.5)),
    "V": ((0.05, 0.02, 0.18, 0.20, 0.00, 0.00), (0.9, 1.1, 0.9, 0.2, 0.40, 0.5)),
    "TH": ((0.08, 0.30, 0.14, 0.16, 0.00, 0.04), (0.8, 0.6, 0.5, 0.2, 0.2, 0.2)),
    "DH": ((0.07, 0.26, 0.12, 0.16, 0.00, 0.02), (0.6, 0.5, 0.4, 0.15, 0.15, 0.15)),
    "T": ((0.05, 0.24, 0.12, 0.22, 0.00, 0.00), (0.5, 0.2, 0.2, 0.08, 0.09, 0.09)),
    "D": ((0.06, 0.24, 0.12, 0.20, 0.00, 0.00), (0.5, 0.2, 0.2, 0.08, 0.09, 0.09)),
    "N": ((0.06, 0.22, 0.10, 0.18, 0.00, 0.00), (0.4, 0.2, 0.2, 0.08, 0.09, 0.09)),
    "L": ((0.11, 0.26, 0.12, 0.18, 0.00, 0.02), (0.4, 0.25, 0.2, 0.1, 0.08, 0.08)),
    "S": ((0.03, 0.44, 0.24, 0.46, 0.00, 0.00), (1.2, 0.6, 0.5, 0.3, 0.28, 0.35)),
    "Z": ((0.03, 0.42, 0.22, 0.42, 0.00, 0.00), (1.1, 0.5, 0.45, 0.25, 0.28, 0.35)),
    "SH": ((0.03, 0.48, 0.36, 0.00, 0.38, 0.50), (1.2, 0.8, 0.8, 0.8, 0.9, 1.1)),
    "K": ((0.09, 0.22, 0.10, 0.14, 0.00, 0.00), (0.3, 0.12, 0.12, 0.05, 0.04, 0.04)),
    "R": ((0.08, 0.30, 0.18, 0.00, 0.30, 0.24), (0.6, 0.5, 0.4, 0.6, 0.7, 0.7)),
    "W": ((0.05, 0.06, 0.04, 0.00, 0.80, 0.24), (1.0, 1.0, 1.0, 1.4, 1.6, 1.2)),
    "Y": ((0.07, 0.30, 0.16, 0.60, 0.00, 0.00), (0.7, 0.5, 0.5, 0.5, 0.25, 0.3)),
    "HH": ((0.14, 0.24, 0.10, 0.14, 0.00, 0.02), (0.06, 0.05, 0.05, 0.03, 0.03, 0.03)),
}  # fmt: skip
_SAME = {"ZH": "SH", "CH": "SH", "JH": "SH", "G": "K", "NG": "K"}
# A diphthong has two targets one after the other: (first, second, share of its time that the first gets).
_DIPHTHONGS = {
    "AY": ("AA", "IH", 0.58),
    "AW": ("AA", "UW", 0.55),
    "EY": ("EH", "IY", 0.5),
    "OW": ("OO", "UW", 0.55),
    "OY": ("AO", "IY", 0.55),
}
_OPENING = {None: 1.0, 0: 0.66, 1: 1.16, 2: 0.98}  # factor of the opening by stress
_DOMINANCE = {None: 1.0, 0: 0.6, 1: 1.15, 2: 0.95}  # factor of the dominance by stress


@dataclass(frozen=True)
class Score:
    """Targets of the mouth. start, end: (n,) s. values, dominances: (n, len(ARTICULATORS)). rest: (n,), True for pauses."""

    start: np.ndarray
    end: np.ndarray
    values: np.ndarray
    dominances: np.ndarray
    rest: np.ndarray


def tidy(phones: Sequence[Phone], duration: float, quiet: np.ndarray, fps: float) -> tuple[Phone, ...]:
    """Return phones that cover 0..duration without gaps, with every longer silence labeled `SIL` and no `SP` left.

    quiet: (frames,) bool at fps, True where the signal is silent. Each neighbor gets half of a word boundary that has sound. A phone that a
    synthesizer or aligner extended over the pause after it is cut where the sound ends; synthetic phone times do so before most full stops,
    where the last phone lasts 0.3 s and more.
    """
    whole: list[Phone] = []
    clock = 0.0
    for phone in phones:
        start, end = max(phone.start, clock), min(phone.end, duration)
        if end - start <= 1e-4:
            continue
        if start > clock + 1e-4:
            whole.append(Phone("SIL", clock, start))
        whole.append(Phone("SIL" if phone.label in SILENT - {"SP", "sp"} else phone.label, start, end))
        clock = end
    if clock < duration - 1e-4:
        whole.append(Phone("SIL", clock, duration))

    cut: list[Phone] = []
    for phone in whole:
        sounding = ~quiet[int(phone.start * fps) : max(int(phone.start * fps) + 1, int(phone.end * fps))]
        if phone.label in ("SP", "sp"):
            cut.append(
                Phone("SP" if sounding.any() or phone.end - phone.start < 0.12 else "SIL", phone.start, phone.end)
            )
            continue
        last = phone.start + (int(np.flatnonzero(sounding)[-1]) + 1) / fps if sounding.any() else phone.start
        end = max(last, phone.start + 0.08)
        if phone.label != "SIL" and phone.end - end > 0.06:
            cut += [Phone(phone.label, phone.start, end), Phone("SIL", end, phone.end)]
        else:
            cut.append(phone)

    joined: list[Phone] = []
    next_start: float | None = None  # of the next phone, if it got part of a word boundary
    for k, phone in enumerate(cut):
        start, next_start = phone.start if next_start is None else next_start, None
        if phone.label in ("SP", "sp"):
            last = k + 1 == len(cut)
            middle = phone.end if last else (phone.start + phone.end) / 2 if joined else phone.start
            if joined:
                joined[-1] = replace(joined[-1], end=middle)
            next_start = middle
        elif phone.label == "SIL" and joined and joined[-1].label == "SIL":
            joined[-1] = replace(joined[-1], end=phone.end)
        else:
            joined.append(replace(phone, start=start))
    return tuple(joined) if joined else (Phone("SIL", 0.0, duration),)


def score(phones: Sequence[Phone]) -> Score:
    """Return the targets of phones as `tidy` returns them. Diphthongs have two targets, stress opens vowels, pauses close the mouth."""
    rows: list[tuple[float, float, np.ndarray, np.ndarray, bool]] = []
    for phone in phones:
        if phone.label == "SIL":
            # The mouth does not come to rest in a pause under a quarter of a second, so its dominance is smaller.
            weight = float(np.interp(phone.end - phone.start, (0.06, 0.25, 0.5), (0.12, 0.6, 3.0)))
            rows.append((phone.start, phone.end, np.zeros(len(ARTICULATORS)), np.full(len(ARTICULATORS), weight), True))
            continue
        opening, dominance = np.ones(len(ARTICULATORS)), _DOMINANCE[phone.stress]
        opening[:3] = _OPENING[phone.stress]
        first, second, share = _DIPHTHONGS.get(phone.base, (phone.base, "", 1.0))
        middle = phone.start + share * (phone.end - phone.start)
        for name, start, end in ((first, phone.start, middle), (second, middle, phone.end)):
            if name:
                values, dominances = _TARGETS.get(_SAME.get(name, name), _TARGETS["HH"])
                rows.append((start, end, np.array(values) * opening, np.array(dominances) * dominance, False))
    start, end, values, dominances, rest = zip(*rows, strict=True)
    return Score(np.array(start), np.array(end), np.stack(values), np.stack(dominances), np.array(rest))
