"""A made-up voice that says sentences given as phones."""

import numpy as np

from training.synthetic.performer.perform import RATE
from training.synthetic.performer.phones import Phone

SENTENCES = (
    "SIL W IY1 M EY1 B AH0 P UH1 T DH AH0 B UH1 K SIL",
    "SIL F AY1 V V EH1 R IY0 F AH1 N IY0 M UW1 V IY0 Z SIL",
    "SIL P AA1 P AH0 M EH1 T HH IH1 Z W AH1 N S IH1 S T ER0 SIL",
    "SIL T UW1 M EH1 N S AO1 W EY1 L Z B AY1 DH AH0 SH AO1 R SIL",
    "SIL DH AH0 B IH1 G M AE1 N OW0 P AH0 N D F AO1 R B AA1 K S AH0 Z SIL",
)
VOWELS = "AEIOU"


def say(sentence: str, pace: float = 1.0, gain: float = 0.2) -> tuple[np.ndarray, tuple[Phone, ...]]:
    """A made-up voice: harmonics for voiced sounds, louder for stressed vowels, with exact phone times."""
    phones, clock = [], 0.0
    for label in sentence.split():
        vowel = label[0] in VOWELS
        length = 0.5 if label == "SIL" else pace * ((0.14 if label.endswith("1") else 0.07) if vowel else 0.07)
        phones.append(Phone(label, clock, clock + length))
        clock += length
    times = np.arange(int(clock * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 12))
    envelope = np.zeros(len(times))
    for phone in phones:
        size = 0.0 if phone.label == "SIL" else (1.0 if phone.stress == 1 else 0.6 if phone.stress == 0 else 0.25)
        envelope[int(phone.start * RATE) : int(phone.end * RATE)] = size
    envelope = np.convolve(envelope, np.hanning(400) / np.hanning(400).sum(), mode="same")
    return (gain * envelope * voice).astype(np.float32), tuple(phones)
