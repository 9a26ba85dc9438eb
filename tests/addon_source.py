"""Modules of the add-on as they are in this clone, for what tests and measures them without installing them."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]


def source(name: str) -> ModuleType:
    """Import a module of the add-on from the sources, without Blender: addon's own __init__ would import bpy."""
    for package, folder in (("sources", ROOT), ("sources.addon", ROOT / "addon")):
        module = ModuleType(package)
        module.__path__ = [str(folder)]
        sys.modules.setdefault(package, module)
    return importlib.import_module(f"sources.addon.{name}")
