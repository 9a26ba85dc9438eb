"""The character: its meshes and shape keys, channel names, visemes, mappings and bones. Runs in Blender."""
