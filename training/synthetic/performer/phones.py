"""Phones and their times, and the targets that they set for the mouth one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .articulation import ARTICULATORS, Articulation

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


# A diphthong has two targets one after the other: (first, second, share of its time that the first gets).
_DIPHTHONGS: dict[str, tuple[str, str, float]] = {
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


def rows_of(phone: Phone, articulation: Articulation) -> tuple[str, ...]:
    """Return the names of the targets that a phone sets: none for a pause, two for a diphthong, one for anything else."""
    if phone.label == "SIL":
        return ()
    return tuple(articulation.row(name) for name in _DIPHTHONGS.get(phone.base, (phone.base,))[:2])


def score(phones: Sequence[Phone], articulation: Articulation) -> Score:
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
        names = rows_of(phone, articulation)
        share = _DIPHTHONGS[phone.base][2] if len(names) > 1 else 1.0
        middle = phone.start + share * (phone.end - phone.start)
        for name, start, end in zip(names, (phone.start, middle), (middle, phone.end), strict=False):
            values, dominances = articulation.targets[name], articulation.dominances[name]
            rows.append((start, end, np.array(values) * opening, np.array(dominances) * dominance, False))
    start, end, values, dominances, rest = zip(*rows, strict=True)
    return Score(np.array(start), np.array(end), np.stack(values), np.stack(dominances), np.array(rest))
