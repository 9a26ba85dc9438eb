"""The takes of a scene: what they store, locks, controls, import and export. Runs in Blender."""
