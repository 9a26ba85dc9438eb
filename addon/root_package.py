"""The name that Blender knows the extension by. Does not need Blender."""

# The root package, of which this one is a part.
ROOT_PACKAGE = (__package__ or "").rpartition(".")[0]
