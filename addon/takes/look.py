"""What the eyes of a take hold: the directions to its look target, stored with the take. Runs in Blender."""

import zlib

import bpy
import numpy as np

_PROPERTY = "lipsync_look"


def store(action: bpy.types.Action, aim: np.ndarray | None) -> None:
    """Store the directions to the target of a take, (frames, 2) degrees as in rig/eye_line.py; None for no target."""
    if aim is None:
        if _PROPERTY in action:
            del action[_PROPERTY]
        return
    action[_PROPERTY] = {"aim": zlib.compress(aim.astype("<f4").tobytes(), 1)}  # alone, it would end at a zero


def read(action: bpy.types.Action) -> np.ndarray | None:
    """Read the directions to the target of a take, (frames, 2) degrees; None if its eyes hold none."""
    if _PROPERTY not in action:
        return None
    return np.frombuffer(zlib.decompress(action[_PROPERTY]["aim"]), "<f4").reshape(-1, 2)
