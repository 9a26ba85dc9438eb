"""Curves over time and pure functions on them. Used in Blender, in the child process and in training."""
