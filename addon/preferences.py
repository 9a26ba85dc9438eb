"""Read the add-on's preferences, whose page is in panels. Runs in Blender."""

from pathlib import Path

import bpy

from .backend_setup import BackendSetup
from .generation import model_info
from .root_package import ROOT_PACKAGE


def backend_python(context: bpy.types.Context) -> str:
    """Return the path of the Python chosen for the backend, "" for Blender's own, which is all that the universal zip has."""
    return bpy.path.abspath(_chosen(context, "python"))


def backend_model(context: bpy.types.Context) -> Path:
    """Return the folder of the chosen model, or of the extension's own."""
    folder = _chosen(context, "model")
    return Path(bpy.path.abspath(folder)) if folder else model_info.OWN


def backend_setup(context: bpy.types.Context) -> BackendSetup:
    """Return all settings of the backend. Blender's own Python has only the default runtime."""
    python = backend_python(context)
    runtime = _chosen(context, "runtime") if python else ""
    return BackendSetup(python, backend_model(context), runtime or BackendSetup.runtime)


def _chosen(context: bpy.types.Context, name: str) -> str:
    addon = context.preferences.addons.get(ROOT_PACKAGE)
    return getattr(addon.preferences, name, "") if addon and addon.preferences else ""
