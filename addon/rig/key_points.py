"""The points of shape keys as arrays. Runs in Blender."""

import bpy
import numpy as np


def positions(points: "bpy.types.bpy_prop_collection") -> np.ndarray:
    """Return the positions of a shape key's points, (vertices, 3) float32, in the object's space."""
    flat = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", flat)
    return flat.reshape(-1, 3)
