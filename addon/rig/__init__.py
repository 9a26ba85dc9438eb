"""The character: its meshes and shape keys, channel names, visemes, mappings and bones. Runs in Blender."""

from .face_rig import read_face

__all__ = ["read_face"]
