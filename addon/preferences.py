"""What Blender's preferences say of the add-on; their page is drawn in panels."""

from pathlib import Path

import bpy

from .backend_setup import BackendSetup
from .generation import model_info
from .root_package import ROOT_PACKAGE


def backend_python(context: bpy.types.Context) -> str:
    """The Python chosen for the backend; "" for Blender's own."""
    return bpy.path.abspath(_chosen(context, "python"))


def backend_model(context: bpy.types.Context) -> Path:
    """The folder of the model chosen, or of our own."""
    folder = _chosen(context, "model")
    return Path(bpy.path.abspath(folder)) if folder else model_info.OWN


def backend_setup(context: bpy.types.Context) -> BackendSetup:
    """All that is chosen for the backend. Blender's own Python has one runtime only."""
    python = backend_python(context)
    return BackendSetup(python, backend_model(context), _chosen(context, "runtime") if python else BackendSetup.runtime)


def _chosen(context: bpy.types.Context, name: str) -> str:
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return getattr(addon.preferences, name) if addon and addon.preferences else ""
