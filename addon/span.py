"""Which seconds of which sound a strip plays. Knows no Blender."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """What can be heard of a strip: the seconds [start, end) of file, from first_frame on, at fps frames a second.

    packed: the sound's bytes are in the .blend, file is only its name; sound: name of the sound in bpy.data.
    retimed: no seconds of file tell what is heard; start and end are those of a mixdown of the strip, which is in scene (a name).
    faded: the strip's volume is animated, so that its file is louder in places than what is heard.
    """

    strip: str
    sound: str
    file: str
    packed: bool
    start: float
    end: float
    first_frame: int
    fps: float
    scene: str = ""
    retimed: bool = False
    faded: bool = False

    @property
    def is_mixed(self) -> bool:
        """Whether only a mixdown of the strip is what is heard."""
        return self.retimed or self.faded
