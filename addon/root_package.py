"""The name by which Blender knows the extension."""

# The root package, of which this one is a part.
ROOT_PACKAGE = (__package__ or "").rpartition(".")[0]
