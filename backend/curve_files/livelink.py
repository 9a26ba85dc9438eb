"""Write the CSV of LiveLinkFace, Epic's capture app, which Unreal reads."""

import csv
from pathlib import Path
from typing import TextIO

from ..curves.base import ROTATIONS, Curves
from .whole import replace_text

# LiveLinkFace's columns. Left and right of jaw and mouth are swapped compared with Apple's order, so read them by name.
_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_COLUMNS = (
    *(f"Eye{part}{side}" for side in ("Left", "Right") for part in _EYE),
    *(
        "JawForward",
        "JawRight",
        "JawLeft",
        "JawOpen",
        "MouthClose",
        "MouthFunnel",
        "MouthPucker",
        "MouthRight",
        "MouthLeft",
    ),
    *("MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight", "MouthDimpleLeft", "MouthDimpleRight"),
    *(
        "MouthStretchLeft",
        "MouthStretchRight",
        "MouthRollLower",
        "MouthRollUpper",
        "MouthShrugLower",
        "MouthShrugUpper",
    ),
    *(
        "MouthPressLeft",
        "MouthPressRight",
        "MouthLowerDownLeft",
        "MouthLowerDownRight",
        "MouthUpperUpLeft",
        "MouthUpperUpRight",
    ),
    *("BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft", "BrowOuterUpRight"),
    *("CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft", "NoseSneerRight", "TongueOut"),
    *ROTATIONS,
)


def write_csv(path: str | Path, curves: Curves) -> None:
    """Write a LiveLinkFace CSV with all 61 columns, zero where the take has none. Raises CurvesError.

    The timecode is HH:MM:SS:FF.mmm. HH:MM:SS is real time in the sound, also at 29.97 fps. FF.mmm is frames and
    thousandths of a frame since that second. So times don't drift, no frame is dropped, and the fps can be read back.
    """
    column = {name[0].upper() + name[1:]: index for index, name in enumerate(curves.names)}
    found = [column.get(name) for name in _COLUMNS]

    def rows(file: TextIO) -> None:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("Timecode", "BlendshapeCount", *_COLUMNS))
        for index, frame in enumerate(curves.values):
            known = {name: angles[index] for name, angles in curves.rotations.items()}
            values = (
                f"{known.get(name, 0.0):.6f}"
                if position is None and name in known
                else "0"
                if position is None
                else f"{frame[position]:.6f}"
                for name, position in zip(_COLUMNS, found, strict=True)
            )
            table.writerow((_timecode(curves.start + index / curves.fps, curves.fps), len(_COLUMNS), *values))

    replace_text(path, rows)


def _timecode(time: float, fps: float) -> str:
    second, thousandth = int(time), round((time - int(time)) * fps * 1000)
    if thousandth > fps * 1000 - 0.5:  # rounded up into the next second
        second, thousandth = second + 1, 0
    frame, thousandth = divmod(thousandth, 1000)
    minute, second = divmod(second, 60)
    return f"{minute // 60 % 24:02}:{minute % 60:02}:{second:02}:{frame:02}.{thousandth:03}"
