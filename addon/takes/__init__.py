"""The takes of a file: what they store, locks, controls, import and export. Runs in Blender."""
