"""The character: its meshes and shape keys, names of channels, visemes, mappings, bones. Runs in Blender."""
