"""Messages between Blender and the backend process.

`protocol` runs in both, `client*` in Blender, `server*` in the backend process.
"""
