"""The phones that are told apart, grouped into mouth shapes: phones of one shape look alike on the lips.

Phones are those of ARPAbet without stress, and SIL for a pause.
"""

from typing import NamedTuple

PAUSE = "SIL"
REST = "rest"
CLOSED = "m b p"  # the lips must meet

# Shape -> its phones. The first one stands for the shape where no phone is known. The groups follow the usual viseme
# sets (Fisher 1968; MPEG-4's 14 visemes), with the diphthongs at their open half.
SHAPES: dict[str, tuple[str, ...]] = {
    REST: (PAUSE,),
    CLOSED: ("M", "B", "P"),
    "f v": ("F", "V"),
    "th": ("TH", "DH"),
    "t d n l": ("T", "D", "N", "L"),
    "s z": ("S", "Z"),
    "sh ch j": ("SH", "CH", "JH", "ZH"),
    "k g h": ("K", "G", "NG", "HH"),
    "r": ("R", "ER"),
    "oo w": ("UW", "W", "UH"),
    "oh": ("OW", "AO", "OY"),
    "ah": ("AA", "AY", "AW"),
    "uh": ("AH",),
    "eh": ("EH", "AE", "EY"),
    "ee": ("IY", "IH", "Y"),
}
NAMES: tuple[str, ...] = tuple(SHAPES)
PHONES: tuple[str, ...] = tuple(phone for phones in SHAPES.values() for phone in phones)
SHAPE_OF: dict[str, str] = {phone: shape for shape, phones in SHAPES.items() for phone in phones}


class Sound(NamedTuple):
    """One sound of speech. Seconds count from the start of the clip.

    label: one of PHONES. strength: how clearly it is spoken, 0..2; 1 is as performed, and at 0 the mouth passes it by.
    """

    label: str
    start: float
    end: float
    strength: float = 1.0

    @property
    def shape(self) -> str:
        return SHAPE_OF[self.label]

    def shifted(self, seconds: float) -> "Sound":
        """Return the same sound that much later."""
        return self._replace(start=self.start + seconds, end=self.end + seconds)

    @property
    def center(self) -> float:
        return (self.start + self.end) / 2
