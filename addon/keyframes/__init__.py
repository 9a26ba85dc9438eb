"""The keys of F-curves: written, reduced, copied. Runs in Blender."""
