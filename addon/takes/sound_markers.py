"""Write the sounds of a take as timeline markers, for whatever else is timed by them. Runs in Blender."""

from collections.abc import Iterable

import bpy

_OWN = "\u25aa "  # begins the name of each, so that they can be found again; emotions' markers have names of emotions


def write_markers(scene: bpy.types.Scene, names: Iterable[tuple[float, str]]) -> int:
    """Add markers (frame, name), in place of those that were written before. Returns their number.

    Markers lie on whole frames. Of two on one frame the first one stays.
    """
    remove_markers(scene)
    taken: set[int] = set()
    for frame, name in names:
        if round(frame) not in taken:
            taken.add(round(frame))
            scene.timeline_markers.new(_OWN + name, frame=round(frame))
    return len(taken)


def remove_markers(scene: bpy.types.Scene) -> int:
    """Remove the markers that write_markers() added. Returns their number."""
    found = [marker for marker in scene.timeline_markers if marker.name.startswith(_OWN)]
    for marker in found:
        scene.timeline_markers.remove(marker)
    return len(found)
