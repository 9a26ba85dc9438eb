"""Curves over time and pure functions of them. Runs in Blender, in the backend process and in training."""
