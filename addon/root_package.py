"""The name that Blender knows the extension by. Does not need Blender."""

# The package that contains this one.
ROOT_PACKAGE = (__package__ or "").rpartition(".")[0]
