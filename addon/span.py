"""The span of a sound strip: which seconds of which file it plays. Does not need Blender."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """The audible part of a strip: the seconds [start, end) of file, from first_frame on, at fps frames a second.

    sound: its name in bpy.data. packed: its bytes are in the .blend, and file is only a name.
    retimed: the strip plays at other speeds, so start and end are seconds of a mixdown. scene: the name of the strip's scene.
    faded: the strip's volume is animated, so parts of the file are louder than what is heard.
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
        """Return True if only a mixdown of the strip sounds like it."""
        return self.retimed or self.faded
