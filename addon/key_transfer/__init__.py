"""Key transfer: give a head of any shape the sample face's 52 keys. Pure numpy but for Blender's trees of triangles and points."""
